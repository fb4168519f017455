"""How the courier publishes facts and jobs: persistent, confirmed, and never to nowhere.

A broker may lose what it has confirmed: a queue or a binding may be removed, a disk may die. So a
message counts as delivered when every room that it is for has it in its inbox, or has parked it.
One that was sent, was not taken in, and is not in the queue of the room any more is sent again.

It also brings parked messages home: what a room rejected, or crashed on, goes into the one table
of parked messages.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial

import structlog
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractIncomingMessage
from aio_pika.exceptions import ChannelNotFoundEntity, DeliveryError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.courier import Delivered
from actors.runtime.outage import Outage
from actors.runtime.rabbit.line import LOST, Check, Line, breaks
from actors.runtime.rabbit.parked import death_of, envelope, text_of
from actors.runtime.rabbit.topology import (
    FACTS,
    JOBS,
    PARKED,
    Route,
    consumed,
    declarations,
    declare,
)
from contracts.bus import trace_id
from storage import inbox
from storage.outbox import Waiting
from storage.session import transaction

log = structlog.get_logger()

CONFIRM = 5.0
"""Seconds to wait for the broker's confirmation."""


class Publisher:
    """Publishes facts and jobs by the `routes` of all rooms."""

    def __init__(self, url: str, engine: AsyncEngine, routes: Sequence[Route]) -> None:
        """Describe a publisher; `start` connects it."""
        self._engine = engine
        self._all_routes = routes
        self._by_queue = {route.queue: route for route in routes}
        self._routes: dict[str, list[Route]] = defaultdict(list)
        for route in routes:
            for address in route.addresses:
                self._routes[address].append(route)
        self._empty_at: dict[str, datetime] = {}
        self._line = Line(url, "courier", self._prepare, confirms=True)
        self._outage = Outage("database", "parking")

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

    async def publish(self, waiting: Sequence[Waiting]) -> Delivered:
        """Publish messages side by side; those that were sent before only where they got lost.

        Refuses with `Unavailable` while the broker is away.
        """
        channel = self._line.channel
        fresh = [row for row in waiting if row.sent_at is None]
        delivered = Delivered()
        taken = await asyncio.gather(*(self._tell(channel, row) for row in fresh))
        for row, ok in zip(fresh, taken, strict=True):
            awaited = row.is_job or row.address in self._routes
            way = delivered.sent if awaited else delivered.heard
            (way if ok else delivered.left).append(row)
        again = [row for row in waiting if row.sent_at is not None]
        if again:
            await self._publish_again(channel, again, delivered)
        return delivered

    async def _publish_again(
        self, channel: AbstractChannel, rows: Sequence[Waiting], delivered: Delivered
    ) -> None:
        """See where what was sent is not taken in; send it again where it got lost."""
        deaf = await self._deaf(rows)
        await self._note_empty({route.queue for routes in deaf.values() for route in routes})
        taken = await asyncio.gather(*(self._repeat(channel, row, deaf[row.seq]) for row in rows))
        for row, ok in zip(rows, taken, strict=True):
            way = delivered.sent if deaf[row.seq] else delivered.heard
            (way if ok else delivered.left).append(row)

    async def _deaf(self, rows: Sequence[Waiting]) -> dict[int, list[Route]]:
        """Return, by place in the outbox, the routes by which a message should have been taken in
        and was not.
        """
        rooms = sorted({route.room for route in self._all_routes})
        async with transaction(self._engine) as tx:
            known = await inbox.heard_by(tx, rooms, [row.message_id for row in rows])
        return {
            row.seq: [
                route
                for route in self._routes.get(row.address, ())
                if (row.message_id, route.room) not in known
            ]
            for row in rows
        }

    async def _note_empty(self, queues: Iterable[str]) -> None:
        """Note which queues are empty by now: what was sent before is not in them any more."""
        for queue in queues:
            now = datetime.now(UTC)
            try:
                with breaks():
                    async with asyncio.timeout(CONFIRM):
                        if await self._is_empty(queue):
                            self._empty_at[queue] = now
            except LOST:
                return  # nothing can be sent now either

    async def _is_empty(self, queue: str) -> bool:
        channel = await self._line.aside()
        try:
            underlay = await channel.get_underlay_channel()
            found = await underlay.queue_declare(queue, passive=True)
        except ChannelNotFoundEntity:
            return True
        await channel.close()
        return not found.message_count

    async def _tell(self, channel: AbstractChannel, row: Waiting) -> bool:
        """Send a message to all that it is for; return whether the broker has it."""
        try:
            exchange = await channel.get_exchange(JOBS if row.is_job else FACTS, ensure=False)
            return await _published(exchange, row, f"{row.address}.{row.user_id}")
        except DeliveryError:
            # Returned: nobody is bound. Right for a fact that no room hears, else wrong.
            return not row.is_job and row.address not in self._routes

    async def _repeat(self, channel: AbstractChannel, row: Waiting, routes: list[Route]) -> bool:
        """Give a message to rooms to which it got lost; return whether the broker has it."""
        sent_at = row.sent_at or row.told_at
        for route in routes:
            queue = route.queue
            if queue not in self._empty_at or self._empty_at[queue] < sent_at:
                continue
            log.info("told again", queue=queue, message=row.address, trace_id=row.trace_id)
            try:
                if not await _published(channel.default_exchange, row, queue):
                    return False
            except DeliveryError:
                return False
        return True

    async def _prepare(self, channel: AbstractChannel) -> list[Check]:
        await declare(channel, self._all_routes)
        await channel.set_qos(prefetch_count=20)
        queue = await channel.get_queue(PARKED, ensure=False)
        await self._line.consumed(PARKED, queue.consume(self._park))
        return [*declarations(self._all_routes), partial(consumed, queue=PARKED)]

    async def _park(self, incoming: AbstractIncomingMessage) -> None:
        """Put a dead letter into the table of parked messages.

        One that was told before its address changed is sent again by its new one: it is no loss.
        """
        room, reason, is_job = death_of(incoming, self._by_queue)
        body, address = text_of(incoming.body), text_of((incoming.type or "").encode())
        trace_id.set(str(incoming.headers.get("trace") or ""))
        ids = envelope(incoming.body)
        try:
            async with transaction(self._engine) as tx:
                renamed = address not in self._routes and await inbox.is_known(tx, room, ids[0])
                if not renamed:
                    await inbox.park(tx, room, address, body, reason, *ids, is_job=is_job)
        except (SQLAlchemyError, OSError) as error:
            self._outage.begins(type(error).__name__)
            await asyncio.sleep(1)
            await incoming.nack(requeue=True)
            return
        self._outage.ends()
        if not renamed:
            log.error("parked", room=room, message=address)
        await incoming.ack()


async def _published(exchange: AbstractExchange, row: Waiting, key: str) -> bool:
    """Publish a message; return whether the broker has confirmed it.

    Raises `DeliveryError` if the broker knows nowhere to put it.
    """
    message = Message(
        row.body.encode(),
        content_type="application/json",
        delivery_mode=DeliveryMode.PERSISTENT,
        type=row.address,
        message_id=str(row.message_id),
        headers={"trace": row.trace_id},
    )
    try:
        with breaks():
            await exchange.publish(message, key, mandatory=True, timeout=CONFIRM)
    except DeliveryError:
        raise
    except LOST:
        return False
    return True
