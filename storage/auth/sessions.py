"""Sessions.

One that ended is gone from `sessions`; `ended_sessions` keeps its id for as long as an access
token of it can live, and nothing that tells whose it was. Personal tokens that were revoked stand
there, too.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
    Table,
    Text,
    Uuid,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.auth import tokens
from storage.auth.accounts import accounts
from storage.base import id_column, metadata

sessions = Table(
    "sessions",
    metadata,
    id_column(),
    Column(
        "user_id",
        Uuid,
        ForeignKey(accounts.c.user_id, ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("began_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("proved_at", DateTime(timezone=True)),
    schema="auth",
)

ended_sessions = Table(
    "ended_sessions",
    metadata,
    Column("session_id", Uuid, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("ended_at", DateTime(timezone=True), nullable=False, index=True),
    schema="auth",
)


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session that has not ended."""

    id: UUID
    user_id: UUID
    began_at: datetime
    used_at: datetime
    expires_at: datetime
    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class Continued:
    """A session that goes on, and whose it is."""

    id: UUID
    user_id: UUID
    proved_at: datetime
    role: str


_session = select(*(sessions.c[name] for name in SessionRow.__slots__))


async def begin(
    tx: AsyncConnection,
    user_id: UUID,
    session: SessionRow,
    password_hash: str | None,
    token: bytes,
) -> bool:
    """Begin a session with its first refresh token; drop those of the user that have expired.

    False if the account was disabled or got another password since `password_hash` was checked:
    the share lock lets a change of password either see this session, or be seen here.
    """
    admitted = (
        select(
            literal(session.id),
            accounts.c.user_id,
            literal(session.began_at),
            literal(session.used_at),
            literal(session.expires_at),
            literal(session.address),
            literal(session.agent),
        )
        .where(
            accounts.c.user_id == user_id,
            accounts.c.password_hash.is_not_distinct_from(password_hash),
            accounts.c.disabled.is_(False),
        )
        .with_for_update(read=True)
    )
    begun = insert(sessions).from_select(list(SessionRow.__slots__), admitted)
    if (await tx.execute(begun.returning(sessions.c.id))).first() is None:
        return False
    await tokens.add(tx, token, session.id)
    await tx.execute(
        delete(sessions).where(
            sessions.c.user_id == user_id, sessions.c.expires_at <= session.used_at
        )
    )
    return True


async def go_on(
    tx: AsyncConnection,
    token: bytes,
    now: datetime,
    idle: timedelta,
    absolute: timedelta,
    address: str,
    agent: str,
    *,
    by: Table = tokens.refresh_tokens,
) -> Continued | None:
    """Lock the session of a refresh token and note its use; None if it is over.

    `by`: where the hash of what continues it is kept. It ends by itself `idle` after its last use,
    and `absolute` after it began.
    """
    row = await tx.execute(
        update(sessions)
        .where(
            by.c.hash == token,
            sessions.c.id == by.c.session_id,
            accounts.c.user_id == sessions.c.user_id,
            accounts.c.disabled.is_(False),
            sessions.c.expires_at > now,
        )
        .values(
            used_at=now,
            expires_at=func.least(now + idle, sessions.c.began_at + absolute),
            address=address,
            agent=agent,
        )
        .returning(
            sessions.c.id,
            sessions.c.user_id,
            func.coalesce(sessions.c.proved_at, sessions.c.began_at).label("proved_at"),
            accounts.c.role,
        )
    )
    found = row.first()
    return Continued(**found._mapping) if found else None


async def prove(
    tx: AsyncConnection, user_id: UUID, session_id: UUID, now: datetime
) -> Continued | None:
    """Note that the holder of a session has shown who they are; None if it is over."""
    row = await tx.execute(
        update(sessions)
        .where(
            sessions.c.id == session_id,
            sessions.c.user_id == user_id,
            accounts.c.user_id == sessions.c.user_id,
            accounts.c.disabled.is_(False),
            sessions.c.expires_at > now,
        )
        .values(proved_at=now)
        .returning(sessions.c.id, sessions.c.user_id, sessions.c.proved_at, accounts.c.role)
    )
    found = row.first()
    return Continued(**found._mapping) if found else None


async def list_live(tx: AsyncConnection, user_id: UUID, now: datetime) -> list[SessionRow]:
    """Return a user's sessions, the latest used first."""
    rows = await tx.execute(
        _session.where(sessions.c.user_id == user_id, sessions.c.expires_at > now).order_by(
            sessions.c.used_at.desc(), sessions.c.id.desc()
        )
    )
    return [SessionRow(**row._mapping) for row in rows]


async def end(
    tx: AsyncConnection,
    user_id: UUID,
    now: datetime,
    reason: str,
    *,
    only: UUID | None = None,
    but: UUID | None = None,
) -> list[UUID]:
    """End a user's sessions (`only` this one, all `but` this one) and return which they were."""
    ending = delete(sessions).where(sessions.c.user_id == user_id)
    if only is not None:
        ending = ending.where(sessions.c.id == only)
    if but is not None:
        ending = ending.where(sessions.c.id != but)
    gone = [row.id for row in await tx.execute(ending.returning(sessions.c.id))]
    if gone:
        await tx.execute(
            insert(ended_sessions),
            [{"session_id": id, "reason": reason, "ended_at": now} for id in gone],
        )
    return gone


async def note_ended(tx: AsyncConnection, ended: UUID, reason: str, now: datetime) -> None:
    """Note that what access tokens name beside a session has ended, too: a personal token."""
    await tx.execute(
        insert(ended_sessions), {"session_id": ended, "reason": reason, "ended_at": now}
    )


async def list_ended(tx: AsyncConnection, since: datetime) -> list[UUID]:
    """Return which sessions ended since then."""
    rows = await tx.execute(
        select(ended_sessions.c.session_id).where(ended_sessions.c.ended_at >= since)
    )
    return list(rows.scalars())


async def forget_ended(tx: AsyncConnection, before: datetime) -> None:
    """Drop the ids of sessions of which no access token can be alive."""
    await tx.execute(delete(ended_sessions).where(ended_sessions.c.ended_at < before))
