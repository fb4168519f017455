"""The tags that a person's habits bear."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.habits import habits


async def counted(tx: AsyncConnection, user_id: UUID) -> list[tuple[str, int]]:
    """Return the tags of the habits in use, by name, with how many bear each."""
    tag = func.unnest(habits.c.tags).label("tag")
    used = (
        select(tag)
        .where(habits.c.user_id == user_id, ~habits.c.archived, habits.c.binned_at.is_(None))
        .subquery()
    )
    rows = await tx.execute(
        select(used.c.tag, func.count()).group_by(used.c.tag).order_by(used.c.tag)
    )
    return [(row[0], row[1]) for row in rows]
