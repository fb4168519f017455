"""Identities of OpenID Connect: linked by who is signed in, listed, dropped, and signed in by.

The provider is asked before the transaction; an attempt is used up before that, whatever comes of
it, so that no code is tried twice.
"""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fast_depends import Depends

from actors.auth import sessions
from actors.auth.domain import digest
from actors.auth.oidc import Subject, Untrue
from actors.auth.post import warn
from actors.auth.room import room
from actors.auth.tools import TheKeyring, ThePost, TheProvider
from actors.runtime.room import ShortTransaction, Transaction, Who, prepared
from contracts.identities import (
    BeginOidc,
    BeginOidcLink,
    DropIdentity,
    Identities,
    Identity,
    IdentityShown,
    LinkIdentity,
    ListIdentities,
    OidcSignIn,
    OidcStart,
)
from contracts.message import Conflict, Denied, Done, Invalid, NotFound, Unauthenticated, new_id
from contracts.tokens import Tokens
from storage.auth import accounts, identities
from storage.auth.identities import IdentityRow

ATTEMPT_LIFE = timedelta(minutes=10)
"""How long somebody may take at the provider."""


async def _subject() -> Subject:
    return prepared(Subject)


async def _start() -> OidcStart:
    return prepared(OidcStart)


Named = Annotated[Subject, Depends(_subject)]
Started = Annotated[OidcStart, Depends(_start)]


@room.before
async def prepare_start(command: BeginOidc | BeginOidcLink, provider: TheProvider) -> OidcStart:
    """Find out where the browser is to go."""
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    url = await provider.address(state, verifier)
    return OidcStart(url=url, state=state, verifier=verifier)


@room.answer
async def begin_oidc(command: BeginOidc, tx: Transaction, start: Started) -> OidcStart:
    """Begin to sign in."""
    await _keep(tx, start, None)
    return start


@room.answer
async def begin_oidc_link(
    command: BeginOidcLink, who: Who, tx: Transaction, start: Started
) -> OidcStart:
    """Begin to link."""
    await _keep(tx, start, who.user_id)
    return start


@room.before
async def name_guest(
    command: OidcSignIn, begin: ShortTransaction, provider: TheProvider
) -> Subject:
    """Have the provider say who came back to sign in."""
    try:
        async with begin() as tx:
            await _end(tx, command.state, None)
        return await provider.subject(command.code, command.verifier)
    except Untrue:
        raise Unauthenticated("wrong_identity", "This sign-in does not fit; begin anew.") from None


@room.before
async def name_caller(
    command: LinkIdentity, who: Who, begin: ShortTransaction, provider: TheProvider
) -> Subject:
    """Have the provider say whom the caller is there."""
    try:
        async with begin() as tx:
            await _end(tx, command.state, who.user_id)
        return await provider.subject(command.code, command.verifier)
    except Untrue:
        raise Invalid("identity_unfit", "This sign-in does not fit; begin anew.") from None


@room.answer
async def oidc_sign_in(
    command: OidcSignIn, tx: Transaction, keyring: TheKeyring, named: Named, post: ThePost
) -> Tokens:
    """Begin a session for whom the provider names."""
    now = datetime.now(UTC)
    user_id = await identities.use(tx, named.issuer, named.subject, now)
    account = await accounts.find(tx, user_id) if user_id is not None else None
    if account is None:
        raise Unauthenticated(
            "identity_unknown", "No account is linked to this sign-in; log in first, and link it."
        )
    if account.disabled:
        raise Denied("account_disabled", "This account was disabled by an administrator.")
    await sessions.warn_if_new(tx, post, account, command.device, now)
    return await sessions.begin(tx, account, command.device, keyring, now)


@room.answer
async def link_identity(
    command: LinkIdentity, who: Who, tx: Transaction, named: Named, post: ThePost
) -> IdentityShown:
    """Link whom the provider names to the caller's account."""
    now = datetime.now(UTC)
    identity = IdentityRow(
        id=new_id(),
        user_id=who.user_id,
        issuer=named.issuer,
        subject=named.subject,
        email=named.email,
        created_at=now,
        used_at=None,
    )
    if not await identities.add(tx, who.user_id, identity):
        raise Conflict("identity_taken", "This sign-in is linked to an account already.")
    account = await accounts.find(tx, who.user_id)
    await warn(tx, post, account, "factor_changed", now, what="identity_linked")
    return _shown(identity)


@room.answer
async def list_identities(query: ListIdentities, who: Who, tx: Transaction) -> Identities:
    """List the caller's identities."""
    found = await identities.list_of(tx, who.user_id)
    return Identities(identities=tuple(Identity(**_shown(one).model_dump()) for one in found))


@room.answer
async def drop_identity(command: DropIdentity, who: Who, tx: Transaction, post: ThePost) -> Done:
    """Have nobody sign in by an identity any more."""
    if not await identities.drop(tx, who.user_id, command.identity_id):
        raise NotFound("identity_not_found", "There is no such linked sign-in.")
    account, now = await accounts.find(tx, who.user_id), datetime.now(UTC)
    await warn(tx, post, account, "factor_changed", now, what="identity_dropped")
    return Done()


async def _keep(tx: Transaction, start: OidcStart, user_id: UUID | None) -> None:
    now = datetime.now(UTC)
    await identities.begin(tx, digest(start.state), user_id, now, now + ATTEMPT_LIFE)


async def _end(tx: Transaction, state: str, user_id: UUID | None) -> None:
    """Use an attempt up. Raises Untrue."""
    if not await identities.end(tx, digest(state), user_id, datetime.now(UTC)):
        raise Untrue("state")


def _shown(identity: IdentityRow) -> IdentityShown:
    return IdentityShown(
        identity_id=identity.id,
        issuer=identity.issuer,
        email=identity.email,
        created_at=identity.created_at,
        used_at=identity.used_at,
    )
