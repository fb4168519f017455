"""The key that signs links in mails, which is sealed, and the links that were used."""

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, Table, Text, Uuid, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import created_at, metadata
from storage.sealed import SealedBytes

secret = Table(
    "secrets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", SealedBytes("notifications.secrets.value"), nullable=False),
    created_at(),
    schema="notifications",
)

used = Table(
    "used_links",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False, index=True),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    schema="notifications",
)


async def signing_key(tx: AsyncConnection) -> bytes:
    """Return the key of this database; the first time, make one of 32 random bytes."""
    statement = select(secret.c.value).where(secret.c.name == "links")
    found = (await tx.execute(statement)).scalar_one_or_none()
    if found is None:
        made = insert(secret).values(name="links", value=secrets.token_bytes(32))
        await tx.execute(made.on_conflict_do_nothing())
        found = (await tx.execute(statement)).scalar_one()
    return bytes(found)


async def use(tx: AsyncConnection, user_id: UUID, link_id: UUID, expires_at: datetime) -> bool:
    """Note that a link is used; false if it was before."""
    statement = insert(used).values(id=link_id, user_id=user_id, expires_at=expires_at)
    return bool((await tx.execute(statement.on_conflict_do_nothing())).rowcount)


async def is_used(tx: AsyncConnection, user_id: UUID, link_id: UUID) -> bool:
    """Tell whether a link was used."""
    statement = select(used.c.id).where(used.c.id == link_id, used.c.user_id == user_id)
    return (await tx.execute(statement)).first() is not None


async def forget(tx: AsyncConnection, before: datetime) -> int:
    """Drop links that have expired anyway; return how many."""
    return (await tx.execute(delete(used).where(used.c.expires_at < before))).rowcount


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase a user's links."""
    await tx.execute(delete(used).where(used.c.user_id == user_id))
