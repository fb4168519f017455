"""Sessions: begun with a pair of tokens, continued with the next pair, ended with a fact."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime
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
    clean_email,
    digest,
    expiry,
    prefix_of,
    same_form,
    successor,
)
from actors.auth.keyring import Keyring
from actors.auth.password_hashes import Hasher
from actors.auth.room import room
from actors.auth.second_factor import pass_factor
from actors.auth.tools import TheGuard, TheHasher, TheKeyring, TheRelyingParty
from actors.runtime.room import Transaction, Who
from contracts.message import Denied, Done, NotFound, Unauthenticated, new_id
from contracts.sessions import (
    EndAllSessions,
    Ended,
    EndReason,
    EndSession,
    ListEndedSessions,
    ListSessions,
    Login,
    Logout,
    Refresh,
    Session,
    SessionEnded,
    Sessions,
)
from contracts.tokens import Device, Tokens
from storage.auth import accounts, sessions, tokens
from storage.auth.accounts import Account
from storage.auth.sessions import Continued
from storage.outbox import tell


@room.answer
async def login(
    command: Login,
    tx: Transaction,
    guard: TheGuard,
    hasher: TheHasher,
    keyring: TheKeyring,
    party: TheRelyingParty,
) -> Tokens:
    """Begin a session for who knows the password."""
    email = clean_email(command.email)
    account = await accounts.find_by_email(tx, email) if email else None
    password = same_form(command.password)
    async with guard.attempt(*_tried(command.email, command.device)):
        right = await hasher.verify(account.password_hash if account else None, password)
        if account is None or not right:
            raise wrong_credentials()
    if account.disabled:
        raise Denied("account_disabled", "This account was disabled by an administrator.")
    await pass_factor(tx, account, command, guard, party, datetime.now(UTC))
    account = await _rehashed(tx, account, password, hasher)
    return await begin(tx, account, command.device, keyring, datetime.now(UTC))


@room.answer
async def refresh(command: Refresh, tx: Transaction, keyring: TheKeyring) -> Tokens:
    """Give the next pair of tokens."""
    return await go_on(tx, command.refresh_token, command.device, keyring, datetime.now(UTC))


@room.answer
async def logout(command: Logout, who: Who, tx: Transaction) -> Done:
    """End the session that asks; once it is over, it is over."""
    if who.session_id is not None:
        await end(tx, who.user_id, datetime.now(UTC), "logout", only=who.session_id)
    return Done()


@room.answer
async def end_session(command: EndSession, who: Who, tx: Transaction) -> Done:
    """End one session."""
    now, only = datetime.now(UTC), command.session_id
    if not await end(tx, who.user_id, now, "elsewhere", only=only):
        raise NotFound(
            "session_not_found", "There is no session {session_id}.", session_id=str(only)
        )
    return Done()


@room.answer
async def end_all_sessions(command: EndAllSessions, who: Who, tx: Transaction) -> Done:
    """End all sessions, perhaps but the one that asks."""
    but = who.session_id if command.but_this else None
    await end(tx, who.user_id, datetime.now(UTC), "elsewhere", but=but)
    return Done()


@room.answer
async def list_sessions(query: ListSessions, who: Who, tx: Transaction) -> Sessions:
    """List the caller's sessions."""
    found = await sessions.list_live(tx, who.user_id, datetime.now(UTC))
    return Sessions(
        sessions=tuple(
            Session(
                session_id=one.id,
                began_at=one.began_at,
                used_at=one.used_at,
                expires_at=one.expires_at,
                device=Device(address=one.address, agent=one.agent),
                current=one.id == who.session_id,
            )
            for one in found
        )
    )


@room.answer
async def list_ended_sessions(query: ListEndedSessions, tx: Transaction) -> Ended:
    """List whose access tokens are void before their time."""
    ended = await sessions.list_ended(tx, void_since(datetime.now(UTC)))
    disabled = await accounts.list_disabled(tx)
    return Ended(session_ids=tuple(ended), disabled=tuple(disabled))


async def begin(
    tx: AsyncConnection, account: Account, device: Device, keyring: Keyring, now: datetime
) -> Tokens:
    """Begin a session for whom has just shown the password of `account`."""
    refresh_token = secrets.token_urlsafe(32)
    session = sessions.Session(
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


def _tried(email: str, device: Device) -> tuple[str, ...]:
    """Name what a login counts for: the account as seen from a network, and the network.

    Never the account alone, so that nobody can keep its owner out from elsewhere.
    """
    prefix = prefix_of(device.address)
    return (f"{email} {prefix}", prefix) if prefix else (email,)


async def _rehashed(
    tx: AsyncConnection, account: Account, password: str, hasher: Hasher
) -> Account:
    """Replace a hash that was made with other parameters; return the account as it is then."""
    if not hasher.is_old(account.password_hash):
        return account
    after = await hasher.hash(password)
    done = await accounts.set_password(tx, account.user_id, account.password_hash, after)
    return replace(account, password_hash=after) if done else account
