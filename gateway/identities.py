"""Sign-ins by an OpenID Connect provider: /v1/auth/oidc and /v1/auth/identities."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Path, Query, Request
from pydantic import Field
from starlette.responses import RedirectResponse, Response

from contracts.bus import deadline_in
from contracts.identities import (
    BeginOidc,
    BeginOidcLink,
    DropIdentity,
    Identities,
    IdentityShown,
    LinkIdentity,
    ListIdentities,
    OidcSignIn,
    OidcStart,
)
from contracts.message import Unauthenticated
from gateway.answers import Shown, answer, created, nothing
from gateway.bodies import Body, Said, resource
from gateway.deps import FromDevice, Key, TheBus, TheVerifier, guest
from gateway.identity import Me
from gateway.problems import documented
from gateway.sessions import Opened, opened, profile_of

router = resource("accounts")

ATTEMPT, BACK = "ritmo-provider", "/sign-in/provider/back"
"""The cookie of a browser that went to the provider from a page, and where it goes on."""

Given = Annotated[str, Field(min_length=1, max_length=2048, repr=False)]
Told = Annotated[str | None, Query(max_length=2048, description="What the provider says.")]


class CameBack(Body):
    """What the browser came back with, and the verifier that it went with."""

    state: Given
    """What the first step has given, and the provider gave back."""
    code: Given
    """What the provider has given."""
    verifier: Given
    """What the first step has given."""


class Brought(Shown):
    """What the provider gave to the browser, to be sent on with the verifier."""

    state: str
    """Which attempt it is."""
    code: str
    """What the provider has given; it counts once."""


@router.post(
    "/v1/auth/oidc",
    response_model=OidcStart,
    dependencies=[Depends(guest)],
    responses=documented(409),
    summary="Begin to sign in by the provider",
)
async def begin_oidc(bus: TheBus) -> Response:
    """Make the address of the provider to which the browser goes."""
    return answer(await bus.ask(BeginOidc()), headers={"Cache-Control": "no-store"})


@router.get(
    "/v1/auth/oidc/callback",
    response_model=Brought,
    dependencies=[Depends(guest)],
    responses=documented(401),
    summary="Come back from the provider",
)
async def come_back(
    request: Request,
    state: Told = None,
    code: Told = None,
    error: Told = None,
    error_description: Told = None,
    iss: Told = None,
    scope: Told = None,
    session_state: Told = None,
) -> Response:
    """Show what the provider has given; it is worth nothing without the verifier.

    The client sends both to `/v1/auth/oidc/sign-in`, or to `/v1/auth/identities`. A browser that
    began on a page of Ritmo goes on there.
    """
    if ATTEMPT in request.cookies:
        back = urlencode({"state": state or "", "code": code or ""})
        return RedirectResponse(f"{BACK}?{back}", 303)
    if not state or not code:
        raise Unauthenticated("wrong_identity", "This sign-in does not fit; begin anew.")
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return answer(Brought(state=state, code=code), headers=headers)


@router.post(
    "/v1/auth/oidc/sign-in",
    response_model=Opened,
    dependencies=[Depends(guest)],
    responses=documented(401, 403, 409, 410),
    summary="Sign in by the provider",
)
async def oidc_sign_in(
    body: Said[CameBack], bus: TheBus, verifier: TheVerifier, device: FromDevice
) -> Response:
    """Begin a session by an identity that is linked to an account."""
    deadline = deadline_in()
    command = OidcSignIn(state=body.state, code=body.code, verifier=body.verifier, device=device)
    tokens = await bus.ask(command, deadline=deadline)
    return answer(opened(await profile_of(bus, verifier, tokens, deadline, None), tokens))


@router.get("/v1/auth/identities", response_model=Identities, summary="List linked sign-ins")
async def list_identities(me: Me, bus: TheBus) -> Response:
    """List the identities by which the caller can sign in, in the order of linking."""
    return answer(await bus.ask(ListIdentities(), me))


@router.post(
    "/v1/auth/identities/start",
    response_model=OidcStart,
    responses=documented(409),
    summary="Begin to link a sign-in",
)
async def begin_oidc_link(me: Me, bus: TheBus, key: Key = None) -> Response:
    """Make the address of the provider to which the browser goes."""
    return answer(await bus.ask(BeginOidcLink(), me, idempotency_key=key))


@router.post(
    "/v1/auth/identities",
    status_code=201,
    response_model=IdentityShown,
    responses=documented(409),
    summary="Link a sign-in",
)
async def link_identity(body: Said[CameBack], me: Me, bus: TheBus, key: Key = None) -> Response:
    """Link an identity of the provider to the caller's account."""
    command = LinkIdentity(state=body.state, code=body.code, verifier=body.verifier)
    return created(await bus.ask(command, me, idempotency_key=key), "/v1/auth/identities")


@router.delete("/v1/auth/identities/{identity_id}", status_code=204, summary="Drop a sign-in")
async def drop_identity(
    identity_id: Annotated[
        UUID, Path(description="Which one.", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    ],
    me: Me,
    bus: TheBus,
    key: Key = None,
) -> Response:
    """Have nobody sign in by an identity any more."""
    await bus.ask(DropIdentity(identity_id=identity_id), me, idempotency_key=key)
    return nothing()
