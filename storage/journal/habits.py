"""What the habits are called that entries are linked to; the room follows them.

A habit in the bin is hidden: entries keep their links to it, and do not show them.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_HIDDEN = text(
    "SELECT habit_id FROM journal.habits WHERE user_id = :user_id AND binned AND NOT deleted"
)
_NAMES = (
    "SELECT habit_id, name FROM journal.habits WHERE user_id = :user_id"
    " AND habit_id = ANY(CAST(:ids AS uuid[])) AND version > 0 AND NOT deleted AND NOT binned"
)
_NAMED, _STAYING = text(_NAMES), text(f"{_NAMES} ORDER BY habit_id FOR SHARE")


async def hidden(tx: AsyncConnection, user_id: UUID) -> frozenset[UUID]:
    """Return the habits of a user that are in the bin."""
    return frozenset((await tx.execute(_HIDDEN, {"user_id": user_id})).scalars())


async def names(
    tx: AsyncConnection, user_id: UUID, habit_ids: Collection[UUID], *, stay: bool = False
) -> dict[UUID, str]:
    """Return the names of those that are there; `stay` keeps them from going meanwhile."""
    if not habit_ids:
        return {}
    statement = _STAYING if stay else _NAMED
    rows = await tx.execute(statement, {"user_id": user_id, "ids": list(habit_ids)})
    return {row.habit_id: row.name for row in rows}
