"""The installation: whether it has its administrator, whom the first account made, once and ever.

So nobody becomes one by coming first to an installation whose people have all left.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, DateTime, SmallInteger, Table, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import metadata

installation = Table(
    "installation",
    metadata,
    Column("id", SmallInteger, primary_key=True),
    Column("founded_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("id = 1", name="one"),
    schema="auth",
)


async def found(tx: AsyncConnection, now: datetime) -> bool:
    """Note that there is an account; False if there was one before."""
    made = insert(installation).values(id=1, founded_at=now).on_conflict_do_nothing()
    return bool((await tx.execute(made)).rowcount)


async def is_founded(tx: AsyncConnection) -> bool:
    """Tell whether there is, or was, an account."""
    return (await tx.execute(select(installation.c.id))).first() is not None
