"""The parts of the auth room, each of which registers what it answers and hears."""

from actors.auth import (
    accounts,
    delegation,
    devices,
    passkeys,
    passwords,
    personal_tokens,
    proof,
    sessions,
    signing_keys,
    totp,
    vouched,
)
from actors.auth.room import room

__all__ = [
    "accounts",
    "delegation",
    "devices",
    "passkeys",
    "passwords",
    "personal_tokens",
    "proof",
    "room",
    "sessions",
    "signing_keys",
    "totp",
    "vouched",
]
