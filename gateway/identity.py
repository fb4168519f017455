"""Who is calling: the bearer token, or the cookie of a browser, becomes the principal of it."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security.http import HTTPBase

from contracts.message import Unauthenticated
from contracts.principal import Principal
from gateway.cookies import check_origin, cookie_of, has_cookie
from gateway.deps import Door, device_of, door_of, guest
from gateway.limits import admit
from gateway.visit import visit_of


class Bearer(HTTPBase):
    """Reads `Authorization: Bearer`, verifies the token and counts the request."""

    def __init__(self) -> None:
        """Name the scheme for the OpenAPI document."""
        super().__init__(
            scheme="bearer",
            scheme_name="bearer",
            description="The access token of POST /v1/auth/login, which lives ten minutes; or a "
            "personal access token of POST /v1/tokens. What an operation lists here are the scopes "
            "that it needs: a session has them all.",
            auto_error=False,
        )

    async def __call__(self, request: Request) -> Principal:  # type: ignore[override]
        """Return the caller; a request is checked and counted once.

        Refuses with `Unauthenticated` or `TooMany`.
        """
        visit = visit_of(request.scope)
        if visit.caller is not None:
            return visit.caller
        door = door_of(request)
        try:
            principal = await holder_of(request)
        except Unauthenticated:
            # Guessing is counted, too.
            await guest(request)
            raise
        # Known before they are counted: who is told to slow down is told so in their language.
        visit.caller = principal
        await admit(request, door.limiter, door.person, str(principal.user_id))
        return principal


async def holder_of(request: Request) -> Principal:
    """Return who holds what a request came with: a token, or else the cookie of a browser.

    Refuses with `Unauthenticated`, or with `Denied` what another site had the browser send.
    """
    door = door_of(request)
    if "authorization" in request.headers or not has_cookie(request):
        return await caller_of(door, token_of(request))
    check_origin(request, by_script=True)
    visit_of(request.scope).by_cookie = True
    return await door.exchange.verify_cookie(cookie_of(request), device_of(request))


async def caller_of(door: Door, token: str) -> Principal:
    """Return who holds a bearer token, that of a session or a personal one.

    Refuses with `Unauthenticated`.
    """
    if door.exchange.takes(token):
        return await door.exchange.verify(token)
    principal = await door.verifier.verify(token)
    if principal.service is not None or principal.token_id is not None:
        # A room that acts for somebody asks other rooms, and what a personal token was exchanged
        # for stays on the bus: neither comes to the door.
        raise Unauthenticated(
            "invalid_token", "This access token is not valid. Please log in again."
        )
    return principal


def token_of(request: Request) -> str:
    """Return the bearer token of a request. Refuses with `Unauthenticated` if there is none."""
    given = request.headers.get("authorization", "")
    scheme, _, token = given.partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > 8192:
        raise Unauthenticated("unauthenticated", "Please log in first.")
    return token.strip()


bearer = Bearer()
"""Checks who is calling."""

Me = Annotated[Principal, Depends(bearer)]
"""The verified caller."""
