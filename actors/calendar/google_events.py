"""Habits as events of Google Calendar, and what a person's change of one means. Pure.

An event carries in its private properties whose it is (`ritmo`: the UID of the series) and what
Ritmo wrote last (`stamp`, and `mark` for an occurrence). What it shows otherwise than they say was
changed by a person: so the echo of our own writing is known as such, whatever was lost meanwhile.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from actors.calendar.domain import RecurringDays
from contracts.time import instant_of

MINUTES = 30
"""How long a habit takes that stands at a time."""

TICKS = ("✓", "✔", "✅", "☑")
"""What a title begins with that is marked as done."""

DONE_COLOURS = frozenset({"2", "10"})
"""Colours that mark an occurrence as done: the two greens, sage and basil."""

MAX_ALARMS = 5
"""Reminders that an event may have there."""

FIELDS = (
    "id,etag,status,summary,start,end,recurrence,recurringEventId,originalStartTime,colorId,"
    "extendedProperties/private"
)
"""What is asked for of an event."""

Body = dict[str, Any]
"""An event as the API has it."""


@dataclass(frozen=True, slots=True)
class RemoteEvent:
    """An event as it stands there. `series`: the event that it is an occurrence of."""

    event_id: str
    etag: str
    cancelled: bool
    summary: str
    start: Mapping[str, str]
    recurrence: tuple[str, ...]
    series: str | None
    original: Mapping[str, str]
    colour: str | None
    uid: str
    stamp: str
    mark: bool

    @property
    def ticked(self) -> bool:
        """Tell whether its title says that it is done."""
        return self.summary.lstrip().startswith(TICKS)

    @property
    def shown(self) -> str:
        """Return the stamp of what it shows."""
        return stamp_of(self.summary, self.start, self.recurrence)


def event_id(link_id: UUID, uid: str, generation: int) -> str:
    """Return the id of a series: the same for the same, in the alphabet of base32hex (RFC 4648).

    An id that was deleted stays taken: the next generation is another one.
    """
    digest = hashlib.sha256(f"{link_id}:{uid}:{generation}".encode()).digest()[:20]
    return base64.b32hexencode(digest).decode().lower().rstrip("=")


def occurrence_id(series: str, item: RecurringDays, day: date, zone: str) -> str:
    """Return the id of an occurrence of a series."""
    if item.at is None:
        return f"{series}_{day:%Y%m%d}"
    return f"{series}_{instant_of(day, item.at, zone).astimezone(UTC):%Y%m%dT%H%M%SZ}"


def body_of(item: RecurringDays, zone: str) -> Body:
    """Write a series; nobody looks busy because of it."""
    start = _moment(item, item.first, zone)
    alarms = sorted(
        {item.at - one for one in item.alarms if item.at is not None and one <= item.at}
    )
    body: Body = {
        "status": "confirmed",
        "summary": item.habit.name,
        "start": start,
        "end": _end(item, zone),
        "recurrence": recurrence_of(item, zone),
        "transparency": "transparent",
        "reminders": {
            "useDefault": False,
            "overrides": [{"method": "popup", "minutes": one} for one in alarms[:MAX_ALARMS]],
        },
    }
    stamp = stamp_of(body["summary"], start, tuple(body["recurrence"]))
    body["extendedProperties"] = {"private": {"ritmo": item.uid, "stamp": stamp}}
    return body


def wanted_stamp(item: RecurringDays, zone: str) -> str:
    """Return the stamp of a series as it is to be there, with what no stamp of an event shows."""
    body = body_of(item, zone)
    alarms = json.dumps(body["reminders"]["overrides"])
    shown: str = body["extendedProperties"]["private"]["stamp"]
    return f"{shown}{hashlib.sha256(alarms.encode()).hexdigest()[:8]}"


def mark_body(item: RecurringDays, words: str, *, done: bool) -> Body:
    """Mark an occurrence as done, or not; a colour that marked it goes with the mark."""
    private = {"ritmo": item.uid, "mark": "1" if done else "0"}
    body: Body = {
        "status": "confirmed",
        "summary": words,
        "extendedProperties": {"private": private},
    }
    if not done:
        body["colorId"] = None
    return body


def recurrence_of(item: RecurringDays, zone: str) -> list[str]:
    """Write the rule, with its end and the days that are taken out (RFC 5545)."""
    rule = item.rule
    if item.until is not None:
        until = f"{item.until:%Y%m%d}"
        if item.at is not None:
            until = f"{instant_of(item.until, item.at, zone).astimezone(UTC):%Y%m%dT%H%M%SZ}"
        rule = f"{rule};UNTIL={until}"
    lines = [f"RRULE:{rule}"]
    if item.without and item.at is None:
        days = ",".join(f"{day:%Y%m%d}" for day in item.without)
        lines.append(f"EXDATE;VALUE=DATE:{days}")
    elif item.without and item.at is not None:
        clock = f"{item.at // 60:02}{item.at % 60:02}00"
        days = ",".join(f"{day:%Y%m%d}T{clock}" for day in item.without)
        lines.append(f"EXDATE;TZID={zone}:{days}")
    return lines


def read(raw: Body) -> RemoteEvent:
    """Read an event as the API gives it; of one that is gone little is said."""
    private = raw.get("extendedProperties", {}).get("private", {})
    return RemoteEvent(
        event_id=str(raw["id"]),
        etag=str(raw.get("etag", "")),
        cancelled=raw.get("status") == "cancelled",
        summary=str(raw.get("summary", "")),
        start=raw.get("start", {}),
        recurrence=tuple(raw.get("recurrence", ())),
        series=raw.get("recurringEventId"),
        original=raw.get("originalStartTime", {}),
        colour=raw.get("colorId"),
        uid=str(private.get("ritmo", "")),
        stamp=str(private.get("stamp", "")),
        mark=private.get("mark") == "1",
    )


def moment_of(place: Mapping[str, str], zone: str) -> tuple[date, int | None] | None:
    """Return a day, and minutes after its midnight (None: the whole day), in a person's zone."""
    try:
        if "date" in place:
            return date.fromisoformat(place["date"]), None
        at = datetime.fromisoformat(place["dateTime"])
        if at.tzinfo is None:
            at = at.replace(tzinfo=ZoneInfo(place.get("timeZone", zone)))
        local = at.astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):
        return None
    return local.date(), local.hour * 60 + local.minute


