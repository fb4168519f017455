"""Breaks: days on which a habit, a tag or everything rests."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    ForeignKey,
    Integer,
    Table,
    Text,
    Uuid,
    and_,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.habit import bears
from storage.base import created_at, metadata
from storage.habits import habits

breaks = Table(
    "breaks",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False, index=True),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("habit_id", Uuid, ForeignKey(habits.c.id, ondelete="CASCADE")),
    Column("tag", Text),
    Column("reason", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    created_at(),
    schema="habits",
)

_columns = (
    breaks.c.id,
    breaks.c.first_day,
    breaks.c.last_day,
    breaks.c.habit_id,
    breaks.c.tag,
    breaks.c.reason,
    breaks.c.version,
)


@dataclass(frozen=True, slots=True)
class BreakRow:
    """A break as it is stored."""

    id: UUID
    first_day: date
    last_day: date
    habit_id: UUID | None
    tag: str | None
    reason: str
    version: int


def _shown(user_id: UUID) -> ColumnElement[bool]:
    """Hold for a user's breaks, but not for those of a habit in the bin."""
    binned = select(habits.c.id).where(habits.c.user_id == user_id, habits.c.binned_at.is_not(None))
    seen = or_(breaks.c.habit_id.is_(None), breaks.c.habit_id.not_in(binned))
    return and_(breaks.c.user_id == user_id, seen)


async def add(tx: AsyncConnection, user_id: UUID, row: BreakRow) -> None:
    """Keep a new break."""
    values = {column.name: getattr(row, column.name) for column in _columns}
    await tx.execute(breaks.insert().values(user_id=user_id, **values))


async def find(tx: AsyncConnection, user_id: UUID, break_id: UUID) -> BreakRow | None:
    """Return a break of this user's, locked."""
    statement = select(*_columns).where(_shown(user_id), breaks.c.id == break_id)
    row = (await tx.execute(statement.with_for_update())).first()
    return BreakRow(*row) if row else None


async def replace(tx: AsyncConnection, user_id: UUID, row: BreakRow) -> None:
    """Replace a break that was found and locked."""
    values = {column.name: getattr(row, column.name) for column in _columns}
    await tx.execute(
        breaks.update().where(breaks.c.user_id == user_id, breaks.c.id == row.id).values(**values)
    )


async def remove(tx: AsyncConnection, user_id: UUID, break_id: UUID) -> None:
    """Forget a break."""
    await tx.execute(breaks.delete().where(breaks.c.user_id == user_id, breaks.c.id == break_id))


async def touching(
    tx: AsyncConnection,
    user_id: UUID,
    first: date | None,
    last: date | None,
) -> list[BreakRow]:
    """Return the breaks that touch these days, the latest first; None is open."""
    statement = select(*_columns).where(_shown(user_id))
    if first is not None:
        statement = statement.where(breaks.c.last_day >= first)
    if last is not None:
        statement = statement.where(breaks.c.first_day <= last)
    rows = await tx.execute(statement.order_by(breaks.c.first_day.desc(), breaks.c.id.desc()))
    return [BreakRow(*row) for row in rows]


async def covering(
    tx: AsyncConnection, user_id: UUID, habit_id: UUID, tags: list[str]
) -> list[tuple[date, date]]:
    """Return the days of all breaks that cover a habit."""
    everyone = select(*_columns).where(
        breaks.c.user_id == user_id,
        or_(breaks.c.habit_id == habit_id, breaks.c.habit_id.is_(None)),
    )
    rows = [BreakRow(*row) for row in await tx.execute(everyone)]
    return [
        (row.first_day, row.last_day)
        for row in rows
        if row.habit_id == habit_id or row.tag is None or bears(tags, row.tag)
    ]


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase a user's breaks."""
    await tx.execute(breaks.delete().where(breaks.c.user_id == user_id))
