"""What only a broker can do to us: break lines, deliver again, carry forgeries and rubbish."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator

import aio_pika
import pytest
import pytest_asyncio
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from prometheus_client import REGISTRY

from actors.runtime.rabbit import topology
from contracts.message import Invalid, Refused, Unanswered, Unauthenticated, Unavailable, new_id
from tests.bus_room import (
    Count,
    Echo,
    Happened,
    Hold,
    Note,
    begun,
    gates,
    person,
    until,
)
from tests.wire.place import Place, Wire


@pytest_asyncio.fixture
async def channel(rabbit: Place, wire: Wire) -> AsyncIterator[AbstractChannel]:
    """Open a line of a stranger to the broker."""
    connection = await aio_pika.connect(wire.node.url)
    async with connection:
        yield await connection.channel()


async def answered(place: Place) -> None:
    """Wait until asks are answered again."""

    async def works() -> bool:
        try:
            return (await place.bus.ask(Echo(number=1), deadline=time.time() + 2)).number == 1
        except Refused:
            return False

    await until(works, seconds=60)


async def test_nobody_waits_for_a_straggler(rabbit: Place) -> None:
    straggler = asyncio.create_task(rabbit.bus.ask(Hold(gate="straggler"), person()))
    await until(lambda: begun == ["straggler"])
    answers = await asyncio.gather(*(rabbit.bus.ask(Echo(number=n)) for n in range(200)))
    assert [answer.number for answer in answers] == list(range(200))
    assert not straggler.done()
    gates["straggler"].set()
    assert (await straggler).text == "straggler"


@pytest.mark.parametrize("fault", ["lines cut", "broker killed"])
async def test_a_broken_line_fails_every_waiting_ask_and_heals(
    rabbit: Place, wire: Wire, fault: str
) -> None:
    who = person()
    far = time.time() + 600
    waiting = [
        asyncio.create_task(rabbit.bus.ask(Hold(gate="night"), who, deadline=far))
        for _ in range(50)
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
    await answered(rabbit)

    user_id = new_id()
    await rabbit.tell(Happened(user_id=user_id, text="healed"))

    async def heard() -> bool:
        return await rabbit.heard(user_id) == ["healed"] and await rabbit.carried()

    await until(heard, seconds=60)


async def test_while_the_broker_is_away_asks_are_unavailable(rabbit: Place, wire: Wire) -> None:
    await wire.do(wire.node.kill)

    async def refused() -> bool:
        try:
            await rabbit.bus.ask(Echo(number=1))
        except Unavailable as no:
            return no.code == "broker_away"
        except Unanswered:
            return False
        return False

    await until(refused)
    await wire.do(wire.node.start)
    await answered(rabbit)


async def test_a_room_that_left_while_the_broker_was_away_is_down(
    rabbit: Place, wire: Wire
) -> None:
    await wire.do(wire.node.kill)
    await rabbit.close_rooms()
    await wire.do(wire.node.start)

    async def down() -> bool:
        try:
            await rabbit.bus.ask(Echo(number=1), deadline=time.time() + 1)
        except Unavailable as no:
            return no.code == "room_down"
        except Unanswered:
            return False
        return False

    await until(down, seconds=60)


async def test_a_room_that_leaves_is_down_at_once(rabbit: Place) -> None:
    await rabbit.bus.ask(Echo(number=1))
    await rabbit.close_rooms()
    with pytest.raises(Unavailable) as caught:
        await rabbit.bus.ask(Echo(number=1))
    assert caught.value.code == "room_down"


@pytest.mark.parametrize(("key", "done"), [(None, 0), ("k", 1)])
async def test_a_command_delivered_again_is_done_again_only_under_a_key(
    rabbit: Place, channel: AbstractChannel, key: str | None, done: int
) -> None:
    who = person()
    await rabbit.close_rooms()
    queue = await channel.declare_queue(
        "trial.note", durable=True, auto_delete=True, arguments=topology.ASK_QUEUE
    )
    await queue.bind(topology.ASKS, "trial.note")
    asked = asyncio.create_task(rabbit.bus.ask(Note(text="again"), who, idempotency_key=key))
    taken: list[AbstractIncomingMessage] = []

    async def delivered() -> bool:
        message = await queue.get(fail=False)
        taken.extend([message] if message else [])
        return bool(taken)

    await until(delivered)
    # As a room would that dies: for all the broker knows, it may have done its work.
    await taken[0].nack(requeue=True)
    await rabbit.open_rooms()
    if key is None:
        with pytest.raises(Unanswered):
            await asked
    else:
        await asked
    assert (await rabbit.bus.ask(Count(), who)).number == done


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


def ask_message(
    body: bytes, reply_to: str | None, *, left: float = 60, token: str = ""
) -> aio_pika.Message:
    """Write an ask as a stranger could."""
    return aio_pika.Message(
        body,
        content_type="application/json",
        type="trial.note",
        correlation_id=new_id().hex,
        reply_to=reply_to,
        headers={"deadline": int((time.time() + left) * 1000), "principal": token},
    )


@pytest.mark.parametrize(
    "reply_to",
    [
        "thief",
        "|",
        "facts.trial",
        "thief|ritmo.answers",
        "answers.thief|ritmo.answers",
        f"answers.{'a' * 32}|ritmo.facts",
        f"answers.{'a' * 32}|ritmo.answers|x",
        "ritmo.parked|",
        "trial.happened.x|ritmo.facts",
        None,
    ],
)
async def test_a_forged_reply_to_is_not_answered(
    rabbit: Place, channel: AbstractChannel, reply_to: str | None
) -> None:
    who = person()
    thief = await channel.declare_queue("thief", exclusive=True)
    for name in ("thief", "answers.thief"):
        await thief.bind(topology.ANSWERS, name)
    await thief.bind(topology.FACTS, "#")
    asks = await channel.get_exchange(topology.ASKS)
    body = b'{"text": "", "gate": "forged", "refuse": true}'
    await asks.publish(ask_message(body, reply_to, token=who.token or ""), "trial.note")
    await until(lambda: begun == ["forged"])
    gates["forged"].set()
    await rabbit.bus.ask(Note(text="proper"), who)
    assert (await rabbit.bus.ask(Count(), who)).number == 1

    async def idle() -> bool:
        queue = await channel.get_queue("trial.note", ensure=True)
        return queue.declaration_result.message_count == 0 and await rabbit.carried()

    await until(idle)
    while (stolen := await thief.get(fail=False)) is not None:
        assert stolen.type == Happened.address
    assert await rabbit.parked() == []


async def test_an_expired_ask_in_the_queue_is_dropped(
    rabbit: Place, channel: AbstractChannel
) -> None:
    who = person()
    dropped = REGISTRY.get_sample_value("ritmo_asks_expired_total") or 0
    asks = await channel.get_exchange(topology.ASKS)
    late = ask_message(b'{"text": "late", "gate": "late"}', None, left=-1, token=who.token or "")
    await asks.publish(late, "trial.note")
    await until(lambda: (REGISTRY.get_sample_value("ritmo_asks_expired_total") or 0) > dropped)
    assert (await rabbit.bus.ask(Count(), who)).number == 0
    assert begun == []


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")
async def test_an_ask_that_does_not_fit_is_invalid(rabbit: Place) -> None:
    with pytest.raises(Invalid) as caught:
        await rabbit.bus.ask(Echo.model_construct(number="many"))
    assert caught.value.code == "malformed"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[1]", b"null", b'{"text": 5}'])
async def test_rubbish_in_an_ask_queue_harms_nobody(
    rabbit: Place, channel: AbstractChannel, body: bytes
) -> None:
    who = person()
    asks = await channel.get_exchange(topology.ASKS)
    await asks.publish(ask_message(body, None, token=who.token or ""), "trial.note")
    await asks.publish(aio_pika.Message(body), "trial.note")
    odd = aio_pika.Message(body, type="trial.note", headers={"deadline": "x", "principal": 5})
    await asks.publish(odd, "trial.note")
    await rabbit.bus.ask(Note(text="fine"), who)
    assert (await rabbit.bus.ask(Count(), who)).number == 1


async def test_a_token_signed_by_a_stranger_opens_nothing(rabbit: Place) -> None:
    with pytest.raises(Unauthenticated) as caught:
        await rabbit.bus.ask(Count(), person("admin", key=Ed25519PrivateKey.generate()))
    assert caught.value.code == "invalid_token"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("trial.happened", b"{"),
        ("trial.happened", b"\xff\xfe\x00"),
        ("trial.happened", b'{"text": "nobody"}'),
        ("trial.happened", b""),
        ("trial.unheard", b"{}"),
        (None, b"{}"),
    ],
)
async def test_a_fact_that_cannot_be_read_is_parked(
    rabbit: Place, channel: AbstractChannel, kind: str | None, body: bytes
) -> None:
    facts = await channel.get_exchange(topology.FACTS)
    poison = aio_pika.Message(body, type=kind, content_type="application/json")
    await facts.publish(poison, "trial.happened.x")

    async def is_parked() -> bool:
        return bool(await rabbit.parked())

    await until(is_parked)
    [item] = await rabbit.parked()
    assert (item.room, item.address) == ("trial", kind or "")
    assert item.body == body.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")

    user_id = new_id()
    await rabbit.tell(Happened(user_id=user_id, text="after"))

    async def heard() -> bool:
        return await rabbit.heard(user_id) == ["after"]

    await until(heard)


async def test_a_fact_that_should_be_heard_waits_for_a_way(
    rabbit: Place, channel: AbstractChannel
) -> None:
    queue = await channel.get_queue(topology.fact_queue("trial"))
    await queue.unbind(topology.FACTS, f"{Happened.address}.*")
    user_id = new_id()
    await rabbit.tell(Happened(user_id=user_id, text="patient"))

    async def tried() -> bool:
        return bool(await rabbit.rows("SELECT 1 FROM bus.outbox WHERE attempts > 0"))

    await until(tried)
    assert await rabbit.heard(user_id) == []
    await queue.bind(topology.FACTS, f"{Happened.address}.*")

    async def heard() -> bool:
        return await rabbit.heard(user_id) == ["patient"] and await rabbit.carried()

    await until(heard)


async def test_the_topology_is_as_declared(rabbit: Place, wire: Wire) -> None:
    words = ("name", "type", "durable", "auto_delete", "exclusive", "arguments")
    listed = await wire.do(wire.node.control, "list_queues", *words, "--formatter", "json")
    queues = {queue["name"]: queue for queue in json.loads(listed)}

    def declared(name: str) -> tuple[str, bool, dict[str, object]]:
        queue = queues[name]
        arguments = {key: value for key, _, value in queue["arguments"]}
        return queue["type"].split("_")[-1], queue["auto_delete"], arguments

    assert declared("trial.echo") == ("classic", True, topology.ASK_QUEUE)
    assert declared("facts.trial") == ("quorum", False, topology.FACT_QUEUE)
    assert declared(topology.PARKED) == ("quorum", False, topology.PARKED_QUEUE)
    assert "facts.auth" not in queues
    answers = [queue for name, queue in queues.items() if name.startswith("answers.")]
    assert len(answers) == 2
    assert all(queue["exclusive"] for queue in answers)

    listed = await wire.do(
        wire.node.control, "list_exchanges", "name", "type", "durable", "--formatter", "json"
    )
    ours = {
        e["name"]: (e["type"], e["durable"]) for e in json.loads(listed) if "ritmo" in e["name"]
    }
    assert ours == {
        topology.ASKS: ("topic", True),
        topology.ANSWERS: ("direct", True),
        topology.FACTS: ("topic", True),
        topology.PARKED: ("fanout", True),
    }
