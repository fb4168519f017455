"""Parts that have users of their own at the broker: all works as ever, and nothing else does."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from typing import ClassVar
from uuid import UUID

import aio_pika
import pytest
import pytest_asyncio
from aio_pika.abc import AbstractConnection, AbstractIncomingMessage, AbstractQueue
from aiormq.exceptions import ChannelAccessRefused, ChannelPreconditionFailed
from pamqp.common import FieldTable, FieldValue
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.auth.handlers import room as auth
from actors.runtime.delegation import SECRET_NAME, prove
from actors.runtime.rabbit import topology
from actors.runtime.rabbit.bundle import BUNDLE, Carried, packed
from actors.runtime.rabbit.users import rights_of
from actors.runtime.settings import Settings
from contracts.accounts import OpenAccount
from contracts.delegation import MAY_ASK, Delegate
from contracts.message import Query, Refusal, Refused, Unanswered, Unauthenticated, new_id
from contracts.users import UserDeleted
from ops.broker import definitions
from ops.outside import users_state
from ops.platform import rooms
from storage import secrets
from storage.auth import accounts
from storage.session import transaction
from tests.broker import known
from tests.bus_people import person
from tests.bus_room import ActFor, Count, Echo, Happened, Said, room, until
from tests.wire.conftest import tidy
from tests.wire.place import Place, Wire, over_rabbit

HOST = "ritmo"
HEX = "a" * 32

PARTS = ("gateway", "courier", "clock", "users", "trial")
"""Whose rights are tried out: the rooms `users` and `trial`, and what is no room."""

ALLOWED: dict[tuple[str, ...], set[str]] = {
    ("ask", "auth.get_keys"): {"gateway", "users", "trial"},
    ("ask", "trial.echo"): {"gateway"},
    ("ask", "trial.who_am_i"): {"gateway", "trial"},
    ("ask", "auth.open_account"): {"gateway"},
    ("ask", "auth.begin_session"): {"gateway"},
    ("ask", "gateway.anything"): set(),
    ("fact", f"trial.happened.{HEX}"): {"courier"},
    ("fact", f"users.user_deleted.{HEX}"): {"courier"},
    ("job", f"trial.work.{HEX}"): {"courier"},
    ("job", "trial.nudge"): {"courier", "clock"},
    ("job", "trial.nothing"): {"courier"},
    ("answer", f"answers.gateway.{HEX}"): {"users", "trial"},
    ("dead letter", ""): {"courier", "users", "trial"},
    ("queue", "facts.trial"): {"courier"},
    ("queue", "jobs.trial"): {"courier"},
    ("queue", "trial.echo"): {"courier"},  # by which nobody is asked: who asks is looked at
    ("read", "facts.trial"): {"courier", "trial"},
    ("read", "jobs.trial"): {"courier", "trial"},
    ("read", "facts.auth"): {"courier"},
    ("read", "trial.echo"): {"trial"},
    ("read", "auth.get_keys"): set(),
    ("read", "ritmo.parked"): {"courier"},
    ("bind", "ritmo.asks", "trial.echo"): {"trial"},
    ("bind", "ritmo.asks", "auth.login"): set(),
    ("bind", "ritmo.asks", "#"): set(),
    ("bind", "ritmo.replies", "answers.{me}." + HEX): {"gateway", "users", "trial"},
    ("bind", "ritmo.replies", f"answers.auth.{HEX}"): set(),
    ("bind", "ritmo.replies", "#"): set(),
    ("bind", "ritmo.facts", "auth.session_ended.*"): {"gateway", "courier", "users", "trial"},
    ("bind", "ritmo.facts", "journal.entry_created.*"): {"gateway", "courier"},
    ("bind", "ritmo.facts", f"journal.entry_created.{HEX}"): {"courier"},
    ("bind", "ritmo.facts", "#"): {"courier"},
    ("bind", "ritmo.jobs", "trial.work.*"): {"courier", "trial"},
    ("bind", "ritmo.jobs", "telegram.#"): {"courier"},
    ("bind", "ritmo.parked", ""): {"courier"},
    ("declare", "facts.trial"): {"courier", "trial"},
    ("declare", "facts.auth"): {"courier"},
    ("declare", "int-x.0"): set(),
    ("exchange", "ritmo.facts"): {"courier"},
    ("exchange", "mine"): set(),
    ("remove", "ritmo.nothing"): {"courier"},
    ("remove", "facts.nothing"): {"courier"},
    ("remove", "trial.nothing"): {"gateway", "trial"},
    ("remove", "auth.nothing"): {"gateway"},
    ("remove", "int-x.0"): set(),
}
"""What is tried at the broker, and who may do it."""


@pytest.fixture(scope="module")
def url_of(wire: Wire) -> Iterator[Callable[[str], str]]:
    """Make the users of all parts and of the tests' room; return how each logs in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(MAY_ASK, "trial", frozenset({"trial.who_am_i"}))
        rights = rights_of([*rooms(), room])
        passwords = {part: f"pass-{part}" for part in (*rights, "operator")}
        known(wire.node, definitions(passwords, rights))
        yield lambda part: f"amqp://{part}:{passwords[part]}@127.0.0.1:{wire.node.port}/{HOST}"


