"""What the analytics room says: reports on habits and moods, and pictures of them.

Days are logical days; a range includes both ends and ends today at the latest for what is counted.
Rates, scores and completion lie between 0 and 1; None where there is nothing to divide by.
What each figure means is told beside it, and computed in one place in the room.

Words in a reply are in the `language` that was asked for, else in the caller's own.
"""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts.auth import Language
from contracts.habit import Line, Name, Streak, Unit
from contracts.message import Fact, Message, Query, Reply
from contracts.time import Day

LONGEST = 3660
"""Days of a range that can be reported on at once: ten years."""

LEAST_DAYS = 10
"""Days with and days without, each, below which an association is "not enough data"."""


class Report(Reply):
    """What all reports say: the days that they speak of, and how fresh they are.

    `stamp` rises whenever anything about the caller changes; a report with the same `stamp` and
    `today` says the same.
    """

    first: Day
    last: Day
    today: Day
    stamp: int


class _Asking(Message):
    """What all queries for a report take. Without `first` and `last`: the last 30 days."""

    first: Day | None = None
    last: Day | None = None
    language: Language | None = None


# -- summary --------------------------------------------------------------------------------------


class HabitLine(Message):
    """A habit in a range: `kept` of `asked` promises, `rate` = kept / asked.

    A promise is a due day, or a place in a week, month or block of days that asks for some.
    Skipped days and breaks are asked for nothing. `total` is in the habit's measure (`unit`).
    `change` is `rate` less that of the period before. Streak and score are as of today.
    """

    habit_id: UUID
    name: Name
    colour: str = ""
    unit: Unit = ""
    asked: int
    kept: int
    skipped: int
    rate: float | None
    change: float | None
    total: float
    streak: int
    best_streak: int
    score: float


class Step(Message):
    """A part of a range: a day, a week or a month, by the length of the range."""

    first: Day
    last: Day
    asked: int
    kept: int


class AtRisk(Message):
    """A streak that ends today unless something is done; `left` is what is still to do."""

    habit_id: UUID
    name: Name
    streak: int
    left: float
    unit: Unit = ""


class Before(Message):
    """The period of the same length (or the same calendar unit) before, and what changed since."""

    first: Day
    last: Day
    completion: float | None
    perfect_days: int
    mood: float | None
    completion_change: float | None
    mood_change: float | None


class Summary(Report):
    """How a range went.

    `completion` = kept / asked over all habits. `consistency` is the share of days with something
    asked on which at least half of it was kept. A day is perfect if all that was asked was kept.
    `waiting` promises are due today and not decided yet: they are not asked so far, and today is
    not among the days asked until none waits.
    """

    completion: float | None
    consistency: float | None
    perfect_days: int
    days_asked: int
    asked: int
    kept: int
    skipped: int
    check_ins: int
    mood: float | None
    entries: int
    best: HabitLine | None
    worst: HabitLine | None
    before: Before
    at_risk: tuple[AtRisk, ...]
    habits: tuple[HabitLine, ...]
    steps: tuple[Step, ...]
    waiting: int = 0


class GetSummary(_Asking, Query[Summary]):
    """Sum up a range; or the `period` that `day` (today) lies in; a day alone is a period of one.

    Refuses with `Invalid`: `range_reversed`, `range_too_long`, `range_and_period`.
    """

    address: ClassVar[str] = "analytics.get_summary"
    report: Literal["summary"] = "summary"
    period: Literal["day", "week", "month", "year"] | None = None
    day: Day | None = None


# -- one habit ------------------------------------------------------------------------------------


class Point(Message):
    """A number on a day."""

    day: Day
    value: float


class MonthOfWeekdays(Message):
    """How often a habit was kept on each weekday of a month, Monday first."""

    month: Day
    counts: tuple[int, int, int, int, int, int, int]


class HeatDay(Message):
    """A square of the heat map: `level` from 0 to 1 of what the day asked; None: nothing asked."""

    day: Day
    state: Literal["done", "partial", "skipped", "failed", "missed", "open", "none"]
    level: float | None


