"""Rooms over the in-process bus and a real PostgreSQL, emptied before each test."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
import pytest_asyncio
import time_machine
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.courier import Courier
from actors.runtime.edge import Edge
from actors.runtime.local import LocalBus
from actors.runtime.settings import Settings
from ops.platform import rooms
from storage import embedded
from storage.session import open_engine
from tests import databases
from tests.rooms.people import NOON, PATIENCE, TRIES
from tests.rooms.tracking import Tracker, newcomer


@pytest.fixture(scope="session")
def database(postgres: embedded.Embedded) -> str:
    """Give the address of a database for these tests."""
    return databases.create(postgres.url, "rooms")


@pytest_asyncio.fixture(scope="session")
async def opened(database: str) -> AsyncIterator[AsyncEngine]:
    """Open an engine for all tests: what is connected stays so."""
    engine = open_engine(database, 10)
    yield engine
    await engine.dispose()


@pytest_asyncio.fixture
async def engine(opened: AsyncEngine) -> AsyncEngine:
    """Give the engine, on the emptied database."""
    await databases.empty(opened)
    return opened


SETTINGS = Settings(login_per_minute=TRIES)


@pytest_asyncio.fixture
async def bus(engine: AsyncEngine) -> LocalBus:
    """Open the rooms on a bus."""
    bus = LocalBus()
    for room in rooms():
        await room.open(SETTINGS)
        bus.open_room(Edge(room, engine, bus, 8, limit=PATIENCE))
    return bus


@pytest.fixture
def carry(engine: AsyncEngine, bus: LocalBus) -> Callable[[], Awaitable[None]]:
    """Carry facts until none is left."""
    courier = Courier(engine, bus.deliver)

    async def run() -> None:
        while await courier.carry():
            pass

    return run


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Let it be noon on a certain Monday, and let time go on from there."""
    with time_machine.travel(NOON) as traveller:
        yield traveller


@pytest_asyncio.fixture
async def ann(bus: LocalBus, engine: AsyncEngine, clock: time_machine.Traveller) -> Tracker:
    """Let Ann, who lives by UTC, keep habits."""
    return await newcomer(bus, engine)


@pytest_asyncio.fixture
async def bob(bus: LocalBus, engine: AsyncEngine, clock: time_machine.Traveller) -> Tracker:
    """Let Bob, who lives in Berlin, keep habits, too."""
    return await newcomer(bus, engine, "Europe/Berlin")
