"""Reads a calendar, and finds what recurs in it. In the process of its own only.

What is found is plain: nobody else has to know the library, or trust what it makes of a file.
"""

from collections import Counter
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypedDict

from actors.runtime.calendars.faults import MAX_BYTES, MAX_COMPONENTS, CalendarUnusable

if TYPE_CHECKING:
    from icalendar import Calendar

MARKS = ("✓", "✔", "☑", "✅")
"""How the title of an occurrence begins that is done."""

MAX_DAYS = 20_000
"""Days of one series that are read, at most."""


class FoundSeries(TypedDict):
    """What recurs: days that were done, as ISO dates; `why`: why nothing can be made of it."""

    name: str
    description: str
    rule: str
    first: str
    at: str
    done: list[str]
    why: str


class FoundCalendar(TypedDict):
    """What recurs in a calendar; `left_out` counts by kind what does not, or is not read."""

    series: list[FoundSeries]
    left_out: dict[str, int]


def calendars_of(data: bytes) -> "list[Calendar]":
    """Read a file. Raises CalendarUnusable."""
    from icalendar import Calendar

    if len(data) > MAX_BYTES:
        raise CalendarUnusable("calendar_too_large")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CalendarUnusable("calendar_not_text") from None
    if "\x00" in text:
        raise CalendarUnusable("calendar_not_text")
    upper = text.lstrip()[:4096].upper()
    if not upper.startswith("BEGIN:VCALENDAR"):
        raise CalendarUnusable("calendar_none")
    if text.upper().count("\nBEGIN:") > MAX_COMPONENTS:
        raise CalendarUnusable("calendar_too_large")
    try:
        found: list[Calendar] = [
            one for one in Calendar.from_ical(text.lstrip(), multiple=True) if _is_calendar(one)
        ]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise CalendarUnusable("calendar_broken") from None
    if not found:
        raise CalendarUnusable("calendar_broken")
    return found


def _is_calendar(one: Any) -> bool:
    return bool(one.name == "VCALENDAR")


def found_in(data: bytes) -> FoundCalendar:
    """Find what recurs in a file. Raises CalendarUnusable."""
    left: Counter[str] = Counter()
    groups: dict[str, list[Any]] = {}
    for calendar in calendars_of(data):
        for number, part in enumerate(calendar.subcomponents):
            if part.name not in ("VEVENT", "VTODO"):
                if part.name != "VTIMEZONE":
                    left[_kind_of(str(part.name))] += 1
                continue
            left["alarms"] += sum(one.name == "VALARM" for one in part.subcomponents)
            uid = str(part.get("UID") or f"{id(calendar)} {number}")
            groups.setdefault(uid, []).append(part)
    series = [one for parts in groups.values() if (one := _series(parts, left))]
    return {"series": series, "left_out": dict(+left)}


def _kind_of(name: str) -> str:
    kinds = {"VJOURNAL": "journals", "VFREEBUSY": "free and busy times"}
    return kinds.get(name, "other parts")


def _series(parts: list[Any], left: Counter[str]) -> FoundSeries | None:
    """Read what bears one UID: a series, its exceptions; None if it does not recur."""
    mains = [one for one in parts if "RECURRENCE-ID" not in one]
    main = next((one for one in mains if "RRULE" in one or _broken(one)), None)
    if main is None:
        left["events and to-dos that do not recur"] += len(mains)
        left["changed occurrences"] += len(parts) - len(mains)
        return None
    others = [one for one in parts if one is not main]
    first = value_of(main, "DTSTART")
    rule, why = _rule(main, first)
    days = list[str]()
    for one in others:
        if _is_done(one) and (day := _day(value_of(one, "RECURRENCE-ID"))):
            days.append(day)
        else:
            left["changed occurrences"] += 1
    exceptions = main.get("EXDATE", [])
    left["dates taken out"] += len(exceptions) if isinstance(exceptions, list) else 1
    return {
        "name": _unmarked(str(main.get("SUMMARY", ""))),
        "description": str(main.get("DESCRIPTION", "")),
        "rule": rule,
        "first": _day(first) or "",
        "at": f"{first:%H:%M}" if isinstance(first, datetime) else "",
        "done": sorted(set(days))[:MAX_DAYS],
        "why": why if why or _day(first) else "no_begin",
    }


def _broken(part: Any) -> bool:
    return any(name in ("RRULE", "DTSTART") for name, _ in part.errors)


def _rule(part: Any, first: object) -> tuple[str, str]:
    """Return the rule as text, and why it is of no use."""
    if _broken(part):
        return "", "broken"
    rule = part.get("RRULE")
    if isinstance(rule, list) or "EXRULE" in part:
        return "", "rules"
    words: dict[str, list[Any]] = {str(name).upper(): value for name, value in rule.items()}
    if isinstance(first, datetime):
        # They only repeat at what time it begins.
        for name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
            if len(words.get(name, ())) == 1:
                del words[name]
    until = (words.get("UNTIL") or [None])[0]
    if isinstance(until, datetime):
        zone = first.tzinfo if isinstance(first, datetime) else None
        until = until.astimezone(zone) if until.tzinfo and zone else until
        words["UNTIL"] = [until.date()]
    return ";".join(f"{name}={_written(value)}" for name, value in words.items()), ""


def _written(values: list[Any]) -> str:
    if not isinstance(values, list):
        values = [values]
    return ",".join(
        f"{one:%Y%m%d}" if isinstance(one, date) else str(one).upper() for one in values
    )


def _is_done(part: Any) -> bool:
    status = str(part.get("STATUS", "")).upper()
    return status == "COMPLETED" or str(part.get("SUMMARY", "")).lstrip().startswith(MARKS)


def _unmarked(title: str) -> str:
    plain = title.strip()
    for mark in MARKS:
        plain = plain.removeprefix(mark).strip()
    return plain


def value_of(part: Any, name: str) -> object:
    """Return a day or an instant; None where there is none that can be read."""
    if any(broken == name for broken, _ in part.errors):
        return None
    return getattr(part.get(name), "dt", None)


def _day(value: object) -> str | None:
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else None
