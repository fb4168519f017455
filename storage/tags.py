"""The tags that a person's habits bear."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.habit import folded, spelled
from storage.habits import habits, preferences


async def counted(tx: AsyncConnection, user_id: UUID) -> list[tuple[str, int]]:
    """Return the tags of the habits in use, in their person's order, with how many bear each.

    What is not in order follows by name. Two that differ in case or composition alone are one,
    written as most habits write it.
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
    first = select(preferences.c.tag_order).where(preferences.c.user_id == user_id)
    order = (await tx.execute(first)).scalar() or []
    placed = sorted(found, key=lambda tag: (order.index(tag) if tag in order else len(order), tag))
    return [(found[tag].most_common(1)[0][0], found[tag].total()) for tag in placed]


async def order(tx: AsyncConnection, user_id: UUID, tags: Iterable[str]) -> None:
    """Keep the order of a person's tags, who stays."""
    values = {"tag_order": list(map(folded, tags))}
    statement = insert(preferences).values(user_id=user_id, **values)
    await tx.execute(
        statement.on_conflict_do_update(index_elements=[preferences.c.user_id], set_=values)
    )


async def spellings(tx: AsyncConnection, user_id: UUID, tag: str) -> list[str]:
    """Return how a user's habits write a tag."""
    written = select(func.unnest(habits.c.tags)).where(habits.c.user_id == user_id).distinct()
    return spelled((await tx.execute(written)).scalars(), tag)
