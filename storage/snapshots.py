"""Where habits stood at the ends of months, for changes further back than what is settled.

The first snapshot of a habit is of the day before it begins.
"""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import Column, Date, ForeignKey, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import metadata

snapshots = Table(
    "snapshots",
    metadata,
    Column("habit_id", Uuid, ForeignKey("habits.habits.id", ondelete="CASCADE"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("progress", Text, nullable=False),
    schema="habits",
)

_REWIND = text(
    "WITH base AS (SELECT DISTINCT ON (s.habit_id) s.habit_id, s.day, s.progress"
    " FROM habits.snapshots s JOIN habits.habits h ON h.id = s.habit_id"
    " WHERE h.user_id = :user_id AND s.habit_id = ANY(:ids)"
    " AND s.day < GREATEST(CAST(:day AS date), h.start_day)"
    " ORDER BY s.habit_id, s.day DESC),"
    " gone AS (DELETE FROM habits.snapshots s USING base"
    " WHERE s.habit_id = base.habit_id AND s.day > base.day)"
    " UPDATE habits.habits h SET version = h.version + 1,"
    " settled_day = CASE WHEN h.settled_day < :day THEN h.settled_day ELSE base.day END,"
    " progress = CASE WHEN h.settled_day < :day THEN h.progress ELSE base.progress END"
    " FROM base WHERE h.id = base.habit_id"
)


async def rewind(tx: AsyncConnection, user_id: UUID, ids: Iterable[UUID], day: date) -> None:
    """Unsettle `day` and all later ones: they will be worked out anew when they are asked for.

    The habits must have been locked before. All count their version up, even if nothing of it was
    settled: whoever is about to settle those days has read what is no longer so.
    """
    await tx.execute(_REWIND, {"user_id": user_id, "ids": list(ids), "day": day})


async def begin_anew(tx: AsyncConnection, habit_id: UUID, day: date, beginning: str) -> None:
    """Replace all snapshots by a new beginning: the habit's progress after `day`."""
    await tx.execute(snapshots.delete().where(snapshots.c.habit_id == habit_id))
    await tx.execute(snapshots.insert().values(habit_id=habit_id, day=day, progress=beginning))


async def keep(tx: AsyncConnection, habit_id: UUID, kept: Iterable[tuple[date, str]]) -> None:
    """Keep the progress after the ends of months."""
    rows = [{"habit_id": habit_id, "day": day, "progress": progress} for day, progress in kept]
    if rows:
        statement = insert(snapshots).on_conflict_do_update(
            index_elements=[snapshots.c.habit_id, snapshots.c.day],
            set_={"progress": text("excluded.progress")},
        )
        await tx.execute(statement, rows)
