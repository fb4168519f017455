"""Devices that have signed in before: their token in a body or in a cookie, and what it opens.

Programs keep the `device_token` of a login and send it with the next one; browsers keep it as a
cookie. It opens no session: with it, others at the same address who guess passwords or ask too much
hold nobody up.
"""

from fastapi import Request
from starlette.responses import Response

from contracts.bus import Bus
from contracts.devices import DEVICE_DAYS, KnowsDevice
from contracts.message import TooMany
from gateway.deps import guest

COOKIE = "__Host-device"
"""Kept by browsers that came by HTTPS, for this host alone (RFC 6265bis, section 4.1.3.2)."""

MAX_TOKEN = 100
"""Characters of a token; a longer one is none of ours."""


def token_of(request: Request, said: str | None) -> str | None:
    """Return the token of the device: the one that was said, or that of the cookie."""
    token = said or request.cookies.get(COOKIE)
    return token if token and len(token) <= MAX_TOKEN else None


def keep(response: Response, token: str | None) -> Response:
    """Let a browser keep the token that a login gave."""
    if token is not None:
        response.set_cookie(
            COOKIE,
            token,
            max_age=DEVICE_DAYS * 24 * 3600,
            path="/",
            secure=True,
            httponly=True,
            samesite="lax",
        )
    return response


async def admit_device(request: Request, bus: Bus, email: str, token: str | None) -> None:
    """Count a login against its address; a device that this account knows passes all the same.

    Refuses with `TooMany`.
    """
    try:
        await guest(request)
    except TooMany:
        if token is None:
            raise
        known = await bus.ask(KnowsDevice(email=email, device_token=token))
        if not known.known:
            raise
