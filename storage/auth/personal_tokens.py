"""Personal access tokens: of each its SHA-256, what it may be used for, and how long."""

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
    Uuid,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.auth.accounts import accounts
from storage.base import created_at, id_column, metadata

personal_tokens = Table(
    "personal_tokens",
    metadata,
    id_column(),
    Column(
        "user_id",
        Uuid,
        ForeignKey(accounts.c.user_id, ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("name", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),
    created_at(),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    schema="auth",
)


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A personal access token."""

    id: UUID
    user_id: UUID
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


_token = select(*(personal_tokens.c[name] for name in TokenRow.__slots__))


async def add(tx: AsyncConnection, row: TokenRow, token: bytes) -> None:
    """Keep a new token by its hash; drop those of its owner that have expired."""
    values = {name: getattr(row, name) for name in TokenRow.__slots__}
    await tx.execute(insert(personal_tokens), values | {"hash": token})
    await tx.execute(
        delete(personal_tokens).where(
            personal_tokens.c.user_id == row.user_id,
            personal_tokens.c.expires_at <= row.created_at,
        )
    )


async def count(tx: AsyncConnection, user_id: UUID, now: datetime) -> int:
    """Return how many tokens a user has that have not expired."""
    found = select(func.count()).where(
        personal_tokens.c.user_id == user_id, personal_tokens.c.expires_at > now
    )
    return (await tx.execute(found)).scalar_one()


async def list_live(tx: AsyncConnection, user_id: UUID, now: datetime) -> list[TokenRow]:
    """Return a user's tokens that have not expired, the newest first."""
    rows = await tx.execute(
        _token.where(
            personal_tokens.c.user_id == user_id, personal_tokens.c.expires_at > now
        ).order_by(personal_tokens.c.created_at.desc(), personal_tokens.c.id.desc())
    )
    return [TokenRow(**row._mapping) for row in rows]


async def find(tx: AsyncConnection, token: bytes, now: datetime) -> TokenRow | None:
    """Return the token with this hash, if it lives and its owner is not disabled."""
    row = await tx.execute(
        _token.join(accounts, accounts.c.user_id == personal_tokens.c.user_id).where(
            personal_tokens.c.hash == token,
            personal_tokens.c.expires_at > now,
            accounts.c.disabled.is_(False),
        )
    )
    found = row.first()
    return TokenRow(**found._mapping) if found else None


async def note_use(tx: AsyncConnection, token_id: UUID, now: datetime) -> None:
    """Note that a token was used."""
    used = update(personal_tokens).where(personal_tokens.c.id == token_id).values(used_at=now)
    await tx.execute(used)


async def revoke(tx: AsyncConnection, user_id: UUID, token_id: UUID) -> bool:
    """Drop a user's token; False if there is none."""
    gone = delete(personal_tokens).where(
        personal_tokens.c.user_id == user_id, personal_tokens.c.id == token_id
    )
    return (await tx.execute(gone)).rowcount == 1


async def drop_since(tx: AsyncConnection, user_id: UUID, since: datetime) -> list[UUID]:
    """Drop the tokens that a user was given since then; return their ids."""
    mine = (personal_tokens.c.user_id == user_id, personal_tokens.c.created_at >= since)
    gone = await tx.execute(delete(personal_tokens).where(*mine).returning(personal_tokens.c.id))
    return [*gone.scalars()]
