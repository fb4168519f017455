"""Jobs and ticks reach one room, whichever bus carries them: done once, retried, parked."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel
from sqlalchemy import text

from contracts.message import Durable, Job, new_id
from storage import inbox
from storage.outbox import tell
from storage.session import transaction
from tests.bus_people import person
from tests.bus_room import (
    Build,
    Echo,
    Fly,
    Happened,
    Hold,
    Stumbled,
    begun,
    gates,
    troubles,
    until,
)
from tests.wire.place import Place, Wire, open_room


def done(place: Place, job: Build, *texts: str) -> Callable[[], Awaitable[bool]]:
    """Ask whether the room has written down just these."""

    async def seen() -> bool:
        return await place.heard(job.user_id) == sorted(texts)

    return seen


async def test_a_job_is_done_once_however_often_it_is_sent(place: Place) -> None:
    job = Build(user_id=new_id(), text="house")
    await place.tell(job, job)
    await until(done(place, job, "house"))
    await place.tell(job, Build(user_id=job.user_id, text="shed"))
    await until(done(place, job, "house", "shed"))
    await until(place.carried)


async def test_a_job_of_a_transaction_that_fails_is_not_done(place: Place) -> None:
    job = Build(user_id=new_id(), text="never")
    with pytest.raises(ZeroDivisionError):
        async with transaction(place.engine) as tx:
            await tell(tx, job)
            raise ZeroDivisionError
    await place.tell(Build(user_id=job.user_id, text="after"))
    await until(done(place, job, "after"))


async def test_a_job_that_fails_is_tried_again_leaving_nothing(place: Place) -> None:
    job = Build(user_id=new_id(), text="twice")
    troubles["twice"] = 2
    await place.tell(job)
    await until(done(place, job, "twice"))
    assert await place.parked() == []


async def test_a_job_that_fails_for_good_is_parked_and_replayed(place: Place) -> None:
    job = Build(user_id=new_id(), text="wall")
    troubles["wall"] = 1000
    await place.tell(job, Build(user_id=job.user_id, text="meanwhile"))

    async def is_parked() -> bool:
        return bool(await place.parked())

    await until(is_parked)
    [item] = await place.parked()
    assert (item.room, item.address, item.message_id) == ("trial", "trial.build", job.job_id)
    assert (item.is_job, item.can_replay) == (True, True)
    assert "LookupError in " in item.reason
    await until(done(place, job, "meanwhile"))

    troubles.clear()
    async with transaction(place.engine) as tx:
        await inbox.replay(tx, item)
    await until(done(place, job, "meanwhile", "wall"))
    assert await place.parked() == []


async def test_a_job_that_cannot_be_read_is_parked(place: Place) -> None:
    user_id, job_id = new_id(), new_id()
    body = {"job_id": str(job_id), "user_id": str(user_id), "text": ["secret"]}
    async with transaction(place.engine) as tx:
        await tx.execute(
            text(
                "INSERT INTO bus.outbox (message_id, address, is_job, user_id, body) "
                "VALUES (:job_id, 'trial.build', true, :user_id, :body)"
            ),
            {"job_id": job_id, "user_id": user_id, "body": json.dumps(body)},
        )

    async def is_parked() -> bool:
        return bool(await place.parked())

    await until(is_parked)
    [item] = await place.parked()
    assert (item.message_id, item.user_id, item.is_job) == (job_id, user_id, True)
    assert item.reason == "Unreadable: text: Input should be a valid string"


async def test_a_job_that_nobody_does_waits(place: Place) -> None:
    job = Build(user_id=new_id(), text="other")
    await place.tell(Fly(user_id=job.user_id), job)
    await until(done(place, job, "other"))

    async def one_waits() -> bool:
        rows = await place.rows("SELECT address, attempts FROM bus.outbox")
        return [(row.address, row.attempts > 1) for row in rows] == [("nowhere.fly", True)]

    await until(one_waits)
    assert await place.parked() == []


async def test_slow_jobs_hold_up_nothing_else(place: Place) -> None:
    job, who = Build(user_id=new_id(), text="slow", gate="slow"), person()
    slow = [Build(user_id=job.user_id, text="slow", gate="slow") for _ in range(20)]
    await place.tell(*slow)
    await until(lambda: begun.count("slow") == 4)  # half of the room's turns
    assert (await place.bus.ask(Echo(number=1), who)).number == 1
    held = asyncio.create_task(place.bus.ask(Hold(gate="held"), who))
    await until(lambda: "held" in begun)
    gates["held"].set()
    await held
    await place.tell(Happened(user_id=job.user_id, text="fact"))
    await until(done(place, job, "fact"))
    gates["slow"].set()
    await until(done(place, job, "fact", *["slow"] * 20))


async def test_a_tick_is_struck_in_its_room(place: Place) -> None:
    gates["nudge"].set()
    await place.strike("trial.nudge")
    await until(lambda: begun == ["nudge"])
    await place.strike("trial.nudge")
    await until(lambda: begun == ["nudge", "nudge"])


async def test_replicas_of_a_room_share_ticks_and_jobs(fresh: Place) -> None:
    assert fresh.wire is not None
    assert fresh.inside is not None
    (room,) = [each for each in fresh.rooms if each.name == "trial"]
    other = open_room(fresh.wire.node.url, room, fresh.engine, fresh.inside)
    await other.start()
    try:
        await fresh.strike("trial.nudge")
        await until(lambda: begun == ["nudge"])
        await fresh.strike("trial.nudge")  # one is at it: it goes to the other
        await until(lambda: begun == ["nudge"] * 2)
        await fresh.strike("trial.nudge")  # waits; of more, none is kept
        await fresh.strike("trial.nudge")
        job = Build(user_id=new_id(), text="slow", gate="slow")
        await fresh.tell(*(Build(user_id=job.user_id, text="slow", gate="slow") for _ in range(9)))
        await until(lambda: begun.count("slow") == 8)  # four in each
        gates["nudge"].set()
        await until(lambda: begun.count("nudge") == 3)
        gates["slow"].set()
        await until(done(fresh, job, *["slow"] * 9))
        assert begun.count("nudge") == 3
    finally:
        await other.stop()


async def sent_again(channel: AbstractChannel, message: Durable, times: int) -> None:
    """Send copies to the room, as the courier does that cannot know what is in hand."""
    copy = aio_pika.Message(message.model_dump_json().encode(), type=message.address)
    queue = "jobs.trial" if isinstance(message, Job) else "facts.trial"
    for _ in range(times):
        await channel.default_exchange.publish(copy, queue)


@pytest.mark.parametrize("replicas", [1, 2])
async def test_copies_of_a_job_in_hand_hold_up_no_other(
    fresh: Place, channel: AbstractChannel, replicas: int
) -> None:
    assert fresh.wire is not None
    assert fresh.inside is not None
    (room,) = [each for each in fresh.rooms if each.name == "trial"]
    other = open_room(fresh.wire.node.url, room, fresh.engine, fresh.inside)
    if replicas == 2:
        await other.start()
    try:
        long = Build(user_id=new_id(), text="long", gate="long")
        await fresh.tell(long)
        await until(lambda: begun == ["long"])
        await sent_again(channel, long, 20)
        for n in range(9):
            job = Build(user_id=long.user_id, text=str(n))
            await fresh.tell(job)
            await until(done(fresh, job, *map(str, range(n + 1))))
        assert begun == ["long"]
        gates["long"].set()
        await until(done(fresh, long, *map(str, range(9)), "long"))
        await until(fresh.carried)
    finally:
        await other.stop()


async def test_copies_of_a_fact_in_hand_are_not_parked_beside_it(
    rabbit: Place, channel: AbstractChannel
) -> None:
    troubles["wall"] = 1000
    fact = Stumbled(user_id=new_id(), text="wall")
    await rabbit.tell(fact)
    await until(lambda: troubles["wall"] < 1000)
    await sent_again(channel, fact, 5)

    async def is_parked() -> bool:
        return bool(await rabbit.parked())

    await until(is_parked)
    after = Happened(user_id=fact.user_id, text="after")
    await rabbit.tell(after)
    await until(rabbit.carried)
    assert len(await rabbit.parked()) == 1


async def test_a_tick_while_the_broker_is_away_is_dropped(fresh: Place, wire: Wire) -> None:
    gates["nudge"].set()
    await wire.do(wire.node.kill)
    try:
        for _ in range(20):  # whether or not the loss of the line was noticed by then
            await fresh.strike("trial.nudge")
            await asyncio.sleep(0.05)
    finally:
        await wire.do(wire.node.start)

    async def struck() -> bool:
        await fresh.strike("trial.nudge")
        return bool(begun)

    await until(struck, seconds=60, pause=0.2)


async def test_a_tick_to_a_room_that_is_down_is_dropped(fresh: Place) -> None:
    gates["nudge"].set()
    await fresh.close_rooms()
    await fresh.strike("trial.nudge")
    await fresh.open_rooms()
    await fresh.strike("trial.nudge")
    await until(lambda: bool(begun))
    job = Build(user_id=new_id(), text="after")
    await fresh.tell(job)
    await until(done(fresh, job, "after"))
    assert begun == ["nudge"]


async def test_what_was_a_fact_and_is_a_job_now_is_done_once_and_not_parked(
    rabbit: Place, channel: AbstractChannel
) -> None:
    job = Build(user_id=new_id(), text="house")
    await rabbit.tell(job)
    await until(done(rabbit, job, "house"))
    for number, message_id in enumerate((job.job_id, new_id())):
        body = {"fact_id": str(message_id), "user_id": str(job.user_id), "text": str(number)}
        before = aio_pika.Message(json.dumps(body).encode(), type="trial.build_wanted")
        await channel.default_exchange.publish(before, "facts.trial")

    async def is_parked() -> bool:
        return bool(await rabbit.parked())

    await until(is_parked)
    [item] = await rabbit.parked()
    assert (item.room, item.message_id) == ("trial", message_id)
    assert item.reason == "trial hears nothing of the kind 'trial.build_wanted'"
    assert await rabbit.heard(job.user_id) == ["house"]
