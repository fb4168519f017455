"""Routes of pages: who looks at them, what a form brings, and how a refusal is shown."""

import math
from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.responses import Response

from contracts.message import Invalid, NotFound, Refused, Unauthenticated
from contracts.principal import Principal
from contracts.speech import say
from gateway.bounds import MAX_PAGE_BYTES, MAX_PAGE_FIELDS
from gateway.cookies import SAFE, check_form, check_origin, cookie_of, drop_cookie, has_cookie
from gateway.deps import device_of, door_of, guest
from gateway.forms import form_of
from gateway.language import language_of, liked
from gateway.limits import admit
from gateway.problems import PLAIN, status_of
from gateway.visit import visit_of
from gateway.web.given import unread
from gateway.web.layout import go, safe_place, show

FORM_TOKEN = "form_token"
"""The field of a form that proves that it was laid out for this session."""


class WebRoute(APIRoute):
    """A route of a page: what is refused is shown as one, and no other site sends its forms."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Answer on a page what is refused."""
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                if request.method not in SAFE:
                    check_origin(request)
                return await handle(request)
            except ValidationError:  # the words of a form are no ask
                return await refused(request, unread())
            except RequestValidationError:
                return await refused(request, NotFound(*PLAIN[404]))
            except Refused as no:
                return await refused(request, no)

        return answered


def pages(*, for_guests: bool = False) -> APIRouter:
    """Make the router of pages: named `router` in a module here, it is found."""
    counted = [Depends(guest)] if for_guests else [Depends(visitor)]
    return APIRouter(include_in_schema=False, route_class=WebRoute, dependencies=counted)


async def visitor(request: Request) -> Principal:
    """Return who has signed in with this browser. Refuses with `Unauthenticated` or `TooMany`."""
    visit, door = visit_of(request.scope), door_of(request)
    if visit.caller is not None:
        return visit.caller
    try:
        if not has_cookie(request):
            raise Unauthenticated("unauthenticated", "Please log in first.")
        who = await door.exchange.verify_cookie(cookie_of(request), device_of(request))
    except Unauthenticated:
        await guest(request)
        raise
    visit.caller, visit.by_cookie = who, True
    await language_of(request.scope)  # templates ask for it without waiting
    await admit(request, door.limiter, door.person, str(who.user_id))
    return who


Visitor = Annotated[Principal, Depends(visitor)]
"""Who has signed in with this browser."""


async def posted(request: Request, who: Visitor) -> dict[str, str]:
    """Read a form of a page of whoever has signed in. Refuses with `Denied` or `Invalid`."""
    form = await form_of(request, MAX_PAGE_BYTES, MAX_PAGE_FIELDS)
    check_form(request, form.pop(FORM_TOKEN, ""))
    return form


Posted = Annotated[dict[str, str], Depends(posted)]
"""What a form brings, once its token was checked."""


async def refused(request: Request, no: Refused) -> Response:
    """Show why something is not done: to sign in, to show once more who one is, or a page."""
    here = request.url.path
    if request.method in SAFE:
        place = here + (f"?{request.url.query}" if request.url.query else "")
    else:
        place = came_from(request)
    if isinstance(no, Unauthenticated) and here != "/sign-in":
        return signed_out(request, go("/sign-in", next=place))
    if no.code == "proof_required":
        return go("/prove", next=place)
    language = await language_of(request.scope)
    status = status_of(no)
    shown = show(
        request,
        "refused.html",
        status,
        title=say(language, no.text, {"trace_id": visit_of(request.scope).trace_id, **no.params}),
        lines=wrong_lines(no, language),
        again=place if status >= 500 or status == 429 else "",
        back=came_from(request) if isinstance(no, Invalid) else "/",
    )
    if no.retry_after is not None:
        shown.headers["Retry-After"] = str(max(1, math.ceil(no.retry_after)))
    return shown


def wrong_lines(no: Refused, language: str) -> list[str]:
    """Say what is wrong with the fields of a form."""
    return [say(language, one.detail) for one in no.fields]


def wrong_words(request: Request, no: Refused) -> str:
    """Say in one line why a form was not taken, to be shown above it."""
    language = liked(request.scope)
    return " ".join(wrong_lines(no, language)) or say(language, no.text, no.params)


def came_from(request: Request) -> str:
    """Return the page of ours on which a form was sent."""
    page = urlsplit(request.headers.get("referer", ""))
    if page.netloc.lower() != request.headers.get("host", "").lower():
        return "/"
    return safe_place(page.path + (f"?{page.query}" if page.query else ""))


def signed_out(request: Request, response: Response) -> Response:
    """Have the browser forget a session that is over."""
    if has_cookie(request):
        drop_cookie(request, response)
    return response
