"""What the auth room remembers: accounts, registrations, devices, sessions, tokens and keys."""

from storage.auth import (
    accounts,
    devices,
    identities,
    installation,
    invitations,
    keys,
    mail_tokens,
    mails,
    passkeys,
    personal_tokens,
    registrations,
    sessions,
    tokens,
    totp,
)

__all__ = [
    "accounts",
    "devices",
    "identities",
    "installation",
    "invitations",
    "keys",
    "mail_tokens",
    "mails",
    "passkeys",
    "personal_tokens",
    "registrations",
    "sessions",
    "tokens",
    "totp",
]
