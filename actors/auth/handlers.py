"""The parts of the auth room, each of which registers what it answers and hears."""

from actors.auth import (
    accounts,
    addresses,
    delegation,
    devices,
    identities,
    invitations,
    passkeys,
    passwords,
    personal_tokens,
    proof,
    refresh_tokens,
    registrations,
    resets,
    sessions,
    signing_keys,
    totp,
    vouched,
)
from actors.auth.room import room

__all__ = [
    "accounts",
    "addresses",
    "delegation",
    "devices",
    "identities",
    "invitations",
    "passkeys",
    "passwords",
    "personal_tokens",
    "proof",
    "refresh_tokens",
    "registrations",
    "resets",
    "room",
    "sessions",
    "signing_keys",
    "totp",
    "vouched",
]
