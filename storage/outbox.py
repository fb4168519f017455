"""Facts and jobs on their way: written with the state that made them, taken by the courier.

A row leaves only when its message was delivered; what could not be delivered waits a while, longer
each time, and is tried again for ever. Over a broker, what was sent stays until every room
that it is for has taken it in: a broker may lose what it has confirmed.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

import asyncpg
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Integer,
    Table,
    Text,
    Uuid,
    bindparam,
    false,
    func,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.bus import trace_id
from contracts.message import Durable, Job
from storage.base import metadata

outbox = Table(
    "outbox",
    metadata,
    Column("seq", BigInteger, Identity(), primary_key=True),
    Column("message_id", Uuid, nullable=False),
    Column("address", Text, nullable=False),
    Column("is_job", Boolean, nullable=False, server_default=false()),
    Column("user_id", Uuid, nullable=False),
    Column("body", Text, nullable=False),
    Column("told_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column(
        "due_at", DateTime(timezone=True), nullable=False, server_default=func.now(), index=True
    ),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("sent_at", DateTime(timezone=True)),
    Column("trace_id", Text, nullable=False, server_default=""),
    schema="bus",
)

CHANNEL = "ritmo_outbox"
"""Where PostgreSQL notifies of every transaction that has told something (revision 0021)."""

LOST = (asyncpg.PostgresError, asyncpg.InterfaceError)
"""What asyncpg raises, below SQLAlchemy, on a connection that was lost."""

LONGEST_PAUSE = 60
"""Seconds, at most, between two tries to send a message."""

FIRST_LOOK, LONGEST_LOOK = 5, 120
"""Seconds after which it is looked whether what was sent has been taken in, and seconds, at
most, until the next look."""

_insert = outbox.insert()
_age = func.extract("epoch", func.now() - func.min(outbox.c.told_at))
_oldest = select(func.count(), func.coalesce(_age, 0)).select_from(outbox)
_claim = (
    select(outbox)
    .where(outbox.c.due_at <= func.now())
    .order_by(outbox.c.seq)
    .limit(bindparam("size"))
    .with_for_update(skip_locked=True)
)
_forget = text("DELETE FROM bus.outbox WHERE seq = ANY(:seqs)")
_postpone = text(
    "UPDATE bus.outbox SET attempts = attempts + 1,"
    " due_at = now() + make_interval(secs => least(:longest, power(2, least(attempts, 16))))"
    " WHERE seq = ANY(:seqs)"
)
_sent = text(
    "UPDATE bus.outbox SET sent_at = :sent_at,"
    " attempts = CASE WHEN sent_at IS NULL THEN 0 ELSE attempts + 1 END,"
    " due_at = now() + make_interval(secs => CASE WHEN sent_at IS NULL THEN :first"
    " ELSE least(:longest, :first * power(2, least(attempts + 1, 16))) END)"
    " WHERE seq = ANY(:seqs)"
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits in the outbox, as it was written; `sent_at` if a broker has had it."""

    seq: int
    message_id: UUID
    address: str
    is_job: bool
    user_id: UUID
    body: str
    attempts: int
    told_at: datetime
    sent_at: datetime | None
    trace_id: str


def row_of(message: Durable) -> dict[str, object]:
    """Write a fact or a job down as an outbox row."""
    return {
        "message_id": message.id,
        "address": message.address,
        "is_job": isinstance(message, Job),
        "user_id": message.user_id,
        "body": message.model_dump_json(),
        "trace_id": trace_id.get(),
    }


async def tell(tx: AsyncConnection, *messages: Durable) -> None:
    """Tell facts, and have jobs done, if, and only if, this transaction commits."""
    if messages:
        await tx.execute(_insert, [row_of(message) for message in messages])


@asynccontextmanager
async def listening(
    engine: AsyncEngine, ring: Callable[[], None]
) -> AsyncIterator[AsyncConnection]:
    """Call `ring` whenever something was told, by whomever; yield the connection that hears of it.

    It takes a connection of the pool for itself. Ask it something from time to time: when it is
    lost nothing rings any more. Raises `ConnectionError` if it is lost before.
    """
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        driver = cast(asyncpg.Connection, (await connection.get_raw_connection()).driver_connection)

        def rung(*_: object) -> None:
            ring()

        try:
            await driver.add_listener(CHANNEL, rung)
        except LOST as error:
            raise ConnectionError("the database went away") from error
        try:
            yield connection
        finally:
            with suppress(*LOST):
                await driver.remove_listener(CHANNEL, rung)


async def claim(tx: AsyncConnection, size: int) -> list[Waiting]:
    """Take up to `size` due messages, oldest first, passing over what another courier holds."""
    rows = await tx.execute(_claim, {"size": size})
    return [
        Waiting(
            *(r.seq, r.message_id, r.address, r.is_job, r.user_id, r.body, r.attempts),
            *(r.told_at, r.sent_at, r.trace_id),
        )
        for r in rows
    ]


async def take_time(tx: AsyncConnection) -> None:
    """Let this transaction wait while what it claimed is delivered: a listener may need long."""
    await tx.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


async def forget(tx: AsyncConnection, rows: Sequence[Waiting]) -> None:
    """Remove what was delivered."""
    if rows:
        await tx.execute(_forget, {"seqs": [row.seq for row in rows]})


async def keep_sent(tx: AsyncConnection, rows: Sequence[Waiting], at: datetime) -> None:
    """Keep what was sent until it is heard; look for that after 5, 10, 20 … seconds."""
    if rows:
        bounds = {"first": FIRST_LOOK, "longest": LONGEST_LOOK}
        await tx.execute(_sent, {"seqs": [row.seq for row in rows], "sent_at": at, **bounds})


async def postpone(tx: AsyncConnection, rows: Sequence[Waiting]) -> None:
    """Try these again later: after 1, 2, 4 … seconds, at most a minute."""
    if rows:
        values = {"seqs": [row.seq for row in rows], "longest": LONGEST_PAUSE}
        await tx.execute(_postpone, values)


async def backlog(tx: AsyncConnection, addresses: Sequence[str] | None = None) -> tuple[int, float]:
    """Return how many messages wait to be sent and how old the oldest is, in seconds.

    Only those of `addresses`; None: all.
    """
    statement = _oldest.where(outbox.c.sent_at.is_(None))
    if addresses is not None:
        statement = statement.where(outbox.c.address.in_(addresses))
    row = (await tx.execute(statement)).one()
    return row[0], float(row[1])


async def unheard(tx: AsyncConnection) -> tuple[int, float]:
    """Return how many messages a broker has had and not every room, as `backlog` does."""
    row = (await tx.execute(_oldest.where(outbox.c.sent_at.is_not(None)))).one()
    return row[0], float(row[1])


async def count(tx: AsyncConnection, addresses: Sequence[str]) -> int:
    """Return how many messages of these addresses not everybody has taken in."""
    statement = select(func.count()).select_from(outbox).where(outbox.c.address.in_(addresses))
    return (await tx.execute(statement)).scalar_one()
