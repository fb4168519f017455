"""How a person can be reached besides e-mail: the Apprise address that they gave.

The address holds passwords: it is sealed, never leaves the room in full, and is not logged. One
that was dropped leaves its `version`, which rises with each change, so that others know what is
newer.
"""

from uuid import UUID

from sqlalchemy import Column, Integer, Table, Uuid, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import created_at, metadata
from storage.sealed import SealedText

apprise = Table(
    "apprise",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("url", SealedText("notifications.apprise.url")),
    Column("version", Integer, nullable=False, server_default="1"),
    created_at(),
    schema="notifications",
)


async def save(tx: AsyncConnection, user_id: UUID, url: str | None) -> int:
    """Keep a person's Apprise address, or forget it; return the version that this makes."""
    statement = insert(apprise).values(user_id=user_id, url=url)
    given = {"url": url, "version": apprise.c.version + 1}
    changed = statement.on_conflict_do_update(index_elements=[apprise.c.user_id], set_=given)
    return int((await tx.execute(changed.returning(apprise.c.version))).scalar_one())


async def find(tx: AsyncConnection, user_id: UUID) -> str | None:
    """Return a person's Apprise address, if they gave one."""
    statement = select(apprise.c.url).where(apprise.c.user_id == user_id)
    return (await tx.execute(statement)).scalar_one_or_none()


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase what is known of a user's address."""
    await tx.execute(delete(apprise).where(apprise.c.user_id == user_id))
