"""Who asks. There is one principal type, whichever door the person came through."""

from typing import Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.scopes import includes


class Principal(BaseModel):
    """A verified caller: a person, or a service acting for itself or for a person.

    `service` says which. A person holds `user`, or by a personal access token (`token_id`) some of
    `contracts.scopes.Scope`; a service that acts for one holds the addresses that it may ask.
    `token` is the caller's own access token, carried along where a room has to verify it again; it
    never shows in a log.
    """

    model_config = ConfigDict(frozen=True)

    user_id: UUID
    session_id: UUID | None = None
    token_id: UUID | None = None
    scopes: frozenset[str] = frozenset()
    service: str | None = None
    token: str | None = Field(default=None, repr=False)
    auth_time: int | None = None
    """When the caller last showed who they are, in Unix time; None: they hold no session."""

    def may(self, scope: str) -> bool:
        """Tell whether this caller holds a scope."""
        return includes(self.scopes, scope)


class Verifier(Protocol):
    """Turns an access token into the principal whom it names."""

    async def verify(self, token: str) -> Principal:
        """Return who holds the token. Refuses with `Unauthenticated`."""
        ...
