"""The cookie of a browser: how it is kept, and what a request with it has to come with.

A browser sends its cookies whoever makes it ask. So what changes something by cookie must come from
our own pages: `Sec-Fetch-Site` or `Origin` says so, and a script sets a header of its own.
"""

import hashlib
import hmac
from urllib.parse import urlsplit

from fastapi import Request
from starlette.responses import Response

from contracts.cookies import COOKIE_PREFIX
from contracts.message import Denied

NAME, NAME_BY_HTTP = "__Host-ritmo", "ritmo"
"""By HTTPS for this host alone (RFC 6265bis, section 4.1.3.2); plain HTTP takes no such cookie."""

KEPT_SECONDS = 90 * 24 * 3600
"""As long as a session lives at most."""

MAX_COOKIE = 100
"""Characters of a cookie; a longer one is none of ours."""

SCRIPT = "x-ritmo-page"
"""The header that our scripts set: another site cannot, without being asked first (CORS)."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def is_secure(request: Request) -> bool:
    """Tell whether a request came by HTTPS."""
    return bool(request.scope["scheme"] == "https")


def name_of(request: Request) -> str:
    """Return what the cookie is called."""
    return NAME if is_secure(request) else NAME_BY_HTTP


def cookie_of(request: Request) -> str:
    """Return the cookie of the session; empty if there is none that could be ours."""
    cookie = request.cookies.get(name_of(request), "")
    return cookie if cookie.startswith(COOKIE_PREFIX) and len(cookie) <= MAX_COOKIE else ""


def has_cookie(request: Request) -> bool:
    """Tell whether a browser brings a session."""
    return "cookie" in request.headers and bool(cookie_of(request))


def put_cookie(request: Request, response: Response, name: str, value: str, seconds: int) -> None:
    """Have a browser keep a cookie that no script reads; of our name or a short-lived one."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


def keep_cookie(request: Request, response: Response, cookie: str) -> None:
    """Have a browser keep its session."""
    put_cookie(request, response, name_of(request), cookie, KEPT_SECONDS)


def drop_cookie(request: Request, response: Response, name: str = "") -> None:
    """Have a browser forget its session, or another cookie of ours."""
    put_cookie(request, response, name or name_of(request), "", 0)


def check_origin(request: Request, *, by_script: bool = False) -> None:
    """Refuse with `Denied` what another site had a browser send.

    `by_script`: to `/v1`, where a change needs the header of our scripts as well, and where even
    what is read is not for other sites.
    """
    safe = request.method in SAFE
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        ours = site == "same-origin" or (safe and site == "none")
    elif (origin := request.headers.get("origin")) is not None:
        ours = urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower()
    else:
        ours = safe
    if by_script and not safe:
        ours = ours and SCRIPT in request.headers
    if not ours:
        raise Denied("other_site", "This did not come from a page of Ritmo. Open it there.")


def form_token(request: Request) -> str:
    """Make the token that a form of this session carries; no other site can know it."""
    return hmac.new(cookie_of(request).encode(), b"form", hashlib.sha256).hexdigest()


def check_form(request: Request, given: str) -> None:
    """Refuse with `Denied` a form that was not laid out for this session."""
    if not hmac.compare_digest(form_token(request).encode(), given.encode()):
        raise Denied("form_too_old", "This form is from before. Go back, load the page, try again.")
