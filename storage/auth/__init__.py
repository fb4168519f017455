"""What the auth room remembers: accounts, sessions, refresh tokens and signing keys."""

from storage.auth import accounts, keys, personal_tokens, sessions, tokens

__all__ = ["accounts", "keys", "personal_tokens", "sessions", "tokens"]
