"""Personal access tokens: /v1/tokens."""

from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import AwareDatetime, ConfigDict, Field
from starlette.responses import Response

from contracts.personal_tokens import (
    CreatePersonalToken,
    ListPersonalTokens,
    PersonalToken,
    PersonalTokens,
    RevokePersonalToken,
    TokenName,
)
from contracts.scopes import Scope
from gateway.answers import answer, created, nothing
from gateway.bodies import Body, Said, resource
from gateway.deps import Key, TheBus
from gateway.identity import Me
from gateway.problems import documented

router = resource("tokens", "Access tokens for scripts and machines: made, listed, revoked.")


class NewToken(Body):
    """What a new token is for, and what it opens."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Home Assistant", "scopes": ["habits:read", "habits:write"]}]
        }
    )
    name: TokenName
    """What it is for."""
    scopes: tuple[Scope, ...] = Field(min_length=1, max_length=50)
    """What it opens, and nothing else; one that comes twice counts once."""
    expires_at: AwareDatetime | None = None
    """When it ends by itself, at most 366 days from now; 90 days from now, if not given."""


class TokenOnce(PersonalToken):
    """A new token; `token` is shown this once."""

    token: str
    """Send it as `Authorization: Bearer`. It cannot be shown again."""


@router.get("/v1/tokens", response_model=PersonalTokens, summary="List access tokens")
async def list_tokens(me: Me, bus: TheBus) -> Response:
    """List the caller's access tokens that have not expired, the newest first."""
    return answer(await bus.ask(ListPersonalTokens(), me))


@router.post(
    "/v1/tokens",
    response_model=TokenOnce,
    status_code=201,
    responses=documented(403),
    summary="Make an access token",
)
async def create_token(body: Said[NewToken], me: Me, bus: TheBus, key: Key = None) -> Response:
    """Make an access token for a script or a machine. Only a person who has logged in may.

    Sent again with the same `Idempotency-Key` it is refused (409): the token is shown once.
    """
    command = CreatePersonalToken(name=body.name, scopes=body.scopes, expires_at=body.expires_at)
    made = await bus.ask(command, me, idempotency_key=key)
    shown = TokenOnce(**made.made.model_dump(), token=made.token)
    return created(shown, f"/v1/tokens/{shown.token_id}")


@router.delete("/v1/tokens/{token_id}", status_code=204, summary="Revoke an access token")
async def revoke_token(
    token_id: Annotated[
        UUID, Path(description="Which token.", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    ],
    me: Me,
    bus: TheBus,
    key: Key = None,
) -> Response:
    """End an access token at once, for everybody who holds it."""
    await bus.ask(RevokePersonalToken(token_id=token_id), me, idempotency_key=key)
    return nothing()
