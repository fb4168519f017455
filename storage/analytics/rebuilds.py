"""Rebuilds: how far each is, seen from beside the transaction that does the work."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.analytics.tables import rebuilds


@dataclass(frozen=True, slots=True)
class RebuildRow:
    """How far a rebuild is."""

    phase: str
    folded: int
    total: int


async def show(
    tx: AsyncConnection, user_id: UUID, phase: str, folded: int = 0, total: int = 0
) -> None:
    """Note how far a rebuild is."""
    values = {"phase": phase, "folded": folded, "total": total}
    statement = insert(rebuilds).values(user_id=user_id, **values)
    await tx.execute(
        statement.on_conflict_do_update(index_elements=[rebuilds.c.user_id], set_=values)
    )


async def find(tx: AsyncConnection, user_id: UUID) -> RebuildRow | None:
    """Return how far the last rebuild of a person is."""
    columns = (rebuilds.c.phase, rebuilds.c.folded, rebuilds.c.total)
    row = (await tx.execute(select(*columns).where(rebuilds.c.user_id == user_id))).first()
    return RebuildRow(*row) if row else None


async def take_time(tx: AsyncConnection) -> None:
    """Let this transaction and its statements take long: years may be folded."""
    for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
        await tx.execute(text(f"SET LOCAL {limit} = '15min'"))
    await tx.execute(text("SET LOCAL work_mem = '64MB'"))
