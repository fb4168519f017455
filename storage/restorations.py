"""When a backup was restored here: what was due before then is not sent again."""

from datetime import datetime

from sqlalchemy import Column, DateTime, Table, Text, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import id_column, metadata

restorations = Table(
    "restorations",
    metadata,
    id_column(),
    Column("backup", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    schema="bus",
)


async def last(tx: AsyncConnection) -> datetime | None:
    """Return when a backup was restored last; None: never."""
    at: datetime | None = await tx.scalar(select(func.max(restorations.c.at)))
    return at
