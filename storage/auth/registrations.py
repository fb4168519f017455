"""Registrations whose address was not confirmed yet: no account, and nothing but a promise of one.

Each has its own secret link, so that whoever confirms gets the account of the one who asked with
that link, whatever others have asked for with the same address. Of the token only its SHA-256 is
kept.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, Column, DateTime, LargeBinary, Table, Text, Uuid, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import created_at, metadata

registrations = Table(
    "registrations",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("email", Text, nullable=False, index=True),
    Column("password_hash", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("welcome", Boolean, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    created_at(),
    schema="auth",
)


@dataclass(frozen=True, slots=True)
class Registration:
    """Who wants an account; `user_id` is whose it will be."""

    user_id: UUID
    hash: bytes
    email: str
    password_hash: str
    name: str
    zone: str
    language: str
    welcome: bool
    expires_at: datetime


_COLUMNS = tuple(registrations.c[name] for name in Registration.__slots__)


async def add(tx: AsyncConnection, one: Registration) -> None:
    """Keep a registration until it is confirmed, or expires."""
    values = {name: getattr(one, name) for name in Registration.__slots__}
    await tx.execute(insert(registrations), values)


async def find(tx: AsyncConnection, token: bytes) -> Registration | None:
    """Return the registration of a link, expired or not."""
    row = (await tx.execute(select(*_COLUMNS).where(registrations.c.hash == token))).first()
    return Registration(**row._mapping) if row else None


async def take(tx: AsyncConnection, token: bytes, now: datetime) -> Registration | None:
    """Take the registration of a link out, once, with all others of its address.

    None: there is none (any more), or it has expired.
    """
    taken = delete(registrations).where(
        registrations.c.hash == token, registrations.c.expires_at > now
    )
    row = (await tx.execute(taken.returning(*_COLUMNS))).first()
    if row is None:
        return None
    one = Registration(**row._mapping)
    await tx.execute(delete(registrations).where(registrations.c.email == one.email))
    return one


async def forget(tx: AsyncConnection, now: datetime) -> int:
    """Drop registrations that nobody has confirmed in time; return how many."""
    return (
        await tx.execute(delete(registrations).where(registrations.c.expires_at <= now))
    ).rowcount
