"""Where the links in mails lead: /l/{token} and /u/{token}, pages for people without a login.

Programs that scan mails follow links: so looking (GET) changes nothing, and only the button (POST)
acts. To leave a digest the mail program itself posts to /u/{token} (RFC 8058), without a cookie.
"""

import math
from html import escape

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import Response

from contracts.deliveries import ActOnLink, Link, LookAtLink
from contracts.message import Gone, Invalid, NotFound, Refused
from contracts.speech import say
from gateway.deps import TheBus, guest
from gateway.forms import form_of
from gateway.language import liked
from gateway.problems import status_of
from gateway.web import page

router = APIRouter(include_in_schema=False, dependencies=[Depends(guest)])

QUESTIONS = {
    "done": "Done with “{habit}”?",
    "skip": "Skip “{habit}”?",
    "snooze": "Be reminded later?",
    "unsubscribe": "No more of these mails?",
}
BUTTONS = {
    "done": "Done",
    "skip": "Skip today",
    "snooze": "Remind me later",
    "unsubscribe": "Unsubscribe",
}
ANSWERS = {
    "done": "Noted: “{habit}” is done.",
    "skip": "Noted: “{habit}” is skipped. Your streak lives on.",
    "snooze": "It comes again later.",
    "unsubscribe": "You get no more of these mails.",
}
HINTS = {
    "done": "Press the button, and it is checked in for the day of the mail.",
    "skip": "A skipped day neither breaks nor lengthens a streak.",
    "snooze": "Choose for how long it is to be silent.",
    "unsubscribe": "You can switch digests on again in Ritmo at any time.",
}
WAITS = (
    ("15", "15 minutes"),
    ("60", "1 hour"),
    ("180", "3 hours"),
    ("tomorrow", "Until tomorrow"),
)
DAYS = {"en": "EEEE, MMMM d", "ru": "EEEE, d MMMM"}
"""How a day is written, without the year (CLDR)."""


def ask_page(link: Link) -> Response:
    """Lay out what a link is for, and the button that does it."""
    language = link.language
    fields = ""
    if link.number:
        unit = f" {escape(link.unit)}" if link.unit else ""
        usual = f"{link.usual:g}" if link.usual is not None else ""
        label = escape(say(language, "How much?"))
        fields = (
            f'<label>{label} <input name="value" inputmode="decimal" size="8" maxlength="20"'
            f' value="{usual}">{unit}</label>'
        )
    if link.purpose == "snooze":
        options = "".join(
            f'<option value="{value}"{" selected" if value == "60" else ""}>'
            f"{escape(say(language, label))}</option>"
            for value, label in WAITS
        )
        fields = f'<label><select name="for">{options}</select></label>'
    title = say(language, QUESTIONS[link.purpose], {"habit": link.habit})
    day = f'<p class="day">{_day(link)}</p>' if link.day and link.purpose != "snooze" else ""
    button = escape(say(language, BUTTONS[link.purpose]))
    body = (
        f"<section><h2>{escape(title)}</h2>{day}<p>{escape(say(language, HINTS[link.purpose]))}</p>"
        f'<form method="post">{fields}<button>{button}</button></form></section>'
    )
    return _page(title, body, language)


def done_page(link: Link) -> Response:
    """Say that it is done."""
    language = link.language
    title = say(language, ANSWERS[link.purpose], {"habit": link.habit})
    more = ""
    if link.used:
        more = f"<p>{escape(say(language, 'This was noted before; nothing was done twice.'))}</p>"
    return _page(title, f'<section><h2 class="ok">{escape(title)}</h2>{more}</section>', language)


def refused_page(no: Refused, language: str) -> Response:
    """Say in words why a link does nothing."""
    title = say(language, no.text, no.params)
    known = isinstance(no, (Gone, NotFound, Invalid))
    text = (
        "You can still do it in Ritmo itself."
        if known
        else "Go back and try again in a moment; nothing is lost."
    )
    body = (
        f'<section><h2 class="away">{escape(title)}</h2><p>{escape(say(language, text))}</p>'
        "</section>"
    )
    return _page(title, body, language, status_of(no))


def _page(title: str, body: str, language: str, status: int = 200) -> Response:
    body = f"<header><h1>Ritmo</h1></header>{body}"
    shown = page(title, body, language, forms=True, status=status)
    shown.headers["X-Robots-Tag"] = "noindex, nofollow"
    return shown


def _day(link: Link) -> str:
    if link.day is None:
        return ""
    from babel.dates import format_date

    return escape(format_date(link.day, DAYS[link.language], locale=link.language))


def _number(given: str) -> float | None:
    """Read a number as people write it. Refuses with `Invalid`."""
    text = given.strip().replace(",", ".").replace("\N{NO-BREAK SPACE}", "").replace(" ", "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1_000_000_000:
        raise Invalid("not_a_number", "Write a number, such as 5 or 2.5.")
    return value


def _command(token: str, form: dict[str, str]) -> ActOnLink:
    wait = form.get("for", "")
    minutes = next((int(value) for value, _ in WAITS if value == wait and value.isdigit()), None)
    return ActOnLink(
        token=token,
        value=_number(form.get("value", "")),
        minutes=minutes,
        until="tomorrow" if wait == "tomorrow" else None,
    )


def _unknown() -> NotFound:
    return NotFound("link_unknown", "This link is not one of ours.")


@router.get("/l/{token}")
@router.get("/u/{token}")
async def look(request: Request, token: str, bus: TheBus) -> Response:
    """Show what a link is for; nothing is done."""
    try:
        link = await bus.ask(LookAtLink(token=token))
    except ValidationError:
        return refused_page(_unknown(), liked(request.scope))
    except Refused as no:
        return refused_page(no, liked(request.scope))
    return done_page(link) if link.used else ask_page(link)


@router.post("/l/{token}")
@router.post("/u/{token}")
async def act(request: Request, token: str, bus: TheBus) -> Response:
    """Do what a link is for."""
    try:
        link = await bus.ask(_command(token, await form_of(request)))
    except ValidationError:
        return refused_page(_unknown(), liked(request.scope))
    except Refused as no:
        return refused_page(no, liked(request.scope))
    return done_page(link)
