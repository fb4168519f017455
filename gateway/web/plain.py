"""Small pages that are put together without a template: behind links in mails, hooks, calendars."""

from html import escape

from fastapi import Request
from starlette.responses import HTMLResponse, Response

from gateway.web.files import file

CSP = (
    "default-src 'none'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'none'; style-src 'self'"
)

HTML = "text/html; charset=utf-8"


def html_of(title: str, body: str, language: str) -> str:
    """Put the text of a page together."""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="{file("style.css")}"></head>'
        f'<body class="plain"><main>{body}</main></body></html>'
    )


def page(
    title: str, body: str, language: str, *, forms: bool = False, status: int = 200
) -> Response:
    """Put a page together; `forms`: it may be sent back here."""
    policy = CSP.replace("form-action 'none'", "form-action 'self'") if forms else CSP
    headers = {"Content-Security-Policy": policy, "Content-Language": language, "Vary": "Accept"}
    return HTMLResponse(html_of(title, body, language), status, headers)


def wants_page(request: Request) -> bool:
    """Tell whether a person asks: browsers name HTML."""
    return "text/html" in request.headers.get("accept", "")
