"""What the journal room decides: when an entry was lived, what it must say, and what a page holds.

Pure: `now` is handed in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from contracts.message import Invalid, Wrong
from contracts.moods import LONGEST
from contracts.page import check_range
from contracts.time import FIRST_DAY, FIRST_INSTANT, day_of, instant_of

AHEAD = timedelta(minutes=5)
"""How far a client's clock may run ahead."""

PAGE_TEXT = 500_000
"""Characters of text that a page holds, about; one entry always fits."""

_NOON = 720


@dataclass(frozen=True, slots=True)
class Lived:
    """When an entry was lived: its logical day, the instant, and the zone."""

    day: date
    at: datetime
    zone: str


def today_of(zone: str, day_start: int, now: datetime) -> date:
    """Return the logical day at `now`."""
    return day_of(now, zone, day_start)


def lived(day: date | None, at: datetime | None, zone: str, day_start: int, now: datetime) -> Lived:
    """Place an entry in time: now, unless a day or an instant is given.

    A day alone is noon of it, or now if it is today. Refuses with `Invalid` a day later than
    tomorrow (`day_out_of_range`), and an instant to come or on another day (`at_not_on_day`).
    """
    today = today_of(zone, day_start, now)
    if at is not None:
        _check_instant(at, now)
        own_day = day_of(at, zone, day_start)
        if day is not None and abs((own_day - day).days) > 1:
            raise _not_on_day(day)
        return Lived(_checked(day or own_day, today), at, zone)
    if day is None or day >= today:
        return Lived(_checked(day or today, today), now, zone)
    return Lived(day, instant_of(day, _NOON, zone), zone)


def moved(
    old: Lived,
    day: date | None,
    at: datetime | None,
    zone: str | None,
    day_start: int,
    now: datetime,
) -> Lived:
    """Place an entry anew. A new day alone keeps the time on the clock; a zone alone moves none."""
    there = zone or old.zone
    if at is not None:
        return lived(day, at, there, day_start, now)
    if day is None or day == old.day:
        return Lived(old.day, old.at, there)
    _checked(day, today_of(there, day_start, now))
    shown = old.at.astimezone(ZoneInfo(there))
    shifted = instant_of(shown.date() + (day - old.day), shown.time(), there)
    return Lived(day, min(shifted, now), there)


def _check_instant(at: datetime, now: datetime) -> None:
    """Refuse an instant that has not come, or before the days that Ritmo knows."""
    if not FIRST_INSTANT <= at <= now + AHEAD:
        wrong = Wrong(pointer="/at", detail="this time is out of range")
        text = "An entry can be of any time from {earliest} until now."
        earliest = FIRST_INSTANT.date().isoformat()
        raise Invalid("at_out_of_range", text, fields=(wrong,), earliest=earliest)


def _checked(day: date, today: date) -> date:
    """Return the day, if it is tomorrow at the latest."""
    latest = today + timedelta(days=1)
    if day > latest:
        wrong = Wrong(pointer="/day", detail="this day is out of range")
        text = "An entry can be of a day up to {latest}."
        raise Invalid("day_out_of_range", text, fields=(wrong,), latest=latest.isoformat())
    return day


def _not_on_day(day: date) -> Invalid:
    text = "The time lies in the future, or on another day than {day}."
    wrong = Wrong(pointer="/at", detail="this time does not belong to the day")
    return Invalid("at_not_on_day", text, fields=(wrong,), day=day.isoformat())


def check_says_something(*said: object) -> None:
    """Refuse an entry of which nothing is said, with `Invalid` (`entry_empty`)."""
    if not any(said):
        wrong = Wrong(pointer="/text", detail="This is needed.")
        text = "An entry needs a text, a title, a mood, an energy or a tag."
        raise Invalid("entry_empty", text, fields=(wrong,))


def fitting(sizes: Sequence[int], limit: int) -> int:
    """Return how many of these texts, by their lengths, fit on a page: one at least."""
    total = 0
    for count, size in enumerate(sizes[:limit]):
        total += size
        if count and total > PAGE_TEXT:
            return count
    return min(limit, len(sizes))


def same_days(day: date) -> tuple[int, tuple[int, ...]]:
    """Return the month, and the days in it, that a look back from `day` shows.

    28 February of a year without a 29th stands for both.
    """
    if (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3:
        return 2, (28, 29)
    return day.month, (day.day,)


def month_of(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    """Return a range, both days included: what is not given makes it a month.

    Refuses with `Invalid` (`range_reversed`, `range_too_long`).
    """
    if first is None and last is None:
        first = today.replace(day=1)
    if first is None:
        first = max(FIRST_DAY, (last or today) - timedelta(days=30))
    if last is None:
        last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        last = last if first.day == 1 else first + timedelta(days=30)
    check_range(first, last)
    if (last - first).days >= LONGEST:
        text = "These are too many days; ask for at most {most}."
        raise Invalid("range_too_long", text, most=LONGEST)
    return first, last


def prompt_of(user_id: UUID, day: date, count: int) -> int:
    """Choose one of `count` prompts for a day: each person goes round from a place of their own."""
    return (day.toordinal() + user_id.int) % count
