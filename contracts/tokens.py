"""The tokens of a session, and the device to which they are given.

An access token is an EdDSA JWT of ten minutes; a refresh token is opaque and used once. Using one
a second time ends the whole session: somebody has a copy.
"""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator

from contracts.message import SECRET, Message, Reply


def _printable(text: str) -> str:
    """Keep the first 300 characters that can be shown; a client's words are no reason to fail."""
    return "".join(c for c in text[:300] if c.isprintable())


class Device(Message):
    """Where a request comes from: shown in the list of sessions, and used to slow guessing."""

    address: Annotated[str, AfterValidator(_printable)] = ""
    """The network address."""
    agent: Annotated[str, AfterValidator(_printable)] = ""
    """The program, as it names itself."""


class Tokens(Reply):
    """A session's tokens. `expires_in` is the access token's life in seconds.

    `device_token` is kept by a device that has just signed in; see `contracts.devices`.
    """

    user_id: UUID
    session_id: UUID
    access_token: Annotated[str, SECRET]
    refresh_token: Annotated[str, SECRET]
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int
    device_token: Annotated[str | None, SECRET] = None
