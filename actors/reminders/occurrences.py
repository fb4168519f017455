"""When a rule comes due: pure, and the one place where due times are worked out.

A *slot* is a place in a person's days: `day.toordinal() * 1440` plus minutes since the logical day
began. A rule has each of its slots once, and goes through them in order; so whoever moves west
after a reminder is not reminded of the same again.

Each logical day has exactly one fire for each time of a rule. A time that the clocks jump over
comes as much later (02:30 at 03:30), one that comes twice comes the first time; a jump that would
carry it out of its day leaves it at the day's edge: the minute before the jump. Several times of a
rule keep their order: where the clocks jump from 02:00 to 03:00, 02:30 and 03:00 come at 03:00 and
03:30. Where two would come in the same minute, the later one comes a minute later.

Quiet hours: what falls into them comes at their end if that is on the same logical day, else not;
several times together, once.
"""

from collections.abc import Container, Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from contracts.keeping.due import due_days
from contracts.keeping.promise import Promise
from contracts.time import day_of, instant_of

DAY = 1440
"""Minutes."""

EVERY_DAY = 0b1111111
AHEAD = (14, 366, 3045)
"""Days that are looked through, in steps: leap days may be eight years apart."""

TRIES = 40
"""Days on which all times may fall to quiet hours before a rule is given up."""

BACKWARD = timedelta(days=7)
"""What was missed longer ago is not recounted, time by time."""

_MINUTE = timedelta(minutes=1)


class Life(NamedTuple):
    """How a person lives in time: minutes after midnight; `quiet` runs from..to, None: never."""

    zone: str
    day_start: int = 0
    quiet: tuple[int, int] | None = None


class Plan(NamedTuple):
    """When a rule fires.

    `times` are minutes after midnight, moved by `shift` minutes; `learned` stand in for them on
    days of the week (from Monday) where they are not None. `weekdays` has bit 0 for Monday.
    `promise`: only on days that it asks for. `first`: not before this day (an ordinal). `once`: a
    day is done with its first fire.
    """

    times: tuple[int, ...]
    weekdays: int = EVERY_DAY
    shift: int = 0
    learned: tuple[int | None, ...] = ()
    promise: Promise | None = None
    first: int = 0
    once: bool = False


