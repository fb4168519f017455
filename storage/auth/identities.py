"""Identities of OpenID Connect that are linked to accounts, and attempts that are under way."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    delete,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.auth.accounts import accounts
from storage.base import created_at, id_column, metadata


def _owner(*, nullable: bool) -> Column[UUID]:
    owner = ForeignKey(accounts.c.user_id, ondelete="CASCADE")
    return Column("user_id", Uuid, owner, nullable=nullable, index=True)


identities = Table(
    "identities",
    metadata,
    id_column(),
    _owner(nullable=False),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("used_at", DateTime(timezone=True)),
    created_at(),
    UniqueConstraint("issuer", "subject"),
    schema="auth",
)

oidc_attempts = Table(
    "oidc_attempts",
    metadata,
    Column("state", LargeBinary, primary_key=True),
    _owner(nullable=True),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    schema="auth",
)


@dataclass(frozen=True, slots=True)
class IdentityRow:
    """An identity: what a provider calls a person, and whose it is here."""

    id: UUID
    user_id: UUID
    issuer: str
    subject: str
    email: str
    created_at: datetime
    used_at: datetime | None


_identity = select(*(identities.c[name] for name in IdentityRow.__slots__))


async def add(tx: AsyncConnection, user_id: UUID, identity: IdentityRow) -> bool:
    """Link an identity; False if it is linked already, to whomever."""
    given = {name: getattr(identity, name) for name in IdentityRow.__slots__} | {"user_id": user_id}
    added = insert(identities).values(given).on_conflict_do_nothing()
    return (await tx.execute(added)).rowcount == 1


async def list_of(tx: AsyncConnection, user_id: UUID) -> list[IdentityRow]:
    """Return a user's identities, in the order in which they were linked."""
    mine = _identity.where(identities.c.user_id == user_id).order_by(identities.c.id)
    return [IdentityRow(**row._mapping) for row in await tx.execute(mine)]


async def use(tx: AsyncConnection, issuer: str, subject: str, now: datetime) -> UUID | None:
    """Note that an identity was used; return whose it is."""
    used = (
        update(identities)
        .where(identities.c.issuer == issuer, identities.c.subject == subject)
        .values(used_at=now)
        .returning(identities.c.user_id)
    )
    found: UUID | None = (await tx.execute(used)).scalar_one_or_none()
    return found


async def drop(tx: AsyncConnection, user_id: UUID, identity_id: UUID) -> bool:
    """Drop a user's identity; False if there is none."""
    mine = (identities.c.user_id == user_id, identities.c.id == identity_id)
    return (await tx.execute(delete(identities).where(*mine))).rowcount == 1


async def drop_since(tx: AsyncConnection, user_id: UUID, since: datetime) -> None:
    """Drop the identities that were linked to a user since then."""
    mine = (identities.c.user_id == user_id, identities.c.created_at >= since)
    await tx.execute(delete(identities).where(*mine))


async def begin(
    tx: AsyncConnection, state: bytes, user_id: UUID | None, now: datetime, expires_at: datetime
) -> None:
    """Keep the hash of an attempt's state, and to whom it is to be linked; drop expired ones."""
    old = select(oidc_attempts.c.state).where(oidc_attempts.c.expires_at <= now)
    old = old.limit(100).with_for_update(skip_locked=True)
    await tx.execute(delete(oidc_attempts).where(oidc_attempts.c.state.in_(old)))
    values = {"user_id": user_id, "expires_at": expires_at}
    await tx.execute(insert(oidc_attempts).values(state=state, **values))


async def end(tx: AsyncConnection, state: bytes, user_id: UUID | None, now: datetime) -> bool:
    """Use an attempt up; False if there is none for this user, or it is too old."""
    ended = await tx.execute(
        delete(oidc_attempts).where(
            oidc_attempts.c.state == state,
            oidc_attempts.c.user_id.is_not_distinct_from(user_id),
            oidc_attempts.c.expires_at > now,
        )
    )
    return ended.rowcount == 1
