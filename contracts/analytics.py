"""What the analytics room says: reports on habits and moods, and pictures of them.

Days are logical days; a range includes both ends and ends today at the latest for what is counted.
Rates, scores and completion lie between 0 and 1; None where there is nothing to divide by.
What each figure means is told beside it, and computed in one place in the room.

Words in a reply are in the `language` that was asked for, else in the caller's own.
"""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts.habit import KeptName, Line, Measure, Streak, StreakUnit, Unit
from contracts.language import Language
from contracts.message import Message, Query, Reply
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
    """The first day that it speaks of."""
    last: Day
    """The last day that it speaks of, included."""
    today: Day
    """The caller's today, up to which it counts."""
    stamp: int
    """Rises whenever anything about the caller changes."""


class _Asking(Message):
    """What all queries for a report take. Without `first` and `last`: the last 30 days."""

    first: Day | None = None
    last: Day | None = None
    language: Language | None = None


# -- summary --------------------------------------------------------------------------------------


class HabitLine(Message):
    """A habit in a range: `kept` of `asked` promises, `rate` = kept / asked.

    A promise is a due day, or a place in a week, month or block of days that asks for some.
    Skipped days and breaks are asked for nothing. `total` is in the habit's measure, in `unit`;
    of a duration it is in seconds.
    `change` is `rate` less that of the period before. Streak and score are as of today.
    """

    habit_id: UUID
    """Which habit."""
    name: KeptName
    """The habit's name."""
    colour: str = ""
    """`#RRGGBB`; empty: none."""
    measure: Measure = "yes_no"
    """What is logged: yes or no, an amount, a duration."""
    unit: Unit = ""
    """The unit of an amount, such as km; empty for other measures."""
    asked: int
    """How many promises were asked for."""
    kept: int
    """How many of those asked were kept."""
    skipped: int
    """How many were skipped; they are not asked for."""
    rate: float | None
    """kept / asked, from 0 to 1; null: nothing was asked."""
    change: float | None
    """`rate` less that of the period before, from -1 to 1."""
    total: float
    """The sum of what was logged, in the habit's measure: times, its unit, or seconds."""
    streak: int
    """The streak as of today: due days, or whole weeks, months or blocks of days."""
    best_streak: int
    """The longest streak so far, counted like `streak`."""
    streak_unit: StreakUnit | None = None
    """What the streak counts: due days (`day`), whole weeks or months, or blocks of days (`days`);
    null: not told, as in reports from before there was a unit."""
    streak_since: Day | None = None
    """The first day of the streak; null: there is none, or it is not told."""
    score: float
    """The strength as of today, from 0 to 1."""
    waiting: int = 0
    """Promises that are due today and not decided yet."""
    archived: bool = False
    """True: it is laid aside by now."""


class Step(Message):
    """A part of a range: a day, a week or a month, by the length of the range."""

    first: Day
    """The first day of the part."""
    last: Day
    """The last day of the part, included."""
    asked: int
    """How many promises were asked for."""
    kept: int
    """How many of those asked were kept."""


class AtRisk(Message):
    """A streak that ends today unless something is done.

    `left` is what is still to do, in the habit's measure; of a duration in seconds.
    """

    habit_id: UUID
    """Which habit."""
    name: KeptName
    """The habit's name."""
    streak: int
    """The streak as of today: due days, or whole weeks, months or blocks of days."""
    streak_unit: StreakUnit | None = None
    """What the streak counts: due days (`day`), whole weeks or months, or blocks of days (`days`);
    null: not told, as in reports from before there was a unit."""
    left: float
    """What is still to do today, in the habit's measure: times, its unit, or seconds."""
    measure: Measure = "yes_no"
    """What is logged: yes or no, an amount, a duration."""
    unit: Unit = ""
    """The unit of an amount, such as km; empty for other measures."""


