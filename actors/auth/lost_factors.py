"""The way back for who has lost both the app and the recovery codes: the operator lets them in."""

from datetime import UTC, datetime

from actors.auth import sessions
from actors.auth.delegation import OPERATOR, vouched
from actors.auth.post import warn
from actors.auth.room import room
from actors.auth.tools import ThePost
from actors.runtime.room import Transaction
from contracts.message import Conflict, Done
from contracts.totp import RemoveTotp
from storage.auth import accounts, totp


@room.answer
async def remove_totp(command: RemoveTotp, tx: Transaction, post: ThePost) -> Done:
    """Turn the second factor off for the operator."""
    _, user_id = await vouched(tx, command, OPERATOR)
    now = datetime.now(UTC)
    if not await totp.is_on(tx, user_id):
        raise Conflict("totp_off", "The second factor is off.")
    await totp.drop(tx, user_id)
    await sessions.end(tx, user_id, now, "elsewhere")
    await warn(tx, post, await accounts.find(tx, user_id), "factor_changed", now, what="totp_off")
    return Done()
