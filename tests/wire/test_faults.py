"""What is taken away under us at the broker comes back by itself; no loop of ours ends of it."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel
from faststream.rabbit.subscriber.usecase import RabbitSubscriber

from actors.runtime.background import MAX_RESTARTS, Background
from actors.runtime.rabbit import topology
from actors.runtime.rabbit.line import LineLost, breaks
from contracts.message import Refused, Unanswered, Unavailable, new_id
from tests.bus_people import person
from tests.bus_room import Echo, Happened, Hold, begun, room, until
from tests.wire.place import Place, Wire

HEALED = 60.0
"""Seconds after which what has not healed counts as broken; far more than it takes."""


async def well(place: Place) -> None:
    """Wait until asks are answered, facts heard and overheard, and rubbish is parked."""
    user_id = new_id()
    told = 0
    before = len(await place.parked())

    async def answered() -> bool:
        try:
            return (await place.bus.ask(Echo(number=1), deadline=time.time() + 3)).number == 1
        except Refused:
            return False

    async def heard() -> bool:
        nonlocal told
        told += 1
        text = f"healed {told:04}"
        await place.tell(Happened(user_id=user_id, text=text))
        async with asyncio.timeout(1):
            await until(lambda: text in place.overheard)
        return True

    async def overheard() -> bool:
        try:
            return await heard()
        except TimeoutError:
            return False

    async def all_heard() -> bool:
        return len(await place.heard(user_id)) == told and await place.carried()

    async def is_parked() -> bool:
        await rubbish(place)
        return len(await place.parked()) > before

    await until(answered, HEALED)
    await until(overheard, HEALED)
    await until(all_heard, HEALED)
    await until(is_parked, HEALED, pause=0.5)


async def rubbish(place: Place) -> None:
    """Send something that the room cannot read, to be parked."""
    assert place.wire is not None
    async with await aio_pika.connect(place.wire.node.url) as connection:
        channel = await connection.channel()
        poison = aio_pika.Message(b"{", type=Happened.address)
        await channel.default_exchange.publish(poison, "facts.trial", mandatory=False)


DELETE = """
[catch rabbit_amqqueue:delete(Queue, false, false, <<"test">>)
    || Queue <- rabbit_amqqueue:list(),
    {{resource, _, queue, Name}} <- [amqqueue:get_name(Queue)],
    lists:prefix("{prefix}", binary_to_list(Name))].
"""
"""Deletes the queues whose names begin so, exclusive ones, too, as no client can; all at once.

