"""Sessions: begun with a pair of tokens, continued with the next pair, ended with a fact."""

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import structlog
from fast_depends import Depends
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.auth import devices
from actors.auth.agents import family_of
from actors.auth.domain import (
    SIGNING_LAG,
    TOKEN_LIFE,
    TokenSubject,
    claims,
    clean_email,
    digest,
    expiry,
    same_form,
)
from actors.auth.guard import Bucket, buckets_of
from actors.auth.keyring import Keyring
from actors.auth.post import Post, warn
from actors.auth.room import room
from actors.auth.second_factor import pass_factor
from actors.auth.tools import (
    TheDeviceTokens,
    TheGuard,
    TheHasher,
    TheKeyring,
    ThePost,
    TheRelyingParty,
)
from actors.runtime.room import ShortTransaction, Transaction, Who, prepared
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
    Session,
    SessionEnded,
    Sessions,
)
from contracts.tokens import Device, Tokens
from storage.auth import accounts, mail_tokens, sessions
from storage.auth.accounts import Account
from storage.outbox import tell

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Proven:
    """Whose password was right; `renewed` is a hash with today's parameters, if theirs is old.

    `known`: they come from a device that has signed in before.
    """

    account: Account
    renewed: str | None
    known: bool


async def _proven() -> Proven:
    return prepared(Proven)


@room.before
async def check_password(
    command: Login,
    begin_short: ShortTransaction,
    guard: TheGuard,
    hasher: TheHasher,
    device_tokens: TheDeviceTokens,
) -> Proven:
    """Look the account up and check the password, while no transaction is open."""
    email, known = clean_email(command.email), False
    account, token = None, command.device_token
    async with begin_short() as tx:
        if email is not None:
            account = await accounts.find_by_email(tx, email)
        if account is not None:
            now = datetime.now(UTC)
            known = await devices.is_known(tx, account.user_id, token, device_tokens, now)
    if known:
        buckets: tuple[Bucket, ...] = (Bucket(f"device {token}"),)
    else:
        buckets = buckets_of(command.email, command.device.address)
    password = same_form(command.password)
    async with guard.attempt(*buckets):
        kept = account.password_hash if account else None
        right = await hasher.verify(kept, password, first=known)
        if account is None or account.password_hash is None or not right:
            log.warning("wrong password", user_id=str(account.user_id) if account else None)
            raise wrong_credentials()
    is_old = hasher.is_old(account.password_hash)
    return Proven(account, await hasher.hash(password) if is_old else None, known)


@room.answer
async def login(
    command: Login,
    tx: Transaction,
    proven: Annotated[Proven, Depends(_proven)],
    guard: TheGuard,
    keyring: TheKeyring,
    party: TheRelyingParty,
    device_tokens: TheDeviceTokens,
    post: ThePost,
) -> Tokens:
    """Begin a session for who has shown the password, and a second factor where one is on."""
    account, now = proven.account, datetime.now(UTC)
    if account.disabled:
        raise Denied("account_disabled", "This account was disabled by an administrator.")
    await pass_factor(tx, account, command, guard, party, now)
    if proven.renewed is not None and await accounts.set_password(
        tx, account.user_id, account.password_hash, proven.renewed
    ):
        account = replace(account, password_hash=proven.renewed)
    tokens = await begin(tx, account, command.device, keyring, now)
    token = await devices.remember(tx, account.user_id, command.device_token, device_tokens, now)
    if not proven.known:
        await warn(tx, post, account, "new_sign_in", now, agent=command.device.agent)
    log.info("signed in", user_id=str(account.user_id), session_id=str(tokens.session_id))
    return tokens.model_copy(update={"device_token": token})


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
    # Nor does whoever was there change the address any more.
    await mail_tokens.drop(tx, who.user_id, "address")
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


async def warn_if_new(
    tx: AsyncConnection, post: Post, account: Account, device: Device, now: datetime
) -> None:
    """Tell of a sign-in by a program like none that is signed in: where no device token tells."""
    known = await sessions.list_live(tx, account.user_id, now)
    if family_of(device.agent) not in {family_of(one.agent) for one in known}:
        await warn(tx, post, account, "new_sign_in", now, agent=device.agent)


async def begin(
    tx: AsyncConnection, account: Account, device: Device, keyring: Keyring, now: datetime
) -> Tokens:
    """Begin a session for whom has just shown the password of `account`."""
    refresh_token = secrets.token_urlsafe(32)
    session = sessions.SessionRow(
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
    bearer = TokenSubject(account.user_id, session.id, account.role, now)
    return await pair(tx, bearer, refresh_token, keyring, now)


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


async def pair(
    tx: AsyncConnection, bearer: TokenSubject, refresh_token: str, keyring: Keyring, now: datetime
) -> Tokens:
    """Sign an access token that goes with a refresh token."""
    return Tokens(
        user_id=bearer.user_id,
        session_id=bearer.session_id,
        access_token=await keyring.sign(tx, claims(bearer, now, new_id())),
        refresh_token=refresh_token,
        expires_in=int(TOKEN_LIFE.total_seconds()),
    )
