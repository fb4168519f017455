"""The public keys that verify access tokens."""

from datetime import UTC, datetime

from actors.auth.room import room
from actors.auth.tools import TheKeyring
from actors.runtime.room import Transaction
from contracts.signing_keys import GetKeys, Keys, RotateKeys


@room.answer
async def get_keys(query: GetKeys, tx: Transaction, keyring: TheKeyring) -> Keys:
    """Publish the keys."""
    return await keyring.published(tx, datetime.now(UTC))


@room.answer
async def rotate_keys(command: RotateKeys, tx: Transaction, keyring: TheKeyring) -> Keys:
    """Sign with another key."""
    return await keyring.rotate(tx, datetime.now(UTC))
