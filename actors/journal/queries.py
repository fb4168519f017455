"""How entries are read: pages of lists and searches, histories, and looks back."""

import asyncio
from dataclasses import astuple
from uuid import UUID

from pydantic import AwareDatetime, FiniteFloat, TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.journal.domain import fitting, same_days
from actors.journal.entry_html import harmless_html
from actors.journal.room import known, logical_day, room
from actors.journal.views import entry_of, no_entry, version_of, view
from actors.runtime.room import TheBus, Transaction, Who
from contracts.journal import (
    EntryHistory,
    EntryHtml,
    EntryTag,
    EntryTags,
    GetEntry,
    GetEntryHistory,
    GetOnThisDay,
    JournalEntries,
    JournalEntry,
    ListEntries,
    ListEntryTags,
    OnThisDay,
    RenderEntry,
)
from contracts.page import Cursors, check_range, wrong_cursor
from contracts.principal import Principal
from contracts.time import FIRST_DAY, LAST_DAY, Day
from storage.journal import entries, habits, searches
from storage.journal.entries import EntryRow
from storage.journal.searches import EntryPlace, Wanted

LOOK_BACK = 100
"""Entries in a look back, at most."""

_PLACES = Cursors(TypeAdapter(tuple[FiniteFloat, Day, AwareDatetime, UUID]))


async def _shown(tx: AsyncConnection, who: Principal, entry_id: UUID) -> EntryRow:
    """Return an entry of the caller's. Refuses with `NotFound`."""
    row = await entries.find(tx, who.user_id, entry_id)
    if row is None:
        raise no_entry(entry_id)
    return row


@room.answer
async def get_entry(query: GetEntry, who: Who, tx: Transaction) -> JournalEntry:
    """Show one entry."""
    return await view(tx, await _shown(tx, who, query.entry_id))


@room.answer
async def render_entry(query: RenderEntry, who: Who, tx: Transaction) -> EntryHtml:
    """Show the text of an entry as HTML; a hostile text may take long, so elsewhere."""
    row = await _shown(tx, who, query.entry_id)
    html = await asyncio.to_thread(harmless_html, row.text)
    return EntryHtml(entry_id=row.id, html=html, version=row.version)


@room.answer
async def list_entries(query: ListEntries, who: Who, tx: Transaction) -> JournalEntries:
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


@room.answer
async def get_entry_history(query: GetEntryHistory, who: Who, tx: Transaction) -> EntryHistory:
    """Show a page of an entry's versions, the present one first."""
    row = await _shown(tx, who, query.entry_id)
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


@room.answer
async def get_on_this_day(query: GetOnThisDay, who: Who, tx: Transaction, bus: TheBus) -> OnThisDay:
    """Show what was on a day in earlier years."""
    day = query.day or logical_day(await known.person(tx, bus, who))
    month, days = same_days(day)
    rows = await searches.of_days(tx, who.user_id, month, days, day, LOOK_BACK)
    size = fitting([len(row.text) for row in rows], LOOK_BACK)
    hidden = await habits.hidden(tx, who.user_id)
    return OnThisDay(day=day, entries=tuple(entry_of(row, hidden=hidden) for row in rows[:size]))


@room.answer
async def list_entry_tags(query: ListEntryTags, who: Who, tx: Transaction) -> EntryTags:
    """Show the tags in use."""
    found = await searches.tags(tx, who.user_id)
    return EntryTags(tags=tuple(EntryTag(tag=tag, entries=count) for tag, count in found))


def _read_place(cursor: str | None) -> EntryPlace | None:
    """Read where a page begins. Refuses with `Invalid`."""
    found = _PLACES.read(cursor)
    place = found and EntryPlace(*found)
    if place and not FIRST_DAY.year <= place.at.year <= LAST_DAY.year:
        raise wrong_cursor()
    return place


def _read_version(cursor: str) -> int:
    """Read a cursor that is a version. Refuses with `Invalid`."""
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 9:
        raise wrong_cursor()
    return int(cursor)
