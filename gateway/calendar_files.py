"""What calendars read: /calendar/{secret}.ics, and a page beside it for people.

The page (/calendar/{secret}/page) says how to subscribe, and honestly how often each program looks.
"""

import gzip
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from html import escape

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from contracts.calendar import (
    CalendarFile,
    ReadFeed,
)
from contracts.speech import say
from gateway.answers import is_known
from gateway.calendar import webcal_of
from gateway.deps import IfNoneMatch, TheBus, door_of, guest
from gateway.web.plain import page

router = APIRouter(include_in_schema=False, dependencies=[Depends(guest)])

UNLISTED = {"X-Robots-Tag": "noindex"}
"""The address is a secret: no search engine lists it."""

HEADERS = {
    **UNLISTED,
    "Cache-Control": "private, no-cache",
    "Vary": "Accept-Encoding",
    "Content-Disposition": 'inline; filename="ritmo.ics"',
}

MIN_GZIP = 500
"""Bytes from which a file is worth being compressed."""

LOOKS = (
    ("Google Calendar", "every 8 to 24 hours; it cannot be hurried"),
    ("Apple (macOS, iOS)", "as you set it for the calendar, from 5 minutes to a week"),
    ("Outlook", "about every 3 hours, sometimes more rarely"),
    ("Thunderbird", "every 30 minutes, or as you set it"),
    ("Nextcloud", "once a week, or as the calendar asks: every hour"),
)
"""Programs, and how often each looks into a calendar that it subscribes to."""


@router.api_route("/calendar/{secret}.ics", methods=["GET", "HEAD"])
async def read_feed(
    request: Request, secret: str, bus: TheBus, known: IfNoneMatch = None
) -> Response:
    """Give the file of a feed, or say that it is as it was."""
    tag = None if known is None else known.strip().removeprefix("W/").strip('"')
    wanted = tag if tag and len(tag) <= 100 else None
    found = await bus.ask(ReadFeed(secret=secret[:100], etag=wanted))
    etag = f'"{found.etag}"'
    headers = {
        **HEADERS,
        "ETag": etag,
        "Last-Modified": format_datetime(found.changed_at, usegmt=True),
    }
    if found.file is None or _unchanged(request, found, etag, known):
        return Response(status_code=304, headers=headers)
    body = found.file.encode()
    if len(body) >= MIN_GZIP and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, 6, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, headers=headers, media_type="text/calendar; charset=utf-8")


@router.get("/calendar/{secret}/page")
async def feed_page(request: Request, secret: str, bus: TheBus) -> Response:
    """Tell how to subscribe to a feed."""
    found = await bus.ask(ReadFeed(secret=secret[:100], peek=True))
    base, path = door_of(request).base_url, f"/calendar/{escape(secret)}.ics"
    shown = page(found.name, _body(found, base, path), found.language)
    shown.headers.update({**UNLISTED, "Cache-Control": "no-store"})
    return shown


def _unchanged(request: Request, found: CalendarFile, etag: str, known: str | None) -> bool:
    """Tell whether a program has the file already; a date counts only without an ETag."""
    if known is not None:
        return is_known(etag, known)
    since = _date(request.headers.get("if-modified-since"))
    return since is not None and found.changed_at.replace(microsecond=0) <= since


def _date(text: str | None) -> datetime | None:
    """Read an HTTP date; None for what is none (RFC 9110, section 13.1.3)."""
    try:
        return parsedate_to_datetime(text) if text else None
    except ValueError:
        return None


def _body(found: CalendarFile, base: str, path: str) -> str:
    """Write the page beside a feed."""
    language = found.language

    def told(text: str) -> str:
        return escape(say(language, text))

    webcal = webcal_of(base, path)
    shown = escape(f"{base}{path}")
    subscribe = (
        f'<p><a href="{escape(webcal)}">{told("Subscribe")}</a></p>{_code(webcal)}'
        if webcal
        else f'<p><a href="{path}">{told("Open the calendar")}</a></p>'
    )
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{told(often)}</td></tr>" for name, often in LOOKS
    )
    return (
        f"<h1>{escape(found.name)}</h1>{subscribe}"
        f"<p>{told('Or copy this address into your calendar:')}</p><pre>{shown}</pre>"
        f"<p>{told('Whoever knows this address can read the calendar; nobody can change it.')}</p>"
        f"<h2>{told('How soon a change is seen')}</h2>"
        f"<p>{told('That is for your program to decide:')}</p><table>{rows}</table>"
    )


def _code(text: str) -> str:
    """Draw a QR code."""
    import segno

    return str(segno.make(text, micro=False).svg_inline(scale=4, dark="#222", light="#fff"))