One may have gone with its line, by then.
"""


@pytest.mark.parametrize(
    "prefix", ["answers.", "overhears.", "trial.echo", "facts.trial", "ritmo.parked", ""]
)
async def test_queues_that_are_deleted_come_back(
    rabbit: Place, wire: Wire, channel: AbstractChannel, prefix: str
) -> None:
    await rabbit.listen()
    await well(rabbit)
    done = await wire.do(wire.node.evaluate, DELETE.format(prefix=prefix))
    assert "{ok," in done.replace(" ", ""), done
    await well(rabbit)


@pytest.mark.parametrize("name", [*topology.EXCHANGES, ""])
async def test_exchanges_that_are_deleted_come_back(
    rabbit: Place, channel: AbstractChannel, name: str
) -> None:
    await rabbit.listen()
    await well(rabbit)
    for each in [name] if name else topology.EXCHANGES:
        await channel.exchange_delete(each)
    await well(rabbit)


@pytest.mark.parametrize("exchange", [topology.ASKS, topology.FACTS, topology.PARKED, ""])
async def test_bindings_that_are_removed_come_back(
    rabbit: Place, wire: Wire, channel: AbstractChannel, exchange: str
) -> None:
    await rabbit.listen()
    await well(rabbit)
    words = ("source_name", "destination_name", "routing_key")
    underlay = await channel.get_underlay_channel()
    for line in (await wire.do(wire.node.control, "list_bindings", *words)).splitlines():
        source, queue, key = line.split("\t")
        ours = queue.startswith(("answers.", "overhears."))  # nobody else can unbind those
        if source in topology.EXCHANGES and exchange in ("", source) and not ours:
            await underlay.queue_unbind(queue, source, key)
    await well(rabbit)


async def deafen(place: Place, prefix: str) -> list[str]:
    """End what rooms consume, with their lines up; return the queues of which it was."""
    deaf: list[str] = []
    for broker in place.brokers:
        for subscriber in broker.subscribers:
            if not isinstance(subscriber, RabbitSubscriber) or subscriber._queue_obj is None:
                continue
            name, tag = subscriber.queue.name, subscriber._consumer_tag
            if name.startswith(prefix) and tag is not None:
                await subscriber._queue_obj.cancel(tag)
                deaf.append(name)
    return deaf


@pytest.mark.parametrize("prefix", ["trial.echo", "facts.trial", ""])
async def test_a_room_that_is_half_deaf_hears_again(rabbit: Place, prefix: str) -> None:
    await rabbit.listen()
    await well(rabbit)
    deaf = await deafen(rabbit, prefix)
    assert len(deaf) > 3 if prefix == "" else deaf == [prefix]
    await well(rabbit)


async def test_a_room_whose_broker_dies_as_soon_as_it_has_declared_works(
    fresh: Place, wire: Wire, channel: AbstractChannel
) -> None:
    await fresh.listen()
    await fresh.close_rooms()
    for route in topology.routes_of([room]):
        await channel.queue_delete(route.queue)
    await fresh.open_rooms()
    # Not settled: what it has declared a moment ago is not all on disk.
    await wire.do(wire.node.restart)
    await well(fresh)


async def test_a_frozen_broker_is_a_broker_that_is_away(fresh: Place, wire: Wire) -> None:
    await fresh.listen()
    await well(fresh)
    who = person()
    far = time.time() + 600
    waiting = asyncio.create_task(fresh.bus.ask(Hold(gate="ice"), who, deadline=far))
    await until(lambda: begun == ["ice"])
    user_id = new_id()

    async def away() -> bool:
        try:
            await fresh.bus.ask(Echo(number=1), deadline=far)
        except Unavailable as no:
            return no.code == "broker_away"
        except Unanswered:
            return False
        return False

    os.killpg(wire.node.pid, signal.SIGSTOP)
    try:
        await fresh.tell(Happened(user_id=user_id, text="in the cold"))
        await until(away, HEALED)
        with pytest.raises(Unanswered):
            await waiting
    finally:
        os.killpg(wire.node.pid, signal.SIGCONT)
    await well(fresh)
    assert await fresh.heard(user_id) == ["in the cold"]


async def test_a_cancellation_by_nobody_is_a_lost_line() -> None:
    async def cancelled_by(nobody: bool) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if nobody:
            asyncio.get_running_loop().call_soon(future.cancel)
        with breaks():
            await future

    with pytest.raises(LineLost):
        await cancelled_by(nobody=True)
    ours = asyncio.create_task(cancelled_by(nobody=False))
    await asyncio.sleep(0)
    ours.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ours
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await cancelled_by(nobody=False)


async def fails() -> None:
    raise LookupError("a stone")


async def returns() -> None:
    return


async def is_cancelled() -> None:
    raise asyncio.CancelledError


@pytest.mark.parametrize("ending", [fails, returns, is_cancelled])
async def test_a_loop_that_ends_is_begun_anew_and_in_the_end_given_up(
    ending: Callable[[], Awaitable[None]],
) -> None:
    times = 0
    given_up: list[str] = []

    async def body() -> None:
        nonlocal times
        times += 1
        await ending()

    loop = Background("a test", body, pause=0.001, give_up=given_up.append)
    loop.start()
    await until(lambda: given_up == ["a test"])
    assert times == MAX_RESTARTS + 1
    await loop.stop()


async def test_a_loop_that_is_told_to_stop_stops() -> None:
    running: list[bool] = []
    ended: list[str] = []

    async def body() -> None:
        running.append(True)
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("in order")

    loop = Background("a test", body, give_up=ended.append)
    loop.start()
    await until(lambda: running == [True])
    await loop.stop()
    assert ended == ["in order"]
