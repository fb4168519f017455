"""Pages for people: a greeting at `/`, and the documentation at `/docs`.

No foreign host, no script. The style of each page is allowed by its hash, and nothing else is.
"""

import base64
import hashlib
from html import escape
from pathlib import Path

from fastapi import APIRouter, Depends, FastAPI, Request
from pydantic import BaseModel
from starlette.responses import HTMLResponse, Response

from contracts.health import State
from contracts.speech import say
from gateway.answers import answer
from gateway.deps import IfNoneMatch, door_of, guest
from gateway.health import advice_of, ailing, codes_of, look
from gateway.language import liked
from gateway.web.docs import operations

router = APIRouter(include_in_schema=False, dependencies=[Depends(guest)])

HERE = Path(__file__).parent
STYLE = (HERE / "style.css").read_text("utf-8")
CSP = (
    "default-src 'none'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'none'; style-src "
    f"'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
)

ICON = (HERE / "favicon.ico").read_bytes()
KEPT = {"Cache-Control": "public, max-age=86400"}
"""What is the same for everybody, and may be kept for a day."""

UNKNOWN = "…"
"""Stands for the address of Ritmo where that is not set; what a request names may be forged."""

START = """\
RITMO={base}

curl -X POST $RITMO/v1/auth/register \\
  -H 'Content-Type: application/json' \\
  -d '{{"email": "you@example.org", "password": "a long sentence is best"}}'

curl -X POST $RITMO/v1/habits \\
  -H "Authorization: Bearer $TOKEN" \\
  -H 'Content-Type: application/json' \\
  -d '{{"name": "Read ten pages"}}'

curl $RITMO/v1/today -H "Authorization: Bearer $TOKEN"
"""


class Greeting(BaseModel):
    """What a program finds at `/`."""

    name: str = "Ritmo"
    ready: bool
    parts: dict[str, str]
    documentation: str = "/docs"
    openapi: str = "/openapi.json"
    asyncapi: str = "/asyncapi"


HTML = "text/html; charset=utf-8"


def html_of(title: str, body: str, language: str) -> str:
    """Put the text of a page together."""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>"
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


def parts_list(states: list[State], language: str) -> str:
    """Lay out how the parts are, and what to do about those that are not well."""
    advice, rows = advice_of(states, language), []
    for state in states:
        mark = "ok" if state.well else "away"
        said = say(language, "alive") if state.well else advice.get(state.part, state.code)
        rows.append(
            f'<li class="{mark}"><span>{escape(say(language, state.part))}</span>'
            f"<b>{escape(said)}</b></li>"
        )
    return f'<ul class="parts">{"".join(rows)}</ul>' if rows else ""


@router.get("/")
async def greet(request: Request) -> Response:
    """Greet, show whether the parts are alive, and say where to begin."""
    states = await look(door_of(request))
    if not wants_page(request):
        greeting = Greeting(ready=not ailing(states), parts=codes_of(states))
        return answer(greeting, headers={"Vary": "Accept"})
    well = all(state.well for state in states)
    language = liked(request.scope)
    state = "All is well." if well else "Something needs a hand; what and how stands below."
    body = (
        "<header><h1>Ritmo</h1><p>{tagline}</p></header>"
        '<section><h2 class="{mark}">{state}</h2>{parts}</section>'
        '<nav><a href="/docs">{docs}</a><a href="/openapi.json">OpenAPI</a>'
        '<a href="/asyncapi">AsyncAPI</a></nav>'
        "<section><h2>{begin}</h2><p>{hint}</p><pre>{start}</pre></section>"
    ).format(
        tagline=escape(say(language, "Your habits, on your own machine.")),
        mark="ok" if well else "away",
        state=escape(say(language, state)),
        parts=parts_list(states, language),
        docs=escape(say(language, "Documentation")),
        begin=escape(say(language, "Begin here")),
        hint=escape(say(language, "The first answer holds the access_token; put it into TOKEN.")),
        start=escape(START.format(base=door_of(request).base_url or UNKNOWN)),
    )
    return page("Ritmo", body, language)


def documentation(app: FastAPI, base_url: str, language: str) -> str:
    """Write the documentation page."""
    return html_of("Ritmo API", operations(app.openapi(), base_url or UNKNOWN), language)


@router.get("/favicon.ico")
async def icon() -> Response:
    """Give the icon that browsers ask for."""
    return Response(ICON, 200, KEPT, "image/vnd.microsoft.icon")


@router.get("/robots.txt")
async def robots() -> Response:
    """Ask search engines to stay away (RFC 9309): nothing here is for everybody."""
    return Response("User-agent: *\nDisallow: /\n", 200, KEPT, "text/plain")


@router.get("/docs")
async def docs(request: Request, known: IfNoneMatch = None) -> Response:
    """Show what the API takes and gives."""
    language = liked(request.scope)
    headers = {
        "Content-Security-Policy": CSP,
        "Content-Language": language,
        "Vary": "Accept-Language",
    }
    return await door_of(request).docs[language].answer(known, headers)


@router.get("/openapi.json")
async def openapi(request: Request, known: IfNoneMatch = None) -> Response:
    """Give the OpenAPI document."""
    return await door_of(request).openapi.answer(known)
