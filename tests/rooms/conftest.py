"""Rooms over the in-process bus and a real PostgreSQL, emptied before each test."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
import pytest_asyncio
import time_machine
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.analytics.handlers import room as analytics_room
from actors.auth.handlers import room as auth_room
from actors.habits.handlers import room as habits_room
from actors.journal.handlers import room as journal_room
from actors.reminders.handlers import room as reminders_room
from actors.runtime.courier import Courier
from actors.runtime.edge import Edge
from actors.runtime.local import LocalBus
from actors.runtime.settings import Settings
from actors.users.handlers import room as users_room
from storage import embedded
from storage.migrations import migrate
from storage.session import open_engine
from tests.rooms.people import NOON, TRIES
from tests.rooms.tracking import Tracker, newcomer

EMPTY = """
DO $$
DECLARE names text;
BEGIN
    SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') INTO names
    FROM pg_tables WHERE schemaname NOT IN ('public', 'pg_catalog', 'information_schema');
    EXECUTE 'TRUNCATE ' || names;
END $$
"""


async def migrated(url: str) -> None:
    """Bring the database to the newest revision."""
    engine = open_engine(url, 1)
    await migrate(engine)
    await engine.dispose()


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a PostgreSQL for these tests; give its address."""
    server = embedded.start(tmp_path_factory.mktemp("postgres"))
    try:
        asyncio.run(migrated(server.url))
        yield server.url
    finally:
        server.stop()


@pytest_asyncio.fixture
async def engine(database: str) -> AsyncIterator[AsyncEngine]:
    """Open an engine on the emptied database."""
    engine = open_engine(database, 10)
    async with engine.begin() as tx:
        await tx.execute(text(EMPTY))
    yield engine
    await engine.dispose()


@pytest_asyncio.fixture
async def bus(engine: AsyncEngine) -> LocalBus:
    """Open the rooms on a bus."""
    bus = LocalBus()
    rooms = (auth_room, users_room, habits_room, journal_room, analytics_room, reminders_room)
    for room in rooms:
        await room.open(Settings(login_per_minute=TRIES))
        bus.open_room(Edge(room, engine, bus, 8))
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
