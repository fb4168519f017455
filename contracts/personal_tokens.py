"""Personal access tokens: for scripts and machines, made by a person who has logged in.

A token is `rt_pat_`, 43 characters of 256 random bits (base64url), `_`, and the CRC-32 of all that
stands before, in eight hexadecimal digits: whoever finds one knows what it is, and one that was
mistyped is refused without being looked for. It is shown once; of it only its SHA-256 is kept.
"""

import re
import zlib
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from contracts.message import EACH_ONCE, SECRET, Command, Done, Fact, Message, Query, Reply
from contracts.scopes import Scope
from contracts.visible import SEEN

PREFIX = "rt_pat_"
"""How every token begins."""

LONGEST_DAYS = 366
"""Days after which a token has expired, at most."""

USUAL_DAYS = 90
"""Days after which a token expires if nothing is said."""

_FORM = re.compile(r"(rt_pat_[A-Za-z0-9_-]{43})_([0-9a-f]{8})")

TokenText = Annotated[str, StringConstraints(max_length=100)]

TokenName = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$"
    ),
    SEEN,
]
"""What a token is for: one line."""


def signed(body: str) -> str:
    """Write a token from what stands before its checksum."""
    return f"{body}_{zlib.crc32(body.encode()):08x}"


def is_well_formed(token: str) -> bool:
    """Tell whether a token has the form of one, and its checksum is right."""
    found = _FORM.fullmatch(token)
    return found is not None and signed(found[1]) == token


class PersonalToken(Message):
    """A personal access token, as its owner sees it; the token itself is never shown again."""

    token_id: UUID
    """Which token."""
    name: TokenName
    """What it is for."""
    scopes: tuple[Scope, ...]
    """What it may be used for."""
    created_at: AwareDatetime
    """When it was made."""
    expires_at: AwareDatetime
    """When it ends by itself."""
    used_at: AwareDatetime | None = None
    """When it was used last, to the hour or so; null: never."""


class MadeToken(Reply):
    """A new token: the only time that `token` is shown."""

    made: PersonalToken
    token: Annotated[str, SECRET] = Field(repr=False)


class CreatePersonalToken(Command[MadeToken]):
    """Make a personal access token; without `expires_at` it lives for `USUAL_DAYS` days.

    Refuses with `Invalid` (`expiry_out_of_range`), or with `Conflict` (`too_many_access_tokens`).
    """

    address: ClassVar[str] = "auth.create_personal_token"
    fresh: ClassVar[bool] = True
    name: TokenName
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1), EACH_ONCE]
    expires_at: AwareDatetime | None = None


class PersonalTokens(Reply):
    """The tokens of a person that have not expired, the newest first."""

    tokens: tuple[PersonalToken, ...]
    """The tokens, the newest first."""


class ListPersonalTokens(Query[PersonalTokens]):
    """List the caller's tokens."""

    address: ClassVar[str] = "auth.list_personal_tokens"


class RevokePersonalToken(Command[Done]):
    """End a token of the caller's at once. Refuses with `NotFound`."""

    address: ClassVar[str] = "auth.revoke_personal_token"
    token_id: UUID


class Exchanged(Reply):
    """A short-lived access token with the scopes of the personal one. `expires_in`: seconds."""

    access_token: Annotated[str, SECRET] = Field(repr=False)
    expires_in: int


class ExchangePersonalToken(Query[Exchanged]):
    """Exchange a personal access token for one that rooms understand, and note that it was used.

    Refuses with `Unauthenticated` (`token_void`): unknown, expired, revoked, or its owner is
    disabled.
    """

    address: ClassVar[str] = "auth.exchange_personal_token"
    public: ClassVar[bool] = True
    token: Annotated[TokenText, SECRET] = Field(repr=False)


class PersonalTokenRevoked(Fact):
    """A personal access token was revoked: whatever was exchanged for it is void from now on."""

    address: ClassVar[str] = "auth.personal_token_revoked"
    token_id: UUID
