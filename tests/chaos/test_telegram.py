"""Updates of a chat under kill -9: each counts once, whatever the room was doing when it died.

Every update presses +1, so that the value of the day says how many counted.
"""

import asyncio
import os
import random
from multiprocessing.context import ForkServerProcess

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.edge import Edge
from actors.runtime.local import LocalBus
from actors.runtime.settings import Settings
from actors.telegram.domain import Press, pack
from contracts.check_ins import GetToday
from ops import fork
from ops.platform import rooms
from storage.session import open_engine, transaction
from storage.telegram import owners
from tests.chaos import chat_room
from tests.rooms.tracking import Tracker, newcomer
from tests.telegram_server import TOKEN, BotApi

UPDATES = int(os.environ.get("RITMO_LEDGER_UPDATES", "60"))
"""Presses. `RITMO_LEDGER_UPDATES=2000` has more of them wait at each kill."""

CHATS = max(6, UPDATES // 40)
"""People: none of them presses so much at once that they are made to wait."""

KILLS = max(2, UPDATES // 250)
SEED = int(os.environ.get("RITMO_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)


async def begin(database: str, api: BotApi) -> ForkServerProcess:
    """Start a Ritmo with a bot, forked from what has loaded everything."""
    process = fork.context().Process(target=chat_room.work, args=(database, api.url, TOKEN))
    await asyncio.to_thread(fork.launch, process)
    return process


async def end(process: ForkServerProcess) -> None:
    """Kill a Ritmo, as the machine does."""
    process.kill()
    await fork.ended(process)


async def opened(engine: AsyncEngine) -> LocalBus:
    """Open the rooms in this process, to look at what became of all."""
    bus = LocalBus()
    for room in rooms():
        await room.open(Settings())
        bus.open_room(Edge(room, engine, bus, 4, limit=60))
    return bus


async def done(engine: AsyncEngine) -> int:
    """Count the updates that are done."""
    async with transaction(engine) as tx:
        counted = text("SELECT count(*) FROM telegram.updates WHERE done_at IS NOT NULL")
        return int((await tx.execute(counted)).scalar_one())


@pytest.mark.timeout(900)
async def test_no_update_is_lost_and_none_counts_twice(database: str) -> None:
    print(f"seed {SEED}")
    chance, api = random.Random(SEED), BotApi(limits=False)
    await api.start()
    engine = open_engine(database, 8)
    process: ForkServerProcess | None = None
    try:
        bus = await opened(engine)
        ann = [await newcomer(bus, engine) for _ in range(CHATS)]
        habits = [await one.begin("Water", measure="count", target={"value": 8}) for one in ann]
        day = (await ann[0].ask(GetToday())).day
        for number, one in enumerate(ann):
            async with transaction(engine) as tx:
                await owners.join(tx, one.who.user_id, 1000 + number, "Ann")
        pressed = [0] * CHATS
        for _ in range(UPDATES):
            number = chance.randrange(CHATS)
            pressed[number] += 1
            data = pack(Press("plus", habits[number].habit_id, day))
            message = {"message_id": 1, "date": 1, "chat": {"id": 1000 + number, "type": "private"}}
            await api.press_data(1000 + number, data, {**message, "text": "x"})
        process = await begin(database, api)
        for kill in range(1, KILLS + 1):
            async with asyncio.timeout(600):
                while await done(engine) < UPDATES * kill // (KILLS + 1):
                    await asyncio.sleep(0.01)
            await asyncio.sleep(chance.random() / 20)
            await end(process)
            process = await begin(database, api)
        async with asyncio.timeout(300):
            while await done(engine) < UPDATES:
                await asyncio.sleep(0.05)
        values = [await value_of(one, habits[number].habit_id) for number, one in enumerate(ann)]
        lost = sum(max(a - b, 0) for a, b in zip(pressed, values, strict=True))
        double = sum(max(b - a, 0) for a, b in zip(pressed, values, strict=True))
        print(f"figure telegram_updates_lost {lost:.0f} updates goal <=0 {word(lost)}")
        print(f"figure telegram_updates_double {double:.0f} updates goal <=0 {word(double)}")
        assert (lost, double) == (0, 0)
    finally:
        if process is not None:
            await end(process)
        await engine.dispose()
        await api.stop()


def word(count: float) -> str:
    """Say whether a figure holds."""
    return "holds" if count <= 0 else "short"


async def value_of(one: Tracker, habit_id: object) -> float:
    """Return what is logged today."""
    (habit,) = [one for one in (await one.ask(GetToday())).habits if one.habit_id == habit_id]
    return habit.value or 0.0