def stamp_of(summary: str, start: Mapping[str, str], recurrence: tuple[str, ...]) -> str:
    """Return what tells apart two states of a series: of its title, begin and rule."""
    place = start.get("date")
    if place is None:
        found = moment_of(start, start.get("timeZone") or "UTC")
        place = f"{found} {start.get('timeZone')}"
    said = json.dumps([summary, place, sorted(map(_rule_parts, recurrence))], ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()[:24]


def _rule_parts(line: str) -> str:
    """Write a rule, or days that are taken out, in one order of its parts."""
    name, _, value = line.partition(":")
    mark = "," if name.startswith("EXDATE") else ";"
    return f"{name}:{mark.join(sorted(value.split(mark)))}"


def _moment(item: RecurringDays, day: date, zone: str) -> dict[str, str]:
    """Say when an occurrence begins."""
    if item.at is None:
        return {"date": day.isoformat()}
    return {"dateTime": f"{day}T{item.at // 60:02}:{item.at % 60:02}:00", "timeZone": zone}


def _end(item: RecurringDays, zone: str) -> dict[str, str]:
    """Say when the first occurrence ends."""
    if item.at is None:
        return {"date": (item.first + timedelta(days=1)).isoformat()}
    end = datetime.combine(item.first, datetime.min.time()) + timedelta(minutes=item.at + MINUTES)
    return {"dateTime": end.isoformat(), "timeZone": zone}
