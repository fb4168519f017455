"""A part that is replaced in order, a new one beside it first: whoever asks does not notice."""

import asyncio
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import aio_pika
import pytest

from actors.runtime.rabbit.bus import RabbitBus
from actors.runtime.rabbit.topology import routes_of
from contracts.accounts import Register
from contracts.message import Refused
from ops.platform import rooms
from tests import backends
from tests.backends import Private
from tests.broker import settle
from tests.bus_room import until
from tests.chaos.test_parts import started

AT_ONCE = 8
PASSWORD = "correct horse battery staple"


async def consumers(node: Private) -> int:
    """Count the replicas of auth that answer: the ping is the last that a room offers."""
    async with await aio_pika.connect(node.url) as line, line.channel() as channel:
        try:
            queue = await channel.declare_queue("auth.ping", passive=True)
        except aio_pika.exceptions.ChannelNotFoundEntity:
            return 0
        return queue.declaration_result.consumer_count or 0


async def ask(bus: RabbitBus, over: asyncio.Event, answers: Counter[str]) -> None:
    """Open accounts, one after the other, none of them a second time."""
    while not over.is_set():
        words = Register(email=f"{uuid4().hex}@example.org", password=PASSWORD)
        try:
            await bus.ask(words, deadline=time.time() + 60)
            answers["ok"] += 1
        except Refused as no:
            answers[no.code] += 1


@pytest.mark.timeout(300)
async def test_a_room_that_is_replaced_loses_no_ask(tmp_path: Path, database: str) -> None:
    with ThreadPoolExecutor(1) as thread:
        context = backends.rabbitmq()
        loop = asyncio.get_running_loop()
        node = await loop.run_in_executor(thread, context.__enter__)
        try:
            await settle_routes(node)
            bus = RabbitBus(node.url, "asker")
            await bus.start()
            answers, over = Counter[str](), asyncio.Event()
            for name in ("first", "second"):
                (tmp_path / name).mkdir()
            async with started(tmp_path / "first", node, database, "run", "auth") as old:
                await until(lambda: answering(node, 1), 60)
                asking = [asyncio.create_task(ask(bus, over, answers)) for _ in range(AT_ONCE)]
                async with started(tmp_path / "second", node, database, "run", "auth"):
                    await until(lambda: answering(node, 2), 60)
                    old.process.terminate()
                    assert await asyncio.to_thread(old.process.wait) == 0
                    after = answers["ok"]
                    await until(lambda: more(answers, after + 20), 60)
                    over.set()
                    await asyncio.gather(*asking)
            await bus.stop()
        finally:
            await loop.run_in_executor(thread, context.__exit__, None, None, None)
    assert set(answers) == {"ok"}, answers


async def settle_routes(node: Private) -> None:
    await settle(node, routes_of(rooms()))


async def answering(node: Private, number: int) -> bool:
    return await consumers(node) == number


async def more(answers: Counter[str], number: int) -> bool:
    return answers["ok"] >= number
