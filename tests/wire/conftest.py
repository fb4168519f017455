"""One place to test in, on either bus: a room, its database, a courier, and somebody who asks."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import aio_pika
import pytest
import pytest_asyncio
from aio_pika.abc import AbstractChannel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.rabbit.topology import routes_of
from storage import embedded
from storage.session import open_engine
from tests import backends, databases
from tests.broker import settle
from tests.bus_room import begun, gates, make_tables, room, troubles, until
from tests.wire.place import Place, Wire, answered, over_rabbit, within_process

IDLE = """
SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
    AND pid <> pg_backend_pid() AND state <> 'idle' AND xact_start IS NOT NULL)
"""
"""Whether nobody else is in a transaction."""


@pytest.fixture(scope="session")
def database(postgres: embedded.Embedded) -> str:
    """Give the address of a database for these tests, with the tables of their room."""
    return made(postgres, "wire")


def made(postgres: embedded.Embedded, name: str) -> str:
    """Make a database with the tables of the room."""
    url = databases.create(postgres.url, name)
    databases.done(url, make_tables)
    return url


@pytest.fixture(scope="session")
def wire() -> Iterator[Wire]:
    """Run a RabbitMQ for these tests."""
    # A node ends with the thread that started it, so one thread stays for all its starts.
    with ThreadPoolExecutor(1) as thread, backends.rabbitmq() as node:
        asyncio.run(settle(node, routes_of([room])))
        yield Wire(node, thread)


@pytest_asyncio.fixture(scope="session")
async def opened(database: str) -> AsyncIterator[AsyncEngine]:
    """Open an engine for all tests: what is connected stays so."""
    engine = open_engine(database, 24)
    yield engine
    await engine.dispose()


@pytest_asyncio.fixture
async def engine(opened: AsyncEngine) -> AsyncEngine:
    """Give the engine, on the emptied database."""
    await databases.empty(opened)
    return opened


@asynccontextmanager
async def tidy() -> AsyncIterator[None]:
    """Begin with closed gates; let everybody through at the end, so that nobody waits for ever."""
    for kept in (gates, begun, troubles):
        kept.clear()
    try:
        yield
    finally:
        for gate in gates.values():
            gate.set()


@pytest.fixture(scope="session")
def standing_database(postgres: embedded.Embedded) -> str:
    """Give the address of a database that no other courier empties."""
    return made(postgres, "standing")


@pytest_asyncio.fixture(scope="session")
async def standing(standing_database: str, wire: Wire) -> AsyncIterator[AsyncEngine]:
    """Open an engine for the place that stays open."""
    engine = open_engine(standing_database, 24)
    yield engine
    await wire.close_standing()
    await engine.dispose()


@pytest_asyncio.fixture
async def rabbit(standing: AsyncEngine, wire: Wire) -> AsyncIterator[Place]:
    """Give the room over RabbitMQ, as others have used it, once nobody is at work any more."""

    async def idle() -> bool:
        async with standing.connect() as tx:
            return bool((await tx.execute(text(IDLE))).scalar_one())

    place = await wire.standing(standing)
    await until(idle)
    await databases.empty(standing)
    await answered(place)
    async with tidy():
        yield place


@pytest_asyncio.fixture
async def fresh(engine: AsyncEngine, wire: Wire) -> AsyncIterator[Place]:
    """Open the room over RabbitMQ for a test that stops it, breaks it, or counts who hears."""
    async with over_rabbit(engine, wire) as place, tidy():
        await answered(place)
        yield place


@pytest_asyncio.fixture
async def channel(wire: Wire) -> AsyncIterator[AbstractChannel]:
    """Open a line of a stranger to the broker."""
    connection = await aio_pika.connect(wire.node.url)
    async with connection:
        yield await connection.channel()


@pytest_asyncio.fixture
async def local(engine: AsyncEngine) -> AsyncIterator[Place]:
    """Open the room within the process."""
    async with within_process(engine) as place, tidy():
        yield place


@pytest.fixture(params=["local", "rabbit"])
def place(request: pytest.FixtureRequest) -> Place:
    """Open the room on each bus in turn."""
    opened: Place = request.getfixturevalue(request.param)
    return opened