class Coming(NamedTuple):
    """A fire: its slot, and its instant."""

    slot: int
    at: datetime

    @property
    def day(self) -> date:
        """The logical day that it is for."""
        return date.fromordinal(self.slot // DAY)


def known_zone(zone: str | None) -> str:
    """Return a zone, or UTC for one that this machine does not know (any more)."""
    return zone if zone and _is_known(zone) else "UTC"


@lru_cache(maxsize=1024)
def _is_known(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@lru_cache(maxsize=16384)
def today_of(life: Life, now: datetime) -> int:
    """Return the person's logical day at an instant, as an ordinal."""
    return day_of(now, life.zone, life.day_start).toordinal()


@lru_cache(maxsize=16384)
def begin_of(day: int, zone: str, day_start: int) -> datetime:
    """Return the instant at which a logical day (an ordinal) begins."""
    return instant_of(date.fromordinal(day), day_start, zone)


@lru_cache(maxsize=65536)
def instant(day: int, minute: int, zone: str, day_start: int) -> datetime:
    """Return the instant at which a logical day (an ordinal) shows a time of day."""
    shown = date.fromordinal(day if minute >= day_start else day + 1)
    at = instant_of(shown, minute, zone)
    last = begin_of(day + 1, zone, day_start) - _MINUTE
    return min(max(at, begin_of(day, zone, day_start)), last)


def is_quiet(minute: int, quiet: tuple[int, int] | None) -> bool:
    """Tell whether a time of day, in minutes, lies in quiet hours; equal ends are none."""
    if quiet is None:
        return False
    begin, end = quiet
    if begin <= end:
        return begin <= minute < end
    return minute >= begin or minute < end


def loud(at: datetime, life: Life) -> datetime:
    """Return `at`, or the end of the quiet hours that it lies in."""
    if life.quiet is None:
        return at
    shown = at.astimezone(ZoneInfo(life.zone))
    minute = shown.hour * 60 + shown.minute
    if not is_quiet(minute, life.quiet):
        return at
    begin, end = life.quiet
    over_midnight = begin > end and minute >= begin
    day = shown.date() + timedelta(days=1) if over_midnight else shown.date()
    return max(at, instant_of(day, end, life.zone))


@lru_cache(maxsize=65536)
def fire_of(day: int, minute: int, life: Life) -> datetime | None:
    """Return when a time of a logical day fires; None if quiet hours swallow it."""
    return _aloud(day, instant(day, minute, life.zone, life.day_start), life)


def _aloud(day: int, at: datetime, life: Life) -> datetime | None:
    """Move an instant of a logical day out of quiet hours; None if they swallow it."""
    moved = loud(at, life)
    return moved if moved is at or moved < begin_of(day + 1, life.zone, life.day_start) else None


@lru_cache(maxsize=65536)
def fires_of(day: int, minutes: tuple[int, ...], life: Life) -> tuple[datetime | None, ...]:
    """Return when times of a logical day, given in its order, fire; as `fire_of` for each."""
    if len(minutes) == 1:
        return (fire_of(day, minutes[0], life),)
    at = sorted(instant(day, minute, life.zone, life.day_start) for minute in minutes)
    for place in range(1, len(at)):
        at[place] = max(at[place], at[place - 1] + _MINUTE)
    end = begin_of(day + 1, life.zone, life.day_start)
    for place in range(len(at) - 1, -1, -1):
        at[place] = min(at[place], (at[place + 1] if place + 1 < len(at) else end) - _MINUTE)
    return tuple(_aloud(day, one, life) for one in at)


@lru_cache(maxsize=16384)
def _slots(
    times: tuple[int, ...], shift: int, day_start: int, once: bool
) -> tuple[tuple[int, int], ...]:
    """Return, in order, the place in the day and the time on the clock of each time."""
    found = []
    for time in times:
        place = (time - day_start) % DAY
        moved = min(max(place + shift, 0), DAY - 1)
        found.append((DAY - 1 if once else place, (moved + day_start) % DAY))
    return tuple(sorted(found))


def coming(plan: Plan, life: Life, last_slot: int, after: datetime) -> Iterator[Coming]:
    """Go through the fires after an instant and after a slot, in order; ends when none is left."""
    first = max(today_of(life, after), last_slot // DAY, plan.first)
    dropped = 0
    for day in _asked_days(plan, first):
        weekday = (day - 1) % 7
        learned = plan.learned[weekday] if plan.learned else None
        times = plan.times if learned is None else (learned,)
        fired = False
        slots = _slots(times, plan.shift, life.day_start, plan.once)
        minutes = tuple(minute for _, minute in slots)
        for (place, _), at in zip(slots, fires_of(day, minutes, life), strict=True):
            fired = fired or at is not None
            if at is not None and at > after and day * DAY + place > last_slot:
                yield Coming(day * DAY + place, at)
                if plan.once:
                    break
        dropped = 0 if fired else dropped + 1
        if dropped > TRIES:
            return


def following(plan: Plan, life: Life, last_slot: int, after: datetime) -> Coming | None:
    """Return the next fire after an instant and after a slot; None if there is none."""
    return next(coming(plan, life, last_slot, after), None)


_alike = lru_cache(maxsize=4096)(following)
"""Many are due at once by the same plan and the same clock: they come next at the same time."""


def is_asked(plan: Plan, first: int) -> bool:
    """Tell whether a rule has any day at all from `first` (an ordinal) on, quiet or not."""
    return next(_asked_days(plan, max(first, plan.first)), None) is not None


def _asked_days(plan: Plan, first: int) -> Iterator[int]:
    """Go through the days, from `first` on, of the rule's weekdays that its habit asks for."""
    begin, last = first, min(first + AHEAD[-1], date.max.toordinal() - 2)
    for ahead in AHEAD:
        end = min(first + ahead, last)
        for due, since, until in _due(plan.promise, begin, end):
            for day in range(since, until + 1):
                if plan.weekdays >> ((day - 1) % 7) & 1 and (due is None or day in due):
                    yield day
        begin = end + 1


def _due(
    promise: Promise | None, first: int, last: int
) -> Iterator[tuple[Container[int] | None, int, int]]:
    """Yield spans of days with those of them that a promise asks for; None: all."""
    if promise is None:
        yield None, first, last
        return
    begin = max(first, promise.start.toordinal())
    for terms, since, until in promise.stretches(begin, last):
        version = terms.version
        yield due_days(version.schedule, version.anchor, since, until), since, until


def place_of(at: datetime, life: Life) -> int:
    """Return the slot of an instant."""
    shown = at.astimezone(ZoneInfo(life.zone))
    return today_of(life, at) * DAY + (shown.hour * 60 + shown.minute - life.day_start) % DAY


class Caught(NamedTuple):
    """What has come due by now: those that were missed, the one that is to be decided, the next."""

    missed: tuple[Coming, ...]
    current: Coming | None
    upcoming: Coming | None


def catch_up(due: Coming, plan: Plan, life: Life, now: datetime, grace: timedelta) -> Caught:
    """Say what has come due since `due`: the last is decided if it is not late by the grace.

    Of what was missed longer than `BACKWARD` ago only `due` itself is told.
    """
    after = max(due.at, now - BACKWARD)
    # What waits for a promise is not kept: it is slower to compare than to work out.
    first = (_alike if plan.promise is None else following)(plan, life, due.slot, after)
    came, upcoming = [due], first
    if first is not None and first.at <= now:
        upcoming = None
        for one in coming(plan, life, due.slot, after):
            if one.at > now:
                upcoming = one
                break
            came.append(one)
    if now - came[-1].at <= grace:
        return Caught(tuple(came[:-1]), came[-1], upcoming)
    return Caught(tuple(came), None, upcoming)
