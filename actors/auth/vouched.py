"""People whom another part of Ritmo vouches for: who link a chat, or whom its operator adds."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import structlog
from fast_depends import Depends

from actors.auth import sessions
from actors.auth.delegation import OPERATOR, vouched
from actors.auth.domain import checked_email
from actors.auth.invitations import registration_closed
from actors.auth.room import room
from actors.auth.second_factor import pass_factor
from actors.auth.tools import (
    TheGuard,
    TheHasher,
    TheKeyring,
    TheMode,
    ThePolicy,
    ThePost,
    TheRelyingParty,
)
from actors.runtime.room import Transaction, prepared
from contracts.accounts import (
    MAY_OPEN_ACCOUNTS,
    AccountOpened,
    BeginSession,
    OpenAccount,
    UserRegistered,
)
from contracts.message import Conflict, Denied, NotFound
from contracts.notifications import SendNotice
from contracts.tokens import Tokens
from contracts.users import Role
from storage.auth import accounts, installation
from storage.outbox import tell

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Given:
    """An address as it is kept, and the hash of a password; None: there is none."""

    email: str | None
    password_hash: str | None


async def _given() -> Given:
    return prepared(Given)


@room.before
async def hash_given(command: OpenAccount, hasher: TheHasher, policy: ThePolicy) -> Given:
    """Check the address and the password, and hash it, while no transaction is open."""
    email = None if command.email is None else checked_email(command.email)
    if command.password is None:
        return Given(email, None)
    return Given(email, await hasher.hash(await policy.checked(command.password, email or "")))


@room.answer
async def open_account(
    command: OpenAccount,
    tx: Transaction,
    given: Annotated[Given, Depends(_given)],
    mode: TheMode,
) -> AccountOpened:
    """Open an account as somebody is known elsewhere; the operator may always."""
    part, user_id = await vouched(tx, command, MAY_OPEN_ACCOUNTS)
    there = await accounts.find(tx, user_id, lock=True)
    if there is not None:
        return AccountOpened(user_id=user_id, role=role_of(there.role))
    if mode != "open" and part not in OPERATOR:
        raise registration_closed()
    founds = await installation.found(tx, datetime.now(UTC)) if command.may_found else False
    role = role_of("admin" if founds else "user")
    if not await accounts.add(tx, user_id, given.email, given.password_hash, role):
        raise email_taken()
    registered = UserRegistered(
        user_id=user_id,
        email=given.email or "",
        name=command.name,
        zone=command.zone,
        language=command.language,
        role=role,
    )
    await tell(tx, registered, *welcome(registered, wanted=command.welcome))
    return AccountOpened(user_id=user_id, role=role)


@room.answer
async def begin_session(
    command: BeginSession,
    tx: Transaction,
    guard: TheGuard,
    keyring: TheKeyring,
    party: TheRelyingParty,
    post: ThePost,
) -> Tokens:
    """Begin a session for somebody who has shown elsewhere who they are."""
    _, user_id = await vouched(tx, command, MAY_OPEN_ACCOUNTS)
    now = datetime.now(UTC)
    account = await accounts.find(tx, user_id)
    if account is None:
        raise NotFound("account_not_found", "There is no such account any more.")
    if account.disabled:
        raise Denied("account_disabled", "This account was disabled by an administrator.")
    await pass_factor(tx, account, command, guard, party, now)
    await sessions.warn_if_new(tx, post, account, command.device, now)
    tokens = await sessions.begin(tx, account, command.device, keyring, now)
    log.info("signed in", user_id=str(user_id), session_id=str(tokens.session_id))
    return tokens


def welcome(registered: UserRegistered, *, wanted: bool) -> tuple[SendNotice, ...]:
    """Greet somebody by mail, if it is wanted and they have an address."""
    if not wanted or not registered.email:
        return ()
    notice = SendNotice(
        user_id=registered.user_id,
        template="welcome",
        email=registered.email,
        language=registered.language,
        data={"name": registered.name},
        dedupe_key=f"welcome:{registered.user_id}",
    )
    return (notice,)


def role_of(said: str) -> Role:
    """Return a role that is kept."""
    return "admin" if said == "admin" else "user"


def email_taken() -> Conflict:
    """Refuse an address that another account has."""
    return Conflict("email_taken", "There is an account with this e-mail address already.")
