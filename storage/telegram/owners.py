"""Owners: whose a chat is, and the links by which that is about to be.

Who was unlinked leaves a row with a version, so that others know what is newer.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    delete,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import created_at, metadata

owners = Table(
    "owners",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("chat_id", BigInteger, unique=True),
    Column("home", BigInteger, unique=True),
    Column("name", Text, nullable=False, server_default=""),
    Column("username", Text, nullable=False, server_default=""),
    Column("blocked", Boolean, nullable=False, server_default="false"),
    Column("version", Integer, nullable=False, server_default="1"),
    created_at(),
    schema="telegram",
)

links = Table(
    "links",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("chat_id", BigInteger),
    Column("name", Text, nullable=False, server_default=""),
    Column("username", Text, nullable=False, server_default=""),
    schema="telegram",
)


class ChatOwner(NamedTuple):
    """A person who is linked to a chat (None: not any more)."""

    user_id: UUID
    chat_id: int | None
    name: str
    username: str
    blocked: bool
    version: int


class LinkRow(NamedTuple):
    """A link that may be opened until `expires_at`, once: then `chat_id` and names say by whom."""

    user_id: UUID
    expires_at: datetime
    chat_id: int | None
    name: str
    username: str


_owner = tuple(owners.c[name] for name in ChatOwner._fields)
_link = tuple(links.c[name] for name in LinkRow._fields)


async def find(tx: AsyncConnection, user_id: UUID) -> ChatOwner | None:
    """Return a person."""
    found = (await tx.execute(select(*_owner).where(owners.c.user_id == user_id))).first()
    return ChatOwner(*found) if found else None


async def of_chat(tx: AsyncConnection, chat_id: int) -> ChatOwner | None:
    """Return the person to whom a chat is linked."""
    found = (await tx.execute(select(*_owner).where(owners.c.chat_id == chat_id))).first()
    return ChatOwner(*found) if found else None


async def at_home(tx: AsyncConnection, chat_id: int) -> ChatOwner | None:
    """Return the person whose account a chat opened."""
    found = (await tx.execute(select(*_owner).where(owners.c.home == chat_id))).first()
    return ChatOwner(*found) if found else None


async def join(
    tx: AsyncConnection,
    user_id: UUID,
    chat_id: int | None,
    name: str = "",
    username: str = "",
    *,
    home: int | None = None,
) -> int:
    """Link a person to a chat, or to none; return the version of that.

    `home`: the chat that opened their account, if it is this that is told; it is kept.
    """
    given = {"chat_id": chat_id, "name": name, "username": username, "blocked": False}
    if home is not None:
        given["home"] = home
    statement = insert(owners).values(user_id=user_id, **given)
    changed = {**given, "version": owners.c.version + 1}
    written = statement.on_conflict_do_update(index_elements=["user_id"], set_=changed)
    return int((await tx.execute(written.returning(owners.c.version))).scalar_one())


async def block(tx: AsyncConnection, chat_id: int, *, blocked: bool) -> ChatOwner | None:
    """Note whether a chat takes messages; return whose it is if that was news."""
    statement = update(owners).where(owners.c.chat_id == chat_id, owners.c.blocked != blocked)
    changed = statement.values(blocked=blocked, version=owners.c.version + 1)
    found = (await tx.execute(changed.returning(*_owner))).first()
    return ChatOwner(*found) if found else None


async def offer(
    tx: AsyncConnection, user_id: UUID, token_hash: bytes, expires_at: datetime
) -> None:
    """Keep a link for a person; the one before is void."""
    given = {"token_hash": token_hash, "expires_at": expires_at}
    fresh = {**given, "chat_id": None, "name": "", "username": ""}
    statement = insert(links).values(user_id=user_id, **given)
    await tx.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=fresh))


async def open_link(
    tx: AsyncConnection, token_hash: bytes, chat_id: int, name: str, username: str, now: datetime
) -> LinkRow | None:
    """Note who opened a link; None if there is none, or it was opened, or is too old."""
    statement = update(links).where(
        links.c.token_hash == token_hash, links.c.expires_at > now, links.c.chat_id.is_(None)
    )
    opened = statement.values(chat_id=chat_id, name=name, username=username)
    found = (await tx.execute(opened.returning(*_link))).first()
    return LinkRow(*found) if found else None


async def find_link(tx: AsyncConnection, user_id: UUID, now: datetime) -> LinkRow | None:
    """Return the link of a person that still holds, and hold it."""
    found = select(*_link).where(links.c.user_id == user_id, links.c.expires_at > now)
    row = (await tx.execute(found.with_for_update())).first()
    return LinkRow(*row) if row else None


async def drop_link(tx: AsyncConnection, user_id: UUID) -> None:
    """Drop the link of a person."""
    await tx.execute(delete(links).where(links.c.user_id == user_id))


async def forget_links(tx: AsyncConnection, now: datetime) -> None:
    """Drop links that are too old."""
    await tx.execute(delete(links).where(links.c.expires_at <= now))


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase what is known of a person."""
    await drop_link(tx, user_id)
    await tx.execute(delete(owners).where(owners.c.user_id == user_id))
