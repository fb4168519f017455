"""Tokens of devices: random, and signed, so that nobody is looked for by a made-up one."""

import hmac
import secrets
from base64 import urlsafe_b64encode

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.runtime.secret import InstallationSecret

SECRET_NAME = "devices"
"""The secret of the installation that signs them."""

PREFIX = "rt_device_"
SIGNATURE = 16
"""Bytes of the signature (HMAC-SHA256, truncated; RFC 2104, section 5)."""


class DeviceTokens:
    """Makes tokens of devices and knows its own, by the secret of one database."""

    def __init__(self) -> None:
        """Know no secret yet."""
        self._secret = InstallationSecret(SECRET_NAME)

    async def make(self, tx: AsyncConnection) -> str:
        """Make a token: 256 random bits and their signature."""
        value = secrets.token_urlsafe(32)
        return f"{PREFIX}{value}.{_signature(await self._secret.value(tx), value)}"

    async def is_ours(self, tx: AsyncConnection, token: str) -> bool:
        """Tell whether a token was made here."""
        value, _, signature = token.removeprefix(PREFIX).partition(".")
        if not (token.startswith(PREFIX) and token.isascii() and signature):
            return False
        return hmac.compare_digest(_signature(await self._secret.value(tx), value), signature)


def _signature(secret: bytes, value: str) -> str:
    made = hmac.digest(secret, value.encode(), "sha256")[:SIGNATURE]
    return urlsafe_b64encode(made).rstrip(b"=").decode()
