"""The tags that a person's habits bear."""

from collections import Counter, defaultdict
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.tags import folded
from storage.habits import habits


async def counted(tx: AsyncConnection, user_id: UUID) -> list[tuple[str, int]]:
    """Return the tags of the habits in use, by name, with how many bear each.

    Two that differ in case or composition alone are one, written as most habits write it.
    """
    tag = func.unnest(habits.c.tags).label("tag")
    used = (
        select(tag)
        .where(habits.c.user_id == user_id, ~habits.c.archived, habits.c.binned_at.is_(None))
        .subquery()
    )
    each = select(used.c.tag, func.count()).group_by(used.c.tag).order_by(used.c.tag)
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for written, count in await tx.execute(each):
        found[folded(written)][written] += count
    return [(one.most_common(1)[0][0], one.total()) for _, one in sorted(found.items())]


async def spellings(tx: AsyncConnection, user_id: UUID, tag: str) -> list[str]:
    """Return how a user's habits write a tag."""
    written = select(func.unnest(habits.c.tags)).where(habits.c.user_id == user_id).distinct()
    return [one for one in (await tx.execute(written)).scalars() if folded(one) == folded(tag)]
