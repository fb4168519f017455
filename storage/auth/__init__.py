"""What the auth room remembers: accounts, devices, sessions, refresh tokens and signing keys."""

from storage.auth import (
    accounts,
    devices,
    keys,
    passkeys,
    personal_tokens,
    sessions,
    tokens,
    totp,
)

__all__ = [
    "accounts",
    "devices",
    "keys",
    "passkeys",
    "personal_tokens",
    "sessions",
    "tokens",
    "totp",
]
