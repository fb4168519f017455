"""When a calendar calls a person busy. In the process of its own only.

The library goes through every occurrence from a rule's beginning on, whatever is asked for: what
comes more often than daily is left out, and so is what began long ago. If it takes too long even
so, the process is ended.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from actors.runtime.calendars.faults import CalendarUnusable
from actors.runtime.calendars.series import calendars_of, value_of

MAX_STRETCHES = 1_000
"""Stretches of busy time, at most."""

DAILY = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
EARLIEST = 1970

Stretch = tuple[str, str]
"""Begin and end, as ISO instants."""


def busy_in(data: bytes, zone: str, first: datetime, last: datetime) -> list[Stretch]:
    """Return when a calendar calls a person busy, in order. Raises CalendarUnusable.

    Times without a zone, or in one that nobody knows, are of the person's `zone`.
    """
    import recurring_ical_events

    here, found = ZoneInfo(zone), set[tuple[datetime, datetime]]()
    for calendar in calendars_of(data):
        calendar.subcomponents = [one for one in calendar.subcomponents if _is_plain(one)]
        try:
            query = recurring_ical_events.of(calendar, components=["VEVENT"], skip_bad_series=True)
            # A day earlier and later: what has no zone yet is not on the clock that is asked by.
            for one in query.between(first - timedelta(days=1), last + timedelta(days=1)):
                begins, ends = _instants(one, here)
                if begins < ends and ends > first and begins < last:
                    found.add((begins, ends))
                if len(found) > MAX_STRETCHES:
                    break
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
            raise CalendarUnusable("calendar_broken") from error
    ordered = sorted(found)[:MAX_STRETCHES]
    return [(begins.isoformat(), ends.isoformat()) for begins, ends in ordered]


def _is_plain(part: Any) -> bool:
    """Tell whether a part may take somebody's time, and recurs as seldom as daily."""
    if part.name != "VEVENT":
        return str(part.name) == "VTIMEZONE"
    if part.errors and any(
        name in ("RRULE", "DTSTART", "DTEND", "RDATE") for name, _ in part.errors
    ):
        return False
    if str(part.get("TRANSP", "")).upper() == "TRANSPARENT":
        return False
    if str(part.get("STATUS", "")).upper() == "CANCELLED":
        return False
    begins = value_of(part, "DTSTART")
    if not isinstance(begins, date) or begins.year < EARLIEST:
        return False
    rules = part.get("RRULE")
    rules = rules if isinstance(rules, list) else [rules] if rules else []
    return "EXRULE" not in part and all(_is_daily(rule) for rule in rules)


def _is_daily(rule: Any) -> bool:
    finer = any(len(rule.get(name, ())) > 1 for name in ("BYHOUR", "BYMINUTE", "BYSECOND"))
    return str((rule.get("FREQ") or [""])[0]).upper() in DAILY and not finer


def _instants(part: Any, here: ZoneInfo) -> tuple[datetime, datetime]:
    begins = part["DTSTART"].dt
    ends = part["DTEND"].dt if "DTEND" in part else begins
    return _instant(begins, here), _instant(ends, here)


def _instant(value: date, here: ZoneInfo) -> datetime:
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=here)
    return (value if value.tzinfo else value.replace(tzinfo=here)).astimezone(UTC)
