"""Identities of an OpenID Connect provider, by which a person signs in.

It takes two steps: an address of the provider to which the browser goes, and the code with which it
comes back. An identity is linked to an account by whoever is signed in to it, never by an address
alone: who registered with an address may not be who has it.
"""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.message import SECRET, Command, Done, Message, Query, Reply
from contracts.tokens import Device, Tokens

Given = Annotated[str, Field(min_length=1, max_length=2048)]
"""What the provider, or the first step, has given."""


class OidcStart(Reply):
    """Where the browser goes, and what has to be there when it comes back; for ten minutes."""

    url: str
    """The address of the provider."""
    state: Annotated[str, SECRET] = Field(repr=False)
    """What the provider gives back, and names this attempt."""
    verifier: Annotated[str, SECRET] = Field(repr=False)
    """What proves that who comes back is who went (PKCE, RFC 7636); the provider never sees it."""


class Return(Message):
    """What the browser came back with, and what it went with."""

    state: Annotated[Given, SECRET] = Field(repr=False)
    """What the first step has given, and the provider gave back."""
    code: Annotated[Given, SECRET] = Field(repr=False)
    """What the provider has given."""
    verifier: Annotated[Given, SECRET] = Field(repr=False)
    """What the first step has given."""


class Identity(Message):
    """An identity that is linked to an account."""

    identity_id: UUID
    """Which identity."""
    issuer: str
    """The provider."""
    email: str
    """The address that the provider names; perhaps empty."""
    created_at: AwareDatetime
    """When it was linked."""
    used_at: AwareDatetime | None = None
    """When somebody last signed in by it; null: never."""


class IdentityShown(Identity, Reply):
    """One identity."""


class Identities(Reply):
    """The identities of a person, in the order in which they were linked."""

    identities: tuple[Identity, ...]
    """The identities."""


class ListIdentities(Query[Identities]):
    """List the caller's identities."""

    address: ClassVar[str] = "auth.list_identities"


class BeginOidc(Command[OidcStart]):
    """Begin to sign in by the provider.

    Refuses with `Conflict` (`oidc_off`), or `Unavailable` (`oidc_away`).
    """

    address: ClassVar[str] = "auth.begin_oidc"
    public: ClassVar[bool] = True


class OidcSignIn(Return, Command[Tokens]):
    """Begin a session by an identity that is linked; it is for the provider to ask for factors.

    Refuses with `Unauthenticated` (`wrong_identity`, `identity_unknown`), `Denied`
    (`account_disabled`), `Conflict` (`oidc_off`), or `Unavailable` (`oidc_away`).
    """

    address: ClassVar[str] = "auth.oidc_sign_in"
    public: ClassVar[bool] = True
    device: Device = Device()


class BeginOidcLink(Command[OidcStart]):
    """Begin to link an identity to the caller's account. Refuses as `BeginOidc` does."""

    address: ClassVar[str] = "auth.begin_oidc_link"
    fresh: ClassVar[bool] = True


class LinkIdentity(Return, Command[IdentityShown]):
    """Link an identity to the caller's account.

    Refuses with `Invalid` (`identity_unfit`), `Conflict` (`identity_taken`, `oidc_off`), or
    `Unavailable` (`oidc_away`).
    """

    address: ClassVar[str] = "auth.link_identity"
    fresh: ClassVar[bool] = True


class DropIdentity(Command[Done]):
    """Have nobody sign in by an identity any more.

    Refuses with `NotFound` (`identity_not_found`).
    """

    address: ClassVar[str] = "auth.drop_identity"
    fresh: ClassVar[bool] = True
    identity_id: UUID
