"""Secret links that were mailed to people who have an account: for what, until when, used once.

Of the token only its SHA-256 is kept.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import Column, DateTime, ForeignKey, LargeBinary, Table, Text, Uuid, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.auth.accounts import accounts
from storage.base import created_at, id_column, metadata

MailPurpose = Literal["reset", "address", "undo"]
"""A new password; a new address; the old address back."""

PURPOSES: tuple[MailPurpose, ...] = ("reset", "address", "undo")

mail_tokens = Table(
    "mail_tokens",
    metadata,
    id_column(),
    Column(
        "user_id",
        Uuid,
        ForeignKey(accounts.c.user_id, ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("purpose", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    created_at(),
    schema="auth",
)


@dataclass(frozen=True, slots=True)
class MailToken:
    """A secret link. `email`: the address that it was mailed for, or that it brings back."""

    id: UUID
    user_id: UUID
    hash: bytes
    purpose: MailPurpose
    email: str
    expires_at: datetime


_COLUMNS = tuple(mail_tokens.c[name] for name in MailToken.__slots__)


async def add(tx: AsyncConnection, user_id: UUID, one: MailToken) -> None:
    """Keep the token of a link that is mailed to a user."""
    values = {name: getattr(one, name) for name in MailToken.__slots__}
    await tx.execute(insert(mail_tokens), {**values, "user_id": user_id})


async def find(
    tx: AsyncConnection, token: bytes, purpose: MailPurpose, now: datetime
) -> MailToken | None:
    """Return what a token is for, if it still counts."""
    found = select(*_COLUMNS).where(
        mail_tokens.c.hash == token,
        mail_tokens.c.purpose == purpose,
        mail_tokens.c.expires_at > now,
    )
    row = (await tx.execute(found)).first()
    return MailToken(**row._mapping) if row else None


async def take(
    tx: AsyncConnection, token: bytes, purpose: MailPurpose, now: datetime
) -> MailToken | None:
    """Use a token up; None if it does not count (any more)."""
    taken = delete(mail_tokens).where(
        mail_tokens.c.hash == token,
        mail_tokens.c.purpose == purpose,
        mail_tokens.c.expires_at > now,
    )
    row = (await tx.execute(taken.returning(*_COLUMNS))).first()
    return MailToken(**row._mapping) if row else None


async def drop(tx: AsyncConnection, user_id: UUID, *purposes: MailPurpose) -> None:
    """Void the links of a user for some purposes."""
    await tx.execute(
        delete(mail_tokens).where(
            mail_tokens.c.user_id == user_id, mail_tokens.c.purpose.in_(purposes)
        )
    )


async def drop_undo(tx: AsyncConnection, one: MailToken) -> None:
    """Void the ways back from what was changed after a link was made; those of before stay."""
    await tx.execute(
        delete(mail_tokens).where(
            mail_tokens.c.user_id == one.user_id,
            mail_tokens.c.purpose == one.purpose,
            mail_tokens.c.id > one.id,
        )
    )


async def forget(tx: AsyncConnection, now: datetime) -> int:
    """Drop tokens that have expired; return how many."""
    return (await tx.execute(delete(mail_tokens).where(mail_tokens.c.expires_at <= now))).rowcount
