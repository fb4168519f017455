"""Busy time: when a person's chosen calendars call them busy, by the source that says so."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Column, DateTime, Table, Text, Uuid, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import metadata

busy_times = Table(
    "busy_times",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("begins", DateTime(timezone=True), primary_key=True),
    Column("ends", DateTime(timezone=True), nullable=False),
    schema="calendar",
)


class BusyRow(NamedTuple):
    """A stretch of busy time."""

    begins: datetime
    ends: datetime


async def replace(tx: AsyncConnection, user_id: UUID, source: str, rows: Sequence[BusyRow]) -> None:
    """Say anew when a person is busy, by one source; nothing: it says so no more."""
    mine = delete(busy_times).where(busy_times.c.user_id == user_id)
    await tx.execute(mine.where(busy_times.c.source == source))
    if rows:
        given = [{"user_id": user_id, "source": source, **row._asdict()} for row in rows]
        await tx.execute(insert(busy_times), given)


async def between(
    tx: AsyncConnection, user_id: UUID, first: datetime, last: datetime
) -> list[BusyRow]:
    """Return busy time that lies between two instants, or reaches into them, by its begin."""
    wanted = select(busy_times.c.begins, busy_times.c.ends).where(
        busy_times.c.user_id == user_id, busy_times.c.ends > first, busy_times.c.begins < last
    )
    return [BusyRow(*row) for row in await tx.execute(wanted.order_by(busy_times.c.begins))]


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase when a person is busy."""
    await tx.execute(delete(busy_times).where(busy_times.c.user_id == user_id))
