"""Integrations at a real RabbitMQ: made, used as their scopes allow and no further, and revoked."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import aio_pika
import pytest
import pytest_asyncio
from aio_pika.abc import AbstractConnection
from aiormq.exceptions import AMQPError, ChannelAccessRefused, ChannelPreconditionFailed
from pamqp.common import FieldValue
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.auth.broker_users import BrokerUsers
from actors.auth.integrations import sync_all
from actors.auth.tools import tools
from actors.runtime.courier import Courier
from actors.runtime.edge import Edge
from actors.runtime.identity import TokenVerifier
from actors.runtime.rabbit.broker import StandingBroker
from actors.runtime.rabbit.bus import RabbitBus
from actors.runtime.rabbit.publisher import Publisher
from actors.runtime.rabbit.topology import ANSWERS, ASKS, FACTS, routes_of
from actors.runtime.rabbit.users import rights_of
from actors.runtime.room import Room
from actors.runtime.settings import Settings
from contracts.accounts import Register
from contracts.bus import deadline_in
from contracts.habits import CreateHabit
from contracts.health import ping_of
from contracts.integrations import (
    CreateIntegration,
    ListIntegrations,
    MadeIntegration,
    RevokeIntegration,
)
from contracts.message import Asked, Conflict, Refused, Reply
from contracts.principal import Principal
from contracts.users import CreateProfile
from ops.broker import definitions
from ops.platform import room_of, rooms
from storage import embedded
from storage.session import open_engine, transaction
from tests import backends, databases
from tests.broker import known
from tests.bus_room import until

R = TypeVar("R", bound=Reply)
HEX = "b" * 32
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "broker.py"


@dataclass
class House:
    """Auth, users and habits over RabbitMQ, each with its own user, and who asks them."""

    bus: RabbitBus
    node: backends.Private
    engine: AsyncEngine

    async def ask(self, message: Asked[R], who: Principal | None = None) -> R:
        """Ask, and wait for as long as a busy machine takes."""
        return await self.bus.ask(message, who, deadline=deadline_in(60))

    async def answers(self, room: str) -> bool:
        """Tell whether a room is there."""
        try:
            await self.ask(ping_of(room)())
        except Refused:
            return False
        return True

    def url(self, made: MadeIntegration) -> str:
        """Return how an integration logs in."""
        return f"amqp://{made.made.user}:{made.token}@127.0.0.1:{self.node.port}/ritmo"

    async def person(self, name: str) -> Principal:
        """Register somebody."""
        email = f"{name}@example.org"
        tokens = await self.ask(Register(email=email, password="correct horse battery"))
        who = await TokenVerifier(self.bus).verify(tokens.access_token)
        await self.ask(CreateProfile(email=email), who)
        return who

    async def integration(self, who: Principal, *scopes: Any) -> MadeIntegration:
        """Make an integration, and wait until the broker knows it."""
        made = await self.ask(CreateIntegration(name="lamp", scopes=scopes), who)

        async def ready() -> bool:
            found = (await self.ask(ListIntegrations(), who)).integrations
            return all(one.ready for one in found)

        await until(ready)
        return made


@pytest.fixture(scope="module")
def node() -> Iterator[backends.Private]:
    """Run a RabbitMQ with its management interface."""
    with backends.rabbitmq(management=True) as node:
        yield node


@pytest.fixture(scope="module")
def database(postgres: embedded.Embedded) -> str:
    """Give the address of a database for these tests."""
    return databases.create(postgres.url, "integrations")


@pytest_asyncio.fixture
async def house(node: backends.Private, database: str) -> AsyncIterator[House]:
    """Open the rooms, each with a user of its own."""
    rights = rights_of(rooms())
    passwords = {part: f"pass-{part}" for part in (*rights, "operator")}
    await asyncio.to_thread(known, node, definitions(passwords, rights))
    management = f"http://operator:pass-operator@127.0.0.1:{node.management}/ritmo"
    settings = Settings.model_validate({"amqp_management_url": management})
    engine = open_engine(database, 24)
    opened: list[Room] = [room_of(name) for name in ("auth", "users", "habits")]

    def url_of(part: str) -> str:
        return f"amqp://{part}:{passwords[part]}@127.0.0.1:{node.port}/ritmo"

    async with AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        publisher = Publisher(url_of("courier"), engine, routes_of(opened))
        courier = Courier(engine, publisher.publish)
        await publisher.start()
        stack.push_async_callback(publisher.stop)
        courier.start()
        stack.push_async_callback(courier.stop)
        for room in opened:
            bus = RabbitBus(url_of(room.name), room.name)
            await room.open(settings)
            broker = StandingBroker(
                url_of(room.name), Edge(room, engine, bus, 8, limit=60), TokenVerifier(bus), 8
            )
            await bus.start()
            stack.push_async_callback(bus.stop)
            await broker.start()
            stack.push_async_callback(broker.stop)
        gateway = RabbitBus(url_of("gateway"), "gateway")
        await gateway.start()
        stack.push_async_callback(gateway.stop)
        house = House(gateway, node, engine)
        for room in opened:
            await until(partial(house.answers, room.name))
        yield house


async def allowed(connection: AbstractConnection, words: tuple[str, ...]) -> bool:
    """Try something out on a channel of its own; tell whether the broker lets it pass."""
    kind, name, *more = words
    try:
        channel = await (await connection.channel()).get_underlay_channel()
        if kind == "publish":
            await channel.basic_publish(b"", exchange=name, routing_key=more[0])
        elif kind == "declare":
            await channel.queue_declare(name)
        elif kind == "bind":
            await channel.queue_bind(name, more[0], more[1])
        elif kind == "read":
            await channel.basic_get(name)
        elif kind == "exchange":
            await channel.exchange_declare(name, exchange_type="topic", durable=True)
        else:
            await channel.queue_delete(name)
    except (ChannelAccessRefused, ChannelPreconditionFailed):
        return False
    await channel.close()
    return True


def matrix(me: str, person: UUID, other: UUID) -> dict[tuple[str, ...], bool]:
    """List what an integration with `habits:read` and `habits:write` tries, and what it may do."""
    mine = f"{me}.0"
    return {
        ("declare", mine): True,
        ("declare", f"{me}.9"): True,
        ("declare", f"{me}.10"): False,
        ("declare", f"{me}.x"): False,
        ("declare", "int-x.0"): False,
        ("declare", "facts.habits"): False,
        ("exchange", FACTS): False,
        ("bind", mine, FACTS, f"habits.habit_checked_in.{person}"): True,
        ("bind", mine, FACTS, f"habits.habit_checked_in.{other}"): False,
        ("bind", mine, FACTS, "habits.habit_checked_in.*"): False,
        ("bind", mine, FACTS, f"habits.*.{person}"): False,
        ("bind", mine, FACTS, "#"): False,
        ("bind", mine, FACTS, f"journal.entry_written.{person}"): False,
        ("bind", mine, FACTS, f"auth.session_ended.{person}"): False,
        ("bind", mine, ASKS, "auth.login"): False,
        ("bind", mine, ASKS, "habits.check_in"): False,
        ("bind", mine, ANSWERS, f"answers.{me}.{HEX}"): True,
        ("bind", mine, ANSWERS, f"answers.gateway.{HEX}"): False,
        ("bind", mine, ANSWERS, "#"): False,
        ("bind", mine, "ritmo.jobs", "#"): False,
        ("bind", mine, "ritmo.parked", ""): False,
        ("publish", ASKS, "habits.check_in"): True,
        ("publish", ASKS, "habits.list_habits"): True,
        ("publish", ASKS, "auth.exchange_personal_token"): True,
        ("publish", ASKS, "journal.create_entry"): False,
        ("publish", ASKS, "users.get_profile"): False,
        ("publish", ASKS, "auth.create_personal_token"): False,
        ("publish", ASKS, "auth.create_integration"): False,
        ("publish", ASKS, "auth.login"): False,
        ("publish", ASKS, "auth.delegate"): False,
        ("publish", FACTS, f"habits.habit_checked_in.{person}"): False,
        ("publish", "ritmo.jobs", f"habits.tell_state.{person}"): False,
        ("publish", ANSWERS, f"answers.gateway.{HEX}"): False,
        ("publish", "ritmo.parked", ""): False,
        ("publish", "", "facts.habits"): False,
        ("publish", "", mine): False,
        ("read", mine): True,
        ("read", "facts.habits"): False,
        ("read", "ritmo.parked"): False,
        ("read", "habits.check_in"): False,
        ("remove", "facts.habits"): False,
        ("remove", mine): True,
    }


async def try_all(house: House) -> None:
    """Do what an integration may do, and all that it may not."""
    ann, bob = await house.person("ann"), await house.person("bob")
    made = await house.integration(ann, "habits:read", "habits:write")
    other = await house.integration(bob, "journal:read")
    wanted = matrix(made.made.user, ann.user_id, bob.user_id)
    async with await aio_pika.connect(house.url(made)) as connection:
        found = {words: await allowed(connection, words) for words in wanted}
        assert found == wanted
        channel = await connection.channel()
        asks = await channel.get_exchange(ASKS, ensure=False)
        for name in ("gateway", other.made.user):
            with pytest.raises(ChannelPreconditionFailed):
                await asks.publish(aio_pika.Message(b"", user_id=name), "habits.check_in")
            channel = await connection.channel()
            asks = await channel.get_exchange(ASKS, ensure=False)

        # With the token of somebody else it asks nothing, whatever that opens.
        queue = await channel.declare_queue(f"{made.made.user}.0", exclusive=True)
        look_up = f'rabbit_misc:r(<<"ritmo">>, queue, <<"{queue.name}">>)'
        policy = (
            f'rabbit_policy:get(<<"max-length">>, element(2, rabbit_amqqueue:lookup({look_up}))).'
        )
        assert await asyncio.to_thread(house.node.evaluate, policy) == "10000"
        address = f"answers.{made.made.user}.{HEX}"
        await queue.bind(ANSWERS, address)
        headers: dict[str, FieldValue] = {
            "deadline": int((time.time() + 60) * 1000),
            "principal": bob.token or "",
        }
        stolen = aio_pika.Message(
            b"{}",
            type="habits.list_habits",
            user_id=made.made.user,
            reply_to=f"{address}|{ANSWERS}",
            correlation_id="1",
            headers=headers,
        )
        await asks.publish(stolen, "habits.list_habits")
        async with queue.iterator(timeout=30) as incoming:
            answer = await anext(incoming)
        assert (answer.type, json.loads(answer.body)["code"]) == ("refused", "may_not_ask")

    # Five connections at once, and no more; with the right password alone.
    async with AsyncExitStack() as stack:
        for _ in range(5):
            await stack.enter_async_context(await aio_pika.connect(house.url(made)))
        with pytest.raises((AMQPError, ConnectionError)):
            await aio_pika.connect(house.url(made))
    with pytest.raises((AMQPError, ConnectionError)):
        await aio_pika.connect(house.url(made).replace("rt_pat_", "rt_pat-"))


async def run_example(house: House) -> None:
    """Run the example until its integration is revoked."""
    ann = await house.person("eve")
    habit = await house.ask(CreateHabit(name="Run"), ann)
    made = await house.integration(ann, "habits:read", "habits:write")
    words = (house.url(made), str(ann.user_id), str(habit.habit_id))
    running = await asyncio.create_subprocess_exec(
        sys.executable, str(EXAMPLE), *words, stdout=asyncio.subprocess.PIPE
    )
    assert running.stdout is not None
    try:
        async with asyncio.timeout(60):
            answer = (await running.stdout.readline()).decode()
            fact = (await running.stdout.readline()).decode()
        assert "'outcome': 'answered'" in answer
        assert fact.startswith("habits.habit_checked_in {")
        assert str(habit.habit_id) in fact
        await house.ask(RevokeIntegration(integration_id=made.made.integration_id), ann)
        async with asyncio.timeout(60):
            assert await running.wait() in (0, 1)  # its connection was closed
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()
    with pytest.raises((AMQPError, ConnectionError)):
        await aio_pika.connect(house.url(made))
    assert (await house.ask(ListIntegrations(), ann)).integrations == ()


async def mend(house: House) -> None:
    """Take away what ended unseen, and make anew what got lost."""
    ann = await house.person("zoe")
    made = await house.integration(ann, "habits:read")
    stray = UUID(int=7)
    await tools.broker_users.remove([made.made.integration_id])
    await tools.broker_users.put(stray, "", rights_of(rooms())["clock"])
    async with transaction(house.engine) as tx:
        assert await sync_all(tx) is False
    there = await tools.broker_users.list_ids()
    assert made.made.integration_id in there
    assert stray not in there
    async with await aio_pika.connect(house.url(made)):
        pass


async def test_integrations_do_what_their_scopes_allow_until_they_end(house: House) -> None:
    """One house for all of it: what is dear is to open it."""
    await try_all(house)
    await run_example(house)
    await mend(house)
    assert await house.answers("auth")


def test_without_management_there_are_no_integrations() -> None:
    with pytest.raises(Conflict) as refused:
        BrokerUsers(Settings()).check()
    assert refused.value.code == "integrations_off"
