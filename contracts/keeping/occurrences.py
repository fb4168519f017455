"""The days of a recurrence rule (RFC 5545, section 3.3.10), by arithmetic. Days are ordinals.

A rule is asked about on each check-in, and people may write any. dateutil walks day by day from
the anchor: seconds for a rule that is old, counted, or never comes true. Here a year costs some
tens of microseconds, whatever the rule: which days its BY parts leave depends only on the kind of
the year, of which there are a few, and INTERVAL, BYSETPOS and COUNT choose among those.

Where the RFC and dateutil differ, the RFC holds: a set of BYSETPOS is that of the whole week even
if the anchor lies within it, and `BYDAY=MO,2TU` means either.
"""

from calendar import isleap, monthrange
from collections.abc import Container, Iterable
from datetime import date
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from contracts.recurrence import parts_of
from contracts.time import LAST_DAY

WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

YEARS = 1024
"""Years of rules that are remembered; each is at most 366 numbers."""

RULES = 1024
"""Rules with their anchor that are remembered."""


class Year(NamedTuple):
    """What decides about the days of a year: its first weekday (0: Monday), and the leap years."""

    weekday: int
    leap_before: bool
    leap: bool
    leap_after: bool

    @property
    def length(self) -> int:
        """Count its days."""
        return 365 + self.leap


class By(NamedTuple):
    """The BY parts of a rule: each limits the days, an empty one does not.

    `weekdays` are (0, weekday) or (nth, weekday); `nth_of_month` tells of what the nth is.
    """

    months: frozenset[int]
    weeks: frozenset[int]
    year_days: frozenset[int]
    month_days: frozenset[int]
    weekdays: frozenset[tuple[int, int]]
    nth_of_month: bool
    week_start: int


class Recurrence(NamedTuple):
    """A rule with what its anchor adds to it. `times` is its COUNT."""

    anchor: int
    freq: str
    interval: int
    by: By
    positions: tuple[int, ...]
    until: int
    times: int | None


def rule_days(rule: str, anchor: date, first: int, last: int) -> Container[int]:
    """Return days of a recurrence rule: all from `first` to `last`, and perhaps some around."""
    since, until = date.fromordinal(first).year, date.fromordinal(last).year
    years = [_days_of_year(rule, anchor, year) for year in range(since, until + 1)]
    return years[0] if len(years) == 1 else frozenset().union(*years)


@lru_cache(maxsize=YEARS)
def _days_of_year(rule: str, anchor: date, year: int) -> frozenset[int]:
    """Return the days of a rule in a year."""
    said = _read(rule, anchor)
    end = said.until if said.times is None else min(said.until, _last_counted(rule, anchor))
    return frozenset(day for day in _chosen(said, year) if said.anchor <= day <= end)


@lru_cache(maxsize=RULES)
def _last_counted(rule: str, anchor: date) -> int:
    """Return the day on which COUNT is used up; the last of all days if that never happens."""
    said = _read(rule, anchor)
    left = said.times or 0
    for year in range(anchor.year, LAST_DAY.year + 1):
        days = sorted(day for day in _chosen(said, year) if day >= said.anchor)
        if len(days) >= left:
            return days[left - 1]
        left -= len(days)
    return LAST_DAY.toordinal()


@lru_cache(maxsize=RULES)
def _read(rule: str, anchor: date) -> Recurrence:
    """Read a rule in its plain form. What it leaves open, its anchor says (RFC 5545)."""
    parts = parts_of(rule)
    freq = parts["FREQ"]
    months = _numbers(parts.get("BYMONTH"))
    month_days = _numbers(parts.get("BYMONTHDAY"))
    weekdays = frozenset(map(_weekday, parts["BYDAY"].split(","))) if "BYDAY" in parts else None
    if not parts.keys() & {"BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY"}:
        if freq == "YEARLY":
            months = months or frozenset({anchor.month})
        if freq in ("YEARLY", "MONTHLY"):
            month_days = frozenset({anchor.day})
        if freq == "WEEKLY":
            weekdays = frozenset({(0, anchor.weekday())})
    until = date.fromisoformat(parts["UNTIL"]) if "UNTIL" in parts else LAST_DAY
    return Recurrence(
        anchor=anchor.toordinal(),
        freq=freq,
        interval=int(parts.get("INTERVAL", 1)),
        by=By(
            months=months,
            weeks=_numbers(parts.get("BYWEEKNO")),
            year_days=_numbers(parts.get("BYYEARDAY")),
            month_days=month_days,
            weekdays=weekdays or frozenset(),
            nth_of_month=freq == "MONTHLY" or bool(months),
            week_start=WEEK.index(parts.get("WKST", "MO")),
        ),
        positions=tuple(_numbers(parts.get("BYSETPOS"))),
        until=until.toordinal(),
        times=int(parts["COUNT"]) if "COUNT" in parts else None,
    )


