"""How owners tell a room what there was before it followed; see `contracts.backfill`."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.backfill import (
    NounName,
    StateFact,
    TellEntries,
    TellHabits,
    TellPeople,
    TellState,
    state_for,
)
from contracts.message import new_id
from contracts.time import Day
from storage.outbox import tell
from storage.replica import backfills

ORDERS: dict[str, type[TellState]] = {
    "users": TellPeople,
    "habits": TellHabits,
    "journal": TellEntries,
}
"""The job of each owner."""

NOTHING = UUID(int=0)

Place = tuple[UUID, UUID]
"""A person and something of theirs: the last that a page told of."""


def place_of(job: TellState) -> Place:
    """Return after what the page of a job begins."""
    return job.after or (NOTHING, NOTHING)


def state_of(job: TellState) -> type[StateFact]:
    """Return by which fact the page of a job is told."""
    return state_for(job.address.split(".")[0], job.room)


async def begin(
    tx: AsyncConnection,
    room: str,
    owner: str,
    noun: NounName,
    declared: str,
    since: Day | None,
    *,
    again: bool = False,
) -> bool:
    """Have a room told of a noun, unless it was told all that it has `declared` before; `again`: in
    any case.
    """
    if not await backfills.begin(tx, room, noun, declared, again=again):
        return False
    await tell(tx, ORDERS[owner](room=room, noun=noun, since=since))
    return True


async def tell_page(
    tx: AsyncConnection, job: TellState, states: Iterable[StateFact], last: Place | None
) -> None:
    """Tell a page, and have the next one told; `last` None: there is no more."""
    told: Sequence[StateFact] = list(states)
    await tell(tx, *told)
    rows = sum(state.rows for state in told)
    await backfills.advance(tx, job.room, job.noun, rows, done=last is None)
    if last is not None:
        now = {"after": last, "job_id": new_id(), "occurred_at": datetime.now(UTC)}
        await tell(tx, job.model_copy(update=now))
