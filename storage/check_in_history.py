"""The history of check-ins: what each change made of a day, who made it, and what was undone.

`check_ins.save` and `check_in_lists.save` write it, in the statement that changes the day.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Table,
    Text,
    Uuid,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import metadata
from storage.habits import habits

changes = Table(
    "changes",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False),
    Column("habit_id", Uuid, ForeignKey(habits.c.id, ondelete="CASCADE"), nullable=False),
    Column("day", Date, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("source", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("undone", Boolean, nullable=False, server_default="false"),
    Index("ix_changes_habit_id_id", "habit_id", "id"),
    Index("ix_changes_user_id_id", "user_id", "id"),
    schema="habits",
)


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change to a day; `before` and `after` are entries as JSON."""

    id: UUID
    user_id: UUID
    habit_id: UUID
    day: date
    before: str | None
    after: str | None
    source: str
    made_by: str
    made_at: datetime
    undone: bool


async def history(
    tx: AsyncConnection, habit_id: UUID, day: date | None, before: UUID | None, size: int
) -> list[ChangeRow]:
    """Return changes to a habit's days, newest first."""
    statement = select(changes).where(changes.c.habit_id == habit_id)
    if day is not None:
        statement = statement.where(changes.c.day == day)
    if before is not None:
        statement = statement.where(changes.c.id < before)
    rows = await tx.execute(statement.order_by(changes.c.id.desc()).limit(size))
    return [ChangeRow(**row._mapping) for row in rows]


async def find_change(
    tx: AsyncConnection, user_id: UUID, change_id: UUID | None, habit_id: UUID | None
) -> ChangeRow | None:
    """Return a change of this user's, or their last one that was not undone."""
    statement = select(changes).where(changes.c.user_id == user_id)
    if habit_id is not None:
        statement = statement.where(changes.c.habit_id == habit_id)
    if change_id is not None:
        statement = statement.where(changes.c.id == change_id)
    else:
        statement = statement.where(~changes.c.undone, changes.c.source != "undo")
    row = (await tx.execute(statement.order_by(changes.c.id.desc()).limit(1))).first()
    return ChangeRow(**row._mapping) if row else None


async def mark_undone(tx: AsyncConnection, change_id: UUID) -> None:
    """Note that a change was taken back."""
    await tx.execute(changes.update().where(changes.c.id == change_id).values(undone=True))
