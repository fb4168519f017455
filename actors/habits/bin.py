"""The bin: deleting a habit, bringing it back, and deleting it for good.

What is in the bin is kept whole and told to the other rooms, which hide it. Whatever unsettles all
habits of a person (a break, another first day of the week) unsettles these, too: a habit that comes
back is as it would be if it had never been away.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits import plans
from actors.habits.days import checked_in, open_day, person_of, stand, today_of
from actors.habits.habits import shown
from actors.habits.room import room
from actors.habits.rows import judged, no_habit, promise_of
from actors.habits.settlement import days_of, worked_out
from actors.runtime.room import Now, TheBus, Transaction, Who
from contracts.bus import Bus
from contracts.check_ins import CheckedIn, Undo
from contracts.habit import Habit
from contracts.habits import (
    KEEP_DELETED,
    DeleteHabit,
    HabitBinned,
    HabitDeleted,
    HabitRestored,
    RestoreHabit,
)
from contracts.message import Done, check_version, new_id
from contracts.principal import Principal
from storage import bin as kept
from storage import check_ins, habits
from storage.check_in_history import ChangeRow
from storage.habits import HabitRow
from storage.outbox import tell

MAX_BINNED = 500
"""Habits in a person's bin; one more, and the one that has been there longest is gone."""

PURGED = 50
"""Habits that are deleted for good in one transaction, at most."""


@room.answer
async def delete_habit(command: DeleteHabit, who: Who, tx: Transaction, now: Now) -> Done:
    """Put a habit into the bin, or delete it for good."""
    forever = command.forever
    row = await habits.find(tx, who.user_id, command.habit_id, lock=True, binned=forever)
    if row is None:
        raise no_habit(command.habit_id)
    check_version(row.edition, command.expected_version)
    if forever:
        await _forget(tx, [row])
        return Done()
    binned = await kept.put(tx, who.user_id, row.id, new_id(), now)
    await tell(tx, HabitBinned(user_id=who.user_id, version=binned.version, habit_id=row.id))
    await _forget(tx, await kept.beyond(tx, who.user_id, MAX_BINNED))
    return Done()


@room.answer
async def restore_habit(command: RestoreHabit, who: Who, tx: Transaction, bus: TheBus) -> Habit:
    """Take a habit out of the bin."""
    await _restore(tx, who, command.habit_id)
    return await shown(tx, bus, who, command.habit_id)


async def _restore(tx: AsyncConnection, who: Principal, habit_id: UUID) -> None:
    """Take a habit out of the bin; one that is not in it stays as it is."""
    row = await habits.find(tx, who.user_id, habit_id, lock=True, binned=True)
    if row is None:
        raise no_habit(habit_id)
    if row.binned_at is None:
        return
    await plans.check_room(tx, who, plans.MAX_HABITS)
    restored = await kept.take(tx, who.user_id, row.id)
    await tell(tx, HabitRestored(user_id=who.user_id, version=restored.version, habit_id=row.id))


async def deleted_since(
    tx: AsyncConnection, who: Principal, command: Undo, change: ChangeRow | None
) -> UUID | None:
    """Return the habit that was deleted last, if that is what `command` is about.

    It is, if the last `change` of a day that it could mean was made before.
    """
    if command.change_id is not None:
        return None
    row = await kept.last(tx, who.user_id, command.habit_id)
    if row is None or row.bin_id is None or (change is not None and change.id > row.bin_id):
        return None
    return row.id


async def undo(tx: AsyncConnection, bus: Bus, who: Principal, habit_id: UUID) -> CheckedIn:
    """Take back that a habit was deleted; show its day today."""
    await _restore(tx, who, habit_id)
    loaded = await check_ins.load(tx, who.user_id, habit_id)
    if loaded is None:
        raise no_habit(habit_id)
    today = today_of(await person_of(tx, bus, who, loaded.person))
    logged = await check_ins.find(tx, habit_id, today)
    entry = logged and judged(promise_of(loaded.habit), logged)
    now = await worked_out(days_of([loaded], today), lambda: stand(loaded, open_day(loaded, today)))
    shown = checked_in(habit_id, today, entry, now)
    return shown.model_copy(update={"restored": True})


@room.tick("habits.purge", every="29 * * * *")
async def purge(tx: AsyncConnection) -> bool:
    """Delete for good what has been in the bin too long; tell whether there is more."""
    old = await kept.older(tx, datetime.now(UTC) - timedelta(days=KEEP_DELETED), PURGED)
    await _forget(tx, old)
    return len(old) == PURGED


async def _forget(tx: AsyncConnection, rows: list[HabitRow]) -> None:
    for row in rows:
        await habits.remove(tx, row.user_id, row.id)
        gone = HabitDeleted(user_id=row.user_id, version=row.version + 1, habit_id=row.id)
        await tell(tx, gone)
