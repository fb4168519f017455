"""The courier hears of what is told in whatever process, and goes on when it has lost that."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.courier import Courier, Delivered
from contracts.message import new_id
from contracts.users import UserDeleted
from storage.outbox import Waiting, tell
from storage.session import open_engine, transaction

pytestmark = pytest.mark.asyncio

NEVER, PATIENCE = 3600.0, 30.0


class Carried:
    """What a courier has carried."""

    def __init__(self) -> None:
        self.ids: asyncio.Queue[object] = asyncio.Queue()

    async def deliver(self, waiting: Sequence[Waiting]) -> Delivered:
        for row in waiting:
            await self.ids.put(row.message_id)
        return Delivered(heard=[*waiting])

    async def next(self) -> object:
        async with asyncio.timeout(PATIENCE):
            return await self.ids.get()

    async def has(self, message_id: object) -> None:
        """Wait for a message; what was carried when a line broke may come again."""
        while await self.next() != message_id:
            pass


@pytest_asyncio.fixture
async def elsewhere(database: str) -> AsyncIterator[AsyncEngine]:
    """Open the database as another process does."""
    engine = open_engine(database, 1)
    yield engine
    await engine.dispose()


async def told(engine: AsyncEngine) -> object:
    fact = UserDeleted(user_id=new_id())
    async with transaction(engine) as tx:
        await tell(tx, fact)
    return fact.fact_id


async def test_what_another_process_tells_is_carried_at_once(
    engine: AsyncEngine, elsewhere: AsyncEngine
) -> None:
    carried = Carried()
    before = await told(elsewhere)
    courier = Courier(engine, carried.deliver, idle=NEVER)
    courier.start()
    try:
        assert await carried.next() == before
        for _ in range(3):
            fact = await told(elsewhere)
            assert await carried.next() == fact
    finally:
        await courier.stop()


async def lines(engine: AsyncEngine) -> list[int]:
    """Return which connections to the database there are, but the one that asks."""
    query = (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid()"
    )
    async with transaction(engine) as tx:
        return [*(await tx.execute(text(query))).scalars()]


async def test_a_listener_that_was_lost_listens_again(
    engine: AsyncEngine, database: str, elsewhere: AsyncEngine
) -> None:
    carried = Carried()
    of_others = await lines(elsewhere)  # other tests go on with those
    own = open_engine(database, 10)
    courier = Courier(own, carried.deliver, idle=NEVER)
    courier.start()
    try:
        await carried.has(await told(elsewhere))
        lost = {*await lines(elsewhere)}.difference(of_others)
        assert lost
        async with transaction(elsewhere) as tx:
            end = text("SELECT pg_terminate_backend(pid) FROM unnest(CAST(:lost AS int[])) AS pid")
            await tx.execute(end, {"lost": [*lost]})
        for _ in range(3):
            await carried.has(await told(elsewhere))
    finally:
        await courier.stop()
        await own.dispose()
