"""Keys that sign access tokens: one `active`, one `next`, and `retired` ones that still verify.

The private halves are sealed.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Table,
    Text,
    delete,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import created_at, metadata
from storage.sealed import SealedText

keys = Table(
    "keys",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("public_pem", Text, nullable=False),
    Column("private_pem", SealedText("auth.keys.private_pem")),
    created_at(),
    Column("retired_at", DateTime(timezone=True)),
    CheckConstraint("state IN ('next', 'active', 'retired')", name="state"),
    schema="auth",
)

_turn = text("SELECT pg_advisory_xact_lock(hashtextextended('auth.keys', 0))")


@dataclass(frozen=True, slots=True)
class Key:
    """A key pair; a retired one has no private half any more."""

    kid: str
    state: str
    public_pem: str
    private_pem: str | None


_key = select(*(keys.c[name] for name in Key.__slots__))


async def lock(tx: AsyncConnection) -> None:
    """Be the only one to make or rotate keys until the transaction ends."""
    await tx.execute(_turn)


async def add(tx: AsyncConnection, *made: Key) -> None:
    """Keep new keys."""
    await tx.execute(
        insert(keys),
        [{name: getattr(key, name) for name in Key.__slots__} for key in made],
    )


async def active(tx: AsyncConnection) -> Key | None:
    """Return the key to sign with."""
    row = (await tx.execute(_key.where(keys.c.state == "active"))).first()
    return Key(**row._mapping) if row else None


async def verifying(tx: AsyncConnection, since: datetime) -> list[Key]:
    """Return the active key, the next one, and those retired since then."""
    rows = await tx.execute(
        _key.where(or_(keys.c.state != "retired", keys.c.retired_at >= since)).order_by(keys.c.kid)
    )
    return [Key(**row._mapping) for row in rows]


async def rotate(tx: AsyncConnection, coming: Key, now: datetime, since: datetime) -> None:
    """Retire the active key, activate the next, keep `coming`; drop what retired before `since`."""
    await tx.execute(
        update(keys)
        .where(keys.c.state == "active")
        .values(state="retired", retired_at=now, private_pem=None)
    )
    await tx.execute(update(keys).where(keys.c.state == "next").values(state="active"))
    await add(tx, coming)
    await tx.execute(delete(keys).where(keys.c.state == "retired", keys.c.retired_at < since))


async def retire_lost(tx: AsyncConnection, now: datetime) -> None:
    """Retire keys whose private half is gone: what they signed stays good, they sign no more."""
    lost = (keys.c.private_pem.is_(None), keys.c.state != "retired")
    await tx.execute(update(keys).where(*lost).values(state="retired", retired_at=now))