@pytest_asyncio.fixture
async def apart(
    engine: AsyncEngine, wire: Wire, url_of: Callable[[str], str]
) -> AsyncIterator[Place]:
    """Open auth and the tests' room, each part with a user of its own."""
    await auth.open(Settings())
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(over_rabbit(engine, wire, (auth, room), url_of))
        await stack.enter_async_context(tidy())
        yield place


async def somebody(place: Place) -> UUID:
    """Open an account."""
    user_id = new_id()
    async with transaction(place.engine) as tx:
        await accounts.add(tx, user_id, f"{user_id}@example.org", "no password")
    return user_id


async def secret_of(place: Place) -> bytes:
    """Return the secret by which rooms prove who they are."""
    async with transaction(place.engine) as tx:
        return await secrets.make(tx, SECRET_NAME)


async def does(connection: AbstractConnection, me: str, words: tuple[str, ...]) -> bool:
    """Try something out on a channel of its own; tell whether the broker lets it pass."""
    kind, name, *more = words
    try:
        channel = await (await connection.channel()).get_underlay_channel()
        exchanges = {"ask": topology.ASKS, "fact": topology.FACTS, "job": topology.JOBS}
        exchanges |= {"answer": topology.ANSWERS, "dead letter": topology.PARKED, "queue": ""}
        if kind in exchanges:
            await channel.basic_publish(b"", exchange=exchanges[kind], routing_key=name)
        elif kind == "read":
            await channel.basic_get(name)
        elif kind == "bind":
            [key] = more
            own = {"courier": "facts.nothing", "clock": "trial.echo"}
            queue = own.get(me, f"answers.{me}.{HEX}")
            await channel.queue_declare(queue, passive=me == "clock", exclusive=True)
            await channel.queue_bind(queue, name, key.format(me=me))
        elif kind == "declare":
            arguments = topology.DURABLE_QUEUE
            await channel.queue_declare(name, durable=True, arguments=arguments)
        elif kind == "exchange":
            await channel.exchange_declare(name, exchange_type="topic", durable=True)
        else:
            await channel.queue_delete(name)
    except ChannelAccessRefused:
        return False
    await channel.close()
    return True


async def test_each_part_may_do_its_own_and_nothing_else(apart: Place) -> None:
    await apart.courier.stop()
    found: dict[tuple[str, ...], set[str]] = {words: set() for words in ALLOWED}
    for me in PARTS:
        async with await aio_pika.connect(apart.url_of(me)) as connection:
            for words in ALLOWED:
                if await does(connection, me, words):
                    found[words].add(me)
    assert found == ALLOWED


