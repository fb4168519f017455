"""What has changed since a client last asked: for clients that keep a copy and were away."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.breaks import Break
from contracts.check_ins import DayEntry
from contracts.habit import Version, Words
from contracts.message import Message, Query, Reply
from contracts.page import Cursor
from contracts.time import Day

KEEP_REMOVED = 90
"""Days for which it is known what was removed; an older cursor is refused."""


class ChangedHabit(Words):
    """A habit as its owner wrote it; how it stands is told by `GetToday` and `GetHabit`.

    `schedule` and `target` are the last ones of its `versions`, which may be planned for later.
    `version` counts what the owner edits. `deleted_at` is since when it lies in the bin (None: it
    does not): what belongs to it is to be kept and hidden, for it may come back.
    """

    habit_id: UUID
    """Which habit."""
    start_day: Day
    """The first logical day that counts."""
    order: int
    """Its place in the list; lower comes first."""
    archived: bool
    """True: laid aside."""
    versions: tuple[Version, ...]
    """All schedules and targets, oldest first."""
    created_at: AwareDatetime
    """When it was made."""
    version: int
    """Rises by one with each change; it stands in the ETag."""
    deleted_at: AwareDatetime | None = None
    """Since when it lies in the bin; null: it does not."""


class Removed(Message):
    """Something that is gone for good: a habit with all its days, a day's check-in, or a break."""

    kind: Literal["habit", "check_in", "break"]
    """What is gone."""
    habit_id: UUID | None = None
    """Which habit, or whose check-in; null for a break."""
    day: Day | None = None
    """The day of a check-in; null for anything else."""
    break_id: UUID | None = None
    """Which break; null for anything else."""


class Changes(Reply):
    """What has changed: take away what is `removed` first, then write the others over your own.

    Whatever changes meanwhile comes with a later cursor; some of it may come twice. `next` is what
    to ask with from now on; `more`: there is more already, ask at once.
    """

    removed: tuple[Removed, ...]
    """What is gone for good."""
    habits: tuple[ChangedHabit, ...]
    """Habits that are new or were edited, those in the bin as well."""
    breaks: tuple[Break, ...]
    """Breaks that are new or were changed."""
    check_ins: tuple[DayEntry, ...]
    """Days that were logged or changed."""
    next: Cursor
    """The cursor to ask with from now on."""
    more: bool
    """True: there is more already."""


class ListChanges(Query[Changes]):
    """List what has changed `since` a cursor; without one, all that there is.

    Refuses with `Invalid` (`wrong_cursor`), or with `Gone` (`cursor_expired`): then begin anew.
    """

    address: ClassVar[str] = "habits.list_changes"
    since: Cursor | None = None
    """The cursor of the answer before; null: from the beginning."""
    limit: Annotated[int, Field(ge=1, le=500)] = 200
    """How many at most."""
