"""The front door: hands the gateway its bus, its verifier and what it may know of the parts."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from fastapi import FastAPI

from actors import ROOMS
from actors.runtime.settings import Settings
from actors.runtime.version import version
from contracts.bus import Bus, deadline_in
from contracts.health import OK, Pong, State, ping_of
from contracts.message import Refused
from contracts.principal import Verifier
from gateway.app import GatewaySettings, open_gateway
from ops.health import (
    Deployment,
    bus_state,
    database_away,
    database_state,
    disk_state,
    pinged_state,
    schema_state,
    seen_states,
    without_space,
)
from ops.outside import redis_state

READY = 2.0
"""Seconds within which a part must show that it is alive."""

ELSEWHERE = frozenset({"room_down", "broker_away", "line_lost", "unanswered", "expired"})
"""Refusals by which nobody knows how the database is."""


def open_door(settings: Settings, bus: Bus, verifier: Verifier) -> FastAPI:
    """Open the gateway on a bus."""
    return open_gateway(
        bus,
        verifier,
        GatewaySettings(
            base_url=address_of(settings),
            trusted_hosts=settings.trusted_hosts,
            metrics_token=token.get_secret_value() if (token := settings.metrics_token) else None,
            cors_origins=settings.cors_origins,
            rate_per_minute=settings.rate_per_minute,
            login_per_minute=settings.login_per_minute,
            redis_url=settings.redis(),
        ),
        version=version(),
        ready=readiness(settings, bus),
        asyncapi=asyncapi,
    )


def address_of(settings: Settings) -> str:
    """Return where people reach Ritmo, as far as settings tell; empty if they do not."""
    here = settings.host in ("127.0.0.1", "localhost") and settings.port
    return settings.base_url or (settings.address() if here else "")


def readiness(settings: Settings, bus: Bus) -> Callable[[], Awaitable[list[State]]]:
    """Make the question how the parts are."""
    way, redis = Deployment(apart=settings.amqp() is not None), settings.redis()

    async def ready() -> list[State]:
        if redis is None:
            return judged(await pings(bus), way)
        answers, limits = await asyncio.gather(pings(bus), redis_state(redis))
        return [*judged(answers, way), limits]

    return ready


async def pings(bus: Bus) -> dict[str, Pong | Refused]:
    """Ping all rooms at once."""
    answers = await asyncio.gather(*(ping(bus, room) for room in ROOMS))
    return dict(zip(ROOMS, answers, strict=True))


async def ping(bus: Bus, room: str) -> Pong | Refused:
    """Ping a room; return its answer, or why there is none."""
    try:
        return await bus.ask(ping_of(room)(), deadline=deadline_in(READY))
    except Refused as no:
        return no


def judged(answers: Mapping[str, Pong | Refused], way: Deployment) -> list[State]:
    """Judge the parts by what the rooms answered."""
    codes = {room: no.code for room, no in answers.items() if isinstance(no, Refused)}
    away = set(codes.values()) <= {"broker_away", "line_lost"} and len(codes) == len(answers)
    seen = [pong for pong in answers.values() if isinstance(pong, Pong)]
    beats = seen[0].beats if seen else {}
    found = [pinged_state(room, codes.get(room, OK), beats.get(room), way) for room in answers]
    if way.apart:
        found.append(bus_state(not away))
    if not seen:
        known = any(code not in ELSEWHERE for code in codes.values())
        unknown = [State(part, "unknown") for part in ("courier", "clock")]
        database = database_away() if known else State("database", "unknown")
        full = [disk_state(0, 0)] if "disk_full" in codes.values() else []
        return [*found, database, *unknown, *full]
    least = min(seen, key=lambda pong: pong.free or 0)
    schema, others = schema_state(least.revision), seen_states(least, way)
    if "disk_full" in codes.values():
        others = without_space(others)
    return [*found, database_state(least.read_only), schema, *others]


def asyncapi() -> str:
    """Write the AsyncAPI document of all rooms; FastStream is imported when it is asked for."""
    from ops.asyncapi import document

    return document()
