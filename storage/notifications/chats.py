"""Who can be reached by Telegram, as the telegram room told: its newest word counts."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Boolean, Column, Integer, Table, Text, Uuid, delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import metadata
from storage.notifications.apprise import apprise

chats = Table(
    "chats",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("linked", Boolean, nullable=False),
    Column("blocked", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    schema="notifications",
)


class KnownChat(NamedTuple):
    """A person's chat, by the name that they have in Telegram."""

    name: str
    linked: bool
    blocked: bool


async def save(tx: AsyncConnection, user_id: UUID, chat: KnownChat, version: int) -> bool:
    """Note what the telegram room told; false if something newer is known."""
    given = {**chat._asdict(), "version": version}
    statement = (
        insert(chats)
        .values(user_id=user_id, **given)
        .on_conflict_do_update(
            index_elements=["user_id"], set_=given, where=chats.c.version < version
        )
    )
    return bool((await tx.execute(statement)).rowcount)


async def find(tx: AsyncConnection, user_id: UUID) -> KnownChat | None:
    """Return what is known of a person's chat."""
    columns = (chats.c.name, chats.c.linked, chats.c.blocked)
    found = (await tx.execute(select(*columns).where(chats.c.user_id == user_id))).first()
    return KnownChat(*found) if found else None


_REACH = text("SELECT pg_advisory_xact_lock(hashtextextended('notifications.reach' || :who, 0))")


async def hold_reach(tx: AsyncConnection, user_id: UUID) -> None:
    """Let nobody else change how a person is reached until this transaction ends."""
    await tx.execute(_REACH, {"who": str(user_id)})


async def reach(tx: AsyncConnection, user_id: UUID) -> tuple[bool, bool, int]:
    """Return whether Apprise and Telegram reach a person; the version rises with each change."""
    first = select(apprise.c.url, apprise.c.version).where(apprise.c.user_id == user_id)
    second = select(chats).where(chats.c.user_id == user_id)
    url = (await tx.execute(first)).first()
    chat = (await tx.execute(second)).first()
    version = (url.version if url else 0) + (chat.version if chat else 0)
    on = chat is not None and chat.linked and not chat.blocked
    return url is not None and url.url is not None, on, version


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase what is known of a person's chat."""
    await tx.execute(delete(chats).where(chats.c.user_id == user_id))
