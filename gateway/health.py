"""How Ritmo is: /livez, /readyz, /metrics, and what it says over the bus: /asyncapi.

/livez and /readyz answer from memory and are not counted: whoever watches them would stop a Ritmo
that refuses.
"""

import asyncio
import hmac
import ipaddress
import time
from typing import Literal

from fastapi import APIRouter, Depends, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import ConfigDict, Field
from starlette.responses import Response

from contracts.health import State
from contracts.message import Denied, Unauthenticated
from contracts.speech import say
from gateway.answers import JSON, Shown, answer
from gateway.deps import Door, IfNoneMatch, door_of, guest
from gateway.descriptions import TAGS
from gateway.language import liked
from gateway.limits import address_of
from gateway.problems import BadRequest, documented, problem

TAGS["health"] = "How Ritmo itself is."

router = APIRouter(tags=["health"], generate_unique_id_function=lambda route: route.name)

FRESH = 1.0
"""Seconds for which a look at the parts holds."""

DISPENSABLE = frozenset(
    {
        *("backup", "backups", "clock", "courier", "migrations", "outbox", "parked", "queues"),
        *("redis", "telegram"),
    }
)
"""Parts without which Ritmo still answers."""

BEARABLE = frozenset({"low"})
"""Codes of parts that still do what they are for."""


class Alive(Shown):
    """The gateway answers."""

    status: Literal["alive"] = "alive"
    """Always `alive`."""


class Ready(Shown):
    """Whether Ritmo can work: `ok` for each part, or what is wrong with it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "degraded",
                    "parts": {"habits": "ok", "database": "ok", "parked": "waiting"},
                    "advice": {
                        "parked": "1 fact could not be taken in: see `ritmo parked list`, "
                        "then replay or drop it."
                    },
                }
            ]
        }
    )
    status: Literal["ready", "degraded"] = Field(
        description="`degraded`: Ritmo answers, but something needs a hand; see `advice`."
    )
    parts: dict[str, str] = Field(description="By part: `ok`, or a code of what is wrong.")
    advice: dict[str, str] | None = Field(
        default=None,
        description="By part that is not ok: what is wrong, since when, and what to do.",
    )


async def look(door: Door) -> list[State]:
    """Look at the parts; at most once in `FRESH` seconds."""
    now = time.monotonic()
    seen = door.known.get("parts")
    if seen is None or now - seen[0] >= FRESH:
        seen = door.known["parts"] = (now, await door.ready())
    return seen[1]


def codes_of(states: list[State]) -> dict[str, str]:
    """Return the code of each part."""
    return {state.part: state.code for state in states}


def advice_of(states: list[State], language: str) -> dict[str, str]:
    """Say of each part that is not well what is wrong, and what to do."""
    return {state.part: state.said(language) for state in states if not state.well and state.text}


def ailing(states: list[State]) -> list[str]:
    """List the parts that are missing and cannot be done without."""
    return [
        state.part
        for state in states
        if not state.well and state.part not in DISPENSABLE and state.code not in BEARABLE
    ]


@router.get("/livez", response_model=Alive, summary="Is the gateway alive?")
async def livez() -> Response:
    """Tell that the gateway answers; nothing else is looked at."""
    return answer(Alive())


@router.get("/readyz", response_model=Ready, responses=documented(503), summary="Is Ritmo ready?")
async def readyz(request: Request) -> Response:
    """Tell whether the parts are alive. Answers 503 while one is not, or while Ritmo leaves."""
    language = liked(request.scope)
    if getattr(request.app.state, "draining", False):
        text = say(language, "Ritmo is stopping; ask another one.")
        return problem(request.scope, 503, "draining", text, language, retry_after=2)
    states = await look(door_of(request))
    parts, advice, missing = codes_of(states), advice_of(states, language), ailing(states)
    if missing:
        text = say(language, "These parts are not ready: {parts}.", {"parts": ", ".join(missing)})
        more: dict[str, object] = {"parts": parts, "advice": advice}
        return problem(request.scope, 503, "not_ready", text, language, retry_after=2, **more)
    well = all(state.well for state in states)
    status: Literal["ready", "degraded"] = "ready" if well else "degraded"
    ready = Ready(status=status, parts=parts, advice=advice or None)
    headers = {"Content-Language": language, "Vary": "Accept-Language"}
    return Response(ready.model_dump_json(exclude_none=True), 200, headers, JSON)


FORWARDED = frozenset({"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"})
"""Headers by which a proxy tells that it speaks for somebody else."""


def _from_here(request: Request) -> bool:
    """Tell whether a request comes from this machine, and not through a proxy on it."""
    try:
        peer = ipaddress.ip_address(address_of(request))
    except ValueError:
        return False
    if isinstance(peer, ipaddress.IPv6Address) and peer.ipv4_mapped is not None:
        peer = peer.ipv4_mapped
    return peer.is_loopback and FORWARDED.isdisjoint(request.headers.keys())


async def may_see_figures(request: Request) -> None:
    """Let through who has the token for figures; without one, who asks from this machine.

    Refuses with `Unauthenticated` or `Denied`.
    """
    token = door_of(request).metrics_token
    if token is None:
        if not _from_here(request):
            text = "Figures are for this machine alone; RITMO_METRICS_TOKEN opens them to others."
            raise Denied("metrics_closed", text)
        return
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    known = hmac.compare_digest(given.strip().encode(), token.encode())
    if scheme.lower() != "bearer" or not known:
        text = "Send the token for figures as Authorization: Bearer."
        raise Unauthenticated("metrics_closed", text)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **documented(401, 403, 429)},
    dependencies=[Depends(guest), Depends(may_see_figures)],
    summary="Get figures",
)
async def metrics() -> Response:
    """Get the figures of this process, for Prometheus: with its token, or from loopback."""
    # Many labels take a while to write down.
    figures = await asyncio.to_thread(generate_latest)
    return Response(figures, headers={"Content-Type": CONTENT_TYPE_LATEST})


@router.get(
    "/asyncapi",
    response_class=Response,
    responses={200: {"content": {JSON: {}}}, **documented(404, 422, 429)},
    dependencies=[Depends(guest)],
    summary="Get the AsyncAPI document",
)
async def asyncapi(request: Request, known: IfNoneMatch = None) -> Response:
    """Get the document of all that rooms answer, tell and hear over the bus."""
    document = door_of(request).asyncapi
    if document is None:
        raise BadRequest(404, "no_asyncapi", "This Ritmo has no AsyncAPI document.")
    return await document.answer(known)
