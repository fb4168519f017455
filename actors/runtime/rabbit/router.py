"""FastStream subscribers, made from what a room declares.

Each ask has its queue, all facts of a room share one, and so do its jobs; each tick has its own.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, cast

from aio_pika import IncomingMessage
from faststream import AckPolicy, BaseMiddleware
from faststream.message import StreamMessage
from faststream.rabbit import (
    Channel,
    ExchangeType,
    QueueType,
    RabbitExchange,
    RabbitQueue,
    RabbitRouter,
)
from faststream.rabbit.subscriber.usecase import RabbitSubscriber
from pamqp.common import FieldTable

from actors.runtime.edge import Edge, jobs_at_once
from actors.runtime.rabbit.bundle import BUNDLE, Carried
from actors.runtime.rabbit.topology import ASK_QUEUE, ASKS, DURABLE_QUEUE, JOBS, TICK_QUEUE
from actors.runtime.room import Handler, Room, Tick
from contracts.message import Fact, Job

if TYPE_CHECKING:
    from faststream.rabbit.schemas.queue import ClassicQueueArgs, QuorumQueueArgs

BUNDLES_AT_ONCE = 8
"""Messages with facts that a room has in hand: they are taken in together."""

asks_exchange = RabbitExchange(ASKS, ExchangeType.TOPIC, declare=False)
jobs_exchange = RabbitExchange(JOBS, ExchangeType.TOPIC, declare=False)


TakeIn = Callable[[list[Carried]], Awaitable[None]]
"""Takes in the facts of a bundle."""


def router_of(
    room: Room,
    concurrency: int,
    *middlewares: Callable[..., BaseMiddleware],
    bundle: TakeIn | None = None,
) -> RabbitRouter:
    """Turn what a room declares into a FastStream router; `bundle` takes in facts in bundles."""
    router = RabbitRouter(middlewares=middlewares)
    channel = Channel(prefetch_count=concurrency)
    for address, answer in room.answers.items():
        router.subscriber(
            _fleeting(address, ASK_QUEUE),
            asks_exchange,
            channel=channel,
            ack_policy=AckPolicy.REJECT_ON_ERROR,
        )(answer.function)
    if room.hears:
        facts = _take_in(router, f"facts.{room.name}", BUNDLES_AT_ONCE, room.hears)
        if bundle is not None:
            facts(bundle, filter=partial(_is_of, BUNDLE))
    if room.jobs:
        # No more than it does: another replica may have the time.
        _take_in(router, f"jobs.{room.name}", jobs_at_once(concurrency), room.jobs)
    return router


def _fleeting(address: str, arguments: FieldTable) -> RabbitQueue:
    """Describe the queue of an ask or a tick: gone with its last consumer."""
    return RabbitQueue(
        address, auto_delete=True, durable=True, arguments=cast("ClassicQueueArgs", arguments)
    )


def _take_in(
    router: RabbitRouter,
    queue: str,
    at_once: int,
    handlers: Mapping[str, Handler[Fact]] | Mapping[str, Handler[Job]],
) -> RabbitSubscriber:
    """Consume a queue of facts or jobs, each with its own handler."""
    arguments = cast("QuorumQueueArgs", DURABLE_QUEUE)
    subscriber = router.subscriber(
        RabbitQueue(queue, QueueType.QUORUM, arguments=arguments),
        channel=Channel(prefetch_count=at_once),
        ack_policy=AckPolicy.REJECT_ON_ERROR,
        no_reply=True,
    )
    for address, handler in handlers.items():
        subscriber(handler.function, filter=partial(_is_of, address))
    return subscriber


async def _is_of(address: str, msg: StreamMessage[IncomingMessage]) -> bool:
    return msg.raw_message.type == address


def ticks_of(edge: Edge) -> RabbitRouter:
    """Have a room do its ticks, each on a channel of its own: one that takes long holds up none,
    and what comes meanwhile goes to another replica.
    """
    router = RabbitRouter()
    for tick in edge.room.ticks:
        router.subscriber(
            _fleeting(tick.name, TICK_QUEUE),
            jobs_exchange,
            channel=Channel(prefetch_count=1),
            ack_policy=AckPolicy.ACK,
            no_reply=True,
        )(_strike(edge, tick))
    return router


def _strike(edge: Edge, tick: Tick) -> Callable[[bytes], Awaitable[None]]:
    async def strike(body: bytes) -> None:
        await edge.strike(tick)

    return strike
