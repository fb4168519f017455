"""The second factor at a login, where one is needed: a code, or a passkey."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.auth.guard import Guard
from actors.auth.relying_party import RelyingParty
from actors.auth.totp import counted, use
from contracts.accounts import BeginSession
from contracts.message import Unauthenticated
from contracts.sessions import Login
from storage.auth import totp
from storage.auth.accounts import Account


async def pass_factor(
    tx: AsyncConnection,
    account: Account,
    command: Login | BeginSession,
    guard: Guard,
    party: RelyingParty,
    now: datetime,
) -> None:
    """Let a user through whose password was right.

    Refuses with `Unauthenticated`: `otp_required` if a second factor is needed and none was given,
    `wrong_otp` or `wrong_passkey` if it does not count; with `TooMany` after many wrong ones.
    """
    if not await totp.is_on(tx, account.user_id):
        return
    if not command.otp and command.passkey is None:
        raise Unauthenticated(
            "otp_required", "Please give the code of your authenticator app, too."
        )
    async with guard.attempt(counted(account.user_id)):
        if command.passkey is not None:
            whose = await party.sign_in(tx, command.passkey, now, verified=False)
            if whose != account.user_id:
                raise Unauthenticated("wrong_passkey", "This passkey does not fit; begin anew.")
        elif not await use(tx, account.user_id, command.otp or "", now):
            raise Unauthenticated("wrong_otp", "This code is wrong, or it was used before.")
