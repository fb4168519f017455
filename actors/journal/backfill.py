"""Telling a room of all entries of diaries, without their words, as they are now."""

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter

from actors.journal.room import room
from actors.runtime.backfill import place_of, state_of, tell_page
from actors.runtime.room import Transaction
from contracts.backfill import EntryState, StateFact, TellEntries
from storage.journal import state
from storage.journal.state import ToldEntry

ENTRIES = 500
"""Entries on a page."""


@room.do
async def tell_state(job: TellEntries, tx: Transaction) -> None:
    """Tell a page of entries; those that were thrown away and may come back as deleted."""
    rows = await state.entries_after(tx, *place_of(job), job.since, ENTRIES)
    last = (rows[-1].user_id, rows[-1].id) if len(rows) == ENTRIES else None
    await tell_page(tx, job, _states(job, rows), last)


def _states(job: TellEntries, rows: list[ToldEntry]) -> Iterator[StateFact]:
    for user_id, theirs in groupby(rows, attrgetter("user_id")):
        told = tuple(
            EntryState(
                version=row.version,
                entry_id=row.id,
                day=row.day,
                at=row.at,
                zone=row.zone,
                mood=row.mood,
                energy=row.energy,
                tags=tuple(row.tags),
                habit_ids=tuple(row.habit_ids),
                deleted=row.deleted_at is not None,
            )
            for row in theirs
        )
        yield state_of(job)(user_id=user_id, entries=told)
