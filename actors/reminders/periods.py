"""When digests come, and which days each tells of: pure.

A daily digest tells of yesterday, a weekly one of the week before (by the person's first day of
the week), a monthly one of the month before. Each period has a key, so that it is told once.
"""

from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from actors.reminders.occurrences import Life, instant, today_of
from contracts.digests import DigestEvery
from contracts.schedule import WEEKDAYS, Weekday

USEFUL = {"day": timedelta(hours=12), "week": timedelta(days=3), "month": timedelta(days=7)}
"""How long after its time a digest is still worth reading."""


class PersonClock(NamedTuple):
    """How a person counts days and weeks, and when (in minutes) they read digests."""

    zone: str
    day_start: int
    week_start: Weekday
    at: int


class Period(NamedTuple):
    """Days that a digest tells of, both included, and the key that they have."""

    first: date
    last: date
    key: str


def begins(every: DigestEvery, day: date, week_start: Weekday) -> bool:
    """Tell whether a period begins on a day."""
    if every == "week":
        return WEEKDAYS[day.weekday()] == week_start
    return every == "day" or day.day == 1


def next_at(every: DigestEvery, clock: PersonClock, after: datetime) -> datetime:
    """Return when the next digest comes after an instant."""
    day = today_of(Life(clock.zone, clock.day_start), after) - 1
    while True:
        at = instant(day, clock.at, clock.zone, clock.day_start)
        if at > after and begins(every, date.fromordinal(day), clock.week_start):
            return at
        day += 1


def period_before(every: DigestEvery, clock: PersonClock, at: datetime, user_id: UUID) -> Period:
    """Return the whole period that lies before an instant, and its key.

    A week is called as in ISO 8601, by its fourth day, whichever day it begins on.
    """
    today = date.fromordinal(today_of(Life(clock.zone, clock.day_start), at))
    if every == "day":
        first = last = today - timedelta(days=1)
        name = first.isoformat()
    elif every == "week":
        begun = (today.weekday() - WEEKDAYS.index(clock.week_start)) % 7
        last = today - timedelta(days=begun + 1)
        first = last - timedelta(days=6)
        year, week, _ = (first + timedelta(days=3)).isocalendar()
        name = f"{year}-W{week:02}"
    else:
        last = today.replace(day=1) - timedelta(days=1)
        first = last.replace(day=1)
        name = f"{first:%Y-%m}"
    return Period(first, last, f"digest:{user_id}:{name}")
