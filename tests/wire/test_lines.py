"""What only a broker can do to us: break lines, be away, and deliver again."""

import asyncio
import random
import time
from typing import Any

import pytest
from aio_pika import RobustQueue
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from actors.runtime.rabbit import topology
from contracts.health import ping_of
from contracts.message import Unanswered, Unavailable, new_id
from tests.bus_people import person
from tests.bus_room import (
    Count,
    Echo,
    Happened,
    Hold,
    Note,
    Trace,
    WhoAmI,
    begun,
    gates,
    room,
    until,
)
from tests.wire.place import Place, Wire, answered


async def test_nobody_waits_for_a_straggler(rabbit: Place) -> None:
    straggler = asyncio.create_task(rabbit.bus.ask(Hold(gate="straggler"), person()))
    await until(lambda: begun == ["straggler"])
    answers = await asyncio.gather(*(rabbit.bus.ask(Echo(number=n)) for n in range(200)))
    assert [answer.number for answer in answers] == list(range(200))
    assert not straggler.done()
    gates["straggler"].set()
    assert (await straggler).text == "straggler"


async def test_a_room_that_answers_its_ping_answers_everything(rabbit: Place) -> None:
    await rabbit.close_rooms()
    opening = asyncio.create_task(rabbit.open_rooms())

    async def pinged() -> bool:
        try:
            return bool((await rabbit.bus.ask(ping_of(room.name)())).revision)
        except Unavailable:
            return False

    await until(pinged, pause=0)
    # None is refused as "not running": whoever waited until Ritmo was ready may begin.
    everything = (rabbit.bus.ask(Trace()), rabbit.bus.ask(WhoAmI(), person()))
    echoes = (rabbit.bus.ask(Echo(number=n)) for n in range(20))
    assert len(await asyncio.gather(*everything, *echoes)) == 22
    await opening


@pytest.mark.parametrize("fault", ["lines cut", "broker killed"])
async def test_a_broken_line_fails_every_waiting_ask_and_heals(
    fresh: Place, wire: Wire, fault: str
) -> None:
    who = person()
    far = time.time() + 600
    waiting = [
        asyncio.create_task(fresh.bus.ask(Hold(gate="night"), who, deadline=far)) for _ in range(50)
    ]
    await until(lambda: len(begun) == 8)
    if fault == "lines cut":
        await wire.do(wire.node.control, "close_all_connections", "a test")
    else:
        await wire.do(wire.node.restart)
    outcomes = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 30)
    # What was done with them is not known, so none may say that nothing was.
    assert {type(outcome) for outcome in outcomes} == {Unanswered}
    gates["night"].set()
    await answered(fresh)

    user_id = new_id()
    await fresh.tell(Happened(user_id=user_id, text="healed"))

    async def heard() -> bool:
        return await fresh.heard(user_id) == ["healed"] and await fresh.carried()

    await until(heard, seconds=60)


async def test_while_the_broker_is_away_asks_are_unavailable(fresh: Place, wire: Wire) -> None:
    await wire.do(wire.node.kill)

    async def refused() -> bool:
        try:
            await fresh.bus.ask(Echo(number=1))
        except Unavailable as no:
            return no.code == "broker_away"
        except Unanswered:
            return False
        return False

    await until(refused)
    await wire.do(wire.node.start)
    await answered(fresh)


async def test_a_room_that_left_while_the_broker_was_away_is_down(fresh: Place, wire: Wire) -> None:
    await wire.do(wire.node.kill)
    await fresh.close_rooms()
    await wire.do(wire.node.start)

    async def down() -> bool:
        try:
            await fresh.bus.ask(Echo(number=1), deadline=time.time() + 1)
        except Unavailable as no:
            return no.code == "room_down"
        except Unanswered:
            return False
        return False

    await until(down, seconds=60)


async def test_a_room_that_leaves_is_down_at_once(fresh: Place) -> None:
    await fresh.bus.ask(Echo(number=1))
    await fresh.close_rooms()
    with pytest.raises(Unavailable) as caught:
        await fresh.bus.ask(Echo(number=1))
    assert caught.value.code == "room_down"


