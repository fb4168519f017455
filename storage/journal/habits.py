"""What the room knows of the habits of those who keep a diary: names, and which are gone.

A habit in the bin (`binned`) is hidden: entries keep their links to it, and do not show them.
"""

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
    Column("binned", Boolean, nullable=False, server_default="false"),
    Column("binned_version", Integer, nullable=False, server_default="0"),
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


async def put_away(
    tx: AsyncConnection, user_id: UUID, habit_id: UUID, version: int, *, binned: bool
) -> None:
    """Note whether a habit is in the bin, if that is news."""
    given = {"binned": binned, "binned_version": version}
    unknown = {"name": "", "gone": False, "version": 0}
    statement = insert(habits).values(user_id=user_id, habit_id=habit_id, **unknown, **given)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[habits.c.user_id, habits.c.habit_id],
            set_=given,
            where=habits.c.binned_version < version,
        )
    )


async def hidden(tx: AsyncConnection, user_id: UUID) -> frozenset[UUID]:
    """Return the habits of a user that are in the bin."""
    mine = select(habits.c.habit_id).where(
        habits.c.user_id == user_id, habits.c.binned, ~habits.c.gone
    )
    return frozenset((await tx.execute(mine)).scalars())


async def names(
    tx: AsyncConnection, user_id: UUID, habit_ids: Collection[UUID], *, stay: bool = False
) -> dict[UUID, str]:
    """Return the names of those that are there; `stay` keeps them from going meanwhile."""
    if not habit_ids:
        return {}
    statement = select(habits.c.habit_id, habits.c.name).where(
        habits.c.user_id == user_id,
        habits.c.habit_id.in_(habit_ids),
        habits.c.version > 0,
        ~habits.c.gone,
        ~habits.c.binned,
    )
    if stay:
        statement = statement.order_by(habits.c.habit_id).with_for_update(read=True)
    return {row.habit_id: row.name for row in await tx.execute(statement)}


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase what is known of a user's habits."""
    await tx.execute(habits.delete().where(habits.c.user_id == user_id))
