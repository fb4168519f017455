"""Sessions: begun with a pair of tokens, continued with the next pair, ended with a fact."""

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.auth.domain import (
    ABSOLUTE,
    GRACE,
    IDLE,
    SIGNING_LAG,
    TOKEN_LIFE,
    Bearer,
    claims,
    digest,
    expiry,
    successor,
)
from actors.auth.keyring import Keyring
from contracts.auth import Device, EndReason, SessionEnded, Tokens
from contracts.message import Unauthenticated, new_id
from storage.auth import sessions, tokens
from storage.auth.accounts import Account
from storage.auth.sessions import Continued, Session
from storage.outbox import tell


async def begin(
    tx: AsyncConnection, account: Account, device: Device, keyring: Keyring, now: datetime
) -> Tokens:
    """Begin a session for whom has just shown the password of `account`."""
    refresh_token = secrets.token_urlsafe(32)
    session = Session(
        id=new_id(),
        user_id=account.user_id,
        began_at=now,
        used_at=now,
        expires_at=expiry(now, now),
        address=device.address,
        agent=device.agent,
    )
    if not await sessions.begin(
        tx, account.user_id, session, account.password_hash, digest(refresh_token)
    ):
        raise wrong_credentials()
    bearer = Bearer(account.user_id, session.id, account.role, now)
    return await _pair(tx, bearer, refresh_token, keyring, now)


async def go_on(
    tx: AsyncConnection, refresh_token: str, device: Device, keyring: Keyring, now: datetime
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
        following = await _again(tx, refresh_token, session, now)
    bearer = Bearer(session.user_id, session.id, session.role, session.began_at)
    return await _pair(tx, bearer, following, keyring, now)


async def _again(tx: AsyncConnection, refresh_token: str, session: Continued, now: datetime) -> str:
    """Return the successor of a token that was used already, or end its session."""
    used = await tokens.find_used(tx, digest(refresh_token))
    if now - used.used_at > GRACE:
        await end(tx, session.user_id, now, "reuse", only=session.id)
        # The refusal below rolls back what is not committed, and the session has to stay ended.
        await tx.commit()
        raise Unauthenticated(
            "token_reused",
            "This refresh token was used before, so its session was ended. Please log in again.",
        )
    if used.salt is None:
        raise Unauthenticated("token_used", "This refresh token was used; use the newest one.")
    return successor(refresh_token, used.salt)


async def end(
    tx: AsyncConnection,
    user_id: UUID,
    now: datetime,
    reason: EndReason,
    *,
    only: UUID | None = None,
    but: UUID | None = None,
) -> int:
    """End a user's sessions, tell of each, and return how many there were."""
    ended = await sessions.end(tx, user_id, now, reason, only=only, but=but)
    await tell(tx, *(SessionEnded(user_id=user_id, session_id=id, reason=reason) for id in ended))
    if ended:
        await sessions.forget_ended(tx, void_since(now))
    return len(ended)


def void_since(now: datetime) -> datetime:
    """Return since when sessions have ended whose access tokens may still be alive."""
    return now - TOKEN_LIFE - SIGNING_LAG


def wrong_credentials() -> Unauthenticated:
    """Refuse, and tell nobody whether there is such an account."""
    return Unauthenticated("wrong_credentials", "The e-mail address or the password is wrong.")


async def _pair(
    tx: AsyncConnection, bearer: Bearer, refresh_token: str, keyring: Keyring, now: datetime
) -> Tokens:
    return Tokens(
        user_id=bearer.user_id,
        session_id=bearer.session_id,
        access_token=await keyring.sign(tx, claims(bearer, now, new_id())),
        refresh_token=refresh_token,
        expires_in=int(TOKEN_LIFE.total_seconds()),
    )
