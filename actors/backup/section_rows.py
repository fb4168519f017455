"""The rows of a person, asked for room by room; and the file that they are written into."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import ClassVar, Protocol, cast

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.backup.zip_stream import ZipStream
from actors.runtime.delegation import RoomBus
from contracts.exports import EXPORT_PART_BYTES, SectionOutline, rows_of
from contracts.language import Language
from storage.backup import exports
from storage.backup.exports import ExportRow

Fields = dict[str, JsonValue]
"""A row by its columns."""

Show = Callable[[int, int], Awaitable[None]]
"""Shows how many rows of how many are written."""

SHOWN_EVERY = 5_000
"""Rows after which people see how far it is."""


class ExportFile:
    """The file of an export while it is written: rows are asked for, and its parts kept."""

    def __init__(
        self, tx: AsyncConnection, bus: RoomBus, row: ExportRow, language: Language, show: Show
    ) -> None:
        """Write for a person, in this language."""
        self.bus, self.language = bus, language
        self.zip = ZipStream()
        self.rows = self.bytes = self.parts = self.total = 0
        self._tx, self._row, self._show = tx, row, show
        self._shown = 0

    @property
    def asked(self) -> ExportRow:
        """Return the export that is written."""
        return self._row

    async def sections(self, room: str) -> tuple[SectionOutline, ...]:
        """Return the sections of a room; their rows are to come."""
        query = rows_of(room)()
        found = (await self.bus.ask(query, on_behalf_of=self._row.user_id)).sections
        self.total += sum(one.rows for one in found)
        return found

    async def pages(self, room: str, section: str) -> AsyncIterator[tuple[str, ...]]:
        """Ask for page after page of a section: rows as JSON."""
        cursor: str | None = None
        while True:
            query = rows_of(room)(section=section, cursor=cursor)
            page = await self.bus.ask(query, on_behalf_of=self._row.user_id)
            if page.rows:
                yield page.rows
            self.rows += len(page.rows)
            if self.rows - self._shown >= SHOWN_EVERY:
                self._shown = self.rows
                await self._show(self.rows, max(self.total, self.rows))
            await self.keep()
            if page.next is None:
                return
            cursor = page.next

    async def each(self, room: str, section: str) -> AsyncIterator[Fields]:
        """Ask for row after row of a section."""
        async for page in self.pages(room, section):
            for row in await asyncio.to_thread(lambda rows: list(map(json.loads, rows)), page):
                yield cast(Fields, row)

    async def keep(self, *, whole: bool = False) -> None:
        """Keep what is ready of the file, in parts of one size; `whole`: the rest, too."""
        while self.zip.ready >= EXPORT_PART_BYTES or (whole and self.zip.ready):
            data = self.zip.take(EXPORT_PART_BYTES)
            await exports.keep_part(self._tx, self._row.id, self.parts, data)
            self.parts += 1
            self.bytes += len(data)

    async def end(self) -> None:
        """End the file."""
        await asyncio.to_thread(self.zip.end)
        await self.keep(whole=True)


class Writer(Protocol):
    """Writes a kind of file."""

    file_name: ClassVar[str]

    def __init__(self, file: ExportFile) -> None:
        """Write into a file."""

    async def write(self) -> None:
        """Write all that belongs into it."""
