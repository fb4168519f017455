"""Passwords: shown before what cannot be undone, and changed."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.auth import sessions
from actors.auth.domain import checked_password, same_form
from actors.auth.guard import Guard
from actors.auth.password_hashes import Hasher
from actors.auth.room import room
from actors.auth.tools import TheGuard, TheHasher
from actors.runtime.room import Transaction, Who
from contracts.message import Conflict, Done, Invalid, Unauthenticated, Wrong
from contracts.passwords import ChangePassword, ConfirmPassword, PasswordChanged
from contracts.principal import Principal
from storage.auth import accounts
from storage.auth.accounts import Account
from storage.outbox import tell


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
    await sessions.end(tx, who.user_id, datetime.now(UTC), "password", but=who.session_id)
    return Done()


@room.answer
async def confirm_password(
    query: ConfirmPassword, who: Who, tx: Transaction, guard: TheGuard, hasher: TheHasher
) -> Done:
    """Check the caller's password."""
    await _confirmed(tx, who, query.password, guard, hasher)
    return Done()


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
