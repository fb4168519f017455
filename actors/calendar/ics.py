"""Writes calendars as iCalendar files (RFC 5545, RFC 7986), by the library `icalendar`.

The same content gives the same bytes: what changes with each writing (UID, DTSTAMP) is given. A
component says when it was changed last (DTSTAMP, LAST-MODIFIED) and how often (SEQUENCE), by what
is remembered of its content: calendars pass over a change that does not say so.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, cast
from zoneinfo import ZoneInfo

from actors.calendar.domain import LoggedDay, PlannedHabit, RecurringDays, Single
from contracts.calendar import FeedForm
from contracts.language import Language
from contracts.quantity import write
from contracts.speech import say
from contracts.time import instant_of

if TYPE_CHECKING:
    from icalendar import Calendar
    from icalendar.cal import Component

MINUTES = 30
"""How long a habit takes that stands at a time."""

ZONE_YEARS = 11
"""Years for which a time zone is written out: some readers trust it to its end."""

REFRESH = timedelta(hours=1)
"""How often a reader is asked to look; each does as it likes."""


@dataclass(frozen=True, slots=True)
class ComponentVersion:
    """What is remembered of a component: its content's hash, its number, and since when."""

    digest: bytes
    sequence: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Style:
    """How a calendar is written: its name, whose language and zone, and in which form."""

    name: str
    language: Language
    zone: str
    form: FeedForm


@dataclass(frozen=True, slots=True)
class Written:
    """A file, and the versions of what stands in it, by UID."""

    file: str
    versions: Mapping[str, ComponentVersion]


def calendar_file(
    style: Style,
    items: Sequence[RecurringDays | Single],
    known: Mapping[str, ComponentVersion],
    now: datetime,
) -> Written:
    """Write a calendar. `known` are the versions of before; what is new since is of `now`."""
    versions: dict[str, ComponentVersion] = {}
    pieces: list[str] = []
    for item in items:
        parts = [_text(component) for component in _components(item, style)]
        digest = hashlib.sha256("".join(parts).encode()).digest()
        before = known.get(item.uid)
        if before is None or before.digest != digest:
            before = ComponentVersion(digest, 0 if before is None else before.sequence + 1, now)
        versions[item.uid] = before
        pieces += [_stamped(part, before) for part in parts]
    head, tail = _frame(style, items, now.year)
    return Written("".join([head, *pieces, tail]), versions)


def _frame(style: Style, items: Sequence[RecurringDays | Single], year: int) -> tuple[str, str]:
    """Write what stands around the components: the head with its zone, and the end."""
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("PRODID", "-//Ritmo//Ritmo//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", "PUBLISH")
    calendar.add("NAME", style.name)
    calendar.add("X-WR-CALNAME", style.name)
    calendar.add("X-WR-TIMEZONE", style.zone)
    calendar.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", "PT1H")
    years = [
        one.first.year for one in items if isinstance(one, RecurringDays) and one.at is not None
    ]
    if years:
        _add_zone(calendar, style.zone, min(*years, year), year + ZONE_YEARS)
    text = _text(calendar)
    end = text.rindex("END:VCALENDAR")
    return text[:end], text[end:]


def _add_zone(calendar: "Calendar", zone: str, first: int, last: int) -> None:
    """Write a zone out, from the year of the first event to years ahead.

    Each change of the clock stands by itself: some readers see only the first date of a list.
    """
    from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

    written = Timezone()
    written.add("TZID", zone)
    for one in clock_changes(zone, first, last):
        part = TimezoneDaylight() if one.summer else TimezoneStandard()
        part.add("DTSTART", one.at)
        part.add("TZOFFSETFROM", one.before)
        part.add("TZOFFSETTO", one.after)
        part.add("TZNAME", one.name)
        written.add_component(part)
    calendar.add_component(written)


class ClockChange(NamedTuple):
    """A change of the clock: when it shows `at`, by what it showed until then."""

    at: datetime
    before: timedelta
    after: timedelta
    name: str
    summer: bool


@lru_cache(maxsize=512)
def clock_changes(zone: str, first: int, last: int) -> tuple[ClockChange, ...]:
    """Return how the clock stood when a year began, and its changes before another year begins."""
    here = ZoneInfo(zone)
    at, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last, 1, 1, tzinfo=UTC)
    found, before = list[ClockChange](), _offset(at, here)
    while True:
        shown = at.astimezone(here)
        after, begins = _offset(at, here), (at + before).replace(tzinfo=None)
        summer = bool(shown.dst())
        found.append(ClockChange(begins, before, after, shown.tzname() or zone, summer))
        before = after
        following = _next_change(at, end, here)
        if following is None:
            return tuple(found)
        at = following


def _next_change(at: datetime, end: datetime, here: ZoneInfo) -> datetime | None:
    """Return the next instant at which the clock changes; None: there is none before the end."""
    before, step = _offset(at, here), timedelta(days=7)
    while _offset(at + step, here) == before:
        at += step
        if at >= end:
            return None
    low, high = at, at + step
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        low, high = (middle, high) if _offset(middle, here) == before else (low, middle)
    return high.replace(microsecond=0) if high < end else None


