"""Passkeys: added, listed, renamed, taken away, and signed in with."""

from datetime import UTC, datetime
from uuid import UUID

from actors.auth import sessions
from actors.auth.post import warn
from actors.auth.room import room
from actors.auth.tools import TheKeyring, ThePost, TheRelyingParty
from actors.runtime.room import Transaction, Who
from contracts.message import Conflict, Denied, Done, NotFound, Unauthenticated, new_id
from contracts.passkeys import (
    MAX_PASSKEYS,
    AddPasskey,
    BeginPasskey,
    BeginPasskeySignIn,
    DropPasskey,
    ListPasskeys,
    Passkey,
    PasskeyOptions,
    Passkeys,
    PasskeyShown,
    PasskeySignIn,
    RenamePasskey,
)
from contracts.tokens import Tokens
from storage.auth import accounts, passkeys
from storage.auth.accounts import Account
from storage.auth.passkeys import PasskeyRow as Kept


@room.answer
async def list_passkeys(query: ListPasskeys, who: Who, tx: Transaction) -> Passkeys:
    """List the caller's passkeys."""
    found = await passkeys.list_of(tx, who.user_id)
    return Passkeys(passkeys=tuple(Passkey(**_shown(one).model_dump()) for one in found))


@room.answer
async def begin_passkey(
    command: BeginPasskey, who: Who, tx: Transaction, party: TheRelyingParty
) -> PasskeyOptions:
    """Make the options for a new passkey."""
    account = await _with_room(tx, who.user_id)
    options = await party.begin_add(tx, who.user_id, account.email or "Ritmo", datetime.now(UTC))
    return PasskeyOptions(public_key=options)


@room.answer
async def add_passkey(
    command: AddPasskey, who: Who, tx: Transaction, party: TheRelyingParty, post: ThePost
) -> PasskeyShown:
    """Add the passkey that a device has made."""
    account = await _with_room(tx, who.user_id)
    now = datetime.now(UTC)
    made = await party.add(tx, who.user_id, command.credential, now)
    passkey = Kept(
        id=new_id(),
        user_id=who.user_id,
        credential_id=made.id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        name=command.name,
        created_at=now,
        used_at=None,
    )
    if not await passkeys.add(tx, who.user_id, passkey):
        raise Conflict("passkey_exists", "This passkey was added before.")
    await warn(tx, post, account, "factor_changed", now, what="passkey_added")
    return _shown(passkey)


@room.answer
async def rename_passkey(command: RenamePasskey, who: Who, tx: Transaction) -> PasskeyShown:
    """Call a passkey something else."""
    renamed = await passkeys.rename(tx, who.user_id, command.passkey_id, command.name)
    if renamed is None:
        raise _none()
    return _shown(renamed)


@room.answer
async def drop_passkey(command: DropPasskey, who: Who, tx: Transaction, post: ThePost) -> Done:
    """Take a passkey away."""
    if not await passkeys.drop(tx, who.user_id, command.passkey_id):
        raise _none()
    account, now = await accounts.find(tx, who.user_id), datetime.now(UTC)
    await warn(tx, post, account, "factor_changed", now, what="passkey_dropped")
    return Done()


@room.answer
async def begin_passkey_sign_in(
    command: BeginPasskeySignIn, tx: Transaction, party: TheRelyingParty
) -> PasskeyOptions:
    """Make the options to sign in."""
    return PasskeyOptions(public_key=await party.begin_sign_in(tx, datetime.now(UTC)))


@room.answer
async def passkey_sign_in(
    command: PasskeySignIn,
    tx: Transaction,
    keyring: TheKeyring,
    party: TheRelyingParty,
    post: ThePost,
) -> Tokens:
    """Begin a session for who holds the passkey: the device has verified its owner."""
    now = datetime.now(UTC)
    # Nobody guesses a signature: wrong ones are not counted, so that they lock nobody out.
    user_id = await party.sign_in(tx, command.credential, now, verified=True)
    account = await accounts.find(tx, user_id)
    if account is None:
        raise Unauthenticated("unauthenticated", "Please log in first.")
    if account.disabled:
        raise Denied("account_disabled", "This account was disabled by an administrator.")
    await sessions.warn_if_new(tx, post, account, command.device, now)
    return await sessions.begin(tx, account, command.device, keyring, now)


async def _with_room(tx: Transaction, user_id: UUID) -> Account:
    """Return the account of who may have one more passkey; nobody adds another meanwhile."""
    account = await accounts.find(tx, user_id, lock=True)
    if account is None:
        raise Unauthenticated("unauthenticated", "Please log in first.")
    if len(await passkeys.list_of(tx, user_id)) >= MAX_PASSKEYS:
        text = "There are {most} passkeys already; take one away first."
        raise Conflict("too_many_passkeys", text, most=MAX_PASSKEYS)
    return account


def _shown(passkey: Kept) -> PasskeyShown:
    return PasskeyShown(
        passkey_id=passkey.id,
        name=passkey.name,
        created_at=passkey.created_at,
        used_at=passkey.used_at,
    )


def _none() -> NotFound:
    return NotFound("passkey_not_found", "There is no such passkey.")
