"""Stamps of what is known of people, and what news does to what was settled."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.analytics.tables import progress, stamps

_STAMP = text(
    "WITH unsettled AS (DELETE FROM analytics.progress p"
    " USING unnest(CAST(:owners AS uuid[]), CAST(:habits AS uuid[]), CAST(:firsts AS date[]))"
    " AS c(user_id, habit_id, first) WHERE p.user_id = c.user_id AND p.habit_id = c.habit_id"
    " AND p.settled_day >= c.first),"
    " rested AS (DELETE FROM analytics.progress WHERE user_id = ANY(CAST(:rested AS uuid[])))"
    " INSERT INTO analytics.stamps AS s (user_id, stamp)"
    " SELECT u, 1 FROM unnest(CAST(:users AS uuid[])) AS u"
    " ON CONFLICT (user_id) DO UPDATE SET stamp = s.stamp + 1"
)
_ANY = text("SELECT EXISTS (SELECT FROM analytics.stamps)")


async def stamp(
    tx: AsyncConnection,
    users: Sequence[UUID],
    days: Sequence[tuple[UUID, UUID, date]],
    rested: Sequence[UUID],
) -> None:
    """Raise the stamps of people who are locked; unsettle habits from their first changed day on,
    and all habits of those whose breaks have changed.
    """
    values = {
        "users": users,
        "owners": [user_id for user_id, _, _ in days],
        "habits": [habit_id for _, habit_id, _ in days],
        "firsts": [first for _, _, first in days],
        "rested": rested,
    }
    await tx.execute(_STAMP, values)


async def exist(tx: AsyncConnection) -> bool:
    """Tell whether anything is known of anybody."""
    return bool((await tx.execute(_ANY)).scalar_one())


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase what stands beside what is known of a person."""
    for table in (stamps, progress):
        await tx.execute(delete(table).where(table.c.user_id == user_id))
