"""What people call the steps of their moods, if they have a scale of their own."""

from uuid import UUID

from sqlalchemy import Column, Table, Text, Uuid, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import metadata

moods = Table(
    "moods",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("names", Text, nullable=False),
    schema="journal",
)


async def find(tx: AsyncConnection, user_id: UUID) -> str | None:
    """Return a person's own scale as JSON, if they have one."""
    statement = select(moods.c.names).where(moods.c.user_id == user_id)
    return (await tx.execute(statement)).scalar_one_or_none()


async def keep(tx: AsyncConnection, user_id: UUID, names: str) -> None:
    """Keep a person's own scale."""
    statement = insert(moods).values(user_id=user_id, names=names)
    await tx.execute(
        statement.on_conflict_do_update(index_elements=[moods.c.user_id], set_={"names": names})
    )


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Forget a person's own scale."""
    await tx.execute(delete(moods).where(moods.c.user_id == user_id))
