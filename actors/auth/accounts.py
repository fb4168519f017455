"""Accounts: opened, known to be disabled or promoted, and erased."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fast_depends import Depends

from actors.auth import devices, sessions
from actors.auth.domain import checked_email
from actors.auth.room import room
from actors.auth.tools import TheDeviceTokens, TheHasher, TheKeyring, ThePolicy
from actors.auth.vouched import email_taken, welcome
from actors.runtime.room import Transaction, prepared
from contracts.accounts import Register, UserRegistered
from contracts.message import new_id
from contracts.tokens import Tokens
from contracts.users import UserChanged, UserDeleted
from storage.auth import accounts
from storage.auth.accounts import Account
from storage.outbox import tell


@dataclass(frozen=True, slots=True)
class Hashed:
    """An address as it is kept, and the hash of the password that goes with it."""

    email: str
    password_hash: str


async def _hashed() -> Hashed:
    return prepared(Hashed)


@room.before
async def hash_password(command: Register, hasher: TheHasher, policy: ThePolicy) -> Hashed:
    """Check a new account's password and hash it, while no transaction is open."""
    email = checked_email(command.email)
    return Hashed(email, await hasher.hash(await policy.checked(command.password, email)))


@room.answer
async def register(
    command: Register,
    tx: Transaction,
    hashed: Annotated[Hashed, Depends(_hashed)],
    keyring: TheKeyring,
    device_tokens: TheDeviceTokens,
) -> Tokens:
    """Open an account and begin its first session."""
    email, kept = hashed.email, hashed.password_hash
    account = Account(new_id(), email, kept, "user", disabled=False, standing=0)
    if not await accounts.add(tx, account.user_id, email, kept):
        raise email_taken()
    registered = UserRegistered(
        user_id=account.user_id,
        email=email,
        name=command.name,
        zone=command.zone,
        language=command.language,
    )
    await tell(tx, registered, *welcome(registered, wanted=command.welcome))
    now = datetime.now(UTC)
    tokens = await sessions.begin(tx, account, command.device, keyring, now)
    token = await devices.remember(tx, account.user_id, None, device_tokens, now)
    return tokens.model_copy(update={"device_token": token})


@room.hear
async def change_standing(fact: UserChanged, tx: Transaction) -> None:
    """Take over what an administrator made of a user; who loses rights loses the sessions."""
    account = await accounts.find(tx, fact.user_id, lock=True)
    if account is None or fact.version <= account.standing:
        return
    await accounts.set_standing(tx, fact.user_id, fact.role, fact.disabled, fact.version)
    if fact.disabled:
        await sessions.end(tx, fact.user_id, datetime.now(UTC), "disabled")
    elif account.role == "admin" and fact.role != "admin":
        await sessions.end(tx, fact.user_id, datetime.now(UTC), "demoted")


@room.hear
async def erase(fact: UserDeleted, tx: Transaction) -> None:
    """Forget a user; the lock keeps a login from slipping in between."""
    await accounts.find(tx, fact.user_id, lock=True)
    await sessions.end(tx, fact.user_id, datetime.now(UTC), "deleted")
    await accounts.erase(tx, fact.user_id)
