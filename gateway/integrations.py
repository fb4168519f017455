"""Integrations at the message broker: /v1/integrations."""

from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import AwareDatetime, ConfigDict, Field
from starlette.responses import Response

from contracts.integrations import (
    CreateIntegration,
    Integration,
    Integrations,
    ListIntegrations,
    RevokeIntegration,
)
from contracts.personal_tokens import TokenName
from contracts.scopes import Scope
from gateway.answers import answer, created, nothing
from gateway.bodies import Body, Said, resource
from gateway.deps import Key, TheBus
from gateway.identity import Me
from gateway.problems import documented

router = resource("integrations", "Programs at the message broker: made, listed, revoked.")


class NewIntegration(Body):
    """What a new integration is for, and what it opens."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Lamp in the hall", "scopes": ["habits:read", "habits:write"]}]
        }
    )
    name: TokenName
    """What it is for."""
    scopes: tuple[Scope, ...] = Field(min_length=1, max_length=50)
    """What it opens, and nothing else; one that comes twice counts once."""
    expires_at: AwareDatetime | None = None
    """When it ends by itself, at most 366 days from now; 90 days from now, if not given."""


class IntegrationOnce(Integration):
    """A new integration; `token` is shown this once."""

    token: str
    """The password of its user of the broker, and its access token. It cannot be shown again."""


@router.get("/v1/integrations", response_model=Integrations, summary="List integrations")
async def list_integrations(me: Me, bus: TheBus) -> Response:
    """List the caller's integrations that have not expired, the newest first."""
    return answer(await bus.ask(ListIntegrations(), me))


@router.post(
    "/v1/integrations",
    response_model=IntegrationOnce,
    status_code=201,
    responses=documented(403),
    summary="Make an integration",
)
async def create_integration(
    body: Said[NewIntegration], me: Me, bus: TheBus, key: Key = None
) -> Response:
    """Make a user of RabbitMQ that reads the caller's facts, and asks in their name. Only a person
    who has logged in may.

    Sent again with the same `Idempotency-Key` it is refused (409): the token is shown once.
    """
    command = CreateIntegration(name=body.name, scopes=body.scopes, expires_at=body.expires_at)
    made = await bus.ask(command, me, idempotency_key=key)
    shown = IntegrationOnce(**made.made.model_dump(), token=made.token)
    return created(shown, f"/v1/integrations/{shown.integration_id}")


@router.delete(
    "/v1/integrations/{integration_id}", status_code=204, summary="Revoke an integration"
)
async def revoke_integration(
    integration_id: Annotated[
        UUID,
        Path(description="Which integration.", examples=["01890a5d-ac96-774b-bcce-b302099a8057"]),
    ],
    me: Me,
    bus: TheBus,
    key: Key = None,
) -> Response:
    """End an integration: its token at once, its connections within a second or so."""
    await bus.ask(RevokeIntegration(integration_id=integration_id), me, idempotency_key=key)
    return nothing()
