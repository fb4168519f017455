"""The whole: a zip with the rows of every room, as JSON and as tables, pictures, and what is what.

README.md                     what is what, in the person's language
data/<room>/<section>.jsonl   a row a line, each a JSON object: what POST /v1/me/import reads
tables/<room>/<section>.csv   the same for spreadsheets
charts/*.png                  pictures of habits and moods
ritmo.json                    the version of the form, and how many rows each section has
"""

import asyncio
import base64
import json
import tempfile
from collections.abc import Iterable
from typing import IO, ClassVar
from uuid import UUID

from actors import ROOMS
from actors.backup.readme import readme
from actors.backup.section_rows import ExportFile
from contracts.analytics import GetAssociations, GetHabitInsight, GetMoodReport, GetSummary
from contracts.exports import FORM, SectionOutline
from contracts.message import Refused, Unanswered, Unavailable
from contracts.pictures import AnyReport, Rendered, RenderReport
from contracts.spreadsheet import MARK, csv_of

IN_MEMORY = 4 << 20
"""Bytes of a table that are kept in memory until its rows have all come."""

MAX_PICTURES = 40
"""Pictures of habits, at most: each takes a moment to be drawn."""

TRIES = 3
"""Times that a picture is asked for: whoever draws may be busy."""


class ArchiveWriter:
    """Writes all that there is of a person."""

    file_name: ClassVar[str] = "ritmo-export.zip"

    def __init__(self, file: ExportFile) -> None:
        """Write into a file."""
        self._file = file
        self._counts: dict[str, dict[str, int]] = {}
        self._habits: list[UUID] = []

    async def write(self) -> None:
        """Write all rows, the pictures, and what is what."""
        file = self._file
        found = {room: await file.sections(room) for room in ROOMS}
        for room, sections in found.items():
            for section in sections:
                await self._section(room, section)
        pictures = await self._pictures()
        rows = {name: sum(counts.values()) for name, counts in self._counts.items()}
        file.zip.add("README.md", readme(file.language, file.asked.asked_at, rows, pictures))
        about = {"form": FORM, "made_at": file.asked.asked_at.isoformat(), "rows": self._counts}
        file.zip.add("ritmo.json", json.dumps(about, indent=1).encode())

    async def _section(self, room: str, section: SectionOutline) -> None:
        """Write the rows of a section twice: as they are, and as a table."""
        count = 0
        name = f"{room}/{section.name}"
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as table:
            table.write((MARK + csv_of([section.columns])).encode())
            with self._file.zip.member(f"data/{name}.jsonl") as stream:
                async for rows in self._file.pages(room, section.name):
                    await asyncio.to_thread(_both, stream, table, section.columns, rows)
                    count += len(rows)
                    if (room, section.name) == ("habits", "habits"):
                        self._habits += in_use(rows)
            if count:
                await self._copy(f"tables/{name}.csv", table)
        self._counts.setdefault(room, {})[section.name] = count

    async def _copy(self, name: str, table: IO[bytes]) -> None:
        table.seek(0)
        with self._file.zip.member(name) as stream:
            while part := await asyncio.to_thread(table.read, IN_MEMORY):
                await asyncio.to_thread(stream.write, part)
                await self._file.keep()

    async def _pictures(self) -> int:
        """Draw what can be drawn; return how many pictures there are."""
        reports: list[tuple[str, AnyReport]] = [
            ("year", GetSummary(period="year")),
            ("moods", GetMoodReport()),
            ("associations", GetAssociations()),
        ]
        shown = self._habits[:MAX_PICTURES]
        reports += [(f"habit-{one}", GetHabitInsight(habit_id=one)) for one in shown]
        drawn = 0
        for name, report in reports:
            try:
                picture = await self._drawn(report)
            except (Unavailable, Unanswered):
                break
            if picture is not None:
                self._file.zip.add(f"charts/{name}.png", base64.b64decode(picture.data))
                await self._file.keep()
                drawn += 1
        return drawn

    async def _drawn(self, report: AnyReport) -> Rendered | None:
        """Have a report drawn; None: there is nothing to be drawn.

        Refuses with `Unavailable` or `Unanswered` if nobody has the time.
        """
        query = RenderReport(of=report, format="png")
        for left in reversed(range(TRIES)):
            try:
                return await self._file.bus.ask(query, on_behalf_of=self._file.asked.user_id)
            except (Unavailable, Unanswered):
                if not left:
                    raise
            except Refused:
                return None
        return None


def in_use(rows: Iterable[str]) -> list[UUID]:
    """Return the ids of habits that are neither laid aside nor in the bin."""
    habits = map(json.loads, rows)
    return [UUID(one["id"]) for one in habits if not one["archived"] and not one["binned_at"]]


def _both(
    stream: IO[bytes], table: IO[bytes], columns: tuple[str, ...], rows: tuple[str, ...]
) -> None:
    """Write rows as lines of JSON, and as lines of a table."""
    stream.write("".join(f"{row}\n" for row in rows).encode())
    read = map(json.loads, rows)
    table.write(csv_of([_cell(row[name]) for name in columns] for row in read).encode())


def _cell(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
