"""What the room knows of the habits of those who keep a diary: names, and which are gone."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Boolean, Column, Integer, Table, Text, Uuid, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import metadata

habits = Table(
    "habits",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("habit_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("gone", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    schema="journal",
)


async def remember(
    tx: AsyncConnection,
    user_id: UUID,
    habit_id: UUID,
    version: int,
    *,
    name: str = "",
    gone: bool = False,
) -> None:
    """Note what a habit is called, or that it is gone, if that is news."""
    values = {"name": name, "gone": gone, "version": version}
    statement = insert(habits).values(user_id=user_id, habit_id=habit_id, **values)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[habits.c.user_id, habits.c.habit_id],
            set_=values,
            where=habits.c.version < version,
        )
    )


async def names(
    tx: AsyncConnection, user_id: UUID, habit_ids: Collection[UUID], *, stay: bool = False
) -> dict[UUID, str]:
    """Return the names of those that are there; `stay` keeps them from going meanwhile."""
    if not habit_ids:
        return {}
    statement = select(habits.c.habit_id, habits.c.name).where(
        habits.c.user_id == user_id, habits.c.habit_id.in_(habit_ids), ~habits.c.gone
    )
    if stay:
        statement = statement.order_by(habits.c.habit_id).with_for_update(read=True)
    return {row.habit_id: row.name for row in await tx.execute(statement)}


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase what is known of a user's habits."""
    await tx.execute(habits.delete().where(habits.c.user_id == user_id))
