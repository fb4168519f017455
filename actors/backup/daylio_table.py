"""The diary as Daylio's CSV export has it: a row for each entry; those thrown away are left out."""

import asyncio
from datetime import date, datetime
from typing import ClassVar, cast
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from actors.backup.section_rows import ExportFile, Fields
from contracts.spreadsheet import MARK, csv_of

HEADER = (
    *("full_date", "date", "weekday", "time", "mood"),
    *("activities", "scales", "note_title", "note"),
)
MOODS = ("awful", "bad", "meh", "good", "rad")
"""Daylio's own names for moods, from 1 to 5."""

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class DaylioWriter:
    """Writes entries."""

    file_name: ClassVar[str] = "daylio_export.zip"

    def __init__(self, file: ExportFile) -> None:
        """Write into a file."""
        self._file = file

    async def write(self) -> None:
        """Write a row for each entry."""
        await self._file.sections("journal")
        with self._file.zip.member("daylio_export.csv") as stream:
            stream.write((MARK + csv_of([HEADER])).encode())
            async for entry in self._file.each("journal", "entries"):
                if entry["deleted_at"] is None:
                    text = csv_of([_line(entry)])
                    await asyncio.to_thread(stream.write, text.encode())


def _line(entry: Fields) -> list[JsonValue]:
    shown = datetime.fromisoformat(str(entry["at"])).astimezone(ZoneInfo(str(entry["zone"])))
    day = date.fromisoformat(str(entry["day"]))
    mood = entry["mood"]
    return [
        day.isoformat(),
        f"{day:%d.%m}",
        _WEEKDAYS[day.weekday()],
        f"{shown:%H:%M}",
        MOODS[mood - 1] if isinstance(mood, int) else "",
        " | ".join(cast(list[str], entry["tags"])),
        "",
        entry["title"],
        entry["text"],
    ]
