"""Certificates of what was erased where: /v1/erasures/{token}, for who has no account any more."""

from contextlib import suppress
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Request
from starlette.responses import Response

from contracts.bus import Bus
from contracts.erasures import Erasure, GetErasure, OpenErasure
from contracts.message import Refused, Unanswered, Unavailable
from contracts.principal import Principal
from gateway.answers import answer
from gateway.bodies import resource
from gateway.deps import TheBus, guest
from gateway.language import liked
from gateway.problems import documented

router = resource("own data")

Token = Annotated[
    str,
    Path(
        description="The secret of the certificate, which came with the end of the account.",
        max_length=100,
        examples=["Zt0vX2y8PqT5u1sWZt0vX2y8PqT5u1sW"],
    ),
]


async def certificate(bus: Bus, me: Principal, user_id: UUID | None = None) -> dict[str, str]:
    """Begin a certificate; return where it is. An account ends also where nobody writes any.

    The caller's is begun before it ends; another's may have ended.
    """
    with suppress(*((Refused,) if user_id else (Unavailable, Unanswered))):
        ticket = await bus.ask(OpenErasure(user_id=user_id), me)
        return {"Location": f"/v1/erasures/{ticket.token}"}
    return {}


@router.get(
    "/v1/erasures/{token}",
    response_model=Erasure,
    dependencies=[Depends(guest)],
    responses=documented(404),
    summary="See what was erased",
)
async def get_erasure(token: Token, request: Request, bus: TheBus) -> Response:
    """See what every part of Ritmo has erased of an account that has ended.

    `DELETE /v1/me` says where it is, in `Location`. It needs no login, can be read for 90 days, and
    holds nothing that tells whose account it was.
    """
    return answer(await bus.ask(GetErasure(token=token, language=liked(request.scope))))
