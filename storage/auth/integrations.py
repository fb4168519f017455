"""Integrations: personal tokens that have a user of the message broker, and its password."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
    Table,
    Text,
    Uuid,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.auth.accounts import accounts
from storage.auth.personal_tokens import personal_tokens
from storage.base import metadata

integrations = Table(
    "integrations",
    metadata,
    Column(
        "token_id",
        Uuid,
        ForeignKey(personal_tokens.c.id, ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("user_id", Uuid, nullable=False, index=True),
    Column("password_hash", Text, nullable=False),
    Column("synced_at", DateTime(timezone=True)),
    schema="auth",
)


@dataclass(frozen=True, slots=True)
class IntegrationRow:
    """An integration with what its token says."""

    token_id: UUID
    user_id: UUID
    password_hash: str
    synced_at: datetime | None
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


_row = (
    select(
        *(integrations.c[name] for name in ("token_id", "user_id", "password_hash", "synced_at")),
        *(
            personal_tokens.c[name]
            for name in ("name", "scopes", "created_at", "expires_at", "used_at")
        ),
    )
    .join(personal_tokens, personal_tokens.c.id == integrations.c.token_id)
    .join(accounts, accounts.c.user_id == integrations.c.user_id)
)


async def add(tx: AsyncConnection, token_id: UUID, user_id: UUID, password_hash: str) -> None:
    """Keep that a token is an integration."""
    values = {"token_id": token_id, "user_id": user_id, "password_hash": password_hash}
    await tx.execute(insert(integrations), values)


async def list_live(
    tx: AsyncConnection, now: datetime, user_id: UUID | None = None, token_id: UUID | None = None
) -> list[IntegrationRow]:
    """Return those that have not ended, the newest first: of everybody, of one user, or one."""
    found = _row.where(personal_tokens.c.expires_at > now, accounts.c.disabled.is_(False))
    if user_id is not None:
        found = found.where(integrations.c.user_id == user_id)
    if token_id is not None:
        found = found.where(integrations.c.token_id == token_id)
    rows = await tx.execute(found.order_by(personal_tokens.c.created_at.desc()))
    return [IntegrationRow(**row._mapping) for row in rows]


async def count(tx: AsyncConnection, user_id: UUID) -> int:
    """Return how many integrations a user has."""
    found = select(func.count()).where(integrations.c.user_id == user_id)
    return (await tx.execute(found)).scalar_one()


async def list_ids(tx: AsyncConnection, user_id: UUID) -> list[UUID]:
    """Return the integrations of a user, ended or not."""
    found = select(integrations.c.token_id).where(integrations.c.user_id == user_id)
    rows = await tx.execute(found)
    return [row.token_id for row in rows]


async def note_synced(tx: AsyncConnection, token_id: UUID, now: datetime) -> None:
    """Note that the broker knows an integration."""
    known = update(integrations).where(integrations.c.token_id == token_id)
    await tx.execute(known.values(synced_at=now))
