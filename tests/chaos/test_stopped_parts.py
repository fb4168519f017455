"""Parts, each in a process, that stop: the doctor and /readyz name each with its cure."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors import ROOMS
from actors.runtime.rabbit.bus import RabbitBus
from actors.runtime.rabbit.topology import routes_of
from contracts.health import State
from ops.door import judged, pings
from ops.health import Deployment
from ops.platform import rooms
from storage.session import open_engine
from tests import backends
from tests.broker import settle
from tests.chaos.parts import Parts, running
from tests.journeys.running import ritmo

PATIENCE = 60.0
"""Seconds after which what does not happen counts as a failure."""

PROCESSES = (*ROOMS, "courier")


@dataclass(frozen=True)
class House:
    """Every room and the courier, each in a process, and what they stand on."""

    parts: Parts
    engine: AsyncEngine
    bus: RabbitBus
    url: str
    data: Path

    async def do(self, statement: str, **values: object) -> None:
        """Run a statement on the database."""
        async with self.engine.begin() as tx:
            await tx.execute(text(statement), values)

    async def stop(self, name: str) -> None:
        """Stop a part, as an hour ago."""
        await self.parts.parts[name].leave()
        past = "UPDATE bus.heartbeats SET beat_at = now() - interval '1 hour' WHERE name = :name"
        await self.do(past, name=name)

    async def doctor(self) -> dict[str, str]:
        """Run the doctor; return what it said of each part, the mark first."""
        given = {
            "amqp_url": self.parts.node.url,
            "database_url": self.url,
            "seal_keys": os.environ["RITMO_SEAL_KEYS"],
        }
        seen = await asyncio.to_thread(lambda: ritmo("doctor", data=self.data, real=False, **given))
        lines = [line.split(maxsplit=2) for line in seen.stdout.splitlines() if line[1] in "✓✗"]
        found = {part: f"{mark} {said}" for mark, part, said in lines}
        assert seen.returncode == any(said.startswith("✗") for said in found.values())
        return found

    async def judged(self) -> dict[str, State]:
        """Judge the parts as /readyz does."""
        states = judged(await pings(self.bus), Deployment(apart=True))
        return {state.part: state for state in states}


async def until(look: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(PATIENCE):
        while not await look():
            await asyncio.sleep(0.2)


def ill(found: dict[str, str]) -> set[str]:
    return {part for part, said in found.items() if said.startswith("✗")}


@pytest.mark.timeout(300)
async def test_each_stopped_part_is_named_with_its_cure(database: str, tmp_path: Path) -> None:
    engine = open_engine(database, 4)
    with ThreadPoolExecutor(1) as thread, backends.rabbitmq() as node:
        await settle(node, routes_of(rooms()))
        bus = RabbitBus(node.url, "watcher")
        await bus.start()
        async with running(node, thread, database) as parts:
            house = House(parts, engine, bus, database, tmp_path / "data")
            await look_around(house)
        await bus.stop()
    await engine.dispose()


async def look_around(house: House) -> None:
    async def all_there() -> bool:
        seen = await house.judged()
        return all(seen[part].well for part in PROCESSES)

    async def only_the_clock_is_missing() -> bool:  # it alone was not started
        return ill(await house.doctor()) == {"clock"}

    await until(all_there)
    await until(only_the_clock_is_missing)

    await house.stop("analytics")
    said = await house.doctor()
    assert ill(said) == {"clock", "analytics", "facts.analytics"}
    assert "The room analytics has shown no life since 20" in said["analytics"]
    assert "start `ritmo run analytics`." in said["analytics"]
    assert "Nobody consumes facts.analytics" in said["facts.analytics"]
    seen = await house.judged()
    assert seen["analytics"].code == "room_down"
    assert "no life since 20" in seen["analytics"].said("en")
    assert "start `ritmo run analytics`." in seen["analytics"].said("en")

    await house.stop("courier")
    await house.do(
        "INSERT INTO bus.outbox (message_id, address, user_id, body, told_at) VALUES"
        " (gen_random_uuid(), 'habits.created', gen_random_uuid(), '{}', now() - interval '1 day')"
    )
    await house.do("INSERT INTO bus.parked (room, address, body, reason) VALUES ('a', 'b', '', '')")
    said = await house.doctor()
    assert {"courier", "outbox", "parked", "ritmo.parked"} <= ill(said)
    seen = await house.judged()
    assert {part for part in seen if not seen[part].well} == {
        *("analytics", "courier", "outbox", "parked", "clock")
    }
    for part in ("courier", "clock"):
        assert f"start `ritmo {part}`." in said[part]
        assert f"start `ritmo {part}`." in seen[part].said("en")
    assert "1 message waits in the outbox, since 20" in seen["outbox"].said("en")
    assert "`ritmo parked list`" in seen["parked"].said("en")

    await house.do("UPDATE public.alembic_version SET version_num = '9999'")
    assert "newer than this Ritmo" in (await house.doctor())["migrations"]
    assert (await house.judged())["migrations"].code == "newer"
    await house.do("UPDATE public.alembic_version SET version_num = '0001'")
    assert "run `ritmo migrate`" in (await house.doctor())["migrations"]
    assert (await house.judged())["migrations"].code == "older"

    await house.parts.do(house.parts.node.stop)
    assert "RabbitMQ does not answer" in (await house.doctor())["bus"]

    async def broker_is_missed() -> bool:
        seen = await house.judged()
        return seen["bus"].code == "away" and seen["database"].code == "unknown"

    await until(broker_is_missed)
