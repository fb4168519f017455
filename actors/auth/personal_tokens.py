"""Personal access tokens: made, listed, revoked, and exchanged for what rooms understand."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.auth.domain import digest, expiry_of_token, personal_claims
from actors.auth.room import room
from actors.auth.sessions import void_since
from actors.auth.tools import TheKeyring
from actors.runtime.room import Transaction, Who
from contracts.integrations import SyncIntegration
from contracts.message import Conflict, Done, NotFound, Unauthenticated, new_id
from contracts.personal_tokens import (
    PREFIX,
    CreatePersonalToken,
    Exchanged,
    ExchangePersonalToken,
    ListPersonalTokens,
    MadeToken,
    PersonalToken,
    PersonalTokenRevoked,
    PersonalTokens,
    RevokePersonalToken,
    is_well_formed,
    signed,
)
from contracts.scopes import Scope
from storage.auth import accounts, personal_tokens, sessions
from storage.auth.personal_tokens import TokenRow
from storage.outbox import tell

EXCHANGED_LIFE = timedelta(minutes=2)
"""Life of what a personal token is exchanged for: longer than gateways keep it, with any ask."""

MAX_PERSONAL_TOKENS = 50
"""Tokens of one person that have not expired."""

USE_STEP = timedelta(hours=1)
"""A use is noted if the last one that was noted is so long ago."""


@room.answer
async def create_personal_token(
    command: CreatePersonalToken, who: Who, tx: Transaction
) -> MadeToken:
    """Make a token; the only time that it is known here."""
    now = datetime.now(UTC)
    row, token = await make_token(
        tx, who.user_id, command.name, command.scopes, command.expires_at, now
    )
    return MadeToken(made=_shown(row), token=token)


async def make_token(
    tx: AsyncConnection,
    user_id: UUID,
    name: str,
    scopes: Sequence[Scope],
    expires_at: datetime | None,
    now: datetime,
) -> tuple[TokenRow, str]:
    """Make a token of a user, and keep it by its hash; return it as well."""
    until = expiry_of_token(expires_at, now)
    if await accounts.find(tx, user_id, lock=True) is None:
        raise _void()
    if await personal_tokens.count(tx, user_id, now) >= MAX_PERSONAL_TOKENS:
        raise Conflict(
            "too_many_access_tokens",
            "You have {most} access tokens already; revoke one first.",
            most=MAX_PERSONAL_TOKENS,
        )
    token = signed(PREFIX + secrets.token_urlsafe(32))
    row = TokenRow(new_id(), user_id, name, sorted(scopes), now, until, None)
    await personal_tokens.add(tx, row, digest(token))
    return row, token


@room.answer
async def list_personal_tokens(
    query: ListPersonalTokens, who: Who, tx: Transaction
) -> PersonalTokens:
    """List the caller's tokens."""
    rows = await personal_tokens.list_live(tx, who.user_id, datetime.now(UTC))
    return PersonalTokens(tokens=tuple(map(_shown, rows)))


@room.answer
async def revoke_personal_token(command: RevokePersonalToken, who: Who, tx: Transaction) -> Done:
    """End a token, and tell of it: what was exchanged for it is known elsewhere."""
    now, token_id = datetime.now(UTC), command.token_id
    if not await personal_tokens.revoke(tx, who.user_id, token_id):
        raise NotFound(
            "access_token_not_found", "There is no access token {token_id}.", token_id=str(token_id)
        )
    await ended(tx, who.user_id, [token_id], now)
    return Done()


async def ended(
    tx: AsyncConnection, user_id: UUID, token_ids: Sequence[UUID], now: datetime
) -> None:
    """Have what was exchanged for tokens that are gone count no more, wherever it is known."""
    for token_id in token_ids:
        await sessions.note_ended(tx, token_id, "revoked", now)
    if token_ids:
        await sessions.forget_ended(tx, void_since(now))
    told = (PersonalTokenRevoked(user_id=user_id, token_id=token_id) for token_id in token_ids)
    await tell(tx, *told)
    # An integration's user of the broker goes with its token.
    await tell(tx, *(SyncIntegration(user_id=user_id, integration_id=one) for one in token_ids))


@room.answer
async def exchange_personal_token(
    query: ExchangePersonalToken, tx: Transaction, keyring: TheKeyring
) -> Exchanged:
    """Give a short token with the scopes of a personal one, to whoever holds that."""
    now = datetime.now(UTC)
    row = None
    if is_well_formed(query.token):
        row = await personal_tokens.find(tx, digest(query.token), now)
    if row is None:
        raise _void()
    if row.used_at is None or now - row.used_at >= USE_STEP:
        await personal_tokens.note_use(tx, row.id, now)
    until = min(now + EXCHANGED_LIFE, row.expires_at)
    claims = personal_claims(row.user_id, row.id, row.scopes, now, until, new_id())
    expires_in = max(1, int((until - now).total_seconds()))
    return Exchanged(access_token=await keyring.sign(tx, claims), expires_in=expires_in)


def _shown(row: TokenRow) -> PersonalToken:
    """Show a token to its owner."""
    return PersonalToken.model_validate(
        {
            "token_id": row.id,
            "name": row.name,
            "scopes": row.scopes,
            "created_at": row.created_at,
            "expires_at": row.expires_at,
            "used_at": row.used_at,
        }
    )


def _void() -> Unauthenticated:
    """Refuse a token, and do not say what is wrong with it."""
    return Unauthenticated(
        "token_void", "This access token is unknown, has expired, or was revoked."
    )
