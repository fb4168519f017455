"""Proofs that somebody came from Telegram: each is taken once, and kept until it is too old."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, LargeBinary, Table, Uuid, delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import metadata

proofs = Table(
    "proofs",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("user_id", Uuid, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index("ix_proofs_expires_at", "expires_at"),
    schema="telegram",
)


async def take(tx: AsyncConnection, hash_: bytes, user_id: UUID, expires_at: datetime) -> bool:
    """Take a proof; false if it was taken before."""
    given = insert(proofs).values(hash=hash_, user_id=user_id, expires_at=expires_at)
    return bool((await tx.execute(given.on_conflict_do_nothing())).rowcount)


async def forget(tx: AsyncConnection, now: datetime) -> None:
    """Drop proofs that are too old to be taken."""
    await tx.execute(delete(proofs).where(proofs.c.expires_at <= now))


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Drop the proofs of a person."""
    await tx.execute(delete(proofs).where(proofs.c.user_id == user_id))
