"""The clock sends what rooms declare, one leader alone; rooms strike while there is more."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.runtime.clock import Clock, ticks_of
from actors.runtime.delegation import RoomBus
from actors.runtime.edge import Edge
from actors.runtime.local import LocalBus
from actors.runtime.loops import Loops
from actors.runtime.room import Room, Strike, Tick
from actors.runtime.settings import Settings
from storage import heartbeat
from storage.session import open_engine, transaction

pytestmark = pytest.mark.asyncio


async def test_rooms_declare_ticks() -> None:
    room = Room("habits")

    @room.tick("habits.clean_up", every=60)
    async def clean_up(tx: AsyncConnection) -> bool:
        return False

    assert ticks_of([room, Room("users")]) == [Tick("habits.clean_up", clean_up, 60)]


def edge_of(
    engine: AsyncEngine, strike: Strike, after: Callable[[], None] = lambda: None
) -> tuple[Edge, Tick]:
    """Open a room that has one tick."""
    room = Room("trial")
    room.tick("trial.tick", every=1)(strike)
    return Edge(room, engine, LocalBus(), 4, after=after), room.ticks[0]


async def test_a_tick_is_that_of_its_room() -> None:
    with pytest.raises(TypeError, match=r"users\.clean_up is no tick of habits"):
        Room("habits").tick("users.clean_up", every=60)


async def test_a_tick_is_struck_again_while_there_is_more(engine: AsyncEngine) -> None:
    transactions: list[str] = []
    rung: list[int] = []

    async def strike(tx: AsyncConnection) -> bool:
        number = await tx.execute(text("SELECT pg_current_xact_id()::text"))
        transactions.append(number.scalar_one())
        return len(transactions) < 4

    edge, tick = edge_of(engine, strike, after=lambda: rung.append(1))
    await edge.strike(tick)
    assert len(transactions) == len(set(transactions)) == len(rung) == 4


async def test_a_tick_never_runs_twice_at_once(engine: AsyncEngine) -> None:
    begun, go = asyncio.Event(), asyncio.Event()
    struck: list[int] = []

    async def strike(tx: AsyncConnection) -> bool:
        struck.append(1)
        begun.set()
        await go.wait()
        return False

    edge, tick = edge_of(engine, strike)
    first = asyncio.create_task(edge.strike(tick))
    await begun.wait()
    await edge.strike(tick)
    go.set()
    await first
    assert struck == [1]
    await edge.strike(tick)
    assert struck == [1, 1]


async def test_a_tick_that_breaks_leaves_nothing_and_comes_again(engine: AsyncEngine) -> None:
    tries: list[int] = []

    async def strike(tx: AsyncConnection) -> bool:
        tries.append(1)
        await heartbeat.beat(tx, "broken")
        raise RuntimeError("a fault of ours")

    edge, tick = edge_of(engine, strike)
    await edge.strike(tick)
    await edge.strike(tick)
    assert len(tries) == 2
    async with transaction(engine) as tx:
        assert await heartbeat.age(tx, "broken") is None


async def test_a_stroke_that_ends_with_its_clock_is_no_failure(
    engine: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    begun, left = asyncio.Event(), asyncio.Event()

    async def strike(tx: AsyncConnection) -> bool:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            left.set()
        return False

    edge, tick = edge_of(engine, strike)
    clock = Clock(engine, [tick], lambda name: edge.strike(tick))
    clock.start()
    async with asyncio.timeout(20):
        await begun.wait()
        await clock.stop()
        await left.wait()
    # Lines to brokers of other tests may still be ending in this process.
    ours = [record for record in caplog.records if not record.name.startswith("aiormq")]
    assert [record.getMessage() for record in ours if record.levelname == "ERROR"] == []


async def test_one_of_two_clocks_leads_and_the_other_takes_over(
    database: str, engine: AsyncEngine
) -> None:
    struck: asyncio.Queue[str] = asyncio.Queue()

    async def nothing(tx: AsyncConnection) -> bool:
        return False

    other = open_engine(database, 3)
    clocks = {
        name: Clock(where, [Tick(name, nothing, 1)], struck.put)
        for name, where in (("a", engine), ("b", other))
    }
    try:
        for clock in clocks.values():
            clock.start()
        leader = await struck.get()
        assert {await struck.get() for _ in range(2)} == {leader}
        await clocks[leader].stop()
        while (now := await struck.get()) == leader:
            pass
        assert now != leader
    finally:
        for clock in clocks.values():
            await clock.stop()
        await other.dispose()


async def test_loops_go_on_until_they_are_stopped(engine: AsyncEngine) -> None:
    room, begun, ended = Room("habits"), asyncio.Event(), asyncio.Event()

    @room.working
    async def work(engine: AsyncEngine, settings: Settings, bus: RoomBus) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    loops = Loops([room], engine, Settings(), LocalBus())
    loops.start()
    await begun.wait()
    await loops.stop()
    assert ended.is_set()
