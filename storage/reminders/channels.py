"""How a person can be reached besides e-mail: the Apprise address that they gave.

The address holds passwords; it never leaves the room in full, nor is it logged.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Column, Table, Text, Uuid, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import created_at, metadata

apprise = Table(
    "apprise",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("url", Text, nullable=False),
    created_at(),
    schema="reminders",
)


async def set_apprise(tx: AsyncConnection, user_id: UUID, url: str) -> None:
    """Keep a person's Apprise address."""
    statement = insert(apprise).values(user_id=user_id, url=url)
    await tx.execute(
        statement.on_conflict_do_update(index_elements=[apprise.c.user_id], set_={"url": url})
    )


async def find_apprise(tx: AsyncConnection, user_id: UUID) -> str | None:
    """Return a person's Apprise address, if they gave one."""
    statement = select(apprise.c.url).where(apprise.c.user_id == user_id)
    return (await tx.execute(statement)).scalar_one_or_none()


async def with_apprise(tx: AsyncConnection, user_ids: Sequence[UUID]) -> set[UUID]:
    """Return those among some people who gave an Apprise address."""
    statement = select(apprise.c.user_id).where(apprise.c.user_id.in_(user_ids))
    return set((await tx.execute(statement)).scalars())


async def drop_apprise(tx: AsyncConnection, user_id: UUID) -> None:
    """Forget a person's Apprise address."""
    await tx.execute(delete(apprise).where(apprise.c.user_id == user_id))
