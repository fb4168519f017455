"""What the auth room answers and hears."""

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.auth import delegation
from actors.auth import sessions as living
from actors.auth.domain import (
    checked_email,
    checked_password,
    clean_email,
    prefix_of,
    same_form,
)
from actors.auth.guard import Guard
from actors.auth.password_hashes import Hasher
from actors.auth.tools import TheGuard, TheHasher, TheKeyring, tools
from actors.runtime.room import Room, Transaction, Who
from actors.runtime.settings import Settings
from contracts.auth import (
    ChangePassword,
    ConfirmPassword,
    Device,
    EndAllSessions,
    Ended,
    EndSession,
    GetKeys,
    Keys,
    ListEndedSessions,
    ListSessions,
    Login,
    Logout,
    PasswordChanged,
    Refresh,
    Register,
    RotateKeys,
    Session,
    Sessions,
    Tokens,
    UserRegistered,
)
from contracts.delegation import Delegate, Delegation
from contracts.message import (
    Conflict,
    Denied,
    Done,
    Invalid,
    NotFound,
    Unauthenticated,
    Wrong,
    new_id,
)
from contracts.notifications import SendNotice
from contracts.principal import Principal
from contracts.users import UserChanged, UserDeleted
from storage.auth import accounts, sessions
from storage.auth.accounts import Account
from storage.outbox import tell

room = Room("auth")


@room.opening
async def lay_out(settings: Settings) -> None:
    """Lay the tools out."""
    tools.open(settings)


@room.answer
async def register(
    command: Register, tx: Transaction, hasher: TheHasher, keyring: TheKeyring
) -> Tokens:
    """Open an account and begin its first session."""
    email = checked_email(command.email)
    kept = await hasher.hash(checked_password(command.password, email))
    account = Account(new_id(), email, kept, "user", disabled=False, standing=0)
    if not await accounts.add(tx, account.user_id, email, kept):
        raise Conflict("email_taken", "There is an account with this e-mail address already.")
    registered = UserRegistered(
        user_id=account.user_id,
        email=email,
        name=command.name,
        zone=command.zone,
        language=command.language,
    )
    welcome = SendNotice(
        user_id=account.user_id,
        template="welcome",
        email=email,
        language=command.language,
        data={"name": command.name},
        dedupe_key=f"welcome:{account.user_id}",
    )
    await tell(tx, registered, *([welcome] if command.welcome else []))
    return await living.begin(tx, account, command.device, keyring, datetime.now(UTC))


@room.answer
async def login(
    command: Login, tx: Transaction, guard: TheGuard, hasher: TheHasher, keyring: TheKeyring
) -> Tokens:
    """Begin a session for who knows the password."""
    email = clean_email(command.email)
    account = await accounts.find_by_email(tx, email) if email else None
    password = same_form(command.password)
    async with guard.attempt(*_tried(command.email, command.device)):
        right = await hasher.verify(account.password_hash if account else None, password)
        if account is None or not right:
            raise living.wrong_credentials()
    if account.disabled:
        raise Denied("account_disabled", "This account was disabled by an administrator.")
    account = await _rehashed(tx, account, password, hasher)
    return await living.begin(tx, account, command.device, keyring, datetime.now(UTC))


@room.answer
async def refresh(command: Refresh, tx: Transaction, keyring: TheKeyring) -> Tokens:
    """Give the next pair of tokens."""
    return await living.go_on(tx, command.refresh_token, command.device, keyring, datetime.now(UTC))


@room.answer
async def logout(command: Logout, who: Who, tx: Transaction) -> Done:
    """End the session that asks; once it is over, it is over."""
    if who.session_id is not None:
        await living.end(tx, who.user_id, datetime.now(UTC), "logout", only=who.session_id)
    return Done()


@room.answer
async def end_session(command: EndSession, who: Who, tx: Transaction) -> Done:
    """End one session."""
    now, only = datetime.now(UTC), command.session_id
    if not await living.end(tx, who.user_id, now, "elsewhere", only=only):
        raise NotFound(
            "session_not_found", "There is no session {session_id}.", session_id=str(only)
        )
    return Done()


