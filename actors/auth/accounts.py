"""Accounts: opened, known to be disabled or promoted, and erased."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fast_depends import Depends
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.auth import devices, sessions
from actors.auth.device_tokens import DeviceTokens
from actors.auth.domain import checked_email
from actors.auth.invitations import admit
from actors.auth.keyring import Keyring
from actors.auth.room import room
from actors.auth.tools import TheDeviceTokens, TheHasher, TheKeyring, TheMode, ThePolicy, ThePost
from actors.auth.vouched import email_taken, welcome
from actors.runtime.room import Transaction, prepared
from contracts.accounts import Register, UserRegistered
from contracts.integrations import SyncIntegration
from contracts.message import Denied, new_id
from contracts.registrations import SignUp
from contracts.tokens import Device, Tokens
from contracts.users import UserChanged, UserDeleted
from storage.auth import accounts, installation, integrations
from storage.auth.accounts import Account
from storage.outbox import tell


@dataclass(frozen=True, slots=True)
class Hashed:
    """An address as it is kept, and the hash of the password that goes with it."""

    email: str
    password_hash: str


async def hashed() -> Hashed:
    """Return what was prepared for a new account."""
    return prepared(Hashed)


@room.before
async def hash_password(command: Register | SignUp, hasher: TheHasher, policy: ThePolicy) -> Hashed:
    """Check a new account's password and hash it, while no transaction is open."""
    email = checked_email(command.email)
    return Hashed(email, await hasher.hash(await policy.checked(command.password, email)))


@room.answer
async def register(
    command: Register,
    tx: Transaction,
    given: Annotated[Hashed, Depends(hashed)],
    mode: TheMode,
    post: ThePost,
    keyring: TheKeyring,
    device_tokens: TheDeviceTokens,
) -> Tokens:
    """Open an account and begin its first session, where no address is to be confirmed."""
    if post.there_is_a_server:
        text = "An account is opened here once its address is confirmed."
        raise Denied("confirmation_needed", text)
    now = datetime.now(UTC)
    await admit(tx, mode, None, given.email, now)
    registered = UserRegistered(
        user_id=new_id(),
        email=given.email,
        name=command.name,
        zone=command.zone,
        language=command.language,
    )
    account = await opened(tx, registered, given.password_hash, welcomed=command.welcome)
    return await first_session(tx, account, command.device, keyring, device_tokens, now)


async def opened(
    tx: AsyncConnection, registered: UserRegistered, password_hash: str, *, welcomed: bool
) -> Account:
    """Open an account and tell of it; the first of an installation is its administrator's.

    Refuses with `Conflict` (`email_taken`).
    """
    user_id, email = registered.user_id, registered.email
    if await installation.found(tx, datetime.now(UTC)):
        registered = registered.model_copy(update={"role": "admin"})
    role = registered.role
    account = Account(user_id, email, password_hash, role, disabled=False, standing=0)
    if not await accounts.add(tx, user_id, email, password_hash, role):
        raise email_taken()
    await tell(tx, registered, *welcome(registered, wanted=welcomed))
    return account


async def first_session(
    tx: AsyncConnection,
    account: Account,
    device: Device,
    keyring: Keyring,
    device_tokens: DeviceTokens,
    now: datetime,
) -> Tokens:
    """Begin the first session of an account, on a device that is known from now on."""
    tokens = await sessions.begin(tx, account, device, keyring, now)
    token = await devices.remember(tx, account.user_id, None, device_tokens, now)
    return tokens.model_copy(update={"device_token": token})


@room.hear
async def change_standing(fact: UserChanged, tx: Transaction) -> None:
    """Take over what an administrator made of a user; who loses rights loses the sessions."""
    account = await accounts.find(tx, fact.user_id, lock=True)
    if account is None or fact.version <= account.standing:
        return
    await accounts.set_standing(tx, fact.user_id, fact.role, fact.disabled, fact.version)
    await tell_of_integrations(tx, fact.user_id)
    if fact.disabled:
        await sessions.end(tx, fact.user_id, datetime.now(UTC), "disabled")
    elif account.role == "admin" and fact.role != "admin":
        await sessions.end(tx, fact.user_id, datetime.now(UTC), "demoted")


@room.hear
async def erase(fact: UserDeleted, tx: Transaction) -> None:
    """Forget a user; the lock keeps a login from slipping in between."""
    await accounts.find(tx, fact.user_id, lock=True)
    await tell_of_integrations(tx, fact.user_id)
    await sessions.end(tx, fact.user_id, datetime.now(UTC), "deleted")
    await accounts.erase(tx, fact.user_id)


async def tell_of_integrations(tx: AsyncConnection, user_id: UUID) -> None:
    """Have the broker's users of a person's integrations made anew, or taken away."""
    ids = await integrations.list_ids(tx, user_id)
    await tell(tx, *(SyncIntegration(user_id=user_id, integration_id=one) for one in ids))
