"""Every exchange and queue, declared in one place, by everyone at start and again when it is gone.

ritmo.asks (topic)       -> one queue an address, gone with its last consumer:
                            a room that is down is unroutable, which is an answer in itself
ritmo.answers (direct)   -> answers.<random>, one a connection
ritmo.facts (topic)      -> facts.<room>, quorum, one a listening room
ritmo.parked (fanout)    -> ritmo.parked: what a room could not take in, or crashed on
"""

from collections.abc import Iterable, Mapping
from functools import partial

from aio_pika.abc import AbstractChannel
from aiormq.abc import AbstractChannel as BareChannel
from pamqp.common import FieldTable

from actors.runtime.rabbit.line import Check, LineLost
from contracts.bus import ASK

ASKS, ANSWERS, FACTS, PARKED = "ritmo.asks", "ritmo.answers", "ritmo.facts", "ritmo.parked"

EXCHANGES = {ASKS: "topic", ANSWERS: "direct", FACTS: "topic", PARKED: "fanout"}
"""Every exchange and its type; all are durable."""

ASK_QUEUE: FieldTable = {
    "x-queue-type": "classic",
    "x-message-ttl": int(ASK * 1000),
    "x-expires": int(ASK * 1000),
}
"""Arguments of an ask queue: what nobody took within the time-out is dropped. The queue goes, too,
if its room does not come back after the broker did: auto-delete waits for a last consumer to
leave, and there would be none."""

FACT_QUEUE: FieldTable = {
    "x-queue-type": "quorum",
    "x-delivery-limit": 20,
    "x-dead-letter-exchange": PARKED,
}
"""Arguments of a fact queue: a fact on which a room crashes again and again is parked."""

PARKED_QUEUE: FieldTable = {"x-queue-type": "quorum"}

ANSWER_QUEUE_PATTERN = r"answers\.[0-9a-f]{32}\|ritmo\.answers"
"""Where a room may send an answer. Anything else in `reply_to` is somebody up to no good."""


def fact_queue(room: str) -> str:
    """Name the queue of facts that a room hears."""
    return f"facts.{room}"


def fact_keys(addresses: Iterable[str]) -> tuple[str, ...]:
    """Write the keys by which facts are bound; the key of a fact is `<room>.<fact>.<user_id>`."""
    return tuple(f"{address}.*" for address in addresses)


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


async def parked(channel: BareChannel) -> None:
    """Declare the queue of parked messages."""
    await channel.queue_declare(PARKED, durable=True, arguments=PARKED_QUEUE)
    await bound(channel, PARKED, PARKED, ("",))


async def heard(channel: BareChannel, room: str, addresses: Iterable[str]) -> None:
    """Declare the queue of a listening room and bind the facts that it hears."""
    queue = fact_queue(room)
    await channel.queue_declare(queue, durable=True, arguments=FACT_QUEUE)
    await bound(channel, queue, FACTS, fact_keys(addresses))


def declarations(hears: Mapping[str, Iterable[str]]) -> list[Check]:
    """List what declares the exchanges, the parked queue, and the queue of every listening room.

    `hears` maps a room to the addresses of its facts. All of it may be repeated at any time.
    """
    rooms = [(room, tuple(addresses)) for room, addresses in hears.items()]
    listening = [partial(heard, room=room, addresses=known) for room, known in rooms if known]
    return [exchanges, parked, *listening]


async def declare(channel: AbstractChannel, hears: Mapping[str, Iterable[str]]) -> None:
    """Declare the exchanges, the parked queue, and the queue of every listening room."""
    underlay = await channel.get_underlay_channel()
    for declaration in declarations(hears):
        await declaration(underlay)
