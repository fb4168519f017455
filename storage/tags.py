"""The tags that a person's habits bear."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.habits import habits


async def counted(tx: AsyncConnection, user_id: UUID) -> list[tuple[str, int]]:
    """Return the tags of the habits in use, by name, with how many bear each.

    Two that differ in case alone are one, written as most habits write it.
    """
    tag = func.unnest(habits.c.tags).label("tag")
    used = (
        select(tag)
        .where(habits.c.user_id == user_id, ~habits.c.archived, habits.c.binned_at.is_(None))
        .subquery()
    )
    lowered = func.lower(used.c.tag)
    written = func.mode().within_group(used.c.tag)
    rows = await tx.execute(select(written, func.count()).group_by(lowered).order_by(lowered))
    return [(row[0], row[1]) for row in rows]
