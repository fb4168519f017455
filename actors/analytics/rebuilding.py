"""The read model folded anew from the log, while the room goes on.

One person is one transaction: what is heard of them meanwhile waits, and nothing is lost or folded
twice. Who reads their reports meanwhile reads them as they were.
"""

from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.analytics.folding import begin
from actors.analytics.settling import settle
from contracts.analytics_upkeep import FoldPerson, Rebuild, RebuildPhase
from contracts.message import NotFound
from contracts.time import day_of
from storage.analytics import folding, log, reading, rebuilds
from storage.outbox import tell
from storage.session import transaction

SLICE = 10_000
"""Facts that are folded at once; after each slice people see how far it is."""


async def ask_for(tx: AsyncConnection, user_id: UUID) -> Rebuild:
    """Ask for a rebuild of a person, by a fact that the room hears itself."""
    total = await log.count(tx, user_id)
    if total is None:
        raise nothing_heard(user_id)
    await rebuilds.show(tx, user_id, "waiting", total=total)
    await tell(tx, FoldPerson(user_id=user_id))
    return Rebuild(user_id=user_id, phase="waiting", total=total)


async def find(tx: AsyncConnection, user_id: UUID) -> Rebuild:
    """Show how far the last rebuild of a person is."""
    row = await rebuilds.find(tx, user_id)
    if row is None:
        raise nothing_heard(user_id)
    phase = cast(RebuildPhase, row.phase)
    return Rebuild(user_id=user_id, phase=phase, folded=row.folded, total=row.total)


async def run(tx: AsyncConnection, user_id: UUID) -> None:
    """Drop what was folded of a person, fold their log anew, and settle their habits."""
    await rebuilds.take_time(tx)
    await begin(tx, user_id)
    total = await log.count(tx, user_id)
    if total is None:
        return
    await folding.drop_model(tx, user_id)
    place = folded = 0
    while part := await log.next_slice(tx, user_id, place, SLICE):
        await _show(tx, user_id, folded, total)
        first, (place, many) = place + 1, part
        await folding.fold_again(tx, user_id, first, place)
        folded += many
    person = await reading.find_person(tx, user_id)
    await settle(tx, user_id, day_of(datetime.now(UTC), person.zone, person.day_start))
    await rebuilds.show(tx, user_id, "done", folded, total)


def nothing_heard(user_id: UUID) -> NotFound:
    """Say that analytics knows nothing of a person."""
    return NotFound("nothing_heard", "Nothing was heard of {user} yet.", user=str(user_id))


async def _show(tx: AsyncConnection, user_id: UUID, folded: int, total: int) -> None:
    """Let people see how far it is, beside the transaction that does the work."""
    async with transaction(tx.engine) as aside:
        await rebuilds.show(aside, user_id, "running", folded, total)
