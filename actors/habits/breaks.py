"""Breaks: days on which habits rest; each moves what was worked out from its first day on."""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits.days import (
    person_of,
)
from actors.habits.habits import found
from actors.habits.room import room
from actors.habits.views import break_of
from actors.runtime.room import TheBus, Transaction, Who
from contracts.breaks import (
    AddBreak,
    Break,
    BreakAdded,
    BreakRemoved,
    Breaks,
    ListBreaks,
    RemoveBreak,
    UpdateBreak,
)
from contracts.message import Done, NotFound, check_version, new_id
from contracts.page import check_range
from contracts.principal import Principal
from storage import (
    breaks,
    habits,
    snapshots,
)
from storage.breaks import BreakRow
from storage.outbox import tell


@room.answer
async def add_break(command: AddBreak, who: Who, tx: Transaction, bus: TheBus) -> Break:
    """Add a break, whatever day it begins on."""
    await person_of(tx, bus, who, stay=True)
    if command.habit_id is not None:
        await found(tx, who, command.habit_id, None, lock=False)
    row = BreakRow(
        new_id(),
        command.first,
        command.last,
        command.habit_id,
        command.tag,
        command.reason,
        1,
    )
    await breaks.add(tx, who.user_id, row)
    return await _rested(tx, who, row)


@room.answer
async def update_break(command: UpdateBreak, who: Who, tx: Transaction) -> Break:
    """Replace a break."""
    old = await _found_break(tx, who, command.break_id, command.expected_version)
    if command.habit_id is not None:
        await found(tx, who, command.habit_id, None, lock=False)
    row = BreakRow(
        old.id,
        command.first,
        command.last,
        command.habit_id,
        command.tag,
        command.reason,
        old.version + 1,
    )
    await breaks.replace(tx, who.user_id, row)
    await _unsettle(tx, who, old.first_day)
    return await _rested(tx, who, row)


async def _rested(tx: Transaction, who: Who, row: BreakRow) -> Break:
    await _unsettle(tx, who, row.first_day)
    shown = break_of(row)
    rest = shown.model_dump(include={"first", "last", "habit_id", "tag", "reason"}, by_alias=False)
    fact = BreakAdded(user_id=who.user_id, version=row.version, break_id=row.id, **rest)
    await tell(tx, fact)
    return shown


@room.answer
async def remove_break(command: RemoveBreak, who: Who, tx: Transaction) -> Done:
    """Take a break back, as if it had never been."""
    row = await _found_break(tx, who, command.break_id, None)
    await breaks.remove(tx, who.user_id, row.id)
    await _unsettle(tx, who, row.first_day)
    fact = BreakRemoved(user_id=who.user_id, version=row.version + 1, break_id=row.id)
    await tell(tx, fact)
    return Done()


@room.answer
async def list_breaks(query: ListBreaks, who: Who, tx: Transaction) -> Breaks:
    """Show breaks, the latest first."""
    check_range(query.first, query.last)
    rows = await breaks.touching(tx, who.user_id, query.first, query.last)
    return Breaks(breaks=tuple(map(break_of, rows)))


async def _found_break(
    tx: AsyncConnection, who: Principal, break_id: UUID, expected_version: int | None
) -> BreakRow:
    """Return a break of the caller's, at the version that they expect."""
    row = await breaks.find(tx, who.user_id, break_id)
    if row is None:
        raise NotFound("break_not_found", "There is no break {break_id}.", break_id=str(break_id))
    check_version(row.version, expected_version)
    return row


async def _unsettle(tx: AsyncConnection, who: Principal, day: date) -> None:
    """Unsettle all habits of the caller's from a day on: a break there came, moved or went."""
    rows = await habits.find_all(tx, who.user_id, binned=True)
    await snapshots.rewind(tx, who.user_id, [row.id for row in rows], day)
