"""What the habits room says about the days of habits: check-ins, today, changes and streaks."""

from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from contracts.habit import (
    Amount,
    CheckInState,
    Entry,
    Line,
    Note,
    Outline,
    Source,
    Step,
    Streak,
    StreakUnit,
)
from contracts.message import Command, Fact, Message, Query, Refusal, Reply
from contracts.page import Cursor, Limit
from contracts.time import Day, Zone

MAX_LOGS = 500
"""Check-ins that are sent at once."""


class CheckedIn(Reply):
    """A day as it now stands, and the habit's standing as of today.

    `restored`: an undo took the habit out of the bin, and nothing else; the day is today.
    `state` and `value` are None when nothing is logged for the day. `score` is Loop's, 0 to 1.
    """

    habit_id: UUID
    """Which habit."""
    day: Day
    """The logical day."""
    value: Amount | None
    """What is logged, in the habit's measure: times, its unit, or seconds; null: nothing."""
    state: CheckInState | None
    """What the day counts as; null: nothing is logged."""
    note: Note = ""
    """A note about the day; perhaps empty."""
    streak: int
    """The streak as of today: due days, or whole weeks, months or blocks of days."""
    best_streak: int
    """The longest streak so far, counted like `streak`."""
    streak_unit: StreakUnit = "day"
    """What the streak counts: due days (`day`), whole weeks or months, or blocks of `days` days."""
    score: float
    """The strength as of today, from 0 to 1."""
    restored: bool = False
    """True: the habit was brought back from the bin."""


class CheckIn(Command[CheckedIn]):
    """Log a day, today if none is given; again replaces it. Without value and state: done.

    The value decides between done, partial and failed; `skipped` excuses the day. `note` None
    keeps the note. `at` is when it was done: for clients that were offline. Without a day it names
    the day; without it that is now for today, and not known for another day. Refuses with
    `NotFound`, or `Invalid` (`day_out_of_range`, `value_missing`, `at_not_on_day`).
    """

    address: ClassVar[str] = "habits.check_in"
    habit_id: UUID
    day: Day | None = None
    value: Amount | None = None
    state: CheckInState | None = None
    note: Note | None = None
    at: AwareDatetime | None = None
    source: Source = "api"


class Increment(Command[CheckedIn]):
    """Add to the value of a day, today if none is given; less than nothing takes away.

    It never falls below nothing: a day that is left with nothing and no note is empty again, unless
    nothing is a success. Refuses as `CheckIn` does.
    """

    address: ClassVar[str] = "habits.increment"
    habit_id: UUID
    day: Day | None = None
    by: Step = 1.0
    source: Source = "api"


class Log(Message):
    """One of many: what is logged for a day of a habit, as in `CheckIn`; or what is added to it.

    `by` adds, as in `Increment`; it goes with neither `value`, `state`, `note` nor `at`.
    """

    habit_id: UUID
    """Which habit."""
    day: Day | None = None
    """The logical day; today, if not given."""
    value: Amount | None = None
    """How much: times, the habit's unit, or seconds; what was asked, if not given."""
    state: CheckInState | None = None
    """What the day counts as; by `value`, if not given."""
    note: Note | None = None
    """A note about the day; the old one stays, if not given."""
    at: AwareDatetime | None = None
    """When it was done; if not given, now for today, and not known for another day."""
    by: Step | None = None
    """How much is added, in the habit's measure: times, its unit, or seconds."""

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        """Refuse to set a day and to add to it at once."""
        if self.by is not None and {"value", "state", "note", "at"} & self.model_fields_set:
            raise ValueError("`by` adds to a day; it goes with habit_id and day alone")
        return self


class Outcome(Message):
    """What became of one of many: the day as it stands after all of them, or why it was refused."""

    habit_id: UUID
    check_in: CheckedIn | None = None
    refusal: Refusal | None = None


class Outcomes(Reply):
    """What became of each, in the order in which they were sent."""

    outcomes: tuple[Outcome, ...]


class LogCheckIns(Command[Outcomes]):
    """Log many days of many habits at once, in order; each is logged or refused by itself."""

    address: ClassVar[str] = "habits.log_check_ins"
    check_ins: Annotated[tuple[Log, ...], Field(min_length=1, max_length=MAX_LOGS)]
    source: Source = "api"


class RemoveCheckIn(Command[CheckedIn]):
    """Forget what was logged for a day; nothing logged is fine, too."""

    address: ClassVar[str] = "habits.remove_check_in"
    habit_id: UUID
    day: Day | None = None
    source: Source = "api"


class DayEntry(Entry):
    """What is logged on a day of a habit.

    `at` is when it was done, as far as it is known; `source` is the door through which it came.
    """

    day: Day
    """The logical day."""
    habit_id: UUID | None = None
    """Which habit."""
    at: AwareDatetime | None = None
    """When it was done; null: not known, as of a day that was logged later or imported."""
    source: Source | None = None
    """The door through which it came: `api`, `web`, `mail`, `import`, and so on."""


class CheckIns(Reply):
    """A page of check-ins, oldest first, of a day by habit; `next` asks for the next page."""

    check_ins: tuple[DayEntry, ...]
    """The check-ins, oldest first."""
    next: Cursor | None = None
    """The cursor of the next page; null: this is the last one."""


class ListCheckIns(Query[CheckIns]):
    """List check-ins from `first` to `last`, both included; None is open.

    Of one habit, or of all if `habit_id` is None.
    """

    address: ClassVar[str] = "habits.list_check_ins"
    habit_id: UUID | None = None
    first: Day | None = None
    last: Day | None = None
    cursor: Cursor | None = None
    limit: Limit = 100


