"""When people are busy, as the calendar room says it: stretches that do not touch."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.reminders.tables import busy_times

Stretch = tuple[datetime, datetime]
"""Begin and end."""


async def replace(tx: AsyncConnection, user_id: UUID, times: Sequence[Stretch]) -> None:
    """Say anew when a person is busy."""
    await tx.execute(delete(busy_times).where(busy_times.c.user_id == user_id))
    if times:
        rows = [{"user_id": user_id, "begins": one, "ends": other} for one, other in times]
        await tx.execute(insert(busy_times), rows)


async def ends_of(
    tx: AsyncConnection, user_ids: Sequence[UUID], now: datetime
) -> dict[UUID, datetime]:
    """Return until when those of some people are busy who are busy now."""
    wanted = select(busy_times.c.user_id, busy_times.c.ends).where(
        busy_times.c.user_id.in_(user_ids), busy_times.c.begins <= now, busy_times.c.ends > now
    )
    return {row[0]: row[1] for row in await tx.execute(wanted)}
