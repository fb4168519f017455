"""Refresh tokens: each is used once, for the next pair; a second use ends its session."""

import secrets
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.auth.domain import ABSOLUTE, GRACE, IDLE, TokenSubject, digest, successor
from actors.auth.keyring import Keyring
from actors.auth.post import Post, warn
from actors.auth.room import room
from actors.auth.sessions import end, pair
from actors.auth.tools import TheKeyring, ThePost
from actors.runtime.room import Transaction
from contracts.message import Unauthenticated
from contracts.sessions import Refresh
from contracts.tokens import Device, Tokens
from storage.auth import accounts, sessions, tokens
from storage.auth.sessions import Continued


@room.answer
async def refresh(command: Refresh, tx: Transaction, keyring: TheKeyring, post: ThePost) -> Tokens:
    """Give the next pair of tokens."""
    now = datetime.now(UTC)
    return await go_on(tx, command.refresh_token, command.device, keyring, post, now)


async def go_on(
    tx: AsyncConnection,
    refresh_token: str,
    device: Device,
    keyring: Keyring,
    post: Post,
    now: datetime,
) -> Tokens:
    """Exchange a refresh token for the next pair."""
    old = digest(refresh_token)
    session = await sessions.go_on(tx, old, now, IDLE, ABSOLUTE, device.address, device.agent)
    if session is None:
        raise Unauthenticated("invalid_token", "This session is over. Please log in again.")
    salt = secrets.token_bytes(32)
    if await tokens.use(tx, old, session.id, now, salt):
        following = successor(refresh_token, salt)
        await tokens.add(tx, digest(following), session.id)
    else:
        following = await _again(tx, refresh_token, session, post, now)
    bearer = TokenSubject(session.user_id, session.id, session.role, session.proved_at)
    return await pair(tx, bearer, following, keyring, now)


async def _again(
    tx: AsyncConnection, refresh_token: str, session: Continued, post: Post, now: datetime
) -> str:
    """Return the successor of a token that was used already, or end its session."""
    used = await tokens.find_used(tx, digest(refresh_token))
    if now - used.used_at > GRACE:
        await end(tx, session.user_id, now, "reuse", only=session.id)
        await warn(tx, post, await accounts.find(tx, session.user_id), "token_replayed", now)
        # The refusal below rolls back what is not committed, and the session has to stay ended.
        await tx.commit()
        raise Unauthenticated(
            "token_reused",
            "This refresh token was used before, so its session was ended. Please log in again.",
        )
    if used.salt is None:
        raise Unauthenticated("token_used", "This refresh token was used; use the newest one.")
    return successor(refresh_token, used.salt)
