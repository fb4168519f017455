"""What people may take away of theirs: all that every room holds of them, as one file.

Every room answers `<room>.export_rows` (`rows_of`): a page of a section of what it holds of a
person. Only the backup room asks that, on behalf of whose rows they are; people ask the backup room
for the whole, which is written by a job, and fetched in parts.
"""

from functools import cache
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.language import Language
from contracts.message import Command, Job, Message, Query, Reply
from contracts.scopes import ACCOUNT

EXPORT_PART_BYTES = 192 * 1024
"""The longest part of an export, in bytes."""

KEEP_EXPORT_HOURS = 24
"""Hours after which the file of an export is dropped."""

FORM = "ritmo-1"
"""The form of an archive, as `ritmo.json` in it names it."""

OWN_ROWS = "own_rows"
"""The scope of what only the backup room may ask, on behalf of a person."""

Archive = Literal["ritmo", "loop", "daylio"]
"""What is written: all there is, habits as Loop Habit Tracker has them, or the diary as Daylio."""


class SectionOutline(Message):
    """A section of what a room holds of a person: rows of one kind."""

    name: str
    columns: tuple[str, ...]
    """The fields of its rows."""
    rows: int
    """How many there are."""


class RowsPage(Reply):
    """Some rows, each a JSON object; `next` asks for the next page. Or what sections there are."""

    sections: tuple[SectionOutline, ...] = ()
    rows: tuple[str, ...] = Field(default=(), repr=False)
    next: str | None = Field(default=None, repr=False)


class ExportRows(Query[RowsPage]):
    """Ask a room for a page of a section of the caller's rows; for its sections, if none is named.

    Secrets are left out. `rows_of` gives it the address of a room.
    """

    scope = OWN_ROWS
    section: str | None = None
    cursor: str | None = Field(default=None, repr=False)


@cache
def rows_of(room: str) -> type[ExportRows]:
    """Return the ask for the rows of a room."""
    address, doc = f"{room}.export_rows", ExportRows.__doc__
    made: type[ExportRows] = type("ExportRows", (ExportRows,), {"address": address, "__doc__": doc})
    return made


class Export(Reply):
    """An export as it stands."""

    export_id: UUID
    """Which export."""
    format: Archive
    """What is written: all there is (`ritmo`), or what Loop or Daylio could have written."""
    phase: Literal["waiting", "running", "done", "failed"]
    """How far it has come."""
    rows: int = 0
    """How many rows are written so far."""
    total: int | None = None
    """How many rows there are; null: not known yet."""
    bytes: int = 0
    """The size of the file; 0: it is not whole yet."""
    parts: int = 0
    """How many parts the file has; 0: it is not whole yet."""
    file_name: str = ""
    """What the file is called."""
    asked_at: AwareDatetime
    """When it was asked for."""
    expires_at: AwareDatetime
    """When it is dropped."""


class StartExport(Command[Export]):
    """Have all that is the caller's written into a file; the one before is dropped.

    One that is being written is answered as it is.
    """

    address: ClassVar[str] = "backup.start_export"
    scope: ClassVar[str] = ACCOUNT
    fresh: ClassVar[bool] = True
    format: Archive = "ritmo"


class GetExport(Query[Export]):
    """Get the caller's last export. Refuses with `NotFound` (`export_not_found`)."""

    address: ClassVar[str] = "backup.get_export"
    scope: ClassVar[str] = ACCOUNT


class ExportPart(Reply):
    """A part of a file, as base64."""

    data: str = Field(repr=False)


class GetExportPart(Query[ExportPart]):
    """Get a part of the caller's export; they count from 0. Refuses with `NotFound`."""

    address: ClassVar[str] = "backup.get_export_part"
    scope: ClassVar[str] = ACCOUNT
    export_id: UUID
    number: Annotated[int, Field(ge=0, le=1_000_000)]


class WriteExport(Job):
    """Write the file of an export, with words in this language."""

    address: ClassVar[str] = "backup.write_export"
    export_id: UUID
    language: Language = "en"
