"""Secrets of this installation, which key what must not be guessed back: made once, kept sealed."""

import secrets

from sqlalchemy import Column, Table, Text, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import metadata
from storage.sealed import SealedBytes

BYTES = 32
"""Bytes of a secret: as many as SHA-256 takes in (RFC 2104, section 3)."""

kept = Table(
    "secrets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", SealedBytes("bus.secrets.value"), nullable=False),
    schema="bus",
)


async def find(tx: AsyncConnection, name: str) -> bytes | None:
    """Return a secret that was made."""
    found: bytes | None = await tx.scalar(select(kept.c.value).where(kept.c.name == name))
    return found


async def make(tx: AsyncConnection, name: str) -> bytes:
    """Make a secret, unless another has just made it; return the one that holds.

    It holds once the transaction is committed.
    """
    made = insert(kept).values(name=name, value=secrets.token_bytes(BYTES))
    await tx.execute(made.on_conflict_do_nothing())
    holds: bytes = (await tx.execute(select(kept.c.value).where(kept.c.name == name))).scalar_one()
    return holds
