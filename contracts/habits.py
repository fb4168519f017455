"""What the habits room says about habits themselves.

It also says what is in `check_ins.py`, `breaks.py` and `imports.py`; `habit.py` holds the words.
In a command that changes something, `None` leaves a field as it is.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.habit import (
    EACH_TAG_ONCE,
    Colour,
    Habit,
    Icon,
    Line,
    Name,
    Note,
    Outline,
    StreakUnit,
    Tag,
    Tags,
    Target,
    Unit,
    Version,
    Words,
)
from contracts.message import EACH_ONCE, Command, Done, Fact, Message, Query, Reply
from contracts.page import Cursor, Limit
from contracts.patch import Patch
from contracts.schedule import Schedule
from contracts.time import Day

KEEP_DELETED = 30
"""Days for which a deleted habit lies in the bin."""


class CreateHabit(Words, Command[Habit]):
    """Begin a habit. `start_day` is today if not given. Refuses with `Invalid`."""

    address: ClassVar[str] = "habits.create_habit"
    start_day: Day | None = None
    habit_id: UUID | None = None


class UpdateHabit(Patch[Habit]):
    """Change a habit. A new schedule or target holds from `effective_from` (today) on.

    Null takes the target away. Refuses with `NotFound`, `Invalid`, or `Conflict`
    (`version_conflict`) if the habit is not at `expected_version`.
    """

    address: ClassVar[str] = "habits.update_habit"
    about: ClassVar[frozenset[str]] = frozenset({"habit_id", "effective_from", "expected_version"})
    clears: ClassVar[frozenset[str]] = frozenset({"target"})
    flags: ClassVar[Mapping[str, str]] = {"target": "drop_target"}
    habit_id: UUID
    name: Name | None = None
    unit: Unit | None = None
    target: Target | None = None
    schedule: Schedule | None = None
    effective_from: Day | None = None
    """The logical day from which schedule and target hold; today, if not given."""
    tags: Tags | None = None
    colour: Colour | None = None
    icon: Icon | None = None
    cue: Line | None = None
    question: Line | None = None
    description: Note | None = None
    archived: bool | None = None


class DeleteHabit(Command[Done]):
    """Put a habit with all that belongs to it into the bin; `forever`: delete it for good.

    Only `forever` finds a habit that is in the bin already. Refuses with `NotFound` or `Conflict`.
    """

    address: ClassVar[str] = "habits.delete_habit"
    habit_id: UUID
    forever: bool = False
    expected_version: int | None = None


class RestoreHabit(Command[Habit]):
    """Take a habit out of the bin, as if it had never been there; one in use stays as it is.

    Refuses with `NotFound`, or `Conflict` (`too_many_habits`).
    """

    address: ClassVar[str] = "habits.restore_habit"
    habit_id: UUID


class GetHabit(Query[Habit]):
    """Get one habit. Refuses with `NotFound`."""

    address: ClassVar[str] = "habits.get_habit"
    habit_id: UUID


class Habits(Reply):
    """A page of habits in their order; `next` asks for the next page."""

    habits: tuple[Habit, ...]
    """The habits, in their order."""
    next: Cursor | None = None
    """The cursor of the next page; null: this is the last one."""


class ListHabits(Query[Habits]):
    """List habits in their order; `archived` None lists both kinds.

    `deleted`: those in the bin, instead.
    """

    address: ClassVar[str] = "habits.list_habits"
    archived: bool | None = False
    tag: Tag | None = None
    deleted: bool = False
    cursor: Cursor | None = None
    limit: Limit = 100


class ReorderHabits(Command[Done]):
    """Put these habits first, in this order; the others follow as they were."""

    address: ClassVar[str] = "habits.reorder_habits"
    habit_ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=500), EACH_ONCE]


class TagCount(Message):
    """A tag, and how many habits in use bear it."""

    tag: Tag
    """The tag."""
    habits: int
    """How many habits in use bear it."""


class TagCounts(Reply):
    """All tags, in the person's own order; those that they have not put in order follow by name."""

    tags: tuple[TagCount, ...]
    """The tags, in the person's own order."""


class ReorderTags(Command[Done]):
    """Put these tags first, in this order, the only one that is kept; the others follow by name.

    A tag that no habit bears keeps its place for when one does.
    """

    address: ClassVar[str] = "habits.reorder_tags"
    tags: Annotated[tuple[Tag, ...], Field(min_length=1, max_length=500), EACH_TAG_ONCE]


class ListTags(Query[TagCounts]):
    """List the tags in use, in the person's own order."""

    address: ClassVar[str] = "habits.list_tags"


class _AboutHabit(Fact):
    """A fact about a habit; `version` is the habit's."""

    habit_id: UUID


class HabitCreated(_AboutHabit):
    """A habit was begun."""

    address: ClassVar[str] = "habits.habit_created"
    habit: Outline
    start_day: Day
    versions: tuple[Version, ...]
    order: int | None = None
    """Its place in the list; lower comes first."""


class HabitChanged(_AboutHabit):
    """A habit is now this, and has had these schedules and targets."""

    address: ClassVar[str] = "habits.habit_changed"
    habit: Outline
    start_day: Day
    versions: tuple[Version, ...]
    order: int | None = None
    """Its place in the list; lower comes first."""


class HabitArchived(_AboutHabit):
    """A habit was laid aside, or taken up again."""

    address: ClassVar[str] = "habits.habit_archived"
    archived: bool


class StreakReached(_AboutHabit):
    """A check-in made a streak as long as is celebrated (`contracts.habit.STREAK_GOALS`).

    `unit` is what `streak` counts (None: promises), `since` its first day: a streak that is reached
    again after something was undone has the same.
    """

    address: ClassVar[str] = "habits.streak_reached"
    name: str = Field(repr=False)
    streak: int
    unit: StreakUnit | None
    since: Day
    day: Day


class HabitBinned(_AboutHabit):
    """A habit was put into the bin: it is to be seen nowhere, unless it is restored."""

    address: ClassVar[str] = "habits.habit_binned"


class HabitRestored(_AboutHabit):
    """A habit was taken out of the bin, with all that belongs to it."""

    address: ClassVar[str] = "habits.habit_restored"


class HabitDeleted(_AboutHabit):
    """A habit and all its check-ins are gone for good."""

    address: ClassVar[str] = "habits.habit_deleted"
