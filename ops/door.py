"""The front door: hands the gateway its bus, its verifier and what it may know of the parts."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.settings import Settings
from contracts.analytics import GetSummary
from contracts.auth import GetKeys
from contracts.bus import Bus, deadline_in
from contracts.check_ins import GetToday
from contracts.message import Asked, Refused, Unauthenticated
from contracts.moods import GetMoods
from contracts.principal import Verifier
from contracts.reminders import ListReminders
from contracts.users import GetProfile
from gateway.app import GatewaySettings, open_gateway
from storage import heartbeat
from storage.session import transaction

READY = 2.0
"""Seconds within which a part must show that it is alive."""

SMALL: dict[str, Asked[Any]] = {
    "auth": GetKeys(),
    "users": GetProfile(),
    "habits": GetToday(),
    "journal": GetMoods(),
    "analytics": GetSummary(),
    "reminders": ListReminders(),
}
"""What each room is asked, in nobody's name, to see whether it is there."""

STALE = 30.0
"""Seconds after which a clock that did not beat counts as dead."""


def open_door(
    settings: Settings, bus: Bus, verifier: Verifier, engine: AsyncEngine | None = None
) -> FastAPI:
    """Open the gateway on a bus. With an engine it can tell of the database and the clock, too."""
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
        ready=readiness(bus, engine),
        asyncapi=asyncapi,
    )


def address_of(settings: Settings) -> str:
    """Return where people reach Ritmo, as far as settings tell; empty if they do not."""
    here = settings.host in ("127.0.0.1", "localhost") and settings.port
    return settings.base_url or (f"http://{settings.host}:{settings.port}" if here else "")


def readiness(bus: Bus, engine: AsyncEngine | None) -> Callable[[], Awaitable[dict[str, str]]]:
    """Make the question whether the parts are alive; `ok` or why not, by part."""

    async def ready() -> dict[str, str]:
        parts = await rooms_alive(bus)
        if engine is not None:
            parts |= await stores_alive(engine)
        return parts

    return ready


async def rooms_alive(bus: Bus) -> dict[str, str]:
    """Ask each room something small, all at once."""
    answers = await asyncio.gather(*(room_alive(bus, asked) for asked in SMALL.values()))
    return dict(zip(SMALL, answers, strict=True))


async def room_alive(bus: Bus, asked: Asked[Any]) -> str:
    """Ask a room; one that wants to know who asks is alive, too."""
    try:
        await bus.ask(asked, deadline=deadline_in(READY))
    except Unauthenticated:
        return "ok"
    except Refused as no:
        return no.code
    return "ok"


async def stores_alive(engine: AsyncEngine) -> dict[str, str]:
    """Look at the database and at the clock's last beat."""
    try:
        async with transaction(engine) as tx:
            age = await heartbeat.age(tx, "clock")
    except (SQLAlchemyError, OSError):
        return {"database": "away", "clock": "unknown"}
    alive = age is not None and age < STALE
    return {"database": "ok", "clock": "ok" if alive else "silent"}


def asyncapi() -> str:
    """Write the AsyncAPI document of all rooms; FastStream is imported when it is asked for."""
    from ops.asyncapi import document

    return document()
