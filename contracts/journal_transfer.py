"""What the journal room says about bringing a diary along, and taking it away.

A file is received as the habits room receives one (`imports.py`): the same words, other addresses.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from contracts.habit import Cursor, Name
from contracts.imports import (
    AddImportPart,
    GetImport,
    ReadImport,
    RunImport,
    StartImport,
    TakeImportBack,
    UndoImport,
)
from contracts.journal import Mood
from contracts.message import Message, Query, Reply

MoodMap = Annotated[dict[Name, Mood], Field(max_length=500)]
"""What moods mean, by the names that the file has for them."""

UnknownMoods = Literal["refuse", "none"]
"""What to do with moods that nobody has said a meaning for."""


class StartDiaryImport(StartImport):
    """Begin to receive a diary of `size` bytes. Refuses with `Invalid` if it is too large."""

    address: ClassVar[str] = "journal.start_import"


class AddDiaryPart(AddImportPart):
    """Receive a part of a diary, as the habits room does."""

    address: ClassVar[str] = "journal.add_import_part"


class RunDiaryImport(RunImport):
    """Read the received diary; `dry_run` only reports what would be done.

    Moods are known by `moods`, then by the caller's scale, then by their usual names. With others
    the import fails with `import_moods_unknown`, unless `unknown_moods` is `none`: such entries
    then have no mood. A dry run lists them.
    """

    address: ClassVar[str] = "journal.run_import"
    moods: MoodMap = Field(default_factory=dict)
    unknown_moods: UnknownMoods = "refuse"


class GetDiaryImport(GetImport):
    """Get how far the import of a diary is, and its report. Refuses with `NotFound`."""

    address: ClassVar[str] = "journal.get_import"


class ReadDiary(ReadImport):
    """Read the file of an import into entries."""

    address: ClassVar[str] = "journal.read_import"


class UndoDiaryImport(UndoImport):
    """Take back the entries that an import made, and that nobody has changed since."""

    address: ClassVar[str] = "journal.undo_import"


class TakeDiaryBack(TakeImportBack):
    """Take back the entries that an import made."""

    address: ClassVar[str] = "journal.take_import_back"


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
