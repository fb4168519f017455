"""Passkeys: the public key of each, how often it was used, and challenges that are under way."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
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

from storage.auth.accounts import accounts
from storage.base import created_at, id_column, metadata


def _owner(*, nullable: bool) -> Column[UUID]:
    owner = ForeignKey(accounts.c.user_id, ondelete="CASCADE")
    return Column("user_id", Uuid, owner, nullable=nullable, index=True)


passkeys = Table(
    "passkeys",
    metadata,
    id_column(),
    _owner(nullable=False),
    Column("credential_id", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("used_at", DateTime(timezone=True)),
    created_at(),
    schema="auth",
)

challenges = Table(
    "challenges",
    metadata,
    Column("challenge", LargeBinary, primary_key=True),
    Column("purpose", Text, nullable=False),
    _owner(nullable=True),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    schema="auth",
)


@dataclass(frozen=True, slots=True)
class PasskeyRow:
    """A passkey; `sign_count` is how often its device says that it has signed."""

    id: UUID
    user_id: UUID
    credential_id: bytes
    public_key: bytes
    sign_count: int
    name: str
    created_at: datetime
    used_at: datetime | None


_passkey = select(*(passkeys.c[name] for name in PasskeyRow.__slots__))


async def add(tx: AsyncConnection, user_id: UUID, passkey: PasskeyRow) -> bool:
    """Add a passkey; False if there is one of this credential already."""
    given = {name: getattr(passkey, name) for name in PasskeyRow.__slots__} | {"user_id": user_id}
    added = insert(passkeys).values(given).on_conflict_do_nothing()
    return (await tx.execute(added)).rowcount == 1


async def list_of(tx: AsyncConnection, user_id: UUID) -> list[PasskeyRow]:
    """Return a user's passkeys, in the order in which they were added."""
    rows = await tx.execute(_passkey.where(passkeys.c.user_id == user_id).order_by(passkeys.c.id))
    return [PasskeyRow(**row._mapping) for row in rows]


async def find_by_credential(tx: AsyncConnection, credential_id: bytes) -> PasskeyRow | None:
    """Return the passkey of a credential, whosever it is."""
    row = (await tx.execute(_passkey.where(passkeys.c.credential_id == credential_id))).first()
    return PasskeyRow(**row._mapping) if row else None


async def use(
    tx: AsyncConnection, user_id: UUID, passkey: PasskeyRow, sign_count: int, now: datetime
) -> bool:
    """Note that a passkey was used; False if that has changed since it was read."""
    used = await tx.execute(
        update(passkeys)
        .where(
            passkeys.c.user_id == user_id,
            passkeys.c.id == passkey.id,
            passkeys.c.sign_count == passkey.sign_count,
        )
        .values(sign_count=sign_count, used_at=now)
    )
    return used.rowcount == 1


async def rename(
    tx: AsyncConnection, user_id: UUID, passkey_id: UUID, name: str
) -> PasskeyRow | None:
    """Give a user's passkey another name; None if there is none."""
    renamed = (
        update(passkeys)
        .where(passkeys.c.user_id == user_id, passkeys.c.id == passkey_id)
        .values(name=name)
        .returning(*(passkeys.c[name] for name in PasskeyRow.__slots__))
    )
    row = (await tx.execute(renamed)).first()
    return PasskeyRow(**row._mapping) if row else None


async def drop(tx: AsyncConnection, user_id: UUID, passkey_id: UUID) -> bool:
    """Drop a user's passkey; False if there is none."""
    dropped = delete(passkeys).where(passkeys.c.user_id == user_id, passkeys.c.id == passkey_id)
    return (await tx.execute(dropped)).rowcount == 1


async def drop_since(tx: AsyncConnection, user_id: UUID, since: datetime) -> None:
    """Drop the passkeys that a user was given since then."""
    mine = (passkeys.c.user_id == user_id, passkeys.c.created_at >= since)
    await tx.execute(delete(passkeys).where(*mine))


async def challenge(
    tx: AsyncConnection,
    made: bytes,
    purpose: str,
    user_id: UUID | None,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Keep a challenge for a purpose, and for one user if `user_id` says so; drop expired ones."""
    old = select(challenges.c.challenge).where(challenges.c.expires_at <= now)
    old = old.limit(100).with_for_update(skip_locked=True)
    await tx.execute(delete(challenges).where(challenges.c.challenge.in_(old)))
    values = {"purpose": purpose, "user_id": user_id, "expires_at": expires_at}
    await tx.execute(insert(challenges).values(challenge=made, **values))


async def meet(
    tx: AsyncConnection, made: bytes, purpose: str, user_id: UUID | None, now: datetime
) -> bool:
    """Use a challenge up; False if there is none for this purpose and user, or it is too old."""
    met = await tx.execute(
        delete(challenges).where(
            challenges.c.challenge == made,
            challenges.c.purpose == purpose,
            challenges.c.user_id.is_not_distinct_from(user_id),
            challenges.c.expires_at > now,
        )
    )
    return met.rowcount == 1
