"""The bin: habits that were deleted, and can still be brought back with all that is theirs."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import habits as kept
from storage.habits import HabitRow, habits


async def put(
    tx: AsyncConnection, user_id: UUID, habit_id: UUID, bin_id: UUID, at: datetime
) -> HabitRow:
    """Put a locked habit into the bin, and count its version up."""
    return await kept.change(tx, user_id, habit_id, {"binned_at": at, "bin_id": bin_id})


async def take(tx: AsyncConnection, user_id: UUID, habit_id: UUID) -> HabitRow:
    """Take a locked habit out of the bin, and count its version up."""
    return await kept.change(tx, user_id, habit_id, {"binned_at": None, "bin_id": None})


async def last(tx: AsyncConnection, user_id: UUID, habit_id: UUID | None) -> HabitRow | None:
    """Return the habit that was put into a user's bin last; only this one, if it is given."""
    statement = select(habits).where(habits.c.user_id == user_id, habits.c.binned_at.is_not(None))
    if habit_id is not None:
        statement = statement.where(habits.c.id == habit_id)
    row = (await tx.execute(statement.order_by(habits.c.bin_id.desc()).limit(1))).first()
    return HabitRow(**row._mapping) if row else None


async def beyond(tx: AsyncConnection, user_id: UUID, size: int) -> list[HabitRow]:
    """Return, locked, what is in a user's bin beyond its last `size` habits."""
    mine = select(habits.c.id).where(habits.c.user_id == user_id, habits.c.binned_at.is_not(None))
    old = mine.order_by(habits.c.bin_id.desc()).offset(size)
    # Said once more: one that was waited for may have been brought back meanwhile.
    still = (habits.c.user_id == user_id, habits.c.binned_at.is_not(None))
    rows = await tx.execute(select(habits).where(habits.c.id.in_(old), *still).with_for_update())
    return [HabitRow(**row._mapping) for row in rows]


async def older(tx: AsyncConnection, before: datetime, size: int) -> list[HabitRow]:
    """Return, locked, some habits of whomever that have been in the bin since `before` or longer.

    What somebody is at work on waits for the next time.
    """
    statement = select(habits).where(habits.c.binned_at <= before).limit(size)
    rows = await tx.execute(statement.with_for_update(skip_locked=True))
    return [HabitRow(**row._mapping) for row in rows]
