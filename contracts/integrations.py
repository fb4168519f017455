"""Integrations: programs at the message broker that read a person's facts and ask in their name.

An integration is a personal access token with a user of RabbitMQ, `int-<token_id>`, whose password
is the token. It has ten queues, `int-<token_id>.0` to `.9`, to which it may bind facts of its
person that its scopes read; it asks what its scopes allow, with what it is given for the token by
`auth.exchange_personal_token`. Where it ends (revoked, expired, the person disabled or gone), so
does the user.
"""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.message import EACH_ONCE, SECRET, Command, Done, Job, Message, Query, Reply
from contracts.personal_tokens import TokenName
from contracts.scopes import Scope


class Integration(Message):
    """An integration, as its owner sees it."""

    integration_id: UUID
    """Which integration; its token has the same id."""
    name: TokenName
    """What it is for."""
    user: str
    """Its user of the message broker."""
    scopes: tuple[Scope, ...]
    """What it may read and ask."""
    created_at: AwareDatetime
    """When it was made."""
    expires_at: AwareDatetime
    """When it ends by itself."""
    used_at: AwareDatetime | None = None
    """When its token was exchanged last, to the hour or so; null: never."""
    ready: bool = False
    """Whether its user of the broker is there already: a second or so after it was made."""


class MadeIntegration(Reply):
    """A new integration: the only time that `token`, its password, is shown."""

    made: Integration
    token: Annotated[str, SECRET] = Field(repr=False)


class CreateIntegration(Command[MadeIntegration]):
    """Make an integration; without `expires_at` it lives for `USUAL_DAYS` days.

    Refuses as `CreatePersonalToken` does, and with `Conflict` (`integrations_off`,
    `too_many_integrations`).
    """

    address: ClassVar[str] = "auth.create_integration"
    fresh: ClassVar[bool] = True
    name: TokenName
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1), EACH_ONCE]
    expires_at: AwareDatetime | None = None


class Integrations(Reply):
    """The integrations of a person that have not expired, the newest first."""

    integrations: tuple[Integration, ...]
    """The integrations, the newest first."""


class ListIntegrations(Query[Integrations]):
    """List the caller's integrations."""

    address: ClassVar[str] = "auth.list_integrations"


class RevokeIntegration(Command[Done]):
    """End an integration of the caller's, and its connections. Refuses with `NotFound`."""

    address: ClassVar[str] = "auth.revoke_integration"
    integration_id: UUID


class SyncIntegration(Job):
    """Make the broker's user of an integration, or take it away if that has ended."""

    address: ClassVar[str] = "auth.sync_integration"
    integration_id: UUID