async def test_with_users_of_their_own_parts_do_what_they_did(apart: Place) -> None:
    who, user_id = person(), new_id()
    await apart.listen()
    assert (await apart.bus.ask(Echo(number=7))).number == 7
    with pytest.raises(Unauthenticated):  # the room asks auth for its keys, which are others
        await apart.bus.ask(Count(), who)
    await apart.tell(Happened(user_id=user_id, text="heard"))

    async def heard() -> bool:
        return await apart.heard(user_id) == ["heard"] and apart.overheard == ["heard"]

    await until(heard)
    await until(apart.carried)
    acted = await somebody(apart)
    assert (await apart.bus.ask(ActFor(user_id=acted))).user_id == acted
    await apart.close_rooms()
    with pytest.raises(Refused) as refused:
        await apart.bus.ask(Echo(number=8))
    assert refused.value.code == "room_down"


class Unheard(Query[Said]):
    """What the tests themselves answer, in the name of one part or another."""

    address: ClassVar[str] = "trial.unheard"
    public: ClassVar[bool] = True


async def arrived(queue: AbstractQueue) -> AbstractIncomingMessage:
    """Wait for the next message in a queue."""
    found: list[AbstractIncomingMessage] = []

    async def look() -> bool:
        message = await queue.get(fail=False, no_ack=True)
        found.extend([message] if message else [])
        return bool(found)

    await until(look)
    return found[0]


def ask_of(address: str, reply_to: str, body: bytes = b"{}") -> aio_pika.Message:
    """Write an ask."""
    headers: dict[str, FieldValue] = {"deadline": int((time.time() + 60) * 1000)}
    return aio_pika.Message(
        body, type=address, reply_to=reply_to, correlation_id="1", headers=headers
    )


async def test_nobody_says_that_another_has_sent_it(apart: Place) -> None:
    for me in PARTS:
        for name in {"gateway", "courier", "auth"} - {me}:
            async with await aio_pika.connect(apart.url_of(me)) as connection:
                channel = await connection.channel()
                exchange = {"courier": topology.FACTS, "clock": topology.JOBS}.get(me)
                forged = aio_pika.Message(b"", user_id=name)
                to = await channel.get_exchange(exchange or topology.ASKS, ensure=False)
                with pytest.raises(ChannelPreconditionFailed):
                    await to.publish(forged, "trial.nudge" if exchange else "auth.get_keys")


async def test_an_answer_counts_only_from_the_room_that_was_asked(apart: Place) -> None:
    async with (
        await aio_pika.connect(apart.url_of("trial")) as asked,
        await aio_pika.connect(apart.url_of("users")) as other,
    ):
        queue = await (await asked.channel()).declare_queue("trial.unheard", exclusive=True)
        await queue.bind(topology.ASKS, "trial.unheard")
        for sender, connection in (("users", other), (None, asked), ("trial", asked)):
            asking = asyncio.create_task(apart.bus.ask(Unheard()))
            incoming = await arrived(queue)
            answers = await (await connection.channel()).get_exchange(
                topology.ANSWERS, ensure=False
            )
            key = (incoming.reply_to or "").partition("|")[0]
            answer = aio_pika.Message(
                b'{"number": 5}',
                type="answered",
                user_id=sender,
                correlation_id=incoming.correlation_id,
            )
            await answers.publish(answer, key)
            if sender == "trial":
                assert (await asking).number == 5
            else:
                with pytest.raises(Unanswered):
                    await asking


async def test_who_does_not_say_who_they_are_or_where_they_are_is_not_answered(
    apart: Place,
) -> None:
    theirs, own = (f"answers.{part}.{HEX}" for part in ("gateway", "trial"))
    async with (
        await aio_pika.connect(apart.url_of("gateway")) as gateway,
        await aio_pika.connect(apart.url_of("trial")) as thief,
    ):
        victim = await (await gateway.channel()).declare_queue(theirs, exclusive=True)
        await victim.bind(topology.ANSWERS, theirs)
        channel = await thief.channel()
        mine = await channel.declare_queue(own, exclusive=True)
        await mine.bind(topology.ANSWERS, own)
        asks = await channel.get_exchange(topology.ASKS, ensure=False)
        address = "auth.get_keys"
        for reply_to, user in ((theirs, "trial"), (own, None), (own, "trial")):
            message = ask_of(address, f"{reply_to}|{topology.ANSWERS}")
            message.user_id = user
            message.correlation_id = f"{reply_to} {user}"
            await asks.publish(message, address)
        answer = await arrived(mine)
        assert (answer.type, answer.user_id) == ("answered", "auth")
        assert answer.correlation_id == f"{own} trial"
        assert await mine.get(fail=False) is None
        assert await victim.get(fail=False) is None


