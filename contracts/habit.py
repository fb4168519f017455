"""What a habit is: its words, numbers and limits. The messages about it are in `habits.py`.

Numbers are written plainly outside (`7.35`) and counted in thousandths inside (`7350`).
"""

import unicodedata
from collections.abc import Iterable
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints, model_validator

from contracts.message import Message, Reply
from contracts.schedule import EveryDay, Schedule, Weekday
from contracts.time import Day
from contracts.visible import SEEN, shown_within


def folded(tag: str) -> str:
    """Return what a tag is known by: how it is composed and its case do not matter.

    Canonical caseless matching of the Unicode Standard (section 3.13, D145), written in NFC.
    """
    case = unicodedata.normalize("NFD", tag).casefold()
    return unicodedata.normalize("NFC", case)


def spelled(tags: Iterable[str], tag: str) -> list[str]:
    """Return those of some tags that are this one, as each is written."""
    sought = folded(tag)
    return [one for one in tags if folded(one) == sought]


def bears(tags: Iterable[str], tag: str) -> bool:
    """Tell whether a tag is among others, however each is written."""
    return bool(spelled(tags, tag))


_NO_CONTROLS = r"^[^\x00-\x1f\x7f-\x9f]*$"
NO_CONTROLS_BUT_LINES = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"


def thousandths(number: float) -> int:
    """Count a number in thousandths, rounded to the nearest."""
    return round(number * 1000)


def number_of(counted: int) -> float:
    """Turn thousandths back into a number."""
    return counted / 1000


def _three_decimals(number: float) -> float:
    """Keep what Ritmo keeps of a number."""
    return round(number, 3)


Kind = Literal["build", "quit"]
"""Do it (`build`), or leave it: success is then the default and slips are logged (`quit`)."""

Measure = Literal["yes_no", "count", "amount", "duration"]
"""Done or not, how many times, how much of a unit, or how long.

A `duration` is in whole seconds, in values and targets alike, and shown as time (1 h 5 min); it
takes no `unit` of its own.
"""

CheckInState = Literal["done", "partial", "skipped", "failed"]

MAX_NAME, MAX_TAG = 200, 50
"""Characters of a name, and of a tag."""

_Name = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=MAX_NAME, pattern=_NO_CONTROLS
    ),
]
Name = Annotated[_Name, SEEN, Field(examples=["Read ten pages"])]
"""A name that somebody gives; it can be seen."""

KeptName = Annotated[_Name, shown_within(MAX_NAME), Field(examples=["Read ten pages"])]
"""A name that was given at whatever time, also when it did not have to be seen yet."""

Line = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=200, pattern=_NO_CONTROLS), SEEN
]
"""A short text on one line, perhaps empty."""

Note = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=2000, pattern=NO_CONTROLS_BUT_LINES)
]
"""A text of some lines, perhaps empty."""

_Tag = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=MAX_TAG, pattern=_NO_CONTROLS
    ),
]
Tag = Annotated[_Tag, SEEN]
"""A tag that somebody gives; it can be seen."""

KeptTag = Annotated[_Tag, shown_within(MAX_TAG)]
"""A tag that was given at whatever time, as with `KeptName`."""

Unit = Annotated[str, StringConstraints(strip_whitespace=True, max_length=30, pattern=_NO_CONTROLS)]
COLOUR = r"^(#[0-9A-Fa-f]{6})?$"
Colour = Annotated[str, StringConstraints(pattern=COLOUR)]
"""`#RRGGBB`, or empty for none."""

Icon = Annotated[str, StringConstraints(strip_whitespace=True, max_length=32, pattern=_NO_CONTROLS)]
"""An emoji or the name of a picture; perhaps empty."""

Source = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,20}$")]
"""The door through which it came: `api`, `web`, `telegram`, `mail`, `import`, ..."""

Amount = Annotated[
    float,
    Field(strict=True, ge=0, le=1e9, allow_inf_nan=False),
    AfterValidator(_three_decimals),
]
"""A number from 0 to a thousand million, with three decimals."""

More = Annotated[
    float,
    Field(strict=True, ge=0.001, le=1e9, allow_inf_nan=False),
    AfterValidator(_three_decimals),
]
"""The same, but not nothing."""


def _not_nothing(number: float) -> float:
    """Refuse a step that goes nowhere."""
    if not number:
        raise ValueError("a step of 0 changes nothing")
    return number


Step = Annotated[
    float,
    Field(strict=True, ge=-1e9, le=1e9, allow_inf_nan=False),
    AfterValidator(_three_decimals),
    AfterValidator(_not_nothing),
]
"""How much is added, or taken away: up to a thousand million, with three decimals, never 0."""


