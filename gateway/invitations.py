"""Invitations, for administrators: /v1/invitations."""

from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import ConfigDict, Field
from starlette.responses import Response

from contracts.accounts import Email
from contracts.invitations import (
    MAX_DAYS,
    DropInvitation,
    Invitations,
    Invite,
    Invited,
    ListInvitations,
)
from contracts.language import Language
from gateway.answers import answer, created, nothing
from gateway.bodies import Body, Said, resource
from gateway.deps import Key, TheBus
from gateway.identity import Me
from gateway.problems import documented

router = resource("people")

ADMIN = documented(403)
InvitationId = Annotated[
    UUID,
    Path(description="Which invitation.", examples=["01890a5d-ac96-774b-bcce-b302099a8057"]),
]


class NewInvitation(Body):
    """Whom to invite."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "ada@example.org", "days": 7}]}
    )
    email: Email | None = None
    """The address that it is mailed to, for that address alone; null: for whoever has its code."""
    days: int = Field(default=7, ge=1, le=MAX_DAYS)
    """For how many days it can be used."""
    language: Language = "en"
    """The language of the mail: `en` or `ru`."""


@router.post(
    "/v1/invitations",
    status_code=201,
    response_model=Invited,
    responses=ADMIN,
    summary="Invite somebody",
)
async def invite(body: Said[NewInvitation], me: Me, bus: TheBus, key: Key = None) -> Response:
    """Let somebody register, once. For administrators."""
    command = Invite(email=body.email, days=body.days, language=body.language)
    made = await bus.ask(command, me, idempotency_key=key)
    return created(made, "/v1/invitations")


@router.get(
    "/v1/invitations", response_model=Invitations, responses=ADMIN, summary="List invitations"
)
async def list_invitations(me: Me, bus: TheBus) -> Response:
    """List invitations that can be used, newest first. For administrators."""
    return answer(await bus.ask(ListInvitations(), me))


@router.delete(
    "/v1/invitations/{invitation_id}",
    status_code=204,
    responses=ADMIN,
    summary="Take an invitation back",
)
async def drop_invitation(
    invitation_id: InvitationId, me: Me, bus: TheBus, key: Key = None
) -> Response:
    """Take an invitation back. For administrators."""
    await bus.ask(DropInvitation(invitation_id=invitation_id), me, idempotency_key=key)
    return nothing()
