"""The ledger: parts and broker are killed while people check in; nothing is lost, nothing twice.

Every check-in adds a power of four to the value of a day, so that the digits of the value, base
four, say how often each one counted. Rooms that follow days end with the same ones.
"""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.rabbit.bus import RabbitBus
from actors.runtime.rabbit.topology import routes_of
from contracts.accounts import Register
from contracts.check_ins import Increment, ListCheckIns
from contracts.habits import CreateHabit
from contracts.message import Asked, Conflict, Reply, Unanswered, Unavailable
from contracts.principal import Principal
from contracts.users import CreateProfile
from ops.platform import rooms
from storage.replica.nouns import Days
from storage.session import open_engine
from tests import backends
from tests.broker import settle
from tests.bus_room import until
from tests.chaos.parts import Parts, running

R = TypeVar("R", bound=Reply)

ENTRIES = int(os.environ.get("RITMO_LEDGER", "200"))
"""Check-ins. Fewer leave no fault out: who is killed is spread over them, however many they are.

`RITMO_LEDGER=5000` has more of them under way at each kill, as `make chaos` does.
"""

SEED = int(os.environ.get("RITMO_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
AT_ONCE = 16
IN_A_DAY = 10
"""Check-ins of one habit on one day: digits of one value."""

DAYS = 30
PATIENCE = 3.0
"""Seconds after which a client asks again, with the same key."""

DIFFERING = (
    "SELECT count(*) FROM habits.check_ins c FULL JOIN {room}.days d USING (habit_id, day)"
    " WHERE c.value IS DISTINCT FROM d.value"
)
"""Days that a room knows otherwise than their owner."""


@dataclass(frozen=True)
class Client:
    """Somebody who asks again with the same key until there is an answer."""

    bus: RabbitBus
    who: Principal | None = None

    async def ask(self, message: Asked[R], key: str | None = None) -> R:
        while True:
            try:
                return await self.bus.ask(
                    message, self.who, deadline=time.time() + PATIENCE, idempotency_key=key
                )
            except (Unavailable, Unanswered):
                pass
            except Conflict as no:
                # A twin of ours is still at work in the room.
                if no.code != "in_progress":
                    raise
            await asyncio.sleep(0.1)


def entries(habits: list[UUID]) -> list[Increment]:
    """Make every check-in: digit after digit, day after day, habit after habit."""
    today = datetime.now(UTC).date()
    return [
        Increment(
            habit_id=habits[number // IN_A_DAY // DAYS],
            day=today - timedelta(days=number // IN_A_DAY % DAYS),
            by=4.0 ** (number % IN_A_DAY),
        )
        for number in range(ENTRIES)
    ]


def plan(dice: random.Random) -> list[tuple[int, str]]:
    """Say who is killed, and after how many acknowledged check-ins."""
    victims = ["habits", "courier", "broker"]
    victims += ["habits", "courier", "habits", "courier", "broker"] * (ENTRIES // 1000)
    return sorted((dice.randrange(ENTRIES // 20, ENTRIES * 9 // 10), one) for one in victims)


async def check_in(client: Client, todo: Iterator[tuple[int, Increment]], acked: set[int]) -> None:
    """Take one check-in after another, until none is left."""
    for number, entry in todo:
        await client.ask(entry, f"entry-{number}")
        acked.add(number)


async def sabotage(parts: Parts, acked: set[int], planned: list[tuple[int, str]]) -> None:
    """Kill by plan."""
    for after, victim in planned:
        await until(lambda after=after: len(acked) >= after, seconds=600)  # type: ignore[misc]
        await parts.kill(victim)


async def introduce(bus: RabbitBus) -> Client:
    """Open an account, as soon as the rooms answer."""
    register = Register(email="ann@example.org", password="correct horse battery staple")
    tokens = await Client(bus).ask(register)
    who = Principal(user_id=tokens.user_id, scopes=frozenset({"user"}), token=tokens.access_token)
    client = Client(bus, who)
    await client.ask(CreateProfile(email=register.email))
    return client


async def counted(client: Client, made: list[Increment]) -> Counter[tuple[UUID, object, float]]:
    """Read off the values how often each check-in counted."""
    found: Counter[tuple[UUID, object, float]] = Counter()
    for habit_id in {entry.habit_id for entry in made}:
        page = await client.ask(ListCheckIns(habit_id=habit_id))
        assert page.next is None
        for logged in page.check_ins:
            value = int(logged.value or 0)
            for digit in range(IN_A_DAY + 1):
                found[habit_id, logged.day, 4.0**digit] += value // 4**digit % 4
    return found


async def number(engine: AsyncEngine, query: str) -> int:
    async with engine.connect() as connection:
        return int((await connection.execute(text(query))).scalar_one())


@pytest.mark.timeout(900)
async def test_nothing_is_lost_and_nothing_counts_twice(database: str) -> None:
    print(f"\nledger: {ENTRIES} check-ins, RITMO_SEED={SEED}")
    routes = routes_of(rooms())
    engine = open_engine(database, 6)
    with ThreadPoolExecutor(1) as thread, backends.rabbitmq() as node:
        await settle(node, routes)
        bus = RabbitBus(node.url, "ledger")
        await bus.start()
        async with running(node, thread, database) as parts:
            await keep_ledger(engine, bus, parts)
        await bus.stop()
    await engine.dispose()


async def keep_ledger(engine: AsyncEngine, bus: RabbitBus, parts: Parts) -> None:
    """Check in while parts are killed, then compare what was acknowledged, kept and heard."""
    client = await introduce(bus)
    names = [f"Habit {n}" for n in range(-(-ENTRIES // IN_A_DAY // DAYS) or 1)]
    habits = [
        (await client.ask(CreateHabit(name=name, measure="count"), name)).habit_id for name in names
    ]
    made, acked = entries(habits), set[int]()
    todo = iter(enumerate(made))
    planned = plan(random.Random(SEED))
    await asyncio.gather(
        sabotage(parts, acked, planned),
        *(check_in(client, todo, acked) for _ in range(AT_ONCE)),
    )
    found = await counted(client, made)

    async def carried() -> bool:
        return await number(engine, "SELECT count(*) FROM bus.outbox") == 0

    await until(carried, seconds=120, pause=0.2)
    following = [room.name for room in rooms() if room.known and Days in room.known.replica]
    assert {"analytics", "reminders"} <= set(following)
    differing = [await number(engine, DIFFERING.format(room=room)) for room in following]
    kept = [found[entry.habit_id, entry.day, entry.by] for entry in made]
    figures = {
        "ledger_missing": sum(1 for times in kept if times == 0),
        "ledger_double": sum(found.values()) - sum(1 for times in kept if times),
        "ledger_days_differing": sum(differing),
        "ledger_parked": await number(engine, "SELECT count(*) FROM bus.parked"),
    }
    for name, value in figures.items():
        print(f"figure {name} {value} entries goal <=0 {'short' if value else 'holds'}")
    print(f"ledger: killed {', '.join(f'{victim} after {after}' for after, victim in planned)}")
    assert len(acked) == ENTRIES
    assert set(figures.values()) == {0}
