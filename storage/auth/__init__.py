"""What the auth room remembers: accounts, sessions, refresh tokens and signing keys."""

from storage.auth import accounts, keys, passkeys, sessions, tokens, totp

__all__ = ["accounts", "keys", "passkeys", "sessions", "tokens", "totp"]
