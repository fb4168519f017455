"""What strangers may do at the broker: forgeries and rubbish; and the topology they meet."""

import json
import time
from typing import cast

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pamqp.common import FieldTable
from prometheus_client import REGISTRY

from actors.runtime.rabbit import topology
from actors.runtime.rabbit.bundle import BUNDLE, Carried, packed
from contracts.message import Invalid, Unauthenticated, new_id
from tests.bus_people import person
from tests.bus_room import Count, Echo, Happened, Note, begun, gates, until
from tests.wire.place import Place, Wire


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
        "thief|ritmo.replies",
        "answers.thief|ritmo.replies",
        f"answers.thief.{'a' * 32}|ritmo.facts",
        f"answers.thief.{'a' * 32}|ritmo.replies|x",
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
        await rabbit.bus.ask(Echo.model_construct(None, number=cast(int, "many")))
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
        (BUNDLE, b"{"),
        (BUNDLE, b"\xff"),
        (BUNDLE, b'[["trial.happened", "", 5]]'),
        (None, b"{}"),
    ],
)
async def test_a_fact_that_cannot_be_read_is_parked(
    rabbit: Place, channel: AbstractChannel, kind: str | None, body: bytes
) -> None:
    poison = aio_pika.Message(body, type=kind, content_type="application/json")
    await channel.default_exchange.publish(poison, "facts.trial")

    async def is_parked() -> bool:
        return bool(await rabbit.parked())

    await until(is_parked)
    [item] = await rabbit.parked()
    assert (item.room, item.address) == ("trial", kind or "")
    assert item.reason.startswith(("Unreadable: ", "trial hears nothing of the kind "))
    assert item.body == body.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")

    user_id = new_id()
    await rabbit.tell(Happened(user_id=user_id, text="after"))

    async def heard() -> bool:
        return await rabbit.heard(user_id) == ["after"]

    await until(heard)


async def test_a_bundle_with_a_fact_that_nobody_hears_harms_no_other(
    rabbit: Place, channel: AbstractChannel
) -> None:
    user_id = new_id()
    facts = [Happened(user_id=user_id, text=text) for text in ("before", "after")]
    before, after = (Carried(fact.address, "", fact.model_dump_json()) for fact in facts)
    strange = Carried("trial.unheard", "", "{}")
    body = packed([before, strange, after])
    message = aio_pika.Message(body, type=BUNDLE, content_type="application/json")
    await channel.default_exchange.publish(message, "facts.trial")

    async def sorted_out() -> bool:
        heard = await rabbit.heard(user_id) == ["after", "before"]
        return heard and bool(await rabbit.parked())

    await until(sorted_out)
    [item] = await rabbit.parked()
    assert (item.room, item.address, item.body) == ("trial", "trial.unheard", "{}")


async def test_of_a_bundle_that_died_the_facts_come_again_each_alone(
    rabbit: Place, channel: AbstractChannel
) -> None:
    user_id = new_id()
    words = [f"{number:02}" for number in range(5)]
    facts = [Happened(user_id=user_id, text=text) for text in words]
    told = [Carried(fact.address, "", fact.model_dump_json()) for fact in facts]
    death: FieldTable = {"queue": "facts.trial", "reason": "delivery_limit", "count": 1}
    parked = await channel.get_exchange(topology.PARKED)
    for bundle in (told[:4], told[4:]):
        message = aio_pika.Message(packed(bundle), type=BUNDLE, headers={"x-death": [death]})
        await parked.publish(message, "")

    async def sorted_out() -> bool:
        return await rabbit.heard(user_id) == words[:4] and bool(await rabbit.parked())

    await until(sorted_out)
    [item] = await rabbit.parked()
    assert (item.address, item.message_id) == (Happened.address, facts[4].fact_id)
    assert item.reason == "trial ended again and again while it took this in: see its log"


async def test_a_bundle_that_an_older_room_does_not_know_parks_nothing(
    rabbit: Place, channel: AbstractChannel
) -> None:
    user_id = new_id()
    fact = Happened(user_id=user_id, text="older")
    death = cast("FieldTable", {"queue": "facts.trial", "reason": "rejected", "count": 1})
    parked = await channel.get_exchange(topology.PARKED)
    for facts in ([fact], [fact, Happened(user_id=user_id, text="too")]):
        told = [Carried(one.address, "", one.model_dump_json()) for one in facts]
        message = aio_pika.Message(packed(told), type=BUNDLE, headers={"x-death": [death]})
        await parked.publish(message, "")
    strange = Carried("trial.unheard", "", "{}")
    after = aio_pika.Message(packed([strange]), type=BUNDLE, headers={"x-death": [death]})
    await parked.publish(after, "")

    async def is_parked() -> bool:
        return bool(await rabbit.parked())

    await until(is_parked)
    assert [item.address for item in await rabbit.parked()] == ["trial.unheard"]
    assert await rabbit.heard(user_id) == []  # the outbox tells it again


async def test_the_topology_is_as_declared(fresh: Place, wire: Wire) -> None:
    words = ("name", "type", "durable", "auto_delete", "exclusive", "arguments")
    listed = await wire.do(wire.node.control, "list_queues", *words, "--formatter", "json")
    queues = {queue["name"]: queue for queue in json.loads(listed)}

    def declared(name: str) -> tuple[str, bool, dict[str, object]]:
        queue = queues[name]
        arguments = {key: value for key, _, value in queue["arguments"]}
        return queue["type"].split("_")[-1], queue["auto_delete"], arguments

    assert declared("trial.echo") == ("classic", True, topology.ASK_QUEUE)
    assert declared("facts.trial") == ("quorum", False, topology.DURABLE_QUEUE)
    assert declared("jobs.trial") == ("quorum", False, topology.DURABLE_QUEUE)
    assert declared("trial.nudge") == ("classic", True, topology.TICK_QUEUE)
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
        topology.ANSWERS: ("topic", True),
        topology.FACTS: ("topic", True),
        topology.JOBS: ("topic", True),
        topology.PARKED: ("fanout", True),
    }
