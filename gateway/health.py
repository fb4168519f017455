"""How Ritmo is: /livez, /readyz, /metrics, and what it says over the bus: /asyncapi."""

import asyncio
import time
from typing import Literal

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from contracts.speech import say
from gateway.answers import JSON, answer
from gateway.deps import Door, door_of
from gateway.problems import BadRequest, documented, language_of, problem

router = APIRouter(tags=["health"], generate_unique_id_function=lambda route: route.name)

FRESH = 1.0
"""Seconds for which a look at the parts holds."""

DISPENSABLE = frozenset({"clock", "redis", "telegram"})
"""Parts without which Ritmo still answers."""


class Alive(BaseModel):
    """The gateway answers."""

    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    """Whether Ritmo can work: `ok` for each part, or what is wrong with it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"status": "ready", "parts": {"rooms": "ok", "database": "ok"}}]
        }
    )
    status: Literal["ready", "degraded"]
    parts: dict[str, str]


async def look(door: Door) -> dict[str, str]:
    """Look at the parts; at most once in `FRESH` seconds."""
    now = time.monotonic()
    seen = door.known.get("parts")
    if seen is None or now - seen[0] >= FRESH:
        seen = door.known["parts"] = (now, await door.ready())
    return seen[1]


def ailing(parts: dict[str, str]) -> list[str]:
    """List the parts that are missing and cannot be done without."""
    return [name for name, how in parts.items() if how != "ok" and name not in DISPENSABLE]


@router.get("/livez", response_model=Alive, summary="Is the gateway alive?")
async def livez() -> Response:
    """Tell that the gateway answers; nothing else is looked at."""
    return answer(Alive())


@router.get("/readyz", response_model=Ready, responses=documented(503), summary="Is Ritmo ready?")
async def readyz(request: Request) -> Response:
    """Tell whether the parts are alive. Answers 503 while one is not, or while Ritmo leaves."""
    language = language_of(request)
    if getattr(request.app.state, "draining", False):
        text = say(language, "Ritmo is stopping; ask another one.")
        return problem(request.scope, 503, "draining", text, language, retry_after=2)
    parts = await look(door_of(request))
    missing = ailing(parts)
    if missing:
        text = say(language, "These parts are not ready: {parts}.", {"parts": ", ".join(missing)})
        return problem(request.scope, 503, "not_ready", text, language, retry_after=2, parts=parts)
    well = all(how == "ok" for how in parts.values())
    return answer(Ready(status="ready" if well else "degraded", parts=parts))


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
    summary="Get figures",
)
async def metrics() -> Response:
    """Get the figures of this process, for Prometheus."""
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


@router.get(
    "/asyncapi",
    response_class=Response,
    responses={200: {"content": {JSON: {}}}, **documented(404)},
    summary="Get the AsyncAPI document",
)
async def asyncapi(request: Request) -> Response:
    """Get the document of all that rooms answer, tell and hear over the bus."""
    write = door_of(request).asyncapi
    if write is None:
        raise BadRequest(404, "no_asyncapi", "This Ritmo has no AsyncAPI document.")
    # It imports FastStream the first time, which takes a while.
    return Response(await asyncio.to_thread(write), media_type=JSON)
