"""Pictures of habits that Telegram has, by the names that it gave them: these can be shared."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Table, Text, Uuid, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import metadata

pictures = Table(
    "pictures",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("habit_id", Uuid, primary_key=True),
    Column("bot_id", BigInteger, nullable=False),
    Column("file_id", Text, nullable=False),
    Column("drawn_at", DateTime(timezone=True), nullable=False),
    schema="telegram",
)


async def keep(
    tx: AsyncConnection, user_id: UUID, habit_id: UUID, bot_id: int, file_id: str, now: datetime
) -> None:
    """Note what Telegram calls the newest picture of a habit; only this bot may use that name."""
    given = {"bot_id": bot_id, "file_id": file_id, "drawn_at": now}
    statement = insert(pictures).values(user_id=user_id, habit_id=habit_id, **given)
    keys = ["user_id", "habit_id"]
    await tx.execute(statement.on_conflict_do_update(index_elements=keys, set_=given))


async def since(
    tx: AsyncConnection, user_id: UUID, bot_id: int, first: datetime
) -> dict[UUID, str]:
    """Return the pictures of a person's habits that were drawn since a time."""
    mine = (pictures.c.user_id == user_id, pictures.c.bot_id == bot_id)
    found = select(pictures.c.habit_id, pictures.c.file_id).where(*mine)
    rows = await tx.execute(found.where(pictures.c.drawn_at >= first))
    return {row.habit_id: row.file_id for row in rows}


async def forget(tx: AsyncConnection, before: datetime) -> None:
    """Drop pictures that were drawn before a time."""
    await tx.execute(delete(pictures).where(pictures.c.drawn_at < before))


async def erase(tx: AsyncConnection, user_ids: Sequence[UUID]) -> None:
    """Drop the pictures of people."""
    await tx.execute(delete(pictures).where(pictures.c.user_id.in_(user_ids)))