class Milestone(Message):
    """What comes next if it goes on as in the last 28 days; `on` None: not at this pace."""

    kind: Literal["streak", "score", "total"]
    goal: float
    now: float
    on: Day | None
    text: str


class HabitInsight(Report):
    """Everything about one habit. Points are thinned to at most 400; ends are kept.

    `scores` is Loop's score. `trend` is a moving average over 28 days of what was kept of what
    was asked. `hours` counts the hour of day at which it was logged, for days logged on the day
    itself (`hours_known` of them).
    """

    habit_id: UUID
    name: Name
    colour: str = ""
    unit: Unit = ""
    line: HabitLine
    scores: tuple[Point, ...]
    trend: tuple[Point, ...]
    streaks: tuple[Streak, ...]
    weekdays: tuple[MonthOfWeekdays, ...]
    hours: Annotated[tuple[int, ...], Field(min_length=24, max_length=24)]
    hours_known: int
    heat: tuple[HeatDay, ...]
    milestones: tuple[Milestone, ...]


class GetHabitInsight(_Asking, Query[HabitInsight]):
    """Report on one habit; without a range: the last 365 days. Refuses with `NotFound`."""

    address: ClassVar[str] = "analytics.get_habit_insight"
    report: Literal["habit"] = "habit"
    habit_id: UUID


# -- associations ---------------------------------------------------------------------------------


class Association(Message):
    """What goes with what: never a cause. `effect` with its 95 % interval `low`..`high`.

    For mood: how much higher the day's average mood was with the habit than without. For two
    habits: how much more often `other` was kept on days with the habit than without (0 to 1).
    `p` is the chance of as much by accident, never stated below one in a million, and `q` the same
    after correction for `tested` pairs.
    `likely`: enough data, and q < 0.05. Numbers are None where `enough` is false.
    """

    kind: Literal["mood_same_day", "mood_next_day", "habit"]
    habit_id: UUID
    name: Name
    other_id: UUID | None = None
    other: Line = ""
    with_days: int
    without_days: int
    enough: bool
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    q: float | None = None
    likely: bool = False
    text: str


class Associations(Report):
    """The associations of a range, the likely ones first, 300 at most.

    Today does not count: it is not over. `least` days with and without are needed of each, `tested`
    pairs had them, and `method` says how they were compared.
    """

    least: int = LEAST_DAYS
    tested: int
    method: str
    associations: tuple[Association, ...]


class GetAssociations(_Asking, Query[Associations]):
    """Look for associations; of one habit only, if given. Without a range: the last 365 days."""

    address: ClassVar[str] = "analytics.get_associations"
    report: Literal["associations"] = "associations"
    habit_id: UUID | None = None


# -- moods ----------------------------------------------------------------------------------------


class MoodLine(Message):
    """Moods of some group (`key`: a weekday, tag or month); `spread` is the standard deviation."""

    key: str
    name: str
    entries: int
    average: float | None
    spread: float | None


class MoodDay(Message):
    """The average mood of a day."""

    day: Day
    mood: float
    entries: int


class MoodReport(Report):
    """How moods went: each entry with a mood counts once; the spread needs two."""

    entries: int
    average: float | None
    spread: float | None
    counts: tuple[int, int, int, int, int]
    by_weekday: tuple[MoodLine, ...]
    by_tag: tuple[MoodLine, ...]
    by_month: tuple[MoodLine, ...]
    days: tuple[MoodDay, ...]


class GetMoodReport(_Asking, Query[MoodReport]):
    """Report on moods; without a range: the last 365 days."""

    address: ClassVar[str] = "analytics.get_mood_report"
    report: Literal["moods"] = "moods"
    tag: Line | None = None


class HistoryChanged(Fact):
    """Something about a person changed that reports speak of; `version` is the new `stamp`."""

    address: ClassVar[str] = "analytics.history_changed"
