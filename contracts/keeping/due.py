"""Which days are due under a schedule that began on its anchor. Days are ordinals."""

from collections.abc import Container
from datetime import date
from functools import lru_cache

from contracts.keeping.occurrences import rule_days
from contracts.schedule import (
    WEEKDAYS,
    EveryDay,
    EveryNDays,
    Frequency,
    Rule,
    Schedule,
    Times,
    Weekdays,
)


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


@lru_cache(maxsize=256)
def _rule_frequency(rule: str, anchor: date) -> Frequency:
    """Say how often a rule comes round, from its first 365 days, over the shortest fitting span.

    A span of 365 days for a weekly rule would take two years to show a full score.
    """
    first = anchor.toordinal()
    days = rule_days(rule, anchor, first, first + 364)
    count = sum(day in days for day in range(first, first + 365))
    for span in (1, 7, 30):
        if times := (count + 8) * span // 365 if span == 1 else round(count * span / 365):
            return Frequency(min(times, span), span)
    return Frequency(1, 365)


def frequency(schedule: Schedule, anchor: date) -> Frequency:
    """Return how often a schedule asks, as Loop's score needs it."""
    if isinstance(schedule, Rule):
        return _rule_frequency(schedule.rrule, anchor)
    return schedule.frequency
