"""What the journal room says about taking a diary away."""

from typing import ClassVar, Literal

from pydantic import Field

from contracts.message import Message, Query, Reply
from contracts.page import Cursor

ExportFormat = Literal["markdown", "json"]


class Piece(Message):
    """An entry, written out: a Markdown file and its name, or a JSON object."""

    name: str
    text: str = Field(repr=False)


class ExportedPage(Reply):
    """Some entries, written out, oldest day first; `next` asks for the next page."""

    pieces: tuple[Piece, ...]
    next: Cursor | None = None


class ExportEntries(Query[ExportedPage]):
    """Write the caller's entries out, but for those thrown away.

    Names of files begin with a folder for the year; two may be the same. A JSON object holds all
    that `JournalEntry` does, and the names of the habits.
    """

    address: ClassVar[str] = "journal.export_entries"
    format: ExportFormat
    cursor: Cursor | None = None
