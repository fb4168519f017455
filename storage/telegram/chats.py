"""Chats with the bot: their language, the dialog that is open in them, and the list of today."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    SmallInteger,
    Table,
    Text,
    delete,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import created_at, metadata
from storage.telegram.bell import ring
from storage.telegram.owners import owners

chats = Table(
    "chats",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("language", Text, nullable=False, server_default="en"),
    Column("dialog", Text, nullable=False, server_default=""),
    Column("today_message", BigInteger),
    Column("today_day", Date),
    Column("today_shown", Text, nullable=False, server_default=""),
    Column("stale", Boolean, nullable=False, server_default="false"),
    Column("zone_asked", Boolean, nullable=False, server_default="false"),
    Column("counted_from", DateTime(timezone=True)),
    Column("counted", SmallInteger, nullable=False, server_default="0"),
    Column("warned_at", DateTime(timezone=True)),
    created_at(),
    schema="telegram",
)


@dataclass(slots=True)
class ChatRow:
    """A chat. `dialog`: JSON of the question that is open in it; empty: none.

    `today_message` shows `today_day` as `today_shown` (a sum of it). `zone_asked`: its person was
    asked for their time zone, which is done once. `user_id`: whose it is.
    """

    chat_id: int
    language: str
    dialog: str = ""
    today_message: int | None = None
    today_day: date | None = None
    today_shown: str = ""
    zone_asked: bool = False
    user_id: UUID | None = None


_columns = (
    *(chats.c[name] for name in ChatRow.__slots__ if name != "user_id"),
    owners.c.user_id,
)
_joined = chats.outerjoin(owners, owners.c.chat_id == chats.c.chat_id)


async def find(tx: AsyncConnection, chat_id: int, language: str) -> ChatRow:
    """Return a chat, and hold it; a new one speaks `language`."""
    given = insert(chats).values(chat_id=chat_id, language=language)
    await tx.execute(given.on_conflict_do_nothing())
    found = select(*_columns).select_from(_joined).where(chats.c.chat_id == chat_id)
    return ChatRow(*(await tx.execute(found.with_for_update(of=chats))).one())


async def save(tx: AsyncConnection, chat: ChatRow) -> None:
    """Write down what a turn made of a chat."""
    values = {
        name: getattr(chat, name)
        for name in ChatRow.__slots__
        if name not in ("user_id", "chat_id")
    }
    await tx.execute(update(chats).where(chats.c.chat_id == chat.chat_id).values(values))


async def note_today(tx: AsyncConnection, chat_id: int, message_id: int) -> None:
    """Note which message shows today from now on."""
    await tx.execute(
        update(chats).where(chats.c.chat_id == chat_id).values(today_message=message_id)
    )


async def forget_today(tx: AsyncConnection, chat_id: int) -> None:
    """Note that the message that showed today is gone."""
    values = {"today_message": None, "today_shown": ""}
    await tx.execute(update(chats).where(chats.c.chat_id == chat_id).values(values))


async def spoil(tx: AsyncConnection, user_id: UUID) -> None:
    """Note that what the list of a person shows may have changed."""
    theirs = select(owners.c.chat_id).where(owners.c.user_id == user_id).scalar_subquery()
    statement = update(chats).where(chats.c.chat_id == theirs, chats.c.today_message.is_not(None))
    if (await tx.execute(statement.values(stale=True))).rowcount:
        await ring(tx)


async def claim_stale(tx: AsyncConnection) -> ChatRow | None:
    """Hold a chat whose list may have changed, and count it as looked at; None if there is none."""
    found = select(*_columns).select_from(_joined).where(chats.c.stale).limit(1)
    row = (await tx.execute(found.with_for_update(of=chats, skip_locked=True))).first()
    if row is None:
        return None
    chat = ChatRow(*row)
    await tx.execute(update(chats).where(chats.c.chat_id == chat.chat_id).values(stale=False))
    return chat


_SPEAK = text(
    "UPDATE telegram.chats c SET language = p.language"
    " FROM telegram.owners o JOIN telegram.people p USING (user_id)"
    " WHERE c.chat_id = o.chat_id AND o.user_id = ANY(CAST(:ids AS uuid[]))"
    " AND p.language <> c.language"
)


async def speak(tx: AsyncConnection, user_ids: Sequence[UUID]) -> None:
    """Let the chats of people speak their languages, as far as the room knows these."""
    await tx.execute(_SPEAK, {"ids": list(user_ids)})


_COUNT = text(
    "UPDATE telegram.chats SET"
    " counted = CASE WHEN counted_from > :before THEN least(counted + 1, 30000) ELSE 1 END,"
    " counted_from = CASE WHEN counted_from > :before THEN counted_from ELSE :now END"
    " WHERE chat_id = :chat_id RETURNING counted, counted_from"
)


_WARN = text(
    "UPDATE telegram.chats SET warned_at = :now"
    " WHERE chat_id = :chat_id AND (warned_at IS NULL OR warned_at < :before)"
)


async def warn(tx: AsyncConnection, chat_id: int, now: datetime, rest: timedelta) -> bool:
    """Note that a chat is told that it sends too much; false if it was, not long ago."""
    values = {"chat_id": chat_id, "now": now, "before": now - rest}
    return bool((await tx.execute(_WARN, values)).rowcount)


async def count(
    tx: AsyncConnection, chat_id: int, now: datetime, window: timedelta
) -> tuple[int, datetime]:
    """Count an update of a chat; return how many that makes in this window, and when it ends."""
    values = {"chat_id": chat_id, "now": now, "before": now - window}
    counted, since = (await tx.execute(_COUNT, values)).one()
    return int(counted), since + window


_FORGET = text(
    "DELETE FROM telegram.chats c WHERE coalesce(counted_from, created_at) < :before"
    " AND NOT EXISTS (SELECT 1 FROM telegram.owners o WHERE c.chat_id IN (o.chat_id, o.home))"
    " AND NOT EXISTS (SELECT 1 FROM telegram.links l WHERE l.chat_id = c.chat_id)"
)


async def forget(tx: AsyncConnection, before: datetime) -> None:
    """Drop chats that are nobody's, and in which nothing was said since a time."""
    await tx.execute(_FORGET, {"before": before})


async def erase(tx: AsyncConnection, chat_id: int) -> None:
    """Drop a chat."""
    await tx.execute(delete(chats).where(chats.c.chat_id == chat_id))
