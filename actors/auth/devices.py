"""Devices that have signed in before: those who guess passwords elsewhere do not slow them down.

The token of a device proves nobody's identity. With it a wrong password counts for this device
alone, and those of others do not count.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.auth.device_tokens import DeviceTokens
from actors.auth.domain import clean_email, digest
from actors.auth.room import room
from actors.auth.tools import TheDeviceTokens
from actors.runtime.room import Transaction
from contracts.devices import DEVICE_DAYS, DeviceKnown, KnowsDevice
from storage.auth import accounts, devices

MAX_DEVICES = 20
"""Devices that an account knows; the one not used for longest goes first."""


@room.answer
async def knows_device(
    query: KnowsDevice, tx: Transaction, device_tokens: TheDeviceTokens
) -> DeviceKnown:
    """Tell whether a device has signed in to an account."""
    email = clean_email(query.email)
    if email is None or not await device_tokens.is_ours(tx, query.device_token):
        return DeviceKnown(known=False)
    account = await accounts.find_by_email(tx, email)
    if account is None:
        return DeviceKnown(known=False)
    now = datetime.now(UTC)
    return DeviceKnown(
        known=await is_known(tx, account.user_id, query.device_token, device_tokens, now)
    )


async def is_known(
    tx: AsyncConnection,
    user_id: UUID,
    token: str | None,
    device_tokens: DeviceTokens,
    now: datetime,
) -> bool:
    """Tell whether a token is that of a device which has signed in to this account."""
    if token is None or not await device_tokens.is_ours(tx, token):
        return False
    return await devices.is_known(tx, user_id, digest(token), _since(now))


async def remember(
    tx: AsyncConnection,
    user_id: UUID,
    token: str | None,
    device_tokens: DeviceTokens,
    now: datetime,
) -> str:
    """Note that a device has signed in; return its token, a new one unless it is known."""
    if token is None or not await is_known(tx, user_id, token, device_tokens, now):
        token = await device_tokens.make(tx)
    await devices.keep(tx, user_id, digest(token), now, _since(now), MAX_DEVICES)
    return token


def _since(now: datetime) -> datetime:
    return now - timedelta(days=DEVICE_DAYS)