class HabitToday(Outline):
    """A habit on a day: what is asked, what is logged, and how it stands.

    `due`: it is asked for. `on_break`: a break covers the day. `done` of `needed`: how far the
    day, or the week, month or block of days that counts, has come, in the habit's measure. Days at
    rest, also those that are planned, take their share of what a period needs; of the first piece
    of one it shows what a whole one needs, though that asks for nothing yet.
    """

    habit_id: UUID
    """Which habit."""
    cue: Line = ""
    """After what, when or where it is done; perhaps empty."""
    question: Line = ""
    """The question that a reminder asks; perhaps empty."""
    due: bool
    """True: the day asks for it."""
    on_break: bool
    """True: a break covers the day."""
    value: Amount | None
    """What is logged, in the habit's measure: times, its unit, or seconds; null: nothing."""
    state: CheckInState | None
    """What the day counts as; null: nothing is logged."""
    note: Note = ""
    """A note about the day; perhaps empty."""
    streak: int
    """The streak as of today: due days, or whole weeks, months or blocks of days."""
    best_streak: int
    """The longest streak so far, counted like `streak`."""
    streak_unit: StreakUnit = "day"
    """What the streak counts: due days (`day`), whole weeks or months, or blocks of `days` days."""
    score: float
    """The strength as of today, from 0 to 1."""
    done: float
    """How far the period has come, in the habit's measure: times, its unit, or seconds."""
    needed: float
    """What the period needs, in the habit's measure: times, its unit, or seconds."""


class Today(Reply):
    """A person's day."""

    day: Day
    """The logical day."""
    habits: tuple[HabitToday, ...]
    """The habits of the day, in their order."""


class GetToday(Query[Today]):
    """Get the habits in use on a day; by default on the caller's logical today."""

    address: ClassVar[str] = "habits.get_today"
    day: Day | None = None


class Change(Message):
    """A change to a day: who made it, through which door, when, and what it was before."""

    change_id: UUID
    """Which change."""
    habit_id: UUID
    """Which habit."""
    day: Day
    """The logical day."""
    before: Entry | None
    """What was logged before; null: nothing."""
    after: Entry | None
    """What is logged since; null: nothing."""
    source: Source
    """The door through which it came: `api`, `web`, `mail`, `import`, and so on."""
    made_by: str
    """Who made it: `user`, or what acted for them."""
    made_at: AwareDatetime
    """When it was made."""
    undone: bool = False
    """True: it was taken back."""


class History(Reply):
    """A page of changes, newest first; `next` asks for the next page."""

    changes: tuple[Change, ...]
    """The changes, newest first."""
    next: Cursor | None = None
    """The cursor of the next page; null: this is the last one."""


class GetHistory(Query[History]):
    """List the changes to a habit's check-ins; of one day, if it is given."""

    address: ClassVar[str] = "habits.get_history"
    habit_id: UUID
    day: Day | None = None
    cursor: Cursor | None = None
    limit: Limit = 50


class Undo(Command[CheckedIn]):
    """Take back a change: `change_id`, or the caller's last one (of `habit_id`, if given).

    The day comes back whole: its value and note, when it was done, and the door it came through.
    A check-in that says what the day says already changed nothing, and there is nothing of it to
    take back.
    If nothing was changed since a habit was deleted, that habit is taken out of the bin.
    Refuses with `NotFound`, or `Conflict` (`changed_since`) if the day has changed since.
    """

    address: ClassVar[str] = "habits.undo"
    change_id: UUID | None = None
    habit_id: UUID | None = None
    source: Source = "api"


class Streaks(Reply):
    """Streaks of a habit, newest first; the current one and the best."""

    streak: int
    """The streak as of today: due days, or whole weeks, months or blocks of days."""
    best_streak: int
    """The longest streak so far, counted like `streak`."""
    streak_unit: StreakUnit = "day"
    """What the streak counts: due days (`day`), whole weeks or months, or blocks of `days` days."""
    streaks: tuple[Streak, ...]
    """All streaks, newest first."""


class GetStreaks(Query[Streaks]):
    """List all streaks of a habit. Refuses with `NotFound`."""

    address: ClassVar[str] = "habits.get_streaks"
    habit_id: UUID


class HabitCheckedIn(Fact):
    """A day of a habit was logged, or logged anew; its note stays at home.

    `at` is when it was done; None: that is not known, as of a day that was logged later.
    `occurred_at` is the same, or when it was logged.

    `version` rises with every change to the habit's check-ins. `previous_*` None: it was empty.
    """

    address: ClassVar[str] = "habits.habit_checked_in"
    habit_id: UUID
    day: Day
    value: Amount
    state: CheckInState
    previous_value: Amount | None = None
    previous_state: CheckInState | None = None
    zone: Zone
    source: Source
    at: AwareDatetime | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_older_facts(cls, said: object) -> object:
        """Read a fact from before there was an `at`: `occurred_at` meant that."""
        if isinstance(said, dict) and "at" not in said:
            return {**said, "at": said.get("occurred_at")}
        return said


class CheckInRemoved(Fact):
    """What was logged for a day of a habit is gone."""

    address: ClassVar[str] = "habits.check_in_removed"
    habit_id: UUID
    day: Day
    previous_value: Amount
    previous_state: CheckInState
    source: Source
