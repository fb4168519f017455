"""A fresh proof: the password or a code once more, and a token that says so."""

from datetime import UTC, datetime

from actors.auth import totp
from actors.auth.domain import TOKEN_LIFE, TokenSubject, claims
from actors.auth.passwords import confirmed
from actors.auth.room import room
from actors.auth.tools import TheGuard, TheHasher, TheKeyring
from actors.runtime.room import ShortTransaction, Transaction, Who
from contracts.message import Denied, Invalid, Unauthenticated, Wrong, new_id
from contracts.proof import Proof, Prove
from storage.auth import sessions


@room.before
async def check_proof(
    command: Prove,
    who: Who,
    begin_short: ShortTransaction,
    guard: TheGuard,
    hasher: TheHasher,
) -> None:
    """Check the caller's password, while no transaction is open."""
    if command.password is not None:
        await confirmed(begin_short, who, command.password, guard, hasher)


@room.answer
async def prove(
    command: Prove, who: Who, tx: Transaction, guard: TheGuard, keyring: TheKeyring
) -> Proof:
    """Note that the caller has shown who they are, and say so in a new access token."""
    now = datetime.now(UTC)
    if who.session_id is None:
        raise Denied("no_session", "Only who has logged in can do this.")
    if command.otp is not None:
        async with guard.attempt(totp.counted(who.user_id)):
            if not await totp.use(tx, who.user_id, command.otp, now):
                raise Invalid(
                    "wrong_otp",
                    "This code is wrong, or it was used before.",
                    fields=(Wrong(pointer="/otp", detail="This is not the code of your app."),),
                )
    session = await sessions.prove(tx, who.user_id, who.session_id, now)
    if session is None:
        raise Unauthenticated("session_ended", "This session was ended. Please log in again.")
    bearer = TokenSubject(session.user_id, session.id, session.role, session.proved_at)
    return Proof(
        access_token=await keyring.sign(tx, claims(bearer, now, new_id())),
        expires_in=int(TOKEN_LIFE.total_seconds()),
    )
