"""Facts on their way: written with the state that made them true, taken by the courier.

A row leaves only when its fact was delivered; what could not be delivered waits a while, longer
each time, and is tried again for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Integer,
    Table,
    Text,
    Uuid,
    bindparam,
    func,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.message import Fact
from storage.base import metadata

outbox = Table(
    "outbox",
    metadata,
    Column("seq", BigInteger, Identity(), primary_key=True),
    Column("fact_id", Uuid, nullable=False),
    Column("address", Text, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("body", Text, nullable=False),
    Column("told_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column(
        "due_at", DateTime(timezone=True), nullable=False, server_default=func.now(), index=True
    ),
    Column("attempts", Integer, nullable=False, server_default="0"),
    schema="bus",
)

_insert = outbox.insert()
_claim = (
    select(outbox)
    .where(outbox.c.due_at <= func.now())
    .order_by(outbox.c.seq)
    .limit(bindparam("size"))
    .with_for_update(skip_locked=True)
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A fact that waits in the outbox, as it was written."""

    seq: int
    fact_id: UUID
    address: str
    user_id: UUID
    body: str
    attempts: int
    told_at: datetime


def row_of(fact: Fact) -> dict[str, object]:
    """Write a fact down as an outbox row."""
    return {
        "fact_id": fact.fact_id,
        "address": fact.address,
        "user_id": fact.user_id,
        "body": fact.model_dump_json(),
    }


async def tell(tx: AsyncConnection, *facts: Fact) -> None:
    """Tell facts: they become known if, and only if, this transaction commits."""
    if facts:
        await tx.execute(_insert, [row_of(fact) for fact in facts])


async def claim(tx: AsyncConnection, size: int) -> list[Waiting]:
    """Take up to `size` due facts, oldest first, passing over what another courier holds."""
    rows = await tx.execute(_claim, {"size": size})
    return [
        Waiting(r.seq, r.fact_id, r.address, r.user_id, r.body, r.attempts, r.told_at) for r in rows
    ]


async def take_time(tx: AsyncConnection) -> None:
    """Let this transaction wait while what it claimed is delivered: a listener may need long."""
    await tx.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


async def forget(tx: AsyncConnection, seqs: Sequence[int]) -> None:
    """Remove what was delivered."""
    if seqs:
        await tx.execute(outbox.delete().where(outbox.c.seq.in_(seqs)))


async def postpone(tx: AsyncConnection, waiting: Sequence[Waiting]) -> None:
    """Try these again later: after 1, 2, 4 … seconds, at most a minute."""
    for row in waiting:
        due = datetime.now(UTC) + timedelta(seconds=min(60, 2**row.attempts))
        await tx.execute(
            outbox.update()
            .where(outbox.c.seq == row.seq)
            .values(attempts=row.attempts + 1, due_at=due)
        )


async def backlog(tx: AsyncConnection, addresses: Sequence[str] | None = None) -> tuple[int, float]:
    """Return how many facts wait and how old the oldest is, in seconds; only those of `addresses`.

    None: all facts.
    """
    age = func.extract("epoch", func.now() - func.min(outbox.c.told_at))
    statement = select(func.count(), func.coalesce(age, 0)).select_from(outbox)
    if addresses is not None:
        statement = statement.where(outbox.c.address.in_(addresses))
    row = (await tx.execute(statement)).one()
    return row[0], float(row[1])