class Before(Message):
    """The period of the same length (or the same calendar unit) before, and what changed since."""

    first: Day
    """The first day of the period before."""
    last: Day
    """The last day of the period before, included."""
    completion: float | None
    """kept / asked, from 0 to 1; null: nothing was asked."""
    perfect_days: int
    """Days on which all that was asked was kept."""
    mood: float | None
    """The average mood, from 1 to 5; null: there is none."""
    completion_change: float | None
    """How much `completion` rose since, from -1 to 1."""
    mood_change: float | None
    """How much the average mood rose since, in steps of the scale."""


class Summary(Report):
    """How a range went.

    `completion` = kept / asked over all habits. `consistency` is the share of days with something
    asked on which at least half of it was kept. A day is perfect if all that was asked was kept.
    `waiting` promises are due today and not decided yet: they are not asked so far, and today is
    not among the days asked until none waits.
    """

    completion: float | None
    """kept / asked, from 0 to 1; null: nothing was asked."""
    consistency: float | None
    """The share of days on which at least half was kept, from 0 to 1."""
    perfect_days: int
    """Days on which all that was asked was kept."""
    days_asked: int
    """Days on which something was asked."""
    asked: int
    """How many promises were asked for."""
    kept: int
    """How many of those asked were kept."""
    skipped: int
    """How many were skipped; they are not asked for."""
    check_ins: int
    """How many check-ins the range has, as the list of check-ins shows them: skips count, too."""
    mood: float | None
    """The average mood, from 1 to 5; null: there is none."""
    entries: int
    """How many diary entries."""
    best: HabitLine | None
    """The habit that was kept best."""
    worst: HabitLine | None
    """The habit that was kept least."""
    before: Before
    """The period before, to compare with."""
    at_risk: tuple[AtRisk, ...]
    """Streaks that end today unless something is done."""
    habits: tuple[HabitLine, ...]
    """Each habit in the range."""
    steps: tuple[Step, ...]
    """The range part by part, oldest first."""
    waiting: int = 0
    """Promises that are due today and not decided yet."""


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
    """The logical day."""
    value: float
    """The number on that day, from 0 to 1."""


class MonthOfWeekdays(Message):
    """How often a habit was kept on each weekday of a month, Monday first."""

    month: Day
    """The first day of the month."""
    counts: tuple[int, int, int, int, int, int, int]
    """How many days of each weekday were kept, Monday first."""


class HeatDay(Message):
    """A square of the heat map: `level` from 0 to 1 of what the day asked; None: nothing asked."""

    day: Day
    """The logical day."""
    state: Literal["done", "partial", "skipped", "failed", "missed", "open", "none"]
    """What the day counts as."""
    level: float | None
    """How much of what the day asked was done, from 0 to 1; null: nothing was asked."""


class Milestone(Message):
    """What comes next if it goes on as in the last 28 days; `on` None: not at this pace."""

    kind: Literal["streak", "score", "total"]
    """What is counted."""
    goal: float
    """The number to be reached, counted like `now`."""
    now: float
    """Where it stands: a streak's length, a score from 0 to 1, or a total in the measure."""
    on: Day | None
    """The day on which it is reached; null: not at this pace."""
    text: str
    """The sentence, in the caller's language."""


