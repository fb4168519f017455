"""Cookies of sessions: of each only its SHA-256 is kept; it goes with its session."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, ForeignKey, LargeBinary, Table, Uuid, delete, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.auth.sessions import sessions
from storage.auth.tokens import refresh_tokens
from storage.base import metadata

cookies = Table(
    "cookies",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column(
        "session_id",
        Uuid,
        ForeignKey("auth.sessions.id", ondelete="CASCADE"),
        nullable=False,
        unique=True,
    ),
    schema="auth",
)


async def put(
    tx: AsyncConnection, user_id: UUID, session_id: UUID, cookie: bytes, now: datetime
) -> bool:
    """Keep the hash of a session's cookie in place of all that it went on with before.

    False if the session is over.
    """
    for table in (cookies, refresh_tokens):
        await tx.execute(delete(table).where(table.c.session_id == session_id))
    live = select(literal(cookie), sessions.c.id).where(
        sessions.c.id == session_id, sessions.c.user_id == user_id, sessions.c.expires_at > now
    )
    kept = insert(cookies).from_select(["hash", "session_id"], live)
    return (await tx.execute(kept.returning(cookies.c.session_id))).first() is not None
