"""Every exchange and queue, declared in one place, by everyone at start and again when it is gone.

ritmo.asks (topic)       -> one queue an address, gone with its last consumer:
                            a room that is down is unroutable, which is an answer in itself
ritmo.replies (topic)    -> answers.<part>.<random>, one a connection
ritmo.facts (topic)      -> each fact by itself, for gateways and for integrations that bind to it
(the nameless exchange)  -> facts.<room>, quorum, one a listening room: facts come in bundles
ritmo.jobs (topic)       -> jobs.<room>, quorum, one a room that does jobs; and one queue a tick,
                            named like it, classic, gone with its last consumer, which holds one
ritmo.parked (fanout)    -> ritmo.parked: what a room could not take in, or crashed on

Where parts have broker users of their own (`users`), only the courier may declare exchanges; the
others look whether they are there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from aio_pika.abc import AbstractChannel
from aiormq.abc import AbstractChannel as BareChannel
from pamqp.common import FieldTable

from actors.runtime.rabbit.line import Check, LineLost
from actors.runtime.room import Room
from contracts.bus import ASK

ASKS, ANSWERS, FACTS, JOBS = "ritmo.asks", "ritmo.replies", "ritmo.facts", "ritmo.jobs"
PARKED = "ritmo.parked"

EXCHANGES = {ASKS: "topic", ANSWERS: "topic", FACTS: "topic", JOBS: "topic", PARKED: "fanout"}
"""Every exchange and its type; all are durable."""

ASK_QUEUE: FieldTable = {
    "x-queue-type": "classic",
    "x-message-ttl": int(ASK * 1000),
    "x-expires": int(ASK * 1000),
}
"""Arguments of an ask queue: what nobody took within the time-out is dropped. The queue goes, too,
if its room does not come back after the broker did: auto-delete waits for a last consumer to
leave, and there would be none."""

DURABLE_QUEUE: FieldTable = {
    "x-queue-type": "quorum",
    "x-delivery-limit": 20,
    "x-dead-letter-exchange": PARKED,
}
"""Arguments of a queue of facts or jobs: what a room crashes on again and again is parked."""

TICK_QUEUE: FieldTable = {**ASK_QUEUE, "x-max-length": 1}
"""Arguments of a tick's queue: if all replicas are at it, one more is enough."""

PARKED_QUEUE: FieldTable = {"x-queue-type": "quorum"}

ANSWER_QUEUE_PATTERN = r"answers\.([a-z0-9_-]+)\.[0-9a-f]{32}\|ritmo\.replies"
"""Where a room may send an answer, and to which part or integration. Anything else in `reply_to` is
somebody up to no good."""


Kind = Literal["facts", "jobs"]


@dataclass(frozen=True, slots=True)
class QueueRoute:
    """The queue of a room for its facts, or for its jobs, and the addresses that lead there."""

    room: str
    kind: Kind
    addresses: tuple[str, ...]

    @property
    def queue(self) -> str:
        """Name the queue."""
        return f"{self.kind}.{self.room}"

    @property
    def keys(self) -> tuple[str, ...]:
        """Write the keys by which it is bound; that of a message is `<address>.<user_id>`."""
        return tuple(f"{address}.*" for address in self.addresses)


def routes_of(rooms: Iterable[Room]) -> tuple[QueueRoute, ...]:
    """List the queues of facts and jobs of rooms."""
    routes = [
        route
        for room in rooms
        for route in (
            QueueRoute(room.name, "facts", tuple(room.hears)),
            QueueRoute(room.name, "jobs", tuple(room.jobs)),
        )
    ]
    return tuple(route for route in routes if route.addresses)


async def consumed(channel: BareChannel, queue: str) -> None:
    """See that a queue of ours is there and consumed. Raises what `line.LOST` names."""
    found = await channel.queue_declare(queue, passive=True)
    if not found.consumer_count:
        raise LineLost(f"{queue} has no consumer")


async def bound(channel: BareChannel, queue: str, exchange: str, keys: Iterable[str]) -> None:
    """Bind a queue; where it is bound already, nothing changes."""
    for key in keys:
        await channel.queue_bind(queue, exchange, key)


async def consumed_and_bound(
    channel: BareChannel, queue: str, exchange: str, keys: Iterable[str]
) -> None:
    """See that a queue is consumed, and bind it again if need be."""
    await consumed(channel, queue)
    await bound(channel, queue, exchange, keys)


async def exchanges(channel: BareChannel) -> None:
    """Declare all exchanges; those that are there stay as they are."""
    for name, kind in EXCHANGES.items():
        await channel.exchange_declare(name, exchange_type=kind, durable=True)


async def exchanges_exist(channel: BareChannel) -> None:
    """See that all exchanges are there. Raises what `line.LOST` names."""
    for name in EXCHANGES:
        await channel.exchange_declare(name, passive=True)


def exchanges_for(*, apart: bool) -> Check:
    """Return how a part sees to the exchanges: one with a user of its own may not make them."""
    return exchanges_exist if apart else exchanges


async def parked(channel: BareChannel) -> None:
    """Declare the queue of parked messages."""
    await channel.queue_declare(PARKED, durable=True, arguments=PARKED_QUEUE)
    await bound(channel, PARKED, PARKED, ("",))


async def routed(channel: BareChannel, route: QueueRoute) -> None:
    """Declare the queue of a route, and bind it to its jobs."""
    await channel.queue_declare(route.queue, durable=True, arguments=DURABLE_QUEUE)
    if route.kind == "jobs":
        await bound(channel, route.queue, JOBS, route.keys)


async def unbind_facts(channel: BareChannel, route: QueueRoute) -> None:
    """Undo what an older version did: there each fact came by itself, by its key."""
    for key in route.keys:
        await channel.queue_unbind(route.queue, FACTS, key)


def looked_after(routes: Sequence[QueueRoute], *, apart: bool = False) -> list[Check]:
    """List what a room sees to again and again: the exchanges, and its queues.

    A queue that is gone is declared by who consumes it, when it connects anew, and by nobody
    sooner: RabbitMQ would take the consumer of the old queue for one of the new, and swallow what
    it delivers.
    """
    checks: list[Check] = [exchanges_for(apart=apart)]
    for route in routes:
        if route.kind == "jobs":
            checks.append(
                partial(consumed_and_bound, queue=route.queue, exchange=JOBS, keys=route.keys)
            )
        else:
            checks.append(partial(consumed, queue=route.queue))
    return checks


async def declare(
    channel: AbstractChannel, routes: Sequence[QueueRoute], *, apart: bool = False
) -> None:
    """Declare the exchanges, the parked queue, and the queues of routes; `apart`: the queues alone,
    the rest is the courier's.
    """
    underlay = await channel.get_underlay_channel()
    await exchanges_for(apart=apart)(underlay)
    if not apart:
        await parked(underlay)
    for route in routes:
        await routed(underlay, route)
        if route.kind == "facts" and not apart:
            await unbind_facts(underlay, route)
