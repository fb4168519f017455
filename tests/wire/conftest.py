"""One place to test in, on either bus: a room, its database, a courier, and somebody who asks."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager

import aio_pika
import pytest
import pytest_asyncio
from aio_pika.abc import AbstractChannel
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.rabbit.topology import routes_of
from storage import embedded
from storage.session import open_engine
from tests import backends, databases
from tests.broker import settle
from tests.bus_room import begun, gates, make_tables, room, troubles
from tests.wire.place import Place, Wire, over_rabbit, within_process


@pytest.fixture(scope="session")
def database(postgres: embedded.Embedded) -> str:
    """Give the address of a database for these tests, with the tables of their room."""
    url = databases.create(postgres.url, "wire")
    databases.done(url, make_tables)
    return url


@pytest.fixture(scope="session")
def wire() -> Iterator[Wire]:
    """Run a RabbitMQ for these tests."""
    # A node ends with the thread that started it, so one thread stays for all its starts.
    with ThreadPoolExecutor(1) as thread, backends.rabbitmq() as node:
        asyncio.run(settle(node, routes_of([room])))
        yield Wire(node, thread)


@pytest_asyncio.fixture
async def engine(database: str) -> AsyncIterator[AsyncEngine]:
    """Open an engine on the emptied database."""
    engine = open_engine(database, 24)
    await databases.empty(engine)
    yield engine
    await engine.dispose()


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


@pytest_asyncio.fixture
async def rabbit(engine: AsyncEngine, wire: Wire) -> AsyncIterator[Place]:
    """Open the room over RabbitMQ."""
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(over_rabbit(engine, wire))
        await stack.enter_async_context(tidy())
        yield place


@pytest_asyncio.fixture
async def channel(rabbit: Place, wire: Wire) -> AsyncIterator[AbstractChannel]:
    """Open a line of a stranger to the broker."""
    connection = await aio_pika.connect(wire.node.url)
    async with connection:
        yield await connection.channel()


@pytest_asyncio.fixture
async def local(engine: AsyncEngine) -> AsyncIterator[Place]:
    """Open the room within the process."""
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(within_process(engine))
        await stack.enter_async_context(tidy())
        yield place


@pytest.fixture(params=["local", "rabbit"])
def place(request: pytest.FixtureRequest) -> Place:
    """Open the room on each bus in turn."""
    opened: Place = request.getfixturevalue(request.param)
    return opened
