"""What there is of entries, of whomever, without their words: page by page, by person and id."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.journal.entries import entries, there


@dataclass(frozen=True, slots=True)
class ToldEntry:
    """An entry without its words; `deleted_at`: since when it is thrown away."""

    user_id: UUID
    id: UUID
    version: int
    day: date
    at: datetime
    zone: str
    mood: int | None
    energy: int | None
    tags: list[str]
    habit_ids: list[UUID]
    deleted_at: datetime | None


_COLUMNS = tuple(entries.c[field.name] for field in fields(ToldEntry))


async def entries_after(
    tx: AsyncConnection, user_id: UUID, entry_id: UUID, since: date | None, size: int
) -> list[ToldEntry]:
    """Return entries, from the day `since` on, after a person and an entry."""
    place = tuple_(entries.c.user_id, entries.c.id)
    statement = select(*_COLUMNS).where(place > (user_id, entry_id), there())
    if since is not None:
        statement = statement.where(entries.c.day >= since)
    rows = await tx.execute(statement.order_by(entries.c.user_id, entries.c.id).limit(size))
    return [ToldEntry(*row) for row in rows]
