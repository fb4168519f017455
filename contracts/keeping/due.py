"""Which days are due under a schedule that began on its anchor. Days are ordinals."""

from collections.abc import Container
from datetime import date, datetime, timedelta
from functools import lru_cache
from math import lcm

from contracts.recurrence import parts_of
from contracts.schedule import (
    WEEKDAYS,
    DayBased,
    EveryDay,
    EveryNDays,
    Frequency,
    Rule,
    Schedule,
    Times,
    Weekdays,
)

# The calendar repeats itself every 400 years, to the weekday. Rules are expanded 7600 years ahead,
# in 9500..9999, so that one which never comes true is given up in a moment: dateutil looks for its
# first day until the year 9999.
_CYCLES = 19
_AHEAD = 146_097 * _CYCLES


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
    if isinstance(schedule, Rule):
        return rule_days(schedule.rrule, anchor, first, last) if first <= last else ()
    return _by_asking(schedule, anchor, first, last)


def _by_asking(schedule: DayBased, anchor: date, first: int, last: int) -> set[int]:
    """Ask the schedule day by day."""
    day = date.fromordinal
    return {n for n in range(first, last + 1) if schedule.is_due(day(n), anchor)}


def rule_days(rule: str, anchor: date, first: int, last: int) -> frozenset[int]:
    """Return days of a recurrence rule: all from `first` to `last`, and perhaps some around."""
    begin = date(date.fromordinal(first).year, 1, 1)
    end = date(date.fromordinal(last).year, 12, 31)
    return _expanded(rule, _nearer_start(parts_of(rule), anchor, begin), end.toordinal())


@lru_cache(maxsize=64)
def _expanded(rule: str, start: date, last: int) -> frozenset[int]:
    """Expand a rule from its start to the day `last`."""
    from dateutil.rrule import rrulestr  # here, because most habits never need it

    parts = parts_of(rule)
    if until := parts.pop("UNTIL", None):
        last = min(last, date.fromisoformat(until).toordinal())
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    begin = datetime(start.year + 400 * _CYCLES, start.month, start.day)  # noqa: DTZ001 - a day
    days = set()
    for moment in rrulestr(text, dtstart=begin):
        day = moment.toordinal() - _AHEAD
        if day > last:
            break
        days.add(day)
    return frozenset(days)


def _nearer_start(parts: dict[str, str], anchor: date, begin: date) -> date:
    """Return a later start, before `begin`, from which the rule gives the same days.

    Without it the cost of a day would grow with the age of the habit.
    """
    interval = int(parts.get("INTERVAL", 1))
    if "COUNT" in parts or begin <= anchor:
        return anchor
    if parts["FREQ"] in ("DAILY", "WEEKLY"):
        step = interval * (7 if parts["FREQ"] == "WEEKLY" else 1)
        return anchor + timedelta(days=(begin - anchor).days // step * step)
    # Whole leap cycles keep 29 February a date.
    years = lcm(4, lcm(interval, 12) // 12 if parts["FREQ"] == "MONTHLY" else interval)
    steps = (begin.year - anchor.year - 1) // years
    # 2100 and 2200 have no 29 February.
    if steps <= 0 or (anchor.month, anchor.day) == (2, 29):
        return anchor
    return anchor.replace(year=anchor.year + steps * years)


def never_due(schedule: Schedule, anchor: date) -> bool:
    """Tell whether a schedule has no day at all from its anchor on, within 8 years and 4 months.

    Leap days may be eight years apart; whatever comes more rarely is no habit.
    """
    if not isinstance(schedule, Rule):
        return False
    first = anchor.toordinal()
    days = rule_days(schedule.rrule, anchor, first, first + 3045)
    return not any(day >= first for day in days)


@lru_cache(maxsize=256)
def _rule_frequency(rule: str, anchor: date) -> Frequency:
    """Say how often a rule comes round, from its first 365 days, over the shortest fitting span.

    A span of 365 days for a weekly rule would take two years to show a full score.
    """
    first = anchor.toordinal()
    days = rule_days(rule, anchor, first, first + 364)
    count = sum(first <= day < first + 365 for day in days)
    for span in (1, 7, 30):
        if times := (count + 8) * span // 365 if span == 1 else round(count * span / 365):
            return Frequency(min(times, span), span)
    return Frequency(1, 365)


def frequency(schedule: Schedule, anchor: date) -> Frequency:
    """Return how often a schedule asks, as Loop's score needs it."""
    if isinstance(schedule, Rule):
        return _rule_frequency(schedule.rrule, anchor)
    return schedule.frequency