def _each_once(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Drop tags that come again, however they are written."""
    first: dict[str, str] = {}
    for tag in tags:
        first.setdefault(folded(tag), tag)
    return tuple(first.values())


STREAK_GOALS = (7, 14, 30, 60, 100, 200, 365)
"""Lengths of a streak that are celebrated, in its unit; and then each multiple of the last."""


def is_goal(streak: int) -> bool:
    """Tell whether a streak of this length is celebrated."""
    return streak in STREAK_GOALS or (streak > 0 and streak % STREAK_GOALS[-1] == 0)


StreakUnit = Literal["day", "week", "month", "days"]
"""What a streak counts: due days, or whole weeks, months, or blocks of so many days."""

EACH_TAG_ONCE = AfterValidator(_each_once)
"""Drop a tag that comes again, however it is written."""

Tags = Annotated[tuple[Tag, ...], Field(max_length=20), EACH_TAG_ONCE]
KeptTags = Annotated[tuple[KeptTag, ...], Field(max_length=20), EACH_TAG_ONCE]


class Target(Message):
    """How much, at least or at most: each due day, each week or month, or in any `days` days."""

    at: Literal["least", "most"] = "least"
    """At least, or at most, so much."""
    value: More
    """How much, in the habit's measure: times, its unit, or seconds."""
    per: Literal["day", "week", "month", "rolling"] = "day"
    """In which time: each due day, week, month, or any `days` days."""
    days: int | None = Field(default=None, ge=1, le=366, strict=True)
    """The length of the window in days; only with `rolling`."""

    @model_validator(mode="after")
    def _days_with_rolling(self) -> Self:
        """Refuse a window without a length, and a length without a window."""
        if (self.per == "rolling") != (self.days is not None):
            raise ValueError("`days` goes with per = rolling, and only with it")
        return self


class Version(Message):
    """The schedule and target in force from a day on, until the next version.

    `anchor` is the day from which its rhythm is counted (a new target does not shift it), and
    `week_start` the first day of the week that a person had set: a later setting moves no past.
    """

    effective_from: Day
    """The day from which it holds."""
    schedule: Schedule = EveryDay()
    """When the habit is due."""
    target: Target | None = None
    """How much is asked; null: once, or none at all for quitting."""
    anchor: Day
    """The day from which its rhythm is counted."""
    week_start: Weekday = "mon"
    """The first day of the week that it counts by."""


class Outline(Message):
    """What every room may know of a habit."""

    name: KeptName
    """Its name."""
    kind: Kind = "build"
    """Do it (`build`), or leave it (`quit`)."""
    measure: Measure = "yes_no"
    """What is counted: done or not, times, an amount of a unit, or seconds."""
    unit: Unit = ""
    """The unit of an amount, such as km; empty for other measures."""
    target: Target | None = None
    """How much is asked; null: once, or none at all for quitting."""
    schedule: Schedule = EveryDay()
    """When it is due."""
    tags: KeptTags = ()
    """Its tags, up to 20."""
    colour: Colour = ""
    """`#RRGGBB`; empty: none."""
    icon: Icon = ""
    """An emoji, or the name of a picture; perhaps empty."""


class Words(Outline):
    """A habit in its owner's words. Only `name` must be given."""

    name: Name
    """Its name."""
    tags: Tags = ()
    """Its tags, up to 20."""
    cue: Line = Field(default="", examples=["after breakfast"])
    """After what, when or where it is done; perhaps empty."""
    question: Line = Field(default="", examples=["Did you read today?"])
    """The question that a reminder asks; perhaps empty."""
    description: Note = ""
    """More about it; perhaps empty."""


class Habit(Words, Reply):
    """A habit as it stands. `schedule` and `target` are today's; `versions` are all of them.

    `deleted_at` is since when it lies in the bin; None: it does not.
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
    streak: int
    """The streak as of today: due days, or whole weeks, months or blocks of days."""
    best_streak: int
    """The longest streak so far, counted like `streak`."""
    streak_unit: StreakUnit = "day"
    """What the streak counts: due days (`day`), whole weeks or months, or blocks of `days` days."""
    score: float
    """The strength as of today, from 0 to 1."""
    created_at: AwareDatetime
    """When it was made."""
    version: int
    """Rises by one with each change; it stands in the ETag."""
    deleted_at: AwareDatetime | None = None
    """Since when it lies in the bin; null: it does not."""


class Entry(Message):
    """What is logged for a habit on a day; `value` is in its measure (slips, for quitting)."""

    value: Amount
    """What is logged, in the habit's measure: times, its unit, or seconds; slips, for quitting."""
    state: CheckInState
    """What the day counts as."""
    note: Note = ""
    """A note about the day; perhaps empty."""


class Streak(Message):
    """A run of promises kept: `length` due days, or whole weeks, months or blocks of days."""

    start: Day
    """Its first day."""
    end: Day
    """Its last day, included."""
    length: int
    """Due days, or whole weeks, months or blocks of days."""
    unit: StreakUnit = "day"
    """What is counted: due days (`day`), whole weeks or months, or blocks of `days` days."""