@pytest.mark.parametrize(("key", "done"), [(None, 0), ("k", 1)])
async def test_a_command_delivered_again_is_done_again_only_under_a_key(
    fresh: Place, channel: AbstractChannel, key: str | None, done: int
) -> None:
    who = person()
    await fresh.close_rooms()
    queue = await channel.declare_queue(
        "trial.note", durable=True, auto_delete=True, arguments=topology.ASK_QUEUE
    )
    await queue.bind(topology.ASKS, "trial.note")
    taken: list[AbstractIncomingMessage] = []

    async def take(message: AbstractIncomingMessage) -> None:
        taken.append(message)

    consumer = await queue.consume(take)
    note, far = Note(text="again"), time.time() + 60
    asked = asyncio.create_task(fresh.bus.ask(note, who, deadline=far, idempotency_key=key))
    await until(lambda: bool(taken))
    # As a room would that dies: for all the broker knows, it may have done its work.
    await fresh.open_rooms()
    await queue.cancel(consumer)
    await taken[0].nack(requeue=True)
    if key is None:
        with pytest.raises(Unanswered):
            await asked
    else:
        await asked
    assert (await fresh.bus.ask(Count(), who)).number == done


async def test_cancelled_asks_never_mix_up_answers(rabbit: Place) -> None:
    dice = random.Random(11)

    async def ask(number: int) -> None:
        assert (
            await rabbit.bus.ask(Echo(number=number), deadline=time.time() + 60)
        ).number == number

    for begin in range(0, 2000, 250):
        asks = [asyncio.create_task(ask(n)) for n in range(begin, begin + 250)]
        for task in asks:
            if dice.random() < 0.3:
                asyncio.get_running_loop().call_later(dice.random() / 10, task.cancel)
        outcomes = await asyncio.gather(*asks, return_exceptions=True)
        assert {type(o) for o in outcomes} <= {type(None), asyncio.CancelledError}
        assert None in outcomes
    assert not rabbit.bus._pending  # type: ignore[attr-defined]


async def test_a_fact_that_should_be_heard_waits_for_a_way(
    fresh: Place, channel: AbstractChannel
) -> None:
    await channel.queue_delete("facts.trial")
    user_id = new_id()
    await fresh.tell(Happened(user_id=user_id, text="patient"))

    async def heard() -> bool:
        return await fresh.heard(user_id) == ["patient"] and await fresh.carried()

    await until(heard)


HELD = """
[{{{which}, Held}}] = rabbit_amqqueue:info(element(2, rabbit_amqqueue:lookup(
    rabbit_misc:r(<<"/">>, queue, <<"facts.trial">>))), [{which}]), Held.
"""
"""Says how many messages a queue holds: such as are not acknowledged count as `messages`."""


async def test_what_is_delivered_while_a_room_is_still_starting_is_taken_in(
    fresh: Place, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    consume = RobustQueue.consume

    async def slowly(queue: RobustQueue, *words: Any, **given: Any) -> str:
        tag = await consume(queue, *words, **given)
        await asyncio.sleep(0.3)
        return tag

    async def held(which: str) -> int:
        return int(await wire.do(wire.node.evaluate, HELD.format(which=which)))

    await fresh.close_rooms()
    user_id, texts = new_id(), [f"{n:02}" for n in range(50)]
    await fresh.tell(*(Happened(user_id=user_id, text=one) for one in texts))

    async def all_wait() -> bool:
        return await held("messages_ready") == 1  # a bundle

    await until(all_wait)
    monkeypatch.setattr(RobustQueue, "consume", slowly)
    await fresh.open_rooms()

    async def none_is_held() -> bool:
        return await held("messages") == 0

    await until(none_is_held)
    assert await fresh.heard(user_id) == texts


async def test_whoever_overhears_is_told_that_something_was_missed(
    fresh: Place, wire: Wire
) -> None:
    missed, overheard, user_id = 0, list[str](), new_id()

    def note() -> None:
        nonlocal missed
        missed += 1

    async def hear(fact: Happened) -> None:
        overheard.append(fact.text)

    await fresh.bus.overhear(Happened, hear, missed=note)
    await fresh.tell(Happened(user_id=user_id, text="before"))
    await until(lambda: overheard == ["before"])
    assert missed == 0
    await wire.do(wire.node.control, "close_all_connections", "a test")
    await until(lambda: missed > 0, seconds=60)
    # What is told from then on is heard.
    await fresh.tell(Happened(user_id=user_id, text="after"))
    await until(lambda: "after" in overheard, seconds=60)
