"""What there is of habits, their days and breaks, of whomever: page by page, by person and id.

For rooms that are told of it; see `contracts.backfill`. A statement reads a habit with its version
and its days at once, so that what is told of a version is what it was.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.time import FIRST_DAY
from storage.breaks import breaks
from storage.habits import COLUMNS, HabitRow
from storage.replica.nouns import STATES


@dataclass(frozen=True, slots=True)
class ToldDays:
    """The days of a habit, oldest first: ordinals, thousandths, states counted from 1, microseconds
    since 1970, zones.
    """

    user_id: UUID
    habit_id: UUID
    version: int
    days: list[int]
    values: list[int]
    states: list[int]
    at: list[int | None]
    zones: list[str]


@dataclass(frozen=True, slots=True)
class ToldBreak:
    """A break, and whose it is."""

    user_id: UUID
    id: UUID
    version: int
    first_day: date
    last_day: date
    habit_id: UUID | None
    tag: str | None


_HABITS = text(
    f"SELECT {COLUMNS} FROM habits.habits h WHERE (h.user_id, h.id) > (:user_id, :id)"
    " ORDER BY h.user_id, h.id LIMIT :size"
)
_STATES = ", ".join(f"'{state}'" for state in STATES)
_DAYS = text(
    "SELECT h.user_id, h.id, h.version, d.* FROM (SELECT id, user_id, version FROM habits.habits"
    " WHERE (user_id, id) > (:user_id, :id) ORDER BY user_id, id LIMIT :size) h"
    " CROSS JOIN LATERAL (SELECT"
    " array_agg(c.day - (DATE '0001-01-01' - 1) ORDER BY c.day) AS days,"
    " array_agg(c.value ORDER BY c.day) AS values,"
    f" array_agg(array_position(ARRAY[{_STATES}], c.state) ORDER BY c.day) AS states,"
    " array_agg((extract(epoch FROM c.at) * 1000000)::bigint ORDER BY c.day) AS at,"
    " array_agg(c.zone ORDER BY c.day) AS zones"
    " FROM habits.check_ins c WHERE c.habit_id = h.id AND c.day >= :since) d"
    " ORDER BY h.user_id, h.id"
)


async def habits_after(
    tx: AsyncConnection, user_id: UUID, habit_id: UUID, size: int
) -> list[HabitRow]:
    """Return habits after a person and a habit, also those in the bin."""
    values = {"user_id": user_id, "id": habit_id, "size": size}
    return [HabitRow(*row) for row in await tx.execute(_HABITS, values)]


async def days_after(
    tx: AsyncConnection, user_id: UUID, habit_id: UUID, since: date | None, size: int
) -> list[ToldDays]:
    """Return the days, from `since` on, of the habits after a person and a habit."""
    values = {"user_id": user_id, "id": habit_id, "since": since or FIRST_DAY, "size": size}
    rows = await tx.execute(_DAYS, values)
    return [ToldDays(*row[:3], *(column or [] for column in row[3:])) for row in rows]


async def breaks_after(
    tx: AsyncConnection, user_id: UUID, break_id: UUID, size: int
) -> list[ToldBreak]:
    """Return breaks after a person and a break."""
    names = ("user_id", "id", "version", "first_day", "last_day", "habit_id", "tag")
    place = tuple_(breaks.c.user_id, breaks.c.id)
    statement = select(*(breaks.c[name] for name in names)).where(place > (user_id, break_id))
    rows = await tx.execute(statement.order_by(breaks.c.user_id, breaks.c.id).limit(size))
    return [ToldBreak(*row) for row in rows]
