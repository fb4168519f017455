"""How Ritmo is, at `/status`, and what its API takes, at `/docs`; programs are greeted in JSON."""

from html import escape

from fastapi import APIRouter, Depends, FastAPI, Request
from pydantic import BaseModel
from starlette.responses import Response

from contracts.health import State
from contracts.speech import say
from gateway.answers import answer
from gateway.deps import IfNoneMatch, door_of, guest
from gateway.health import advice_of, ailing, codes_of, look
from gateway.language import liked
from gateway.web.docs import operations
from gateway.web.plain import CSP, html_of, page

router = APIRouter(include_in_schema=False, dependencies=[Depends(guest)])

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


async def greeted(request: Request) -> Response:
    """Greet a program."""
    states = await look(door_of(request))
    greeting = Greeting(ready=not ailing(states), parts=codes_of(states))
    return answer(greeting, headers={"Vary": "Accept"})


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


@router.get("/status")
async def status(request: Request) -> Response:
    """Show whether the parts are alive, and how a program begins."""
    states = await look(door_of(request))
    well = all(state.well for state in states)
    language = liked(request.scope)
    state = "All is well." if well else "Something needs a hand; what and how stands below."
    body = (
        "<header><h1>Ritmo</h1><p>{tagline}</p></header>"
        '<section><h2 class="{mark}">{state}</h2>{parts}</section>'
        '<nav><a href="/">{app}</a><a href="/docs">{docs}</a><a href="/openapi.json">OpenAPI</a>'
        '<a href="/asyncapi">AsyncAPI</a></nav>'
        "<section><h2>{begin}</h2><p>{hint}</p><pre>{start}</pre></section>"
    ).format(
        tagline=escape(say(language, "Your habits, on your own machine.")),
        mark="ok" if well else "away",
        state=escape(say(language, state)),
        parts=parts_list(states, language),
        app=escape(say(language, "Open Ritmo")),
        docs=escape(say(language, "Documentation")),
        begin=escape(say(language, "For programs")),
        hint=escape(say(language, "The first answer holds the access_token; put it into TOKEN.")),
        start=escape(START.format(base=door_of(request).base_url or UNKNOWN)),
    )
    return page("Ritmo", body, language)


def documentation(app: FastAPI, base_url: str, language: str) -> str:
    """Write the documentation page."""
    return html_of("Ritmo API", operations(app.openapi(), base_url or UNKNOWN), language)


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
