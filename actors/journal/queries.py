"""How entries are read: pages of lists and searches, histories, and looks back."""

from dataclasses import astuple
from uuid import UUID

from pydantic import AwareDatetime, FiniteFloat, TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.journal.domain import fitting, same_days
from actors.journal.entry_changes import no_entry
from actors.journal.views import entry_of, version_of
from contracts.journal import (
    EntryHistory,
    GetEntryHistory,
    JournalEntries,
    JournalEntry,
    ListEntries,
    OnThisDay,
)
from contracts.page import Cursors, wrong_cursor
from contracts.principal import Principal
from contracts.ranges import check_range
from contracts.time import FIRST_DAY, LAST_DAY, Day
from storage.journal import entries, habits, searches
from storage.journal.entries import EntryRow
from storage.journal.searches import Place, Wanted

LOOK_BACK = 100
"""Entries in a look back, at most."""

_PLACES = Cursors(TypeAdapter(tuple[FiniteFloat, Day, AwareDatetime, UUID]))


async def shown(tx: AsyncConnection, who: Principal, entry_id: UUID) -> EntryRow:
    """Return an entry of the caller's. Refuses with `NotFound`."""
    row = await entries.find(tx, who.user_id, entry_id)
    if row is None:
        raise no_entry(entry_id)
    return row


async def view(tx: AsyncConnection, row: EntryRow) -> JournalEntry:
    """Show an entry as its writer sees it: links to habits in the bin are hidden."""
    hidden = await habits.hidden(tx, row.user_id) if row.habit_ids else ()
    return entry_of(row, hidden=hidden)


async def listed(tx: AsyncConnection, who: Principal, query: ListEntries) -> JournalEntries:
    """Show a page of entries, and look one further to know whether there is another."""
    check_range(query.first, query.last)
    wanted = Wanted(
        query.search,
        query.moods,
        query.tag,
        query.habit_id,
        query.first,
        query.last,
        query.favourite,
        query.deleted,
    )
    behind = _read_place(query.cursor)
    hidden = await habits.hidden(tx, who.user_id)
    if query.habit_id in hidden:
        return JournalEntries(entries=())
    rows = await searches.find(tx, who.user_id, wanted, behind, query.limit + 1)
    size = fitting([len(one.row.text) for one in rows], query.limit)
    return JournalEntries(
        entries=tuple(entry_of(one.row, one.snippet, hidden=hidden) for one in rows[:size]),
        next=_PLACES.write(astuple(rows[size - 1].place)) if size < len(rows) else None,
    )


async def history(tx: AsyncConnection, who: Principal, query: GetEntryHistory) -> EntryHistory:
    """Show a page of an entry's versions, the present one first."""
    row = await shown(tx, who, query.entry_id)
    before = _read_version(query.cursor) if query.cursor else None
    size, bound = query.limit + 1, row.version if before is None else before
    rows = await entries.revisions_before(tx, who.user_id, row.id, bound, size)
    versions = [*([row] if before is None else []), *rows]
    count = fitting([len(one.text) for one in versions], query.limit)
    hidden = await habits.hidden(tx, who.user_id)
    return EntryHistory(
        versions=tuple(version_of(one, hidden) for one in versions[:count]),
        next=str(versions[count - 1].version) if count < len(versions) else None,
    )


async def on_this_day(tx: AsyncConnection, who: Principal, day: Day) -> OnThisDay:
    """Show what was on a day in earlier years."""
    month, days = same_days(day)
    rows = await searches.of_days(tx, who.user_id, month, days, day, LOOK_BACK)
    size = fitting([len(row.text) for row in rows], LOOK_BACK)
    hidden = await habits.hidden(tx, who.user_id)
    return OnThisDay(day=day, entries=tuple(entry_of(row, hidden=hidden) for row in rows[:size]))


def _read_place(cursor: str | None) -> Place | None:
    """Read where a page begins. Refuses with `Invalid`."""
    found = _PLACES.read(cursor)
    place = found and Place(*found)
    if place and not FIRST_DAY.year <= place.at.year <= LAST_DAY.year:
        raise wrong_cursor()
    return place


def _read_version(cursor: str) -> int:
    """Read a cursor that is a version. Refuses with `Invalid`."""
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 9:
        raise wrong_cursor()
    return int(cursor)
