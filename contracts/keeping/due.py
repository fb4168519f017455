"""Which days are due under a schedule that began on its anchor. Days are ordinals."""

from collections.abc import Container
from datetime import date

from contracts.keeping.occurrences import rule_days
from contracts.schedule import WEEKDAYS, EveryDay, EveryNDays, Rule, Schedule, Times, Weekdays


def due_days(schedule: Schedule, anchor: date, first: int, last: int) -> Container[int]:
    """Return which of the days from `first` to `last` are due."""
    first = max(first, anchor.toordinal())
    if isinstance(schedule, (EveryDay, Times)):
        return range(first, last + 1)
    if isinstance(schedule, EveryNDays):
        return range(first + (anchor.toordinal() - first) % schedule.n, last + 1, schedule.n)
    if isinstance(schedule, Weekdays):
        wanted = {WEEKDAYS.index(day) for day in schedule.days}
        return {day for day in range(first, last + 1) if (day - 1) % 7 in wanted}
    return rule_days(schedule.to_rrule(), anchor, first, last) if first <= last else ()


def never_due(schedule: Schedule, anchor: date) -> bool:
    """Tell whether a schedule has no day at all from its anchor on, within 8 years and 4 months.

    Leap days may be eight years apart; whatever comes more rarely is no habit.
    """
    if not isinstance(schedule, Rule):
        return False
    first = anchor.toordinal()
    days = rule_days(schedule.rrule, anchor, first, first + 3045)
    return not any(day in days for day in range(first, first + 3046))
