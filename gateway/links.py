"""Where the links in mails lead: /l/{token} and /u/{token}, pages for people without a login.

Programs that scan mails follow links: so looking (GET) changes nothing, and only the button (POST)
acts. To leave a digest the mail program itself posts to /u/{token} (RFC 8058), without a cookie.

A page says what has happened: the room that answers has had the day logged.
"""

import re
from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Any, cast

from fastapi import APIRouter, Depends, Request
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.responses import Response

from contracts.habit import CheckInState
from contracts.links import ActOnLink, Link, LookAtLink
from contracts.marks import Logged
from contracts.message import Invalid, NotFound, Refused
from contracts.quantity import read
from contracts.speech import say
from gateway.deps import TheBus, guest
from gateway.forms import form_of
from gateway.language import liked
from gateway.link_pages import (
    WAITS,
    ask_page,
    choice_page,
    done_page,
    kept_page,
    refused_page,
    replace_page,
)


class PageRoute(APIRoute):
    """A route that people open in a browser: what is refused before it begins is a page, too."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Answer on a page what is refused."""
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await handle(request)
            except Refused as no:
                return refused_page(no, liked(request.scope))

        return answered


router = APIRouter(include_in_schema=False, dependencies=[Depends(guest)], route_class=PageRoute)

MAX_VALUE = 1_000_000_000
"""What a day holds, at most."""

_SEEN = re.compile(r"(done|partial|skipped|failed):([0-9]{1,10}(?:\.[0-9]{1,3})?)")
_TAG = re.compile(r"\s*([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)")


@router.get("/l/{token}")
@router.get("/u/{token}")
async def look(request: Request, token: str, bus: TheBus) -> Response:
    """Show what a link is for; nothing is done."""
    try:
        link = await bus.ask(LookAtLink(token=token))
    except ValidationError:
        raise _unknown() from None
    return done_page(link) if link.used and not link.number else ask_page(link)


@router.post("/l/{token}")
@router.post("/u/{token}")
async def act(request: Request, token: str, bus: TheBus) -> Response:
    """Do what a link is for."""
    try:
        form = await form_of(request)
        link = await bus.ask(LookAtLink(token=token))
    except ValidationError:
        raise _unknown() from None
    typed, value = form.get("value", "").strip() if link.number else "", None
    try:
        if typed:
            readings = _readings(request, link, typed)
            if len(readings) > 1:
                return choice_page(link, typed, readings)
            value = float(readings[0])
        command = _command(token, form, value)
        if link.number and value is None and not command.undo:
            raise _no_number(link)
        acted = await bus.ask(command)
    except Invalid as no:
        return ask_page(link, say(link.language, no.text, no.params), typed)
    except Refused as no:
        return refused_page(no, link.language)
    if acted.outcome == "asks":
        return replace_page(acted, typed)
    if command.undo and acted.outcome == "as_it_was" and acted.logged is not None:
        return kept_page(acted)
    return done_page(acted)


def _readings(request: Request, link: Link, typed: str) -> list[Decimal]:
    """Read a quantity in every way that is possible and not too large. Refuses with `Invalid`."""
    found = read(typed, link.measure, [link.language, *_tongues(request)], link.unit)
    if not found:
        raise _no_number(link)
    fit = [one for one in found if one <= MAX_VALUE and (one * 1000) % 1 == 0]
    if not fit:
        raise Invalid("not_a_number", "Write a number up to 1,000,000,000, with three decimals.")
    return fit


def _no_number(link: Link) -> Invalid:
    """Say that a quantity is asked for, and how it is written."""
    if link.measure == "duration":
        return Invalid("not_a_duration", "Write a time with its unit, such as 30 min or 1:30.")
    return Invalid("not_a_number", "Write a number, such as 5 or 2.5.")


def _tongues(request: Request) -> list[str]:
    """Return the language that the browser likes best, if it names one."""
    tag = _TAG.match(request.headers.get("accept-language", "")[:100])
    return [tag[1]] if tag else []


def _command(token: str, form: dict[str, str], value: float | None) -> ActOnLink:
    wait, seen = form.get("for", ""), _SEEN.fullmatch(form.get("replaces", ""))
    minutes = next((int(one) for one, _ in WAITS if one == wait and one.isdigit()), None)
    replaces = None
    if seen is not None:
        replaces = Logged(value=float(seen[2]), state=cast(CheckInState, seen[1]))
    return ActOnLink(
        token=token,
        value=value,
        minutes=minutes,
        until="tomorrow" if wait == "tomorrow" else None,
        replaces=replaces,
        undo="undo" in form,
    )


def _unknown() -> NotFound:
    return NotFound("link_unknown", "This link is not one of ours.")
