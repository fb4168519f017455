"""Every exchange and queue, declared in one place and by everyone at start.

ritmo.asks (topic)       -> one queue an address, gone with its last consumer:
                            a room that is down is unroutable, which is an answer in itself
ritmo.answers (direct)   -> answers.<random>, one a connection
ritmo.facts (topic)      -> facts.<room>, quorum, one a listening room
ritmo.parked (fanout)    -> ritmo.parked: what a room could not take in, or crashed on
"""

from collections.abc import Iterable, Mapping

from aio_pika.abc import AbstractChannel, ExchangeType
from pamqp.common import FieldTable

from contracts.bus import ASK

ASKS, ANSWERS, FACTS, PARKED = "ritmo.asks", "ritmo.answers", "ritmo.facts", "ritmo.parked"

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


async def declare_exchanges(channel: AbstractChannel) -> None:
    """Declare all exchanges, and the queue of parked messages."""
    await channel.declare_exchange(ASKS, ExchangeType.TOPIC, durable=True)
    await channel.declare_exchange(ANSWERS, ExchangeType.DIRECT, durable=True)
    await channel.declare_exchange(FACTS, ExchangeType.TOPIC, durable=True)
    await channel.declare_exchange(PARKED, ExchangeType.FANOUT, durable=True)
    parked = await channel.declare_queue(PARKED, durable=True, arguments=PARKED_QUEUE)
    await parked.bind(PARKED)


async def declare_facts(channel: AbstractChannel, heard: Mapping[str, Iterable[str]]) -> None:
    """Declare the queue of every listening room and bind the facts that it hears.

    `heard` maps a room to the addresses of its facts. The routing key is
    `<room>.<fact>.<user_id>`.
    """
    for room, addresses in heard.items():
        bound = list(addresses)
        if not bound:
            continue
        queue = await channel.declare_queue(fact_queue(room), durable=True, arguments=FACT_QUEUE)
        for address in bound:
            await queue.bind(FACTS, f"{address}.*")
