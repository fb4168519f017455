"""A room on RabbitMQ: its broker, and the way of a message through the room's edge.

One middleware stands where a message comes in and leads it through the edge; the handler itself is
called by FastStream, which parses the contract, injects the dependencies and describes it all in
AsyncAPI. Which queues there are for it is in `router`.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, cast

import structlog
from aio_pika import IncomingMessage
from aio_pika.abc import AbstractChannel, AbstractConnection
from faststream import BaseMiddleware
from faststream.exceptions import NackMessage, RejectMessage
from faststream.message import StreamMessage
from faststream.rabbit import Channel, RabbitBroker, RabbitResponse
from faststream.rabbit.subscriber.usecase import RabbitSubscriber
from prometheus_client import Counter
from pydantic import ValidationError

from actors.runtime.delegation import sender
from actors.runtime.edge import Asking, Edge
from actors.runtime.faults import reason_of
from actors.runtime.rabbit.bundle import BUNDLE, Carried
from actors.runtime.rabbit.line import CONNECT, GOODBYE, LOST, Check, Line, breaks
from actors.runtime.rabbit.parked import envelope, text_of
from actors.runtime.rabbit.router import TakeIn, router_of, ticks_of
from actors.runtime.rabbit.topology import (
    ANSWER_QUEUE_PATTERN,
    ASKS,
    JOBS,
    consumed_and_bound,
    declare,
    looked_after,
    routes_of,
)
from actors.runtime.rabbit.users import check_holder, check_sender, has_own_user, user_of
from actors.runtime.room import Handler, Room
from contracts.bus import trace_id
from contracts.health import ping_of
from contracts.message import Durable, Fact, Job, Refused, Reply, Unanswered, Unavailable
from contracts.principal import Verifier

if TYPE_CHECKING:
    from types import TracebackType

    from faststream import ContextRepo

log = structlog.get_logger()
expired = Counter("ritmo_asks_expired_total", "Asks that were dropped because nobody waits.")

NEVER = 86_400.0
"""Seconds after which FastStream itself would connect again: by then our line has long done so."""

LAST_WORD = 18.0
"""Seconds that a room which is told to stop has for what it has begun."""

UNKNOWN = Unanswered(
    "unanswered", "There was no answer in time; whether it was done is not known.", retry_after=2
)
"""The answer to a command that was delivered before, and may have been done then."""

Consumed = StreamMessage[IncomingMessage]
Next = Callable[[Consumed], Awaitable[object]]


class AtTheEdge(BaseMiddleware):
    """Leads every message of a room through its edge."""

    def __init__(
        self,
        msg: IncomingMessage,
        /,
        *,
        context: "ContextRepo",
        edge: Edge,
        verifier: Verifier,
        user: str,
    ) -> None:
        """Stand at the door of `edge`, knowing people by `verifier`; answers are sent as `user`."""
        super().__init__(msg, context=context)
        self.edge = edge
        self.verifier = verifier
        self.user = user
        self.apart = user == edge.room.name

    async def consume_scope(self, call_next: Next, msg: Consumed) -> object:
        """Answer an ask, take in a fact, or do a job."""
        address = msg.raw_message.type or ""
        if address == BUNDLE:
            return await call_next(msg)
        trace_id.set(str(msg.headers.get("trace", "")))
        if address in self.edge.room.answers:
            return await self._answer(address, call_next, msg)
        job = self.edge.room.jobs.get(address)
        handler = job or self.edge.room.hears[address]
        message = await read(self.edge, handler, msg.body)
        if message is None:
            return None
        try:
            await self.edge.take_in(message, lambda: call_next(msg))
        except Unavailable:
            raise NackMessage(requeue=True) from None
        return None

    async def _answer(self, address: str, call_next: Next, msg: Consumed) -> RabbitResponse | None:
        deadline = int(msg.headers.get("deadline", 0)) / 1000
        if deadline < time.time():
            expired.inc()
            msg.reply_to = ""
            return None
        by = msg.raw_message.user_id
        to = re.fullmatch(ANSWER_QUEUE_PATTERN, msg.reply_to)
        if to is None or (self.apart and to[1] != by):
            log.warning("odd reply_to", address=address, by=by)
            msg.reply_to = ""
        if self._may_be_done(address, msg):
            log.warning("delivered again", address=address)
            return self._response(UNKNOWN.refusal().model_dump_json(), "refused")
        token = sender.set(by if self.apart else None)
        try:
            reply = await self._ask_room(address, deadline, call_next, msg)
        except Unanswered:
            msg.reply_to = ""
            return None
        except Refused as no:
            return self._response(no.refusal().model_dump_json(), "refused")
        finally:
            sender.reset(token)
        return self._response(reply.model_dump_json(), "answered")

    def _response(self, body: str, outcome: str) -> RabbitResponse:
        """Send an answer that is no loss if the asker is gone."""
        return RabbitResponse(
            body.encode(),
            mandatory=False,
            message_type=outcome,
            content_type="application/json",
            user_id=self.user,
        )

    def _may_be_done(self, address: str, msg: Consumed) -> bool:
        """Tell whether a line broke on a command without a key: once begun, never begun again."""
        again = bool(msg.raw_message.redelivered) and "key" not in msg.headers
        return again and self.edge.room.answers[address].changes

    async def _ask_room(
        self, address: str, deadline: float, call_next: Next, msg: Consumed
    ) -> Reply:
        by = msg.raw_message.user_id
        if self.apart:
            check_sender(by, address)
        token = msg.headers.get("principal")
        principal = await self.verifier.verify(token) if token else None
        if self.apart:
            check_holder(by, address, principal)
        asking = Asking(principal, deadline, msg.headers.get("key"))
        return await self.edge.answer(
            self.edge.room.answers[address],
            asking,
            lambda: msg.body.decode(),
            cast("Callable[[], Awaitable[Reply]]", lambda: call_next(msg)),
        )


async def read(
    edge: Edge, handler: Handler[Fact] | Handler[Job], body: bytes | str
) -> Durable | None:
    """Read a fact or a job; one that cannot be read is parked."""
    contract = handler.contract
    try:
        return contract.model_validate_json(body)
    except ValidationError as error:
        raw = body.encode() if isinstance(body, str) else body
        ids, is_job = envelope(raw), issubclass(contract, Job)
        await edge.park(contract.address, text_of(raw), reason_of(error), *ids, is_job=is_job)
        return None


def bundle_of(edge: Edge) -> TakeIn:
    """Have a room take in facts that come in bundles."""

    async def take_in(facts: list[Carried]) -> None:
        """Take in facts that came together, each by its own handler."""
        hears = edge.room.hears
        if not all(fact.address in hears for fact in facts):
            raise RejectMessage  # they come again, each alone
        taking = (_take_in(edge, hears[fact.address], fact) for fact in facts)
        outcomes = await asyncio.gather(*taking, return_exceptions=True)
        if any(isinstance(outcome, Unavailable) for outcome in outcomes):
            raise NackMessage(requeue=True)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    return take_in


async def _take_in(edge: Edge, handler: Handler[Fact], fact: Carried) -> None:
    trace_id.set(fact.trace)  # of this fact alone: each is taken in by a task of its own
    message = await read(edge, handler, fact.body)
    if message is not None:
        await edge.take_in(message, partial(handler.call, message))


class StandingBroker(RabbitBroker):
    """A FastStream broker that, once started, keeps its line to RabbitMQ until it is stopped.

    FastStream's own way back restores what it had declared, and then believes that all is well;
    here everything is declared, bound and consumed anew, and looked after (see `line`).
    """

    def __init__(self, url: str, edge: Edge, verifier: Verifier, concurrency: int) -> None:
        """Let a room answer and hear, with its edge in front."""
        room, user = edge.room, user_of(url)
        self.line = BrokerLine(self, url, room)
        self._ping = ping_of(room.name).address
        super().__init__(
            self.line.url,
            timeout=CONNECT,
            reconnect_interval=NEVER,
            default_channel=Channel(on_return_raises=True),
            graceful_timeout=15,
            logger=None,
            app_id=room.name,
        )
        at_the_edge = partial(AtTheEdge, edge=edge, verifier=verifier, user=user)
        self.include_router(router_of(room, concurrency, at_the_edge, bundle=bundle_of(edge)))
        self.include_router(ticks_of(edge))

    async def start(self) -> None:
        """Open the line; if the broker is away, go on trying in the background."""
        await self.line.start()

    async def stop(
        self,
        exc_type: type[BaseException] | None = None,
        exc_val: BaseException | None = None,
        exc_tb: "TracebackType | None" = None,
    ) -> None:
        """End what was begun, and close the line."""
        await self.line.stop()

    async def begin(self) -> None:
        """Declare and consume on a connection that was just made.

        The ping comes last: a room that answers it is there as a whole.
        """
        ours = [one for one in self.subscribers if isinstance(one, RabbitSubscriber)]
        for subscriber in sorted(ours, key=lambda one: one.queue.name == self._ping):
            # FastStream says so only afterwards, and would pass over in silence what is
            # delivered before that: it would be ours for ever, and never answered.
            subscriber.running = True
            await self.line.consumed(subscriber.queue.name, subscriber.start())
        self.running = True

    async def leave(self, patience: float) -> None:
        """Leave a connection, whatever state it is in, within `patience` seconds."""
        try:
            with breaks():
                async with asyncio.timeout(patience):
                    await super().stop()
        except LOST:
            log.debug("connection left in disorder")
        finally:
            self._connection = self._channel = None
            self.config.disconnect()


class BrokerLine(Line):
    """The line of a room: its queues are FastStream's, and consumed by it."""

    def __init__(self, broker: StandingBroker, url: str, room: Room) -> None:
        """Describe the line of `broker`, on which `room` is to be reached."""
        super().__init__(url, room.name, self._consume, confirms=False)
        self._broker = broker
        self._room = room
        self._apart = has_own_user(url, room.name)

    async def connect(self) -> AbstractConnection:
        """Connect, as FastStream does."""
        async with asyncio.timeout(2 * CONNECT):
            return await self._broker.connect()

    async def disconnect(self, connection: AbstractConnection) -> None:
        """Let what was begun end if we are told to stop; otherwise there is nothing to wait for."""
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            await self._broker.leave(LAST_WORD)
        else:
            await super().disconnect(connection)
            await self._broker.leave(GOODBYE)

    async def _consume(self, channel: AbstractChannel) -> list[Check]:
        """Declare, consume, and tell what is to be looked after.

        Each ask has an address of its own, and is bound by it.
        """
        routes = routes_of([self._room])
        await declare(channel, routes, apart=self._apart)
        await self._broker.begin()
        fleeting = [(ASKS, address) for address in self._room.answers]
        fleeting += [(JOBS, tick.name) for tick in self._room.ticks]
        return [
            *looked_after(routes, apart=self._apart),
            *(
                partial(consumed_and_bound, queue=key, exchange=exchange, keys=(key,))
                for exchange, key in fleeting
            ),
        ]