class HabitInsight(Report):
    """Everything about one habit. Points are thinned to at most 400; ends are kept.

    `scores` is Loop's score. `trend` is a moving average over 28 days of what was kept of what
    was asked. `hours` counts the hour of day at which it was logged, for days logged on the day
    itself (`hours_known` of them).
    """

    habit_id: UUID
    """Which habit."""
    name: KeptName
    """The habit's name."""
    colour: str = ""
    """`#RRGGBB`; empty: none."""
    unit: Unit = ""
    """The unit of an amount, such as km; empty for other measures."""
    line: HabitLine
    """The habit in the range, in numbers."""
    scores: tuple[Point, ...]
    """The score by day, from 0 to 1."""
    trend: tuple[Point, ...]
    """The share kept in the 28 days up to each day, from 0 to 1."""
    streaks: tuple[Streak, ...]
    """The streaks in the range."""
    weekdays: tuple[MonthOfWeekdays, ...]
    """How often it was kept by month and weekday."""
    hours: Annotated[tuple[int, ...], Field(min_length=24, max_length=24)]
    """How many days were logged in each hour of the day, from 0 to 23."""
    hours_known: int
    """How many days `hours` counts: those logged on the day itself."""
    heat: tuple[HeatDay, ...]
    """The squares of the heat map, oldest first."""
    milestones: tuple[Milestone, ...]
    """What comes next."""


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
    """What is compared with the habit: a mood, or another habit."""
    habit_id: UUID
    """Which habit."""
    name: KeptName
    """The habit's name."""
    other_id: UUID | None = None
    """The other habit; null for moods."""
    other: Line = ""
    """The other habit's name; empty for moods."""
    with_days: int
    """How many days with the habit were compared."""
    without_days: int
    """How many days without the habit were compared."""
    enough: bool
    """Whether there are days enough to compare."""
    effect: float | None = None
    """The difference: in steps of the mood scale, or a share from -1 to 1."""
    low: float | None = None
    """The lower end of the 95 % interval of `effect`, in its unit."""
    high: float | None = None
    """The upper end of the 95 % interval of `effect`, in its unit."""
    p: float | None = None
    """The chance of as much by accident, from 0 to 1."""
    q: float | None = None
    """`p` corrected for the number of pairs, from 0 to 1."""
    likely: bool = False
    """True: enough data, and q < 0.05."""
    text: str
    """The sentence, in the caller's language."""


class Associations(Report):
    """The associations of a range, the likely ones first, 300 at most.

    Today does not count: it is not over. `least` days with and without are needed of each, `tested`
    pairs had them, and `method` says how they were compared.
    """

    least: int = LEAST_DAYS
    """How many days with and without are needed."""
    tested: int
    """How many pairs had days enough."""
    method: str
    """How they were compared, in words."""
    associations: tuple[Association, ...]
    """The associations, the likely ones first."""


class GetAssociations(_Asking, Query[Associations]):
    """Look for associations; of one habit only, if given. Without a range: the last 365 days."""

    address: ClassVar[str] = "analytics.get_associations"
    report: Literal["associations"] = "associations"
    habit_id: UUID | None = None


# -- moods ----------------------------------------------------------------------------------------


class MoodLine(Message):
    """Moods of some group (`key`: a weekday, tag or month); `spread` is the standard deviation."""

    key: str
    """The group: `mon` to `sun`, a tag, or a month as YYYY-MM."""
    name: str
    """The group's name, in the caller's language."""
    entries: int
    """How many diary entries."""
    average: float | None
    """The average mood, from 1 to 5; null: there is none."""
    spread: float | None
    """The standard deviation of the moods, in steps of the scale; null below two."""


class MoodDay(Message):
    """The average mood of a day."""

    day: Day
    """The logical day."""
    mood: float
    """The average mood of the day, from 1 to 5."""
    entries: int
    """How many diary entries."""


class MoodReport(Report):
    """How moods went: each entry with a mood counts once; the spread needs two."""

    entries: int
    """How many diary entries."""
    average: float | None
    """The average mood, from 1 to 5; null: there is none."""
    spread: float | None
    """The standard deviation of the moods, in steps of the scale; null below two."""
    counts: tuple[int, int, int, int, int]
    """How many entries have each mood, from 1 to 5."""
    by_weekday: tuple[MoodLine, ...]
    """Moods by weekday."""
    by_tag: tuple[MoodLine, ...]
    """Moods by tag."""
    by_month: tuple[MoodLine, ...]
    """Moods by month."""
    days: tuple[MoodDay, ...]
    """Days with a mood, oldest first."""


class GetMoodReport(_Asking, Query[MoodReport]):
    """Report on moods; without a range: the last 365 days."""

    address: ClassVar[str] = "analytics.get_mood_report"
    report: Literal["moods"] = "moods"
    tag: Line | None = None
