"""The second factor by an app: set up, checked at a login, and taken away.

A code counts once, and no longer than its 30 seconds, with five more for slow fingers (OWASP ASVS
5.0, 6.5.1 and 6.5.5). Wrong codes are counted for the account, wherever they come from: who gets so
far has the password.
"""

import hashlib
import hmac
import secrets
from base64 import b32encode
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.auth.post import warn
from actors.auth.room import room
from actors.auth.tools import TheGuard, ThePost
from actors.runtime.room import Transaction, Who
from contracts.message import Conflict, Done, Invalid, Unauthenticated, Wrong
from contracts.totp import (
    RECOVERY_CODES,
    BeginTotp,
    ConfirmTotp,
    DropTotp,
    GetTotp,
    RecoveryCodes,
    RenewRecoveryCodes,
    Totp,
    TotpSecret,
)
from storage.auth import accounts, totp

SEED_BYTES = 20
"""Bytes of a seed: as many as SHA-1 gives out (RFC 4226, section 4)."""

STEP = 30
"""Seconds for which a code counts."""

LATE = 5
"""Seconds of a step in which the code of the step before still counts."""

CODE_BYTES, GROUP = 15, 6
"""Random bytes of a recovery code, and characters of its groups."""


@room.answer
async def get_totp(query: GetTotp, who: Who, tx: Transaction) -> Totp:
    """Say whether the second factor is on."""
    factor = await totp.find(tx, who.user_id)
    if factor is None or factor.confirmed_at is None:
        return Totp(on=False)
    left = await totp.codes_left(tx, who.user_id)
    return Totp(on=True, since=factor.confirmed_at, recovery_codes=left)


@room.answer
async def begin_totp(command: BeginTotp, who: Who, tx: Transaction) -> TotpSecret:
    """Make a secret that is to be confirmed."""
    from pyotp import TOTP

    account = await accounts.find(tx, who.user_id)
    if account is None:
        raise Unauthenticated("unauthenticated", "Please log in first.")
    seed = secrets.token_bytes(SEED_BYTES)
    await totp.begin(tx, who.user_id, seed)
    secret = b32encode(seed).decode()
    uri = TOTP(secret).provisioning_uri(name=account.email or "Ritmo", issuer_name="Ritmo")
    return TotpSecret(secret=secret, uri=uri)


@room.answer
async def confirm_totp(
    command: ConfirmTotp, who: Who, tx: Transaction, guard: TheGuard, post: ThePost
) -> RecoveryCodes:
    """Turn the second factor on."""
    now = datetime.now(UTC)
    factor = await totp.find(tx, who.user_id, lock=True)
    if factor is None or factor.pending is None:
        raise Conflict("totp_not_begun", "There is no secret to confirm; begin anew.")
    async with guard.attempt(counted(who.user_id)):
        step = step_of(factor.pending, plain(command.code), now)
        if step is None:
            raise Invalid(
                "wrong_otp",
                "This code is wrong, or it was used before.",
                fields=(Wrong(pointer="/code", detail="This is not the code of your app."),),
            )
    await totp.confirm(tx, who.user_id, factor.pending, step, now)
    account = await accounts.find(tx, who.user_id)
    await warn(tx, post, account, "factor_changed", now, what="totp_on")
    return await _new_codes(tx, who.user_id)


@room.answer
async def renew_recovery_codes(
    command: RenewRecoveryCodes, who: Who, tx: Transaction
) -> RecoveryCodes:
    """Give other recovery codes."""
    factor = await totp.find(tx, who.user_id, lock=True)
    if factor is None or factor.confirmed_at is None:
        raise Conflict("totp_off", "The second factor is off.")
    return await _new_codes(tx, who.user_id)


@room.answer
async def drop_totp(command: DropTotp, who: Who, tx: Transaction, post: ThePost) -> Done:
    """Turn the second factor off."""
    await totp.drop(tx, who.user_id)
    account, now = await accounts.find(tx, who.user_id), datetime.now(UTC)
    await warn(tx, post, account, "factor_changed", now, what="totp_off")
    return Done()


async def use(tx: AsyncConnection, user_id: UUID, given: str, now: datetime) -> bool:
    """Use up a code of the app, or a recovery code; False if it does not count."""
    code = plain(given)
    if not (code.isascii() and code.isdigit()):
        return await totp.use_code(tx, user_id, hash_of(user_id, code))
    factor = await totp.find(tx, user_id)
    if factor is None or factor.confirmed_at is None or factor.seed is None:
        return False
    step = step_of(factor.seed, code, now)
    return step is not None and await totp.use_step(tx, user_id, step)


def step_of(seed: bytes, code: str, now: datetime) -> int | None:
    """Return the step whose code this is, if it counts now."""
    from pyotp import TOTP

    app, seconds = TOTP(b32encode(seed).decode(), interval=STEP), int(now.timestamp())
    step, since = divmod(seconds, STEP)
    for one in (step, step - 1) if since < LATE else (step,):
        if hmac.compare_digest(app.generate_otp(one).encode(), code.encode()):
            return one
    return None


def plain(code: str) -> str:
    """Return a code as it is compared: without spaces and hyphens, in lower case."""
    return "".join(code.split()).replace("-", "").lower()


def hash_of(user_id: UUID, code: str) -> bytes:
    """Return what is kept of a recovery code."""
    return hashlib.sha256(user_id.bytes + code.encode()).digest()


async def _new_codes(tx: AsyncConnection, user_id: UUID) -> RecoveryCodes:
    """Make recovery codes in place of earlier ones."""
    made = [
        b32encode(secrets.token_bytes(CODE_BYTES)).decode().lower() for _ in range(RECOVERY_CODES)
    ]
    await totp.set_codes(tx, user_id, [hash_of(user_id, code) for code in made])
    return RecoveryCodes(codes=tuple("-".join(_groups(code)) for code in made))


def _groups(code: str) -> list[str]:
    return [code[at : at + GROUP] for at in range(0, len(code), GROUP)]


def counted(user_id: UUID) -> str:
    """Name what wrong codes count for."""
    return f"otp {user_id}"
