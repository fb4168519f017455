"""Synthetic exports and backups of Daylio, in every generation that it has written."""

import base64
import csv
import io
import json
import zipfile
from collections.abc import Iterable
from typing import Any

OLD = ("year", "date", "weekday", "time", "mood", "activities", "note")
ISO = ("full_date", "date", "weekday", "time", "mood", "activities", "note")
TITLED = (*ISO[:-1], "note_title", "note")
SCALED = (*ISO[:-1], "scales", "note_title", "note")
GENERATIONS = (OLD, ISO, TITLED, SCALED)
"""The headers: until 2018, until 2020, until 2025, and since."""

PIN = "2580"
"""What must never come out of a backup."""


def row(**cells: str) -> dict[str, str]:
    """Write a row down by its columns; what is not given is an evening in March."""
    usual = {
        "year": "2024",
        "full_date": "2024-03-01",
        "date": "1 March",
        "weekday": "Friday",
        "time": "9:15 pm",
        "mood": "good",
    }
    return {**usual, **cells}


def daylio_csv(
    rows: Iterable[dict[str, str]],
    header: tuple[str, ...] = SCALED,
    *,
    bom: bool = True,
    delimiter: str = ",",
) -> bytes:
    """Make a CSV export."""
    text = io.StringIO()
    writer = csv.DictWriter(
        text, header, restval="", extrasaction="ignore", lineterminator="\n", delimiter=delimiter
    )
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig" if bom else "utf-8")


def moment(number: int = 1, **more: Any) -> dict[str, Any]:
    """Write an entry of a backup down: two hours ahead of UTC, months from 0."""
    usual: dict[str, Any] = {
        "id": number,
        "year": 2024,
        "month": 2,
        "day": 1,
        "hour": 21,
        "minute": 15,
        "datetime": 1709320500000,
        "timeZoneOffset": 7_200_000,
        "mood": 1,
        "note": "",
        "note_title": "",
        "tags": [],
        "assets": [],
    }
    return {**usual, **more}


def backup_of(entries: list[Any], **more: Any) -> dict[str, Any]:
    """Make the content of a backup: two moods of the best group, one of the worst, two tags."""
    usual: dict[str, Any] = {
        "version": 15,
        "pin": PIN,
        "customMoods": [
            {"id": 1, "custom_name": "", "mood_group_id": 1, "predefined_name_id": 1},
            {"id": 7, "custom_name": "Fantastisch", "mood_group_id": 1, "predefined_name_id": -1},
            {"id": 9, "custom_name": "Grau", "mood_group_id": 5, "predefined_name_id": -1},
        ],
        "tags": [{"id": 11, "name": "reading"}, {"id": 12, "name": "Чтение"}],
        "dayEntries": entries,
        "goals": [{"goal_id": 1, "name": "Read every day"}],
        "goalEntries": [{"id": 1, "goalId": 1}, {"id": 2, "goalId": 1}],
        "prefs": [{"key": "PIN", "pref_name": PIN}],
    }
    return {**usual, **more}


def daylio_backup(content: object, *, encoded: bool = True) -> bytes:
    """Make a `.daylio` file around the content of a backup, with a photo beside it."""
    plain = content if isinstance(content, bytes) else json.dumps(content).encode()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("assets/photos/2024/3/one", b"\xff\xd8\xff" * 100)
        zipped.writestr("backup.daylio", base64.encodebytes(plain) if encoded else plain)
    return file.getvalue()
