"""Short ways to write down histories and entries of the diary in tests of reports."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time
from uuid import UUID

from actors.analytics.history import PersonHistory, Tracked
from contracts.keeping.progress import begin
from contracts.keeping.promise import Promise, Rests
from contracts.schedule import Weekday
from storage.analytics.histories import DiaryRow, ReportPerson
from tests.domain.making import day, promise


def habit(
    name: str = "Read",
    plan: Promise | None = None,
    entries: Mapping[int, int] | None = None,
    rests: Rests = (),
    until: int | None = None,
    unit: str = "",
) -> Tracked:
    """Make a habit, daily by default, with entries as `making` writes them."""
    plan = plan or promise()
    return Tracked(
        habit_id=UUID(bytes=name.encode().ljust(16)[:16]),
        name=name,
        promise=plan,
        progress=begin(plan),
        entries=entries or {},
        rests=tuple(rests),
        until=None if until is None else day(until),
        unit=unit,
    )


def history(
    *habits: Tracked, today: int, entries: Iterable[DiaryRow] = (), week_start: Weekday = "mon"
) -> PersonHistory:
    """Make a history as of day number `today`."""
    return PersonHistory(
        ReportPerson(week_start=week_start, stamp=7), day(today), habits, tuple(entries)
    )


def entry(number: int, mood: int | None, *tags: str) -> DiaryRow:
    """Make an entry of the diary on day number `number`."""
    at = datetime.combine(day(number), time(20), UTC)
    return DiaryRow(UUID(int=number % 2**64), day(number), at, "UTC", mood, None, list(tags), [])
