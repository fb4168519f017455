"""Days of habits, and breaks, as the room follows them."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.habit import CheckInState
from storage.replica.rows import KnownBreak


class DayRow(NamedTuple):
    """What is logged for a day of a habit: thousandths; `at` None where it is not known when."""

    day: date
    value: int
    state: CheckInState
    at: datetime | None
    zone: str


_LAST = text(
    "SELECT habit_id, max(day) FROM reminders.days"
    " WHERE user_id = :user_id AND state IS NOT NULL GROUP BY habit_id"
)
_BREAKS = text(
    "SELECT first_day, last_day, habit_id, tag FROM reminders.breaks"
    " WHERE user_id = :user_id AND first_day IS NOT NULL"
)


async def last_logged(tx: AsyncConnection, user_id: UUID) -> dict[UUID, date]:
    """Return the last day that is logged for each habit of a person."""
    return {row[0]: row[1] for row in await tx.execute(_LAST, {"user_id": user_id})}


async def find_breaks(tx: AsyncConnection, user_id: UUID) -> list[KnownBreak]:
    """Return all breaks of a person."""
    return [KnownBreak(*row) for row in await tx.execute(_BREAKS, {"user_id": user_id})]