async def test_no_queue_passes_on_what_its_owner_may_not_ask(apart: Place) -> None:
    address, own = "auth.open_account", f"answers.trial.{HEX}"
    async with await aio_pika.connect(apart.url_of("trial")) as thief:
        channel = await thief.channel()
        passing: FieldTable = {
            "x-message-ttl": 1,
            "x-dead-letter-exchange": topology.ASKS,
            "x-dead-letter-routing-key": address,
        }
        deputy = await channel.declare_queue(
            f"answers.trial.{'b' * 32}", exclusive=True, arguments=passing
        )
        await deputy.bind(topology.ANSWERS, deputy.name)
        mine = await channel.declare_queue(own, exclusive=True)
        await mine.bind(topology.ANSWERS, own)
        answers = await channel.get_exchange(topology.ANSWERS, ensure=False)
        proof = prove(await secret_of(apart), "telegram", new_id(), address)
        body = OpenAccount(proof=proof).model_dump_json().encode()
        message = ask_of(address, f"{own}|{topology.ANSWERS}", body)
        message.user_id = "trial"
        await answers.publish(message, deputy.name)
        answer = await arrived(mine)
        refusal = Refusal.model_validate_json(answer.body)
    assert (answer.type, refusal.code) == ("refused", "may_not_ask")


async def test_a_room_acts_for_nobody_in_the_name_of_another(apart: Place) -> None:
    assert apart.inside is not None
    user_id, secret = await somebody(apart), await secret_of(apart)
    assert (await apart.inside.ask(Delegate(proof=prove(secret, "trial", user_id)))).access_token
    with pytest.raises(Unauthenticated) as refused:
        await apart.inside.ask(Delegate(proof=prove(secret, "telegram", user_id)))
    assert refused.value.code == "invalid_proof"


async def test_a_forged_dead_letter_tells_no_room_anything(apart: Place) -> None:
    user_id = await somebody(apart)
    fact = UserDeleted(user_id=user_id)
    told = Carried(fact.address, "", fact.model_dump_json())
    death: FieldTable = {"queue": "facts.auth", "reason": "delivery_limit", "count": 1}
    async with (
        await aio_pika.connect(apart.url_of("trial")) as thief,
        await aio_pika.connect(apart.url_of("courier")) as courier,
    ):
        for number in range(2):
            parked = await (await thief.channel()).get_exchange(topology.PARKED, ensure=False)
            forged = aio_pika.Message(
                packed([told] * (2 - number)),
                type=BUNDLE,
                headers={"x-death": [death]},
                user_id="trial" if number else None,
            )
            await parked.publish(forged, "")
        poison = aio_pika.Message(b"{", type="trial.happened", user_id="courier")
        await (await courier.channel()).default_exchange.publish(poison, "facts.trial")

        async def is_parked() -> bool:
            return bool(await apart.parked())

        await until(is_parked)
    assert [item.address for item in await apart.parked()] == ["trial.happened"]
    async with transaction(apart.engine) as tx:
        assert await accounts.find(tx, user_id) is not None
    assert await apart.rows("SELECT room FROM bus.inbox WHERE room = 'auth'") == []


def test_the_doctor_says_whether_parts_share_a_user() -> None:
    assert (
        users_state("amqp://guest:x@host/").said("en").startswith("All parts share the user guest")
    )
    assert users_state("amqp://clock:x@host/ritmo").said("en").startswith("Every part has its own")
