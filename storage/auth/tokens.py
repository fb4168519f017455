"""Refresh tokens: of each only its SHA-256 is kept, and when it was used."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
    LargeBinary,
    Table,
    Uuid,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import metadata

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column(
        "session_id",
        Uuid,
        ForeignKey("auth.sessions.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("used_at", DateTime(timezone=True)),
    Column("salt", LargeBinary),
    schema="auth",
)


@dataclass(frozen=True, slots=True)
class Used:
    """A refresh token that was used; `salt` is None once its successor was used, too."""

    used_at: datetime
    salt: bytes | None


async def add(tx: AsyncConnection, token: bytes, session_id: UUID) -> None:
    """Keep the hash of a session's next refresh token."""
    await tx.execute(insert(refresh_tokens), {"hash": token, "session_id": session_id})


async def use(
    tx: AsyncConnection, token: bytes, session_id: UUID, now: datetime, salt: bytes
) -> bool:
    """Use a refresh token, once; False if it was used before.

    `salt` makes its successor. Those of earlier tokens go: they lead no further.
    """
    used = await tx.execute(
        update(refresh_tokens)
        .where(refresh_tokens.c.hash == token, refresh_tokens.c.used_at.is_(None))
        .values(used_at=now, salt=salt)
        .returning(refresh_tokens.c.hash)
    )
    if used.first() is None:
        return False
    await tx.execute(
        update(refresh_tokens)
        .where(
            refresh_tokens.c.session_id == session_id,
            refresh_tokens.c.hash != token,
            refresh_tokens.c.salt.is_not(None),
        )
        .values(salt=None)
    )
    return True


async def find_used(tx: AsyncConnection, token: bytes) -> Used:
    """Return when a refresh token was used, and what makes its successor."""
    row = (
        await tx.execute(
            select(refresh_tokens.c.used_at, refresh_tokens.c.salt).where(
                refresh_tokens.c.hash == token
            )
        )
    ).one()
    return Used(row.used_at, row.salt)
