"""The keys that sign access tokens."""

from typing import ClassVar

from contracts.message import Command, Query, Reply


class Keys(Reply):
    """Public keys that verify access tokens, as a JWK set (RFC 7517)."""

    keys: tuple[dict[str, str], ...]
    """The keys, each a JWK."""


class GetKeys(Query[Keys]):
    """Get the public keys."""

    address: ClassVar[str] = "auth.get_keys"
    public: ClassVar[bool] = True


class RotateKeys(Command[Keys]):
    """Sign with the next key from now on; the old one verifies until its tokens have expired."""

    address: ClassVar[str] = "auth.rotate_keys"
    scope: ClassVar[str] = "admin"
