"""Invitations: who may register where not everybody may. Of the code only its SHA-256 is kept."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, LargeBinary, Table, Text, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import created_at, id_column, metadata

invitations = Table(
    "invitations",
    metadata,
    id_column(),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("email", Text),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    created_at(),
    schema="auth",
)


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """An invitation; `email`: for this address alone, to which it was mailed."""

    id: UUID
    email: str | None
    expires_at: datetime
    created_at: datetime


_COLUMNS = tuple(invitations.c[name] for name in InvitationRow.__slots__)


async def add(
    tx: AsyncConnection, id: UUID, token: bytes, email: str | None, expires_at: datetime
) -> InvitationRow:
    """Keep an invitation."""
    row = {"id": id, "hash": token, "email": email, "expires_at": expires_at}
    made = await tx.execute(insert(invitations).returning(*_COLUMNS), row)
    return InvitationRow(**made.one()._mapping)


async def find(tx: AsyncConnection, token: bytes, now: datetime) -> InvitationRow | None:
    """Return an invitation that can be used; nobody else uses it until the transaction ends."""
    found = select(*_COLUMNS).where(invitations.c.hash == token, invitations.c.expires_at > now)
    row = (await tx.execute(found.with_for_update())).first()
    return InvitationRow(**row._mapping) if row else None


async def list_open(tx: AsyncConnection, now: datetime) -> list[InvitationRow]:
    """List invitations that can be used, newest first."""
    found = select(*_COLUMNS).where(invitations.c.expires_at > now)
    rows = await tx.execute(found.order_by(invitations.c.id.desc()))
    return [InvitationRow(**row._mapping) for row in rows]


async def drop(tx: AsyncConnection, id: UUID) -> bool:
    """Take an invitation away; False if there is none."""
    return bool((await tx.execute(delete(invitations).where(invitations.c.id == id))).rowcount)


async def forget(tx: AsyncConnection, now: datetime) -> int:
    """Drop those that have expired; return how many."""
    return (await tx.execute(delete(invitations).where(invitations.c.expires_at <= now))).rowcount
