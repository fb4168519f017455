"""When a habit is due: pure value objects, told apart by `every`.

    {"every": "day"}                                   each day
    {"every": "weekdays", "days": ["mon", "wed"]}      on these days of the week
    {"every": "n_days", "n": 3}                        every third day, counted from the start
    {"every": "times", "times": 3, "per": "week"}      any three days of a week (or month)
    {"every": "times", "times": 3, "per": "days", "days": 14}
    {"every": "month_days", "days": [1, 15, -1]}       -1 is the last day of the month
    {"every": "nth_weekday", "weekday": "tue", "nth": 2}    -1 is the last one of the month
    {"every": "year", "month": 2, "day": 29}
    {"every": "rule", "rrule": "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"}

Each tells its recurrence rule (`to_rrule`, RFC 5545); the last one *is* such a rule. Which days are
due is in `contracts.keeping.due`.
"""

from calendar import monthrange
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from contracts.recurrence import plain_rule
from contracts.speech import Unfit

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Frequency(NamedTuple):
    """So many times in so many days, as in Loop's score."""

    times: int
    days: int


class _Value(BaseModel):
    """A schedule: equal when it says the same."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EveryDay(_Value):
    """Due each day."""

    every: Literal["day"] = "day"
    """What kind of schedule this is."""

    def to_rrule(self) -> str:
        """Write it as a recurrence rule."""
        return "FREQ=DAILY"


def _in_week_order(days: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
    """Order days of the week from Monday, each once."""
    return tuple(day for day in WEEKDAYS if day in days)


class Weekdays(_Value):
    """Due on some days of the week."""

    every: Literal["weekdays"] = "weekdays"
    """What kind of schedule this is."""
    days: Annotated[
        tuple[Weekday, ...], Field(min_length=1, max_length=7), AfterValidator(_in_week_order)
    ]
    """On which days of the week."""

    def to_rrule(self) -> str:
        """Write it as a recurrence rule."""
        return "FREQ=WEEKLY;BYDAY=" + ",".join(day[:2].upper() for day in self.days)


class EveryNDays(_Value):
    """Due every `n` days, the first time on the day it begins."""

    every: Literal["n_days"] = "n_days"
    """What kind of schedule this is."""
    n: int = Field(ge=1, le=366, strict=True)
    """How many days from one to the next."""

    def to_rrule(self) -> str:
        """Write it as a recurrence rule."""
        return f"FREQ=DAILY;INTERVAL={self.n}"


class Times(_Value):
    """Due on any `times` different days of each week, month or block of `days` days.

    Blocks are counted from the day it begins. A month shorter than `times` asks for each day. Days
    at rest (skips, breaks) take their share: of 4 a week, a break of three days leaves 2. A piece
    of a period, at the start of the habit or before a new schedule, asks for nothing: it counts as
    one if all was done in it, and else neither breaks nor lengthens a streak.
    """

    every: Literal["times"] = "times"
    """What kind of schedule this is."""
    times: int = Field(ge=1, le=366, strict=True)
    """On how many different days."""
    per: Literal["week", "month", "days"] = "week"
    """In which period."""
    days: int | None = Field(default=None, ge=1, le=366, strict=True)
    """The length of the period in days; only with `days`."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """Refuse a number of times that the period has no room for."""
        if (self.per == "days") != (self.days is not None):
            raise ValueError("`days` goes with per = days, and only with it")
        longest = {"week": 7, "month": 31}.get(self.per) or self.days or 0
        if self.times > longest:
            text = "there are only {days} days, too few for {times} times"
            raise Unfit(text, days=longest, times=self.times)
        return self

    @property
    def frequency(self) -> Frequency:
        """So many times in 7, 30 or its own number of days."""
        return Frequency(self.times, self.days or (7 if self.per == "week" else 30))

    def to_rrule(self) -> str:
        """Write when each period begins; a recurrence rule cannot say "any three days"."""
        if self.per == "days":
            return f"FREQ=DAILY;INTERVAL={self.days}"
        return "FREQ=WEEKLY" if self.per == "week" else "FREQ=MONTHLY"


MonthDay = Annotated[int, Field(ge=-31, le=31, strict=True)]


def _days_of_a_month(days: tuple[int, ...]) -> tuple[int, ...]:
    """Order days of the month, the ones counted from its end last, each once."""
    if 0 in days:
        raise ValueError("the first day of a month is 1, the last is -1; there is no day 0")
    return tuple(sorted(set(days), key=lambda day: (day < 0, day)))


class MonthDays(_Value):
    """Due on some days of the month; negative ones count from its end.

    As in RFC 5545, a month that lacks the day is passed over; -1 is the last day of each month.
    """

    every: Literal["month_days"] = "month_days"
    """What kind of schedule this is."""
    days: Annotated[
        tuple[MonthDay, ...], Field(min_length=1, max_length=31), AfterValidator(_days_of_a_month)
    ]
    """Days of the month; -1 is the last one."""

    def to_rrule(self) -> str:
        """Write it as a recurrence rule."""
        return "FREQ=MONTHLY;BYMONTHDAY=" + ",".join(map(str, self.days))


class NthWeekday(_Value):
    """Due on the nth such weekday of each month; -1 is the last. A month without it is passed."""

    every: Literal["nth_weekday"] = "nth_weekday"
    """What kind of schedule this is."""
    weekday: Weekday
    """Which day of the week."""
    nth: Literal[1, 2, 3, 4, 5, -1, -2, -3, -4, -5]
    """Which of them in the month; -1 is the last one."""

    def to_rrule(self) -> str:
        """Write it as a recurrence rule."""
        return f"FREQ=MONTHLY;BYDAY={self.nth}{self.weekday[:2].upper()}"


class Yearly(_Value):
    """Due once a year. 29 February falls on the 28th in common years: nobody skips three years.

    (RFC 5545 passes over a date that a year lacks; the rule says "last day of February" instead.)
    """

    every: Literal["year"] = "year"
    """What kind of schedule this is."""
    month: int = Field(ge=1, le=12, strict=True)
    """The month, from 1 to 12."""
    day: int = Field(ge=1, le=31, strict=True)
    """The day of the month."""

    @model_validator(mode="after")
    def _exists(self) -> Self:
        """Refuse a date that no year has."""
        if self.day > monthrange(2000, self.month)[1]:
            raise Unfit("month {month} has no day {day}", month=self.month, day=self.day)
        return self

    def to_rrule(self) -> str:
        """Write it as a recurrence rule."""
        on = -1 if (self.month, self.day) == (2, 29) else self.day
        return f"FREQ=YEARLY;BYMONTH={self.month};BYMONTHDAY={on}"


class Rule(_Value):
    """Due as a recurrence rule of RFC 5545 says, counted from the day it begins.

    Not finer than daily. Kept in one plain form: upper case, without `RRULE:`, `UNTIL` as a day.
    """

    every: Literal["rule"] = "rule"
    """What kind of schedule this is."""
    rrule: Annotated[str, Field(min_length=1, max_length=300), AfterValidator(plain_rule)]
    """The rule, such as FREQ=MONTHLY;BYMONTHDAY=-1."""

    def to_rrule(self) -> str:
        """Return the rule itself."""
        return self.rrule


DayBased = EveryDay | Weekdays | EveryNDays | Times | MonthDays | NthWeekday | Yearly
Schedule = Annotated[DayBased | Rule, Field(discriminator="every")]
"""Any of them."""
