"""Parts, each in a process: what waits for them when they die, and what they say meanwhile."""

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

import aio_pika
import pytest
from aio_pika.exceptions import AMQPError
from sqlalchemy import text

from actors.runtime.rabbit.bus import RabbitBus
from actors.runtime.rabbit.topology import PARKED, Route, declare, routes_of
from contracts.accounts import UserRegistered
from contracts.message import Refused, Unanswered
from contracts.signing_keys import GetKeys, Keys
from ops.platform import rooms
from storage.outbox import tell
from storage.session import open_engine
from tests import backends
from tests.backends import Private
from tests.broker import settle
from tests.bus_room import until
from tests.journeys.running import Command, command
from tests.journeys.running import ritmo as run_ritmo
from tests.show.running import settings

PATIENCE = 60.0
"""Seconds after which what does not happen counts as a failure."""

FAR = 600.0
"""Seconds that an ask may take: whoever waits for so long has not noticed that nobody answers."""


@dataclass(frozen=True)
class Process:
    """A part that runs, and the file of what it says."""

    process: Command
    output: Path

    def lines(self) -> list[dict[str, object]]:
        """Return what it said, line by line; what is no line of ours has no event."""
        said = self.output.read_text(errors="replace").splitlines()
        return [json.loads(line) if line.startswith("{") else {"bare": line} for line in said]

    def times(self, event: str) -> list[object]:
        """Return the part of each line with this event."""
        return [line.get("part") for line in self.lines() if line.get("event") == event]


@pytest.fixture(scope="module")
def thread() -> Iterator[ThreadPoolExecutor]:
    """Keep the one thread with which a broker ends."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture(scope="module")
def node(thread: ThreadPoolExecutor) -> Iterator[Private]:
    """Run a RabbitMQ that may be killed and frozen."""
    with backends.rabbitmq() as private:
        asyncio.run(settle(private, routes_of(rooms())))
        yield private


@asynccontextmanager
async def started(folder: Path, node: Private, url: str, *words: str) -> AsyncIterator[Process]:
    """Run a part until the block ends."""
    output = folder / f"{words[-1]}.output"
    environment = settings(
        amqp_url=node.url, database_url=url, seal_keys=os.environ["RITMO_SEAL_KEYS"]
    )
    process = await asyncio.to_thread(command, words, environment, stderr=output)
    try:
        yield Process(process, output)
    finally:
        process.kill()
        await asyncio.to_thread(process.wait)


async def answered(bus: RabbitBus) -> bool:
    """Tell whether auth answers."""
    try:
        return isinstance(await bus.ask(GetKeys(), deadline=time.time() + 3), Keys)
    except Refused:
        return False


@pytest.mark.timeout(300)
async def test_an_ask_does_not_outlive_its_room(
    tmp_path: Path, node: Private, database: str
) -> None:
    bus = RabbitBus(node.url, "asker")
    await bus.start()
    async with started(tmp_path, node, database, "run", "auth") as room:
        await until(lambda: answered(bus), PATIENCE)
        # Frozen, it has the ask in hand for certain; killed, it will never answer.
        room.process.send_signal(signal.SIGSTOP)
        waiting = asyncio.create_task(bus.ask(GetKeys(), deadline=time.time() + FAR))
        await asyncio.wait({waiting}, timeout=1)
        assert not waiting.done()
        room.process.send_signal(signal.SIGKILL)
        with pytest.raises(Unanswered) as caught:
            async with asyncio.timeout(PATIENCE):
                await waiting
        assert caught.value.code == "room_lost"
    await bus.stop()


@pytest.mark.timeout(300)
async def test_an_outage_of_the_broker_is_one_line_and_heals(
    tmp_path: Path, node: Private, database: str
) -> None:
    bus = RabbitBus(node.url, "asker")
    await bus.start()
    async with (
        started(tmp_path, node, database, "run", "auth") as room,
        started(tmp_path, node, database, "courier") as courier,
    ):
        await until(lambda: answered(bus), PATIENCE)
        os.killpg(node.pid, signal.SIGSTOP)
        try:
            await until(lambda: len(room.times("broker away")) == 2, PATIENCE)
            await until(lambda: courier.times("broker away") == ["courier"], PATIENCE)
        finally:
            os.killpg(node.pid, signal.SIGCONT)
        await until(lambda: len(room.times("broker back")) == 2, PATIENCE)
        await until(lambda: courier.times("broker back") == ["courier"], PATIENCE)
        await until(lambda: answered(bus), PATIENCE)
        assert sorted(room.times("broker away"), key=str) == ["auth", "auth.asks"]
        assert courier.times("broker away") == ["courier"]
        for part in (room, courier):
            assert part.process.poll() is None
            assert [line for line in part.lines() if "bare" in line] == []
    await bus.stop()


@pytest.mark.parametrize("words", [("clock",), ("courier",), ("run", "auth")])
async def test_no_part_starts_on_another_schema(
    tmp_path: Path, database: str, words: tuple[str, ...]
) -> None:
    given = {"amqp_url": "amqp://127.0.0.1:1/", "database_url": database}
    engine = open_engine(database, 1)
    for revision, said in (("9999", "newer than this Ritmo"), ("0001", "ritmo migrate")):
        async with engine.begin() as tx:
            move = text("UPDATE public.alembic_version SET version_num = :revision")
            await tx.execute(move, {"revision": revision})
        command = partial(run_ritmo, *words, data=tmp_path / "data", real=revision == "0001")
        ended = await asyncio.to_thread(command, **given)
        assert ended.returncode == 1
        assert said in ended.stderr
    await engine.dispose()


async def declared_and_killed(node: Private, thread: ThreadPoolExecutor) -> None:
    """Declare queues for the first time, and kill the broker in the same moment."""
    loop = asyncio.get_running_loop()
    connection = await aio_pika.connect(node.url)
    await declare(await connection.channel(), [Route("users", "facts", (UserRegistered.address,))])
    await loop.run_in_executor(thread, node.kill)
    with suppress(AMQPError, OSError, RuntimeError):
        await connection.close()
    await loop.run_in_executor(thread, node.start)


@pytest.mark.timeout(300)
async def test_a_broker_that_dies_right_after_the_first_declaration(
    tmp_path: Path, thread: ThreadPoolExecutor, database: str
) -> None:
    # Not settled: RabbitMQ 3.10 then has quorum queues that nobody can consume.
    with backends.rabbitmq() as node:
        await declared_and_killed(node, thread)
        engine = open_engine(database, 1)
        async with (
            started(tmp_path, node, database, "run", "users") as room,
            started(tmp_path, node, database, "courier") as courier,
        ):
            who = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
            async with engine.begin() as tx:
                fact = UserRegistered(
                    user_id=who, email="ann@example.org", name="", zone="UTC", language="en"
                )
                await tell(tx, fact)

            async def heard() -> bool:
                async with engine.connect() as connection:
                    found = await connection.execute(text("SELECT room FROM bus.inbox"))
                    return "users" in set(found.scalars())

            await until(heard, PATIENCE)

            async def parked_is_consumed() -> bool:
                async with await aio_pika.connect(node.url) as line:
                    channel = await (await line.channel()).get_underlay_channel()
                    return (await channel.queue_declare(PARKED, passive=True)).consumer_count == 1

            await until(parked_is_consumed, PATIENCE, pause=1)
            assert room.process.poll() is None
            assert courier.process.poll() is None
        await engine.dispose()
