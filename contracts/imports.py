"""What rooms say about imports of another tracker's files.

A file comes in parts, is read by `RunImport`, and `GetImport` tells how far it is. The report adds
up: rows read = imported + derived + skipped, for each habit, and for the entries of a diary. The
habits room has all of it; which room brings a kind of file in, is found by the file.
"""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from contracts.habit import Amount, CheckInState, Line, Name
from contracts.import_account import ImportAccount
from contracts.journal import Mood
from contracts.message import SECRET, Command, Fact, Job, Message, Query, Refusal, Reply
from contracts.page import Cursor, Limit
from contracts.scopes import IMPORTS
from contracts.time import Day, Zone

PART_BYTES = 192 * 1024
"""The longest part, in bytes of the file."""

CalendarAddress = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
"""Where a calendar is: https:// or webcal://; whoever knows it can often read the calendar."""

ImportKind = Literal[
    "loop",
    "daylio",
    "habitbull",
    "habitify",
    "habitica",
    "habittrove",
    "table_habit",
    "beaver",
    "calendar",
    "ritmo",
]
"""The tracker that a file comes from; a calendar (iCalendar), or an export of Ritmo."""

MoodMap = Annotated[dict[Name, Mood], Field(max_length=500)]
"""What moods mean, by the names that the file has for them."""

UnknownMoods = Literal["refuse", "none"]
"""What to do with moods that nobody has said a meaning for."""

ImportPhase = Literal["receiving", "waiting", "running", "done", "failed", "undoing", "undone"]


class Import(ImportAccount, Reply):
    """An import as it stands: rows read of `total` (None: not known yet), and its report.

    `problem` says why it failed; `refusal` is the same for programs, and for other languages.
    """

    import_id: UUID
    """Which import."""
    phase: ImportPhase
    """How far it has come."""
    dry_run: bool
    """True: it is only tried, and nothing is kept."""
    rows: int = 0
    """How many rows are read so far."""
    total: int | None = None
    """How many rows there are; null: not known yet."""
    problem: str | None = None
    """Why it failed, in words; null: it did not."""
    refusal: Refusal | None = None
    """Why it failed, for programs; null: it did not."""


class StartImport(Command[Import]):
    """Begin to receive a file of `size` bytes. Refuses with `Invalid` an empty or too large one."""

    address: ClassVar[str] = "habits.start_import"
    scope: ClassVar[str] = IMPORTS
    file_name: Line = ""
    size: int | None = Field(default=None, ge=0)