@room.answer
async def end_all_sessions(command: EndAllSessions, who: Who, tx: Transaction) -> Done:
    """End all sessions, perhaps but the one that asks."""
    but = who.session_id if command.but_this else None
    await living.end(tx, who.user_id, datetime.now(UTC), "elsewhere", but=but)
    return Done()


@room.answer
async def change_password(
    command: ChangePassword, who: Who, tx: Transaction, guard: TheGuard, hasher: TheHasher
) -> Done:
    """Set a new password; whoever came in by the old one has to leave."""
    account = await _confirmed(tx, who, command.password, guard, hasher)
    password = checked_password(command.new_password, account.email, "/new_password")
    after = await hasher.hash(password)
    if not await accounts.set_password(tx, who.user_id, account.password_hash, after):
        raise Conflict("changed_meanwhile", "The password was changed meanwhile; try again.")
    await tell(tx, PasswordChanged(user_id=who.user_id))
    await living.end(tx, who.user_id, datetime.now(UTC), "password", but=who.session_id)
    return Done()


@room.answer
async def confirm_password(
    query: ConfirmPassword, who: Who, tx: Transaction, guard: TheGuard, hasher: TheHasher
) -> Done:
    """Check the caller's password."""
    await _confirmed(tx, who, query.password, guard, hasher)
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
async def get_keys(query: GetKeys, tx: Transaction, keyring: TheKeyring) -> Keys:
    """Publish the keys."""
    return await keyring.published(tx, datetime.now(UTC))


@room.answer
async def rotate_keys(command: RotateKeys, tx: Transaction, keyring: TheKeyring) -> Keys:
    """Sign with another key."""
    return await keyring.rotate(tx, datetime.now(UTC))


@room.answer
async def list_ended_sessions(query: ListEndedSessions, tx: Transaction) -> Ended:
    """List whose access tokens are void before their time."""
    ended = await sessions.list_ended(tx, living.void_since(datetime.now(UTC)))
    disabled = await accounts.list_disabled(tx)
    return Ended(session_ids=tuple(ended), disabled=tuple(disabled))


@room.answer
async def delegate(query: Delegate, tx: Transaction, keyring: TheKeyring) -> Delegation:
    """Let a room act for a person."""
    return await delegation.delegate(tx, query.proof, keyring, datetime.now(UTC))


@room.hear
async def change_standing(fact: UserChanged, tx: Transaction) -> None:
    """Take over what an administrator made of a user; who loses rights loses the sessions."""
    account = await accounts.find(tx, fact.user_id, lock=True)
    if account is None or fact.version <= account.standing:
        return
    await accounts.set_standing(tx, fact.user_id, fact.role, fact.disabled, fact.version)
    if fact.disabled:
        await living.end(tx, fact.user_id, datetime.now(UTC), "disabled")
    elif account.role == "admin" and fact.role != "admin":
        await living.end(tx, fact.user_id, datetime.now(UTC), "demoted")


@room.hear
async def erase(fact: UserDeleted, tx: Transaction) -> None:
    """Forget a user; the lock keeps a login from slipping in between."""
    await accounts.find(tx, fact.user_id, lock=True)
    await living.end(tx, fact.user_id, datetime.now(UTC), "deleted")
    await accounts.erase(tx, fact.user_id)


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


async def _confirmed(
    tx: AsyncConnection, who: Principal, password: str, guard: Guard, hasher: Hasher
) -> Account:
    """Return the caller's account if the password is right. Refuses with `Invalid`."""
    account = await accounts.find(tx, who.user_id)
    if account is None:
        raise Unauthenticated("unauthenticated", "Please log in first.")
    async with guard.attempt(f"{who.user_id} {who.session_id}"):
        if not await hasher.verify(account.password_hash, same_form(password)):
            raise Invalid(
                "wrong_password",
                "The password is wrong.",
                fields=(Wrong(pointer="/password", detail="This is not your password."),),
            )
    return account
