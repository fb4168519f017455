"""What the habits room says about imports of another tracker's files.

A file comes in parts, is read by `RunImport`, and `GetImport` tells how far it is. For each habit
the report adds up: rows read = imported + derived + skipped.
"""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts.habit import Amount, CheckInState, Line, Name
from contracts.message import Command, Fact, Message, Query, Reply
from contracts.time import Day, Zone

PART_BYTES = 192 * 1024
"""The longest part, in bytes of the file."""

ImportPhase = Literal["receiving", "waiting", "running", "done", "failed"]


class HabitReport(Message):
    """What became of one habit's rows.

    `derived` rows are worked out anew by Ritmo and need not be kept; `skipped` counts the others
    by reason, `already_there` among them.
    """

    name: Name
    habit_id: UUID | None = None
    outcome: Literal["created", "merged", "unchanged"]
    read: int
    imported: int
    derived: int
    skipped: dict[str, int] = Field(default_factory=dict)


class Import(Reply):
    """An import as it stands: rows read of `total` (None: not known yet), and its report."""

    import_id: UUID
    phase: ImportPhase
    dry_run: bool
    rows: int = 0
    total: int | None = None
    habits: tuple[HabitReport, ...] = ()
    problem: str | None = None


class StartImport(Command[Import]):
    """Begin to receive a file of `size` bytes. Refuses with `Invalid` if it is too large."""

    address: ClassVar[str] = "habits.start_import"
    file_name: Line = ""
    size: int | None = Field(default=None, ge=0)


class AddImportPart(Command[Import]):
    """Receive a part of the file: `number` counts from 0, `data` is base64 of `PART_BYTES` at most.

    A part that comes again replaces itself. Refuses with `NotFound`, `Invalid`, `Conflict`.
    """

    address: ClassVar[str] = "habits.add_import_part"
    import_id: UUID
    number: int = Field(ge=0, le=100_000)
    data: Annotated[str, Field(max_length=PART_BYTES // 3 * 4 + 4)] = Field(repr=False)


class RunImport(Command[Import]):
    """Read the received file; `dry_run` only reports what would be done."""

    address: ClassVar[str] = "habits.run_import"
    import_id: UUID
    dry_run: bool = False


class GetImport(Query[Import]):
    """Get how far an import is, and its report. Refuses with `NotFound`."""

    address: ClassVar[str] = "habits.get_import"
    import_id: UUID


class ImportRequested(Fact):
    """An import is ready to run; the habits room hears it itself."""

    address: ClassVar[str] = "habits.import_requested"
    import_id: UUID
    dry_run: bool


class HabitsImported(Fact):
    """Habits were created or filled by an import; `CheckInsImported` tells of their days."""

    address: ClassVar[str] = "habits.habits_imported"
    import_id: UUID
    habit_ids: tuple[UUID, ...]
    check_ins: int


class ImportedDay(Message):
    """A day that an import filled."""

    day: Day
    value: Amount
    state: CheckInState


class CheckInsImported(Fact):
    """Some empty days of a habit were filled by an import. `version` is that of the habit.

    A long history is told in several facts, of at most 1 000 days each.
    """

    address: ClassVar[str] = "habits.check_ins_imported"
    habit_id: UUID
    zone: Zone
    check_ins: Annotated[tuple[ImportedDay, ...], Field(max_length=1000)]
