"""Sessions of browsers: begun by any way to sign in, and ended."""

from fastapi import Request
from starlette.responses import Response

from contracts.bus import Bus
from contracts.cookies import MakeCookie
from contracts.principal import Principal, Verifier
from contracts.sessions import Logout
from contracts.tokens import Tokens
from gateway.cookies import drop_cookie, keep_cookie
from gateway.deps import door_of
from gateway.devices import keep
from gateway.sessions import profile_of
from gateway.web.layout import go, safe_place


async def signed_in(
    request: Request, bus: Bus, tokens: Tokens, deadline: float, email: str | None, place: str
) -> Response:
    """Let the browser keep a session that has begun, and send it on."""
    verifier = door_of(request).verifier
    user = await profile_of(bus, verifier, tokens, deadline, email)
    door_of(request).languages.keep(user.user_id, user.language, user.version)
    return await kept(request, bus, verifier, tokens, deadline, place)


async def kept(
    request: Request, bus: Bus, verifier: Verifier, tokens: Tokens, deadline: float, place: str
) -> Response:
    """Put the tokens of a session away for its cookie; no script and no page sees them."""
    who = await verifier.verify(tokens.access_token)
    response = await renewed(request, bus, who, deadline, place)
    return keep(response, tokens.device_token)


async def renewed(
    request: Request, bus: Bus, who: Principal, deadline: float, place: str
) -> Response:
    """Give the session another cookie, and send the browser on: nobody has it from before."""
    made = await bus.ask(MakeCookie(), who, deadline=deadline)
    response = go(safe_place(place))
    keep_cookie(request, response, made.cookie)
    return response


async def ended(request: Request, bus: Bus, who: Principal) -> Response:
    """End a session, and have the browser forget all that it kept of it."""
    await bus.ask(Logout(), who)
    response = go("/sign-in", said="signed_out")
    drop_cookie(request, response)
    # What was kept for times without a network is nobody's any more. A browser does so by HTTPS.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
