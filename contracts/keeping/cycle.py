"""What a streak counts: due days, or the periods in which so many times or so much is asked for."""

from calendar import monthrange
from datetime import date
from typing import Literal, NamedTuple

from contracts.habit import StreakUnit
from contracts.keeping.due import due_days
from contracts.keeping.promise import Terms
from contracts.schedule import WEEKDAYS, EveryDay, Times


class Unit(NamedTuple):
    """What a streak counts: due days, or whole weeks, months or blocks of `days` days."""

    per: StreakUnit
    days: int = 1


class Cycle(NamedTuple):
    """The periods in which a promise is counted: weeks, months, or blocks of `days` days."""

    per: Literal["week", "month", "days"]
    times: bool
    days: int
    anchor: int

    def bounds(self, day: int) -> tuple[int, int]:
        """Return the first and last day of the period around `day`."""
        if self.per == "month":
            at = date.fromordinal(day)
            first = day - at.day + 1
            return first, first + monthrange(at.year, at.month)[1] - 1
        first = day - (day - self.anchor) % self.days
        return first, first + self.days - 1


def cycle_of(terms: Terms) -> Cycle | None:
    """Return the periods that these terms count in; None where they count due days."""
    version, target = terms.version, terms.version.target
    # Ordinal 1 is a Monday.
    monday = WEEKDAYS.index(version.week_start) + 1
    if target and target.per in ("week", "month"):
        return Cycle("week" if target.per == "week" else "month", False, 7, monday)
    schedule = version.schedule
    if terms.quits or (target and target.per == "rolling") or not isinstance(schedule, Times):
        return None
    if schedule.per == "days":
        return Cycle("days", True, schedule.days or 1, version.anchor.toordinal())
    return Cycle(schedule.per, True, 7, monday)


def unit_of(terms: Terms) -> Unit:
    """Say what a streak counts under these terms."""
    cycle = cycle_of(terms)
    if cycle is None:
        return Unit("day")
    return Unit("days", cycle.days) if cycle.per == "days" else Unit(cycle.per)


def asks(terms: Terms, cycle: Cycle, day: int) -> bool:
    """Tell whether the period around a day asks for anything: an amount, if it has a due day."""
    schedule = terms.version.schedule
    if isinstance(schedule, (EveryDay, Times)):
        return True
    begin, end = cycle.bounds(day)
    due = due_days(schedule, terms.version.anchor, begin, end)
    return any(at in due for at in range(begin, end + 1))


def unasked(terms: Terms, first: int, last: int) -> set[int]:
    """Return the days from `first` to `last` whose week or month asks for nothing."""
    cycle = cycle_of(terms)
    if cycle is None or isinstance(terms.version.schedule, (EveryDay, Times)):
        return set()
    days, day = set[int](), first
    while day <= last:
        end = min(cycle.bounds(day)[1], last)
        if not asks(terms, cycle, day):
            days.update(range(day, end + 1))
        day = end + 1
    return days


def needed(terms: Terms, cycle: Cycle, days: int) -> int:
    """Return what a period of `days` days asks for: times, or thousandths."""
    if not cycle.times:
        return terms.limit
    schedule = terms.version.schedule
    return min(schedule.times if isinstance(schedule, Times) else 1, days)
