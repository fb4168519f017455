"""Short ways to write down histories and entries of the diary in tests of reports."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time
from uuid import UUID

from actors.analytics.history import History, Tracked
from contracts.keeping.progress import begin
from contracts.keeping.promise import Promise, Rests
from contracts.schedule import Weekday
from storage.analytics.histories import EntryRow, PersonRow
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
    *habits: Tracked, today: int, entries: Iterable[EntryRow] = (), week_start: Weekday = "mon"
) -> History:
    """Make a history as of day number `today`."""
    return History(PersonRow(week_start=week_start, stamp=7), day(today), habits, tuple(entries))


def entry(number: int, mood: int | None, *tags: str) -> EntryRow:
    """Make an entry of the diary on day number `number`."""
    at = datetime.combine(day(number), time(20), UTC)
    return EntryRow(UUID(int=number % 2**64), day(number), at, "UTC", mood, None, list(tags), [])
