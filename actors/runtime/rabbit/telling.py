"""How the courier publishes facts: persistent, confirmed, and never to nowhere.

It also brings parked messages home: what a room rejected, or crashed on, goes into the one table
of parked facts.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

import structlog
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractIncomingMessage
from aio_pika.exceptions import DeliveryError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.rabbit.line import LOST, Line
from actors.runtime.rabbit.topology import FACTS, PARKED, declare_exchanges, declare_facts
from contracts.message import Fact, Unavailable
from storage import inbox
from storage.outbox import Waiting
from storage.session import transaction

log = structlog.get_logger()

CONFIRM = 5.0
"""Seconds to wait for the broker's confirmation."""


class Publisher:
    """Publishes facts; `heard` maps each listening room to the facts that it hears."""

    def __init__(self, url: str, engine: AsyncEngine, heard: Mapping[str, Iterable[str]]) -> None:
        """Describe a publisher; `start` connects it."""
        self._engine = engine
        self._heard = {room: tuple(addresses) for room, addresses in heard.items()}
        self._known = {address for addresses in self._heard.values() for address in addresses}
        self._line = Line(url, "courier", self._prepare, confirms=True)
        self._facts: AbstractExchange | None = None

    @property
    def connected(self) -> bool:
        """Tell whether the broker is reached."""
        return self._line.connected

    async def start(self) -> None:
        """Connect, and stay connected."""
        await self._line.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self._line.stop()

    async def publish(self, waiting: Sequence[Waiting]) -> list[Waiting]:
        """Publish facts side by side; return those that the broker did not take."""
        taken = await asyncio.gather(*(self._publish(row) for row in waiting))
        return [row for row, ok in zip(waiting, taken, strict=True) if not ok]

    async def _publish(self, row: Waiting) -> bool:
        message = Message(
            row.body.encode(),
            content_type="application/json",
            delivery_mode=DeliveryMode.PERSISTENT,
            type=row.address,
            message_id=str(row.fact_id),
        )
        try:
            exchange = self._exchange()
            await exchange.publish(
                message, f"{row.address}.{row.user_id}", mandatory=True, timeout=CONFIRM
            )
        except DeliveryError:
            # Returned: nobody is bound. Right where no room hears it, wrong where one does.
            return row.address not in self._known
        except (*LOST, Unavailable):
            return False
        return True

    def _exchange(self) -> AbstractExchange:
        if self._facts is None or not self._line.connected:
            raise Unavailable("broker_away", "The message broker is away; try again.")
        return self._facts

    async def _prepare(self, channel: AbstractChannel) -> None:
        await declare_exchanges(channel)
        await declare_facts(channel, self._heard)
        self._facts = await channel.get_exchange(FACTS, ensure=False)
        await channel.set_qos(prefetch_count=20)
        parked = await channel.get_queue(PARKED, ensure=False)
        await parked.consume(self._park)

    async def _park(self, incoming: AbstractIncomingMessage) -> None:
        """Put a dead letter into the table of parked facts."""
        deaths = incoming.headers.get("x-death")
        death = deaths[0] if isinstance(deaths, list) and deaths else {}
        death = death if isinstance(death, dict) else {}
        room = str(death.get("queue", "unknown")).removeprefix("facts.")
        body, address = text_of(incoming.body), text_of((incoming.type or "").encode())
        try:
            fact = Fact.model_validate_json(incoming.body)
            ids = {"fact_id": fact.fact_id, "user_id": fact.user_id}
        except ValueError:
            ids = {}
        try:
            async with transaction(self._engine) as tx:
                await inbox.park(tx, room, address, body, str(death.get("reason", "dead")), **ids)
            await incoming.ack()
        except (SQLAlchemyError, OSError) as error:
            log.warning("cannot park", why=type(error).__name__)
            await asyncio.sleep(1)
            await incoming.nack(requeue=True)


def text_of(body: bytes) -> str:
    """Read anything as text that PostgreSQL can keep: it knows no NUL character."""
    return body.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
