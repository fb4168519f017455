"""What the room follows, as a calendar reads it: habits, days, breaks and entries of a person."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.replica.rows import KnownBreak


class PlannedRow(NamedTuple):
    """A habit that is not in the bin; `archived_at` None: it is in use."""

    habit_id: UUID
    name: str
    kind: str
    measure: str
    unit: str
    tags: list[str]
    versions: str
    archived_at: datetime | None
    version: int


class LoggedRow(NamedTuple):
    """What is logged on a day of a habit: thousandths; `state` is 1 + the place in `STATES`."""

    habit_id: UUID
    day: date
    value: int
    state: int


_HABITS = text(
    "SELECT habit_id, name, kind, measure, unit, tags, versions,"
    " CASE WHEN archived THEN archived_at END, version FROM calendar.habits"
    " WHERE user_id = :user_id AND version > 0 AND NOT deleted AND NOT binned"
    " ORDER BY position NULLS LAST, habit_id"
)
_DAYS = text(
    "SELECT habit_id, day, coalesce(value, 0), state FROM calendar.days"
    " WHERE user_id = :user_id AND state IS NOT NULL AND day >= :since ORDER BY habit_id, day"
)
_BREAKS = text(
    "SELECT first_day, last_day, habit_id, tag FROM calendar.breaks"
    " WHERE user_id = :user_id AND first_day IS NOT NULL"
)
_ENTRIES = text(
    "SELECT day, mood FROM calendar.entries"
    " WHERE user_id = :user_id AND day >= :since ORDER BY day, entry_id"
)


async def habits_of(tx: AsyncConnection, user_id: UUID) -> list[PlannedRow]:
    """Return a person's habits in their order."""
    return [PlannedRow(*row) for row in await tx.execute(_HABITS, {"user_id": user_id})]


async def days_of(tx: AsyncConnection, user_id: UUID, since: date) -> list[LoggedRow]:
    """Return what is logged since a day."""
    rows = await tx.execute(_DAYS, {"user_id": user_id, "since": since})
    return [LoggedRow(*row) for row in rows]


async def breaks_of(tx: AsyncConnection, user_id: UUID) -> list[KnownBreak]:
    """Return a person's breaks."""
    return [KnownBreak(*row) for row in await tx.execute(_BREAKS, {"user_id": user_id})]


async def entries_of(
    tx: AsyncConnection, user_id: UUID, since: date
) -> list[tuple[date, int | None]]:
    """Return the days of the diary's entries since a day, each with its mood."""
    rows = await tx.execute(_ENTRIES, {"user_id": user_id, "since": since})
    return [(row[0], row[1]) for row in rows]
