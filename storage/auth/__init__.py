"""What the auth room remembers: accounts, sessions, refresh tokens and signing keys."""

from storage.auth import accounts, keys, sessions, tokens

__all__ = ["accounts", "keys", "sessions", "tokens"]
