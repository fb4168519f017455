"""Calls of the Bot API that are to be made: in order for each chat, each once as far as one knows.

Who makes a call claims it first: `due_at` is then the end of a lease. One that runs out means that
the sender died between the call and writing that down: `unsure` counts how often.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    SmallInteger,
    Table,
    Text,
    Uuid,
    delete,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.message import new_id
from storage.base import created_at, metadata
from storage.telegram.bell import ring

calls = Table(
    "calls",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("chat_id", BigInteger),
    Column("method", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("purpose", Text, nullable=False, server_default=""),
    Column("user_id", Uuid),
    Column("delivery_id", Uuid, unique=True),
    Column("useful_until", DateTime(timezone=True)),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("sending", Boolean, nullable=False, server_default="false"),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("unsure", SmallInteger, nullable=False, server_default="0"),
    Column("ended_at", DateTime(timezone=True)),
    created_at(),
    Index("ix_calls_open", "chat_id", "id", postgresql_where=text("ended_at IS NULL")),
    Index("ix_calls_user_id", "user_id"),
    Index("ix_calls_ended_at", "ended_at"),
    schema="telegram",
)


class NewCall(NamedTuple):
    """A call to be made: `body` is JSON of its parameters.

    `chat_id` None: it waits for no other. `purpose` says what follows: `today` shows the list.
    """

    chat_id: int | None
    method: str
    body: str
    purpose: str = ""
    user_id: UUID | None = None
    delivery_id: UUID | None = None
    useful_until: datetime | None = None


class Call(NamedTuple):
    """A call that was claimed; `attempts` counts this one."""

    id: UUID
    chat_id: int | None
    method: str
    body: str
    purpose: str
    user_id: UUID | None
    delivery_id: UUID | None
    useful_until: datetime | None
    attempts: int
    unsure: int
    created_at: datetime


_CLAIM = text(
    "UPDATE telegram.calls c SET sending = true, due_at = :lease, attempts = attempts + 1,"
    " unsure = unsure + sending::int WHERE id IN ("
    "  SELECT id FROM telegram.calls o WHERE ended_at IS NULL AND due_at <= :now"
    "  AND (chat_id IS NULL OR chat_id <> ALL(CAST(:busy AS bigint[])))"
    "  AND (chat_id IS NULL OR NOT EXISTS (SELECT 1 FROM telegram.calls b WHERE b.ended_at IS NULL"
    "   AND b.chat_id = o.chat_id AND b.id < o.id))"
    "  ORDER BY id LIMIT :size FOR UPDATE SKIP LOCKED)"
    f" RETURNING {', '.join(Call._fields)}"
)


async def enqueue(tx: AsyncConnection, rows: Sequence[NewCall], now: datetime) -> int:
    """Have calls made, in this order, if this transaction commits; return how many.

    That of a delivery is made once.
    """
    if not rows:
        return 0
    given = [{**row._asdict(), "id": new_id(), "due_at": now, "created_at": now} for row in rows]
    made = await tx.execute(insert(calls).values(given).on_conflict_do_nothing())
    await ring(tx)
    return made.rowcount


async def claim(
    tx: AsyncConnection, size: int, now: datetime, lease: timedelta, busy: Sequence[int]
) -> list[Call]:
    """Take the oldest due call of each chat that is not `busy`, and those that wait for none."""
    values = {"size": size, "now": now, "lease": now + lease, "busy": list(busy)}
    rows = [Call(*row) for row in await tx.execute(_CLAIM, values)]
    return sorted(rows, key=lambda row: row.id)


async def end(tx: AsyncConnection, call: Call, now: datetime) -> bool:
    """Note that a call was made, or never will be; false if somebody else has it meanwhile.

    One for a delivery stays for a while, so that it is not made again.
    """
    mine = (calls.c.id == call.id, calls.c.attempts == call.attempts, calls.c.ended_at.is_(None))
    if call.delivery_id is None:
        return bool((await tx.execute(delete(calls).where(*mine))).rowcount)
    ended = update(calls).where(*mine).values(ended_at=now, body="", sending=False)
    return bool((await tx.execute(ended)).rowcount)


async def postpone(tx: AsyncConnection, call: Call, due_at: datetime, *, unsure: bool) -> None:
    """Have a call made later."""
    mine = (calls.c.id == call.id, calls.c.attempts == call.attempts)
    values = {"due_at": due_at, "sending": False, "unsure": call.unsure + unsure}
    await tx.execute(update(calls).where(*mine).values(values))


async def rewrite(tx: AsyncConnection, call: Call, method: str, body: str, now: datetime) -> None:
    """Make another call in the place of one."""
    mine = (calls.c.id == call.id, calls.c.attempts == call.attempts)
    values = {"method": method, "body": body, "due_at": now, "sending": False}
    await tx.execute(update(calls).where(*mine).values(values))


async def drop(tx: AsyncConnection, chat_id: int) -> list[UUID]:
    """Drop what was to be sent to a chat; return the deliveries among it."""
    gone = delete(calls).where(calls.c.chat_id == chat_id, calls.c.ended_at.is_(None))
    found = (await tx.execute(gone.returning(calls.c.delivery_id))).scalars()
    return [one for one in found if one is not None]


async def forget(tx: AsyncConnection, before: datetime) -> None:
    """Drop calls that ended before a time."""
    await tx.execute(delete(calls).where(calls.c.ended_at < before))


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase what was sent to a person, or was to be."""
    await tx.execute(delete(calls).where(calls.c.user_id == user_id))
