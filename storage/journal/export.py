"""Entries on their way out, all of them."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.journal.entries import COLUMNS, EntryRow, entries


@dataclass(frozen=True, slots=True)
class Reached:
    """The last entry that is out."""

    day: date
    at: datetime
    id: UUID


async def following(
    tx: AsyncConnection, user_id: UUID, reached: Reached | None, size: int
) -> list[EntryRow]:
    """Return the next entries that were not thrown away, oldest day first."""
    place = (entries.c.day, entries.c.at, entries.c.id)
    statement = select(*COLUMNS).where(entries.c.user_id == user_id, entries.c.deleted_at.is_(None))
    if reached is not None:
        statement = statement.where(tuple_(*place) > (reached.day, reached.at, reached.id))
    rows = await tx.execute(statement.order_by(*place).limit(size))
    return [EntryRow(*row) for row in rows]
