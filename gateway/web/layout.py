"""How pages are laid out: templates, with what each of them can say and show."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from contracts.speech import count, say
from gateway.cookies import form_token, has_cookie
from gateway.language import known_language
from gateway.web.files import file, version

if TYPE_CHECKING:
    from jinja2 import Environment

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "Cache-Control": "no-store",
    # Else a browser would name no origin with a form, and forms of other sites look the same.
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


@dataclass(frozen=True, slots=True)
class NavPlace:
    """A place of the navigation: its address, what it is called, and its icon."""

    path: str
    name: str
    icon: str


PLACES = (
    NavPlace("/", "Today", "today"),
    NavPlace("/week", "Week", "week"),
    NavPlace("/diary", "Diary", "diary"),
    NavPlace("/insight", "Insight", "insight"),
    NavPlace("/settings", "Settings", "settings"),
)
"""The places, in order; one is shown once there is a page at its address."""

NOTES: dict[str, str] = {
    "entry_deleted": "The entry was thrown away. It can be brought back for 30 days.",
    "restored": "It is back.",
    "saved": "Saved.",
    "signed_out": "You are signed out.",
}
"""What a page can say after something was done, by the word in `?said=`."""


@cache
def environment() -> "Environment":
    """Prepare the templates; Jinja is imported on demand."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = FileSystemLoader(Path(__file__).parent / "templates")
    made = Environment(
        loader=folder,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals.update(file=file, version=version, day_of=day_of)
    return made


def day_of(day: date, language: str, form: str = "EEEE, d MMMM") -> str:
    """Write a day; `form` is that of CLDR, in which English puts the month first."""
    from babel.dates import format_date

    if language == "en":
        form = (
            form.replace("d MMMM", "MMMM d") if "MMMM" in form else form.replace("d MMM", "MMM d")
        )
    said = str(format_date(day, form, locale=language))
    return said[:1].upper() + said[1:]


def is_there(request: Request, path: str) -> bool:
    """Tell whether there is a page at an address: what is not there yet is not led to."""
    return any(getattr(route, "path", "") == path for route in request.app.router.routes)


def html(request: Request, template: str, words: Mapping[str, object]) -> tuple[str, str]:
    """Fill a template; return the text and its language."""
    language = str(words.get("language") or known_language(request.scope))

    def sentence(text: str, **params: object) -> str:
        return say(language, text, params)

    def counted(one: str, many: str, number: int, **params: object) -> str:
        return count(language, one, many, number, params)

    known = {
        "_": sentence,
        "_n": counted,
        "language": language,
        "places": [place for place in PLACES if is_there(request, place.path)],
        "here": request.url.path,
        "signed_in": has_cookie(request),
        "form_token": form_token(request) if has_cookie(request) else "",
        "secure": request.scope["scheme"] == "https",
        "note": NOTES.get(request.query_params.get("said", ""), ""),
    }
    return environment().get_template(template).render({**known, **words}), language


def show(request: Request, template: str, status: int = 200, **words: object) -> Response:
    """Show a page: a template, filled with words."""
    text, language = html(request, template, words)
    headers = HEADERS | {"Content-Language": language, "Vary": "Accept-Language, Cookie"}
    return Response(text, status, headers, "text/html; charset=utf-8")


def go(place: str, **query: str) -> Response:
    """Send the browser on to a page, after something was done."""
    return RedirectResponse(f"{place}?{urlencode(query)}" if query else place, 303)


def safe_place(given: str, otherwise: str = "/") -> str:
    """Return an address of a page of ours, and never one of another site."""
    ours = given.startswith("/") and not given.startswith(("//", "/\\", "/v1/"))
    return given if ours and len(given) <= 500 and given.isprintable() else otherwise