def _numbers(written: str | None) -> frozenset[int]:
    return frozenset(map(int, written.split(","))) if written else frozenset()


def _weekday(written: str) -> tuple[int, int]:
    return int(written[:-2] or 0), WEEK.index(written[-2:])


def _chosen(said: Recurrence, year: int) -> Iterable[int]:
    """Return the days of a year that FREQ, INTERVAL, the BY parts and BYSETPOS leave."""
    first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    anchor, every = date.fromordinal(said.anchor), said.interval
    if said.freq == "YEARLY":
        return _at(said, _limited(said.by, year)) if (year - anchor.year) % every == 0 else ()
    if said.freq == "DAILY":
        days = [day for day in _limited(said.by, year) if (day - said.anchor) % every == 0]
        return days if not said.positions or {1, -1} & set(said.positions) else ()
    if said.freq == "MONTHLY":
        ago = (year - anchor.year) * 12 - anchor.month
        ends = [first]
        for month in range(1, 13):
            ends.append(ends[-1] + monthrange(year, month)[1])
        found = []
        for month in range(1, 13):
            if (ago + month) % every == 0:
                begin, end = ends[month - 1], ends[month]
                days = [day for day in _limited(said.by, year) if begin <= day < end]
                found += _at(said, days)
        return found
    return _weekly(said, year, first, last)


def _weekly(said: Recurrence, year: int, first: int, last: int) -> list[int]:
    """Return the days of a weekly rule in a year; the weeks at its ends count as a whole."""
    start = said.by.week_start + 1  # ordinal 1 is a Monday
    days = [day for day in _limited(said.by, year - 1)[-7:] if day >= first - 6]
    days += _limited(said.by, year)
    days += [day for day in _limited(said.by, year + 1)[:7] if day <= last + 6]
    began = (said.anchor - start) // 7
    found: list[int] = []
    for week, group in groupby(days, lambda day: (day - start) // 7):
        if (week - began) % said.interval == 0:
            found += _at(said, list(group))
    return [day for day in found if first <= day <= last]


def _at(said: Recurrence, days: list[int]) -> list[int]:
    """Choose the positions of BYSETPOS among the days of a period."""
    if not said.positions:
        return days
    size = len(days)
    at = {place - 1 if place > 0 else size + place for place in said.positions}
    return [days[index] for index in sorted(at) if 0 <= index < size]


def _limited(by: By, year: int) -> list[int]:
    """Return the days of a year that the BY parts leave, in order."""
    begin = date(year, 1, 1)
    kind = Year(begin.weekday(), isleap(year - 1), isleap(year), isleap(year + 1))
    first = begin.toordinal()
    return [first + index for index in _left(by, kind)]


@lru_cache(maxsize=RULES)
def _left(by: By, year: Year) -> tuple[int, ...]:
    """Return which days the BY parts leave of such a year; its first is 0."""
    found, index = [], 0
    for month in range(1, 13):
        days = monthrange(2000 if year.leap else 2001, month)[1]
        for day in range(1, days + 1):
            if _passes(by, year, index, month, day, days):
                found.append(index)
            index += 1
    return tuple(found)


def _passes(by: By, year: Year, index: int, month: int, day: int, days: int) -> bool:
    """Tell whether no BY part takes a day away. `days`: how many its month has."""
    if by.months and month not in by.months:
        return False
    if by.month_days and not by.month_days & {day, day - days - 1}:
        return False
    if by.year_days and not by.year_days & {index + 1, index - year.length}:
        return False
    if by.weeks and not by.weeks & _week_numbers(year, by.week_start, index):
        return False
    if not by.weekdays:
        return True
    at, size = (day - 1, days) if by.nth_of_month else (index, year.length)
    weekday = (year.weekday + index) % 7
    names = {(0, weekday), (at // 7 + 1, weekday), (-((size - at - 1) // 7) - 1, weekday)}
    return bool(by.weekdays & names)


def _week_numbers(year: Year, week_start: int, index: int) -> set[int]:
    """Return the number of a day's week, from the start and from the end of the week's year."""
    before, length, after = 365 + year.leap_before, year.length, 365 + year.leap_after
    begin = _first_week(year.weekday, week_start)
    end = length + _first_week(year.weekday + length, week_start)
    if index < begin:
        last = -before + _first_week(year.weekday - before, week_start)
        return _both(index, last, begin)
    if index >= end:
        next_end = length + after + _first_week(year.weekday + length + after, week_start)
        return _both(index, end, next_end)
    return _both(index, begin, end)


def _both(index: int, begin: int, end: int) -> set[int]:
    """Count weeks from both ends of a year of weeks."""
    return {(index - begin) // 7 + 1, -((end - index - 1) // 7) - 1}


def _first_week(weekday: int, week_start: int) -> int:
    """Return where the first week of a year begins: the first with four days in it (RFC 5545)."""
    ahead = (week_start - weekday) % 7
    return ahead - 7 if ahead >= 4 else ahead
