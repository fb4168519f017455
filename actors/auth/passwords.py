"""Passwords: shown before what cannot be undone, and changed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fast_depends import Depends

from actors.auth import sessions
from actors.auth.domain import same_form
from actors.auth.guard import Guard
from actors.auth.password_hashes import Hasher
from actors.auth.post import warn
from actors.auth.room import room
from actors.auth.tools import TheGuard, TheHasher, ThePolicy, ThePost
from actors.runtime.room import Begin, ShortTransaction, Transaction, Who, prepared
from contracts.message import Conflict, Done, Invalid, Refused, Unauthenticated, Wrong
from contracts.passwords import ChangePassword, ConfirmPassword, PasswordChanged
from contracts.principal import Principal
from storage.auth import accounts, devices, mail_tokens
from storage.auth.accounts import Account
from storage.outbox import tell


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """A password hash and the one that is to follow it; or why there is none."""

    before: str | None = None
    after: str = ""
    no: Refused | None = None


async def _change() -> PasswordChange:
    return prepared(PasswordChange)


@room.before
async def prepare_change(
    command: ChangePassword,
    who: Who,
    begin_short: ShortTransaction,
    guard: TheGuard,
    hasher: TheHasher,
    policy: ThePolicy,
) -> PasswordChange:
    """Check the present password and hash the next, while no transaction is open.

    A change that is asked for again, under its key, no longer has the right password, and is
    answered as it was: so what is wrong is said in the transaction.
    """
    try:
        account = await confirmed(begin_short, who, command.password, guard, hasher)
        password = await policy.checked(command.new_password, account.email or "", "/new_password")
        return PasswordChange(account.password_hash, await hasher.hash(password))
    except Refused as no:
        return PasswordChange(no=no)


@room.answer
async def change_password(
    command: ChangePassword,
    who: Who,
    tx: Transaction,
    change: Annotated[PasswordChange, Depends(_change)],
    post: ThePost,
) -> Done:
    """Set a new password; whoever came in by the old one has to leave, and no device is known."""
    if change.no is not None:
        raise change.no
    if not await accounts.set_password(tx, who.user_id, change.before, change.after):
        raise Conflict("changed_meanwhile", "The password was changed meanwhile; try again.")
    await tell(tx, PasswordChanged(user_id=who.user_id))
    now = datetime.now(UTC)
    await sessions.end(tx, who.user_id, now, "password", but=who.session_id)
    account = await accounts.find(tx, who.user_id)
    await warn(tx, post, account, "password_changed", now)
    await devices.forget(tx, who.user_id)
    await mail_tokens.drop(tx, who.user_id, "reset", "address")
    return Done()


@room.before
async def check_confirmation(
    query: ConfirmPassword,
    who: Who,
    begin_short: ShortTransaction,
    guard: TheGuard,
    hasher: TheHasher,
) -> None:
    """Check the caller's password, while no transaction is open."""
    await confirmed(begin_short, who, query.password, guard, hasher)


@room.answer
async def confirm_password(query: ConfirmPassword) -> Done:
    """Say that the caller's password was right."""
    return Done()


async def confirmed(
    begin_short: Begin, who: Principal, password: str, guard: Guard, hasher: Hasher
) -> Account:
    """Return the caller's account if the password is right. Refuses with `Invalid`."""
    async with begin_short() as tx:
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