class AddImportPart(Command[Import]):
    """Receive a part of the file: `number` counts from 0, `data` is base64 of `PART_BYTES` at most.

    A part that comes again replaces itself. Refuses with `NotFound`, `Invalid`, `Conflict`.
    """

    address: ClassVar[str] = "habits.add_import_part"
    scope: ClassVar[str] = IMPORTS
    import_id: UUID
    number: int = Field(ge=0, le=100_000)
    data: Annotated[str, Field(max_length=PART_BYTES // 3 * 4 + 4)] = Field(repr=False)


class FetchImport(Command[Import]):
    """Begin to receive a calendar from its address, and have it whole.

    Refuses with `Invalid` what is no address of a calendar, leads into a private network, does not
    answer, or is too large.
    """

    address: ClassVar[str] = "habits.fetch_import"
    scope: ClassVar[str] = IMPORTS
    url: Annotated[CalendarAddress, SECRET] = Field(repr=False)


class RunImport(Command[Import]):
    """Read the received file; `dry_run` only reports what would be done.

    Its kind is found, unless it is given. The moods of a diary are known by `moods`, then by the
    caller's scale, then by their usual names. With others the import fails with
    `import_moods_unknown`, unless `unknown_moods` is `none`: such entries then have no mood. A dry
    run lists them.

    A file of no known kind fails (`import_unknown_format`). Refuses with `NotFound`, `Conflict`,
    and `Invalid` (`import_incomplete`).
    """

    address: ClassVar[str] = "habits.run_import"
    scope: ClassVar[str] = IMPORTS
    import_id: UUID
    dry_run: bool = False
    kind: ImportKind | None = None
    moods: MoodMap = Field(default_factory=dict)
    unknown_moods: UnknownMoods = "refuse"


class Recognized(Reply):
    """The kind of a file; null: it is not one that the room reads."""

    kind: ImportKind | None


class RecognizeDiary(Query[Recognized]):
    """Find out whether a received file is a diary; it is taken for `kind` if that is given."""

    address: ClassVar[str] = "journal.recognize_diary"
    import_id: UUID
    kind: ImportKind | None = None


class GetImport(Query[Import]):
    """Get how far an import is, and its report. Refuses with `NotFound`."""

    address: ClassVar[str] = "habits.get_import"
    scope: ClassVar[str] = IMPORTS
    import_id: UUID


class ImportOutline(Message):
    """An import in a list, without its account."""

    import_id: UUID
    """Which import."""
    file_name: str
    """What the file was called; may be empty."""
    kind: ImportKind | None
    """The tracker that the file came from; null: not found out, or from before that was kept."""
    phase: ImportPhase
    """How far it has come."""
    dry_run: bool
    """True: it was only tried, and nothing is kept."""
    rows: int
    """How many rows are read so far."""
    total: int | None
    """How many rows there are; null: not known yet."""
    started_at: AwareDatetime
    """When its file began to come."""
    ended_at: AwareDatetime | None
    """When it was read, or had failed; null: not yet."""


class Imports(Reply):
    """A page of imports, newest first; `next` asks for the next one."""

    imports: tuple[ImportOutline, ...]
    """The imports of this page."""
    next: Cursor | None = None
    """Asks for the next page; null: this is the last."""


class ListImports(Query[Imports]):
    """List the caller's imports, newest first. Refuses with `Invalid` a cursor that is none."""

    address: ClassVar[str] = "habits.list_imports"
    scope: ClassVar[str] = IMPORTS
    cursor: Cursor | None = None
    limit: Limit = 50


class ReadImport(Job):
    """Read the file of an import into habits."""

    address: ClassVar[str] = "habits.read_import"
    import_id: UUID
    dry_run: bool


class ReadDiary(ReadImport):
    """Read the file of an import into entries."""

    address: ClassVar[str] = "journal.read_import"


class UndoImport(Command[Import]):
    """Take back all that an import made, and that nobody has changed since.

    Its habits go, unless they were edited or have other check-ins; its check-ins go from habits
    that stay; of a diary, its entries. What is done already is answered as it is. Refuses with
    `NotFound`, and `Conflict` (`import_not_done`).
    """

    address: ClassVar[str] = "habits.undo_import"
    scope: ClassVar[str] = IMPORTS
    import_id: UUID


class TakeImportBack(Job):
    """Take back what an import made."""

    address: ClassVar[str] = "habits.take_import_back"
    import_id: UUID


class TakeDiaryBack(TakeImportBack):
    """Take back the entries that an import made."""

    address: ClassVar[str] = "journal.take_import_back"


class HabitsImported(Fact):
    """Habits were created or filled by an import; `CheckInsImported` tells of their days."""

    address: ClassVar[str] = "habits.habits_imported"
    import_id: UUID
    habit_ids: tuple[UUID, ...]
    check_ins: int


class ImportedDay(Message):
    """A day that an import filled; `at` is when it was logged, where that is known."""

    day: Day
    value: Amount
    state: CheckInState
    at: AwareDatetime | None = None


class CheckInsImported(Fact):
    """Some empty days of a habit were filled by an import. `version` is that of the habit.

    A long history is told in several facts, of at most 1 000 days each.
    """

    address: ClassVar[str] = "habits.check_ins_imported"
    habit_id: UUID
    zone: Zone
    check_ins: Annotated[tuple[ImportedDay, ...], Field(max_length=1000)]
