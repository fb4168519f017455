"""A gateway over stand-ins, and a client of it."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from contracts.health import State
from gateway.app import GatewaySettings, open_gateway
from tests.gateway.standing_in import StandInBus, StandInVerifier

ORIGIN = "https://web.example.org"


@pytest.fixture
def bus() -> StandInBus:
    return StandInBus()


@pytest.fixture
def app(bus: StandInBus) -> FastAPI:
    settings = GatewaySettings(
        cors_origins=(ORIGIN,), login_per_minute=3, body_bytes=4096, import_bytes=1 << 20
    )

    async def ready() -> list[State]:
        return [State("rooms"), State("database")]

    return open_gateway(bus, StandInVerifier(), settings, ready=ready, asyncapi=lambda: "{}")


def client_of(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://ritmo")


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as opened:
        yield opened
