"""How many mails anybody could cause lately, by what they count for: an address, or a network.

Names are kept as SHA-256, for a day.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, LargeBinary, Table, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.message import new_id
from storage.base import id_column, metadata

mails = Table(
    "mails",
    metadata,
    id_column(),
    Column("name", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, index=True),
    Index("ix_mails_name_at", "name", "at"),
    schema="auth",
)


async def count(
    tx: AsyncConnection, name: bytes, now: datetime, window: timedelta, most: int
) -> bool:
    """Count a mail under a name; False if there were `most` in the window already."""
    key = int.from_bytes(name[:8], "big", signed=True)
    await tx.execute(select(func.pg_advisory_xact_lock(key)))
    found = await tx.execute(
        select(func.count()).where(mails.c.name == name, mails.c.at > now - window)
    )
    if found.scalar_one() >= most:
        return False
    row: dict[str, UUID | bytes | datetime] = {"id": new_id(), "name": name, "at": now}
    await tx.execute(insert(mails), row)
    return True


async def forget(tx: AsyncConnection, before: datetime) -> int:
    """Drop what counts no more; return how many."""
    return (await tx.execute(delete(mails).where(mails.c.at <= before))).rowcount
