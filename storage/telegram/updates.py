"""Updates: what people sent to the bot, written down before Telegram is told that it came.

One that was worked on stays for a while without its body: Telegram may bring it again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    SmallInteger,
    Table,
    Text,
    delete,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import Update as SqlUpdate

from storage.base import created_at, metadata
from storage.telegram.bell import ring

updates = Table(
    "updates",
    metadata,
    Column("bot_id", BigInteger, primary_key=True, autoincrement=False),
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("chat_id", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("done_at", DateTime(timezone=True)),
    created_at(),
    Index(
        "ix_updates_open",
        *("bot_id", "chat_id", "update_id"),
        postgresql_where=text("done_at IS NULL"),
    ),
    Index("ix_updates_done_at", "done_at"),
    schema="telegram",
)


class Update(NamedTuple):
    """An update that is worked on: `body` is JSON as Telegram sent it."""

    bot_id: int
    update_id: int
    chat_id: int
    body: str
    attempts: int


_WRITE = text(
    "INSERT INTO telegram.updates (bot_id, update_id, chat_id, body, due_at)"
    " SELECT :bot_id, u.id, u.chat, u.body, :now FROM unnest("
    "CAST(:ids AS bigint[]), CAST(:chats AS bigint[]), CAST(:bodies AS text[])"
    ") AS u(id, chat, body) ON CONFLICT DO NOTHING"
)
_CLAIM = text(
    "SELECT bot_id, update_id, chat_id, body, attempts FROM telegram.updates u"
    " WHERE bot_id = :bot_id AND done_at IS NULL AND due_at <= :now AND NOT EXISTS ("
    "  SELECT 1 FROM telegram.updates o WHERE o.bot_id = u.bot_id AND o.chat_id = u.chat_id"
    "  AND o.done_at IS NULL AND o.update_id < u.update_id)"
    " ORDER BY due_at, update_id LIMIT 1 FOR UPDATE SKIP LOCKED"
)


async def write(
    tx: AsyncConnection, bot_id: int, rows: Sequence[tuple[int, int, str]], now: datetime
) -> int:
    """Write updates down, each once: their ids, chats and bodies; return how many are new."""
    ids, chats, bodies = (list(column) for column in zip(*rows, strict=True))
    values = {"bot_id": bot_id, "ids": ids, "chats": chats, "bodies": bodies, "now": now}
    new = (await tx.execute(_WRITE, values)).rowcount
    await ring(tx)
    return new


async def claim(tx: AsyncConnection, bot_id: int, now: datetime) -> Update | None:
    """Lock the oldest open update of a chat in which nobody is at work; None if there is none."""
    found = (await tx.execute(_CLAIM, {"bot_id": bot_id, "now": now})).first()
    return Update(*found) if found else None


async def end(tx: AsyncConnection, row: Update, now: datetime) -> None:
    """Note that an update is done; what it said is dropped."""
    await tx.execute(_of(row).values(done_at=now, body=""))


async def postpone(tx: AsyncConnection, row: Update, due_at: datetime) -> None:
    """Note that it did not work this time; later ones of its chat wait behind it."""
    await tx.execute(_of(row).values(attempts=row.attempts + 1, due_at=due_at))


async def defer(tx: AsyncConnection, row: Update, due_at: datetime) -> None:
    """Let an update wait, and all of its chat behind it; that is no try."""
    await tx.execute(_of(row).values(due_at=due_at))


async def forget(tx: AsyncConnection, before: datetime) -> None:
    """Drop updates that were done before a time: Telegram does not bring them again."""
    await tx.execute(delete(updates).where(updates.c.done_at < before))


async def erase(tx: AsyncConnection, chat_id: int) -> None:
    """Drop all that was sent from a chat."""
    await tx.execute(delete(updates).where(updates.c.chat_id == chat_id))


def _of(row: Update) -> SqlUpdate:
    return update(updates).where(
        updates.c.bot_id == row.bot_id, updates.c.update_id == row.update_id
    )