def _offset(at: datetime, here: ZoneInfo) -> timedelta:
    return at.astimezone(here).utcoffset() or timedelta(0)


def _components(item: RecurringDays | Single, style: Style) -> Iterator["Component"]:
    """Write a series with its marked occurrences, or a single day."""
    if isinstance(item, Single):
        yield _single(item, style)
        return
    main = _new(style.form, item.uid)
    main.add("SUMMARY", item.habit.name)
    _place(main, item, item.first, style)
    main.add("RRULE", _rule(item, style))
    for day in item.without:
        main.add("EXDATE", _moment(item, day, style))
    for minutes in item.alarms:
        main.add_component(_alarm(item, minutes))
    yield main
    for one in item.done:
        done = _new(style.form, item.uid)
        done.add("RECURRENCE-ID", _moment(item, one.day, style))
        done.add("SUMMARY", done_text(item.habit, one, style.language))
        _place(done, item, one.day, style)
        if style.form == "todos":
            done.add("STATUS", "COMPLETED")
            done.add("PERCENT-COMPLETE", 100)
        yield done


def _single(item: Single, style: Style) -> "Component":
    """Write one whole day."""
    component = _new(style.form, item.uid)
    if item.habit is not None and item.logged is not None:
        text = done_text(item.habit, item.logged, style.language)
    elif item.moods:
        mood = sum(item.moods) / len(item.moods)
        text = say(style.language, "Diary: mood {mood} of 5", {"mood": f"{mood:.2g}"})
    else:
        text = say(style.language, "Diary")
    component.add("SUMMARY", text)
    component.add("DTSTART", item.day)
    if style.form == "todos":
        component.add("DUE", item.day + timedelta(days=1))
        component.add("STATUS", "COMPLETED")
    else:
        component.add("DTEND", item.day + timedelta(days=1))
    return component


def _new(form: FeedForm, uid: str) -> "Component":
    """Begin an event or a to-do; nobody looks busy because of a habit."""
    from icalendar import Event, Todo

    component: Component = Todo() if form == "todos" else Event()
    component.add("UID", f"{uid}@ritmo")
    if form == "events":
        component.add("TRANSP", "TRANSPARENT")
    return component


def _place(component: "Component", series: RecurringDays, day: date, style: Style) -> None:
    """Say when an occurrence is."""
    begin = _moment(series, day, style)
    long = timedelta(days=1) if series.at is None else timedelta(minutes=MINUTES)
    component.add("DTSTART", begin)
    component.add("DUE" if style.form == "todos" else "DTEND", begin + long)


def _moment(series: RecurringDays, day: date, style: Style) -> date:
    """Return an occurrence's beginning: its day, or its time on that day in the person's zone."""
    if series.at is None:
        return day
    midnight = datetime.combine(day, datetime.min.time(), ZoneInfo(style.zone))
    return midnight.replace(hour=series.at // 60, minute=series.at % 60)


def _rule(series: RecurringDays, style: Style) -> dict[str, object]:
    """Write the rule; its end is written as the occurrences are: a day, or an instant (UTC)."""
    from icalendar import vRecur

    rule = cast("dict[str, object]", vRecur.from_ical(series.rule))
    if series.until is not None:
        timed = series.at is not None
        rule["UNTIL"] = (
            instant_of(series.until, series.at or 0, style.zone) if timed else series.until
        )
    return rule


def _alarm(series: RecurringDays, minutes: int) -> "Component":
    """Ring so many minutes after midnight."""
    from icalendar import Alarm

    alarm = Alarm()
    alarm.add("ACTION", "DISPLAY")
    alarm.add("DESCRIPTION", series.habit.name)
    alarm.add("TRIGGER", timedelta(minutes=minutes - (series.at or 0)))
    return alarm


def done_text(habit: PlannedHabit, logged: LoggedDay, language: Language) -> str:
    """Say that it is done, and how much."""
    if habit.measure == "yes_no" or logged.value <= 0:
        return f"✓ {habit.name}"
    amount = write(logged.value / 1000, habit.measure, habit.unit, language)
    return f"✓ {habit.name}: {amount}"


def _text(component: "Component") -> str:
    """Return a component as text, folded by octets."""
    return cast(bytes, component.to_ical()).decode()


def _stamped(text: str, version: ComponentVersion) -> str:
    """Add when a component was changed, and how often, right behind its first line."""
    at = f"{version.changed_at:%Y%m%dT%H%M%SZ}"
    first, rest = text.split("\r\n", 1)
    stamp = f"DTSTAMP:{at}\r\nLAST-MODIFIED:{at}\r\nSEQUENCE:{version.sequence}"
    return f"{first}\r\n{stamp}\r\n{rest}"
