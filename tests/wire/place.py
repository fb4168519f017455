"""A room that runs on a bus, and somebody who asks it: within the process, or over RabbitMQ."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from faststream.rabbit import RabbitBroker
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.courier import Courier
from actors.runtime.edge import Edge
from actors.runtime.identity import TokenVerifier
from actors.runtime.local import LocalBus
from actors.runtime.rabbit.broker import StandingBroker
from actors.runtime.rabbit.bus import RabbitBus
from actors.runtime.rabbit.publisher import Publisher
from actors.runtime.rabbit.ticks import TickSender
from actors.runtime.rabbit.topology import routes_of
from actors.runtime.room import Room
from contracts.bus import Bus
from contracts.message import Durable, Refused
from storage import inbox, outbox
from storage.session import transaction
from tests.backends import Private
from tests.bus_people import auth
from tests.bus_room import Echo, Happened, room, until

T = TypeVar("T")
CONCURRENCY = 8


@dataclass
class Wire:
    """A RabbitMQ of our own, and the one thread that may start it.

    A place over it stays open from test to test until one wants another: to open one takes a
    second.
    """

    node: Private
    thread: ThreadPoolExecutor
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _standing: "Place | None" = None

    async def do(self, work: Callable[..., T], *words: Any) -> T:
        """Do something with the node while the tests go on."""
        return await asyncio.get_running_loop().run_in_executor(self.thread, partial(work, *words))

    async def standing(self, engine: AsyncEngine) -> "Place":
        """Give the place that stays open."""
        if self._standing is None:
            opened = over_rabbit(engine, self)
            self._standing = await self._stack.enter_async_context(opened)
        return self._standing

    async def close_standing(self) -> None:
        """Close it: who opens another place is alone with the broker."""
        self._standing = None
        await self._stack.aclose()


@dataclass
class Place:
    """All that a test of a bus needs."""

    bus: Bus
    engine: AsyncEngine
    courier: Courier
    strike: Callable[[str], Awaitable[None]]
    wire: Wire | None = None
    brokers: list[RabbitBroker] = field(default_factory=list)
    inside: RabbitBus | None = None
    rooms: Sequence[Room] = (auth, room)
    url_of: Callable[[str], str] = str
    overheard: list[str] = field(default_factory=list)
    listens: bool = False

    async def listen(self) -> None:
        """Overhear what happens, once."""
        if self.listens:
            return

        async def note(fact: Happened) -> None:
            self.overheard.append(fact.text)

        await self.bus.overhear(Happened, note)
        self.listens = True

    async def tell(self, *messages: Durable) -> None:
        """Tell facts, have jobs done, and ring for the courier."""
        async with transaction(self.engine) as tx:
            await outbox.tell(tx, *messages)
        self.courier.ring()

    async def rows(self, query: str, **words: object) -> list[Any]:
        """Look into the database."""
        async with transaction(self.engine) as tx:
            return list(await tx.execute(text(query), words))

    async def heard(self, user_id: UUID) -> list[str]:
        """Return what the room heard about somebody, in alphabetical order."""
        query = "SELECT body FROM trial.heard WHERE user_id = :user_id ORDER BY body"
        return [row.body for row in await self.rows(query, user_id=user_id)]

    async def waiting(self) -> int:
        """Return how many facts are in the outbox."""
        async with transaction(self.engine) as tx:
            return (await outbox.backlog(tx))[0]

    async def parked(self) -> list[inbox.Parked]:
        """Return the facts that are parked."""
        async with transaction(self.engine) as tx:
            return await inbox.list_parked(tx)

    async def open_rooms(self) -> None:
        """Open the rooms over RabbitMQ, each with a broker of its own."""
        assert self.wire is not None
        assert self.inside is not None
        self.brokers = [
            open_room(self.url_of(each.name), each, self.engine, self.inside) for each in self.rooms
        ]
        for broker in self.brokers:
            await broker.start()

    async def close_rooms(self) -> None:
        """Close the rooms, in order."""
        for broker in self.brokers:
            await broker.stop()

    async def carried(self) -> bool:
        """Tell whether the outbox is empty."""
        return await self.waiting() == 0


@asynccontextmanager
async def within_process(
    engine: AsyncEngine, rooms: Sequence[Room] = (auth, room)
) -> AsyncIterator[Place]:
    """Open the room on the bus inside one process."""
    bus = LocalBus()
    courier = Courier(engine, bus.deliver)
    for each in rooms:
        bus.open_room(Edge(each, engine, bus, CONCURRENCY, after=courier.ring))
    courier.start()
    try:
        yield Place(bus, engine, courier, bus.strike)
    finally:
        await courier.stop()


@asynccontextmanager
async def over_rabbit(
    engine: AsyncEngine,
    wire: Wire,
    rooms: Sequence[Room] = (auth, room),
    url_of: Callable[[str], str] | None = None,
) -> AsyncIterator[Place]:
    """Open the room over RabbitMQ, as if everyone were alone in a process.

    `url_of` gives the address of a part; by default all share one user.
    """
    await wire.close_standing()
    url_of = url_of or (lambda part: wire.node.url)
    asker, inside = RabbitBus(url_of("gateway"), "gateway"), RabbitBus(url_of("trial"), "trial")
    publisher = Publisher(url_of("courier"), engine, routes_of(rooms))
    courier = Courier(engine, publisher.publish)
    sender = TickSender(url_of("clock"))
    for opened in (asker, inside, publisher, sender):
        await opened.start()
    place = Place(asker, engine, courier, sender.strike, wire, inside=inside, rooms=rooms)
    place.url_of = url_of
    await place.open_rooms()
    courier.start()
    try:
        yield place
    finally:
        await courier.stop()
        await place.close_rooms()
        for opened in (asker, inside, publisher, sender):
            await opened.stop()


async def answered(place: Place) -> None:
    """Wait until asks are answered, again or at all."""

    async def works() -> bool:
        try:
            return (await place.bus.ask(Echo(number=1), deadline=time.time() + 2)).number == 1
        except Refused:
            return False

    await until(works, seconds=60)


def open_room(url: str, each: Room, engine: AsyncEngine, bus: RabbitBus) -> RabbitBroker:
    """Make the broker of a room, with a verifier of tokens in front."""
    return StandingBroker(
        url, Edge(each, engine, bus, CONCURRENCY), TokenVerifier(bus), CONCURRENCY
    )
