"""How the courier publishes facts and jobs: persistent, confirmed, and never to nowhere.

Facts go to each room that hears them in bundles, and once more by themselves, for whoever else has
bound a queue to them.

A broker may lose what it has confirmed: a queue or a binding may be removed, a disk may die. So a
message counts as delivered when every room that it is for has it in its inbox, or has parked it.
One that was sent, was not taken in, and is not in the queue of the room any more is sent again.

It also brings parked messages home: what a room rejected, or crashed on, goes into the one table
of parked messages.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import structlog
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import ChannelNotFoundEntity, DeliveryError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.cancellation import cancel
from actors.runtime.courier import Delivered
from actors.runtime.faults import Outage
from actors.runtime.rabbit.bundle import BUNDLE, Carried, bundles, carried, packed
from actors.runtime.rabbit.line import LOST, Check, Line, breaks
from actors.runtime.rabbit.parked import Death, death_of, envelope, text_of, told_by
from actors.runtime.rabbit.topology import (
    FACTS,
    JOBS,
    PARKED,
    QueueRoute,
    consumed_and_bound,
    declare,
    exchanges,
)
from actors.runtime.rabbit.users import COURIER, has_own_user, user_of
from contracts.bus import trace_id
from storage import inbox
from storage.outbox import Waiting
from storage.session import transaction

log = structlog.get_logger()

CONFIRM = 5.0
"""Seconds to wait for the broker's confirmation."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is sent to an exchange by a key, and the places in the outbox of what is in it."""

    exchange: str
    key: str
    message: Message
    seqs: tuple[int, ...]
    mandatory: bool = True


class Publisher:
    """Publishes facts and jobs by the `routes` of all rooms."""

    def __init__(self, url: str, engine: AsyncEngine, routes: Sequence[QueueRoute]) -> None:
        """Describe a publisher; `start` connects it."""
        self._engine = engine
        self._all_routes = routes
        self._by_queue = {route.queue: route for route in routes}
        self._routes: dict[str, list[QueueRoute]] = defaultdict(list)
        for route in routes:
            for address in route.addresses:
                self._routes[address].append(route)
        self._empty_at: dict[str, datetime] = {}
        self._user = user_of(url)
        self._apart = has_own_user(url, COURIER)
        self._line = Line(url, COURIER, self._prepare, confirms=True)
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
        again = [row for row in waiting if row.sent_at is not None]
        deaf = await self._deaf(again) if again else {}
        await self._note_empty({route.queue for routes in deaf.values() for route in routes})
        left = await self._send(channel, [*self._first(fresh), *self._lost(again, deaf)])
        delivered = Delivered()
        for row in waiting:
            if row.seq in left:
                way = delivered.left
            elif row.sent_at is None:
                awaited = row.is_job or row.address in self._routes
                way = delivered.sent if awaited else delivered.heard
            else:
                way = delivered.sent if deaf[row.seq] else delivered.heard
            way.append(row)
        return delivered

    def _first(self, rows: Sequence[Waiting]) -> Iterator[Parcel]:
        """Pack what is sent for the first time: each message by itself, and facts once more in
        bundles for the rooms that hear them.
        """
        heard: dict[QueueRoute, list[Waiting]] = defaultdict(list)
        for row in rows:
            # A fact may have nobody who binds to it; a job has its room.
            exchange = JOBS if row.is_job else FACTS
            key = f"{row.address}.{row.user_id}"
            yield Parcel(exchange, key, _message(row), (row.seq,), mandatory=row.is_job)
            if not row.is_job:
                for route in self._routes.get(row.address, ()):
                    heard[route].append(row)
        for route, facts in heard.items():
            yield from _bundled(route, facts)

    def _lost(
        self, rows: Sequence[Waiting], deaf: Mapping[int, Sequence[QueueRoute]]
    ) -> Iterator[Parcel]:
        """Pack once more, for the rooms that have not taken it in, what got lost on its way."""
        lost: dict[QueueRoute, list[Waiting]] = defaultdict(list)
        for row in rows:
            sent_at = row.sent_at or row.told_at
            for route in deaf[row.seq]:
                if route.queue in self._empty_at and self._empty_at[route.queue] >= sent_at:
                    log.info(
                        "told again",
                        queue=route.queue,
                        message=row.address,
                        trace_id=row.trace_id,
                    )
                    lost[route].append(row)
        for route, found in lost.items():
            if route.kind == "facts":
                yield from _bundled(route, found)
            else:
                for row in found:
                    yield Parcel("", route.queue, _message(row), (row.seq,))

    async def _deaf(self, rows: Sequence[Waiting]) -> dict[int, list[QueueRoute]]:
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

    async def _send(self, channel: AbstractChannel, parcels: Iterable[Parcel]) -> set[int]:
        """Send parcels; return the places in the outbox of what the broker does not have."""
        sending = {asyncio.create_task(self._sent(channel, parcel)): parcel for parcel in parcels}
        if not sending:
            return set()
        try:
            await asyncio.wait(sending, timeout=CONFIRM)
        finally:
            await cancel(sending)
        return {
            seq
            for task, parcel in sending.items()
            if task.cancelled() or not task.result()
            for seq in parcel.seqs
        }

    async def _sent(self, channel: AbstractChannel, parcel: Parcel) -> bool:
        """Send a parcel; return whether the broker has confirmed it.

        A queue that somebody has bound to all facts may be full, and its own affair.
        """
        exchange = channel.default_exchange
        if parcel.exchange:
            exchange = await channel.get_exchange(parcel.exchange, ensure=False)
        parcel.message.user_id = self._user
        try:
            with breaks():
                await exchange.publish(parcel.message, parcel.key, mandatory=parcel.mandatory)
        except DeliveryError:  # returned, as nobody is bound; or a queue has refused it
            return not parcel.mandatory
        except LOST:
            return False
        return True

    async def _prepare(self, channel: AbstractChannel) -> list[Check]:
        await declare(channel, self._all_routes)
        await channel.set_qos(prefetch_count=20)
        queue = await channel.get_queue(PARKED, ensure=False)
        await self._line.consumed(PARKED, queue.consume(self._park))
        is_parked = partial(consumed_and_bound, queue=PARKED, exchange=PARKED, keys=("",))
        return [exchanges, is_parked]

    async def _park(self, incoming: AbstractIncomingMessage) -> None:
        """Put a dead letter into the table of parked messages.

        The facts of a bundle are sent once more, each alone: but one of them did no harm. A bundle
        that a room of before bundles did not know is let go: its facts stay in the outbox, and are
        told again until a newer one has heard them.
        """
        death, told = death_of(incoming), told_by(incoming)
        if self._apart and incoming.user_id != self._user:
            log.warning("odd dead letter", by=incoming.user_id, queue=death.queue)
            await incoming.ack()
            return
        if incoming.type == BUNDLE and death.word == "rejected" and self._heard(death, told):
            log.warning("bundle not known", room=death.room, facts=len(told))
            done = True
        elif len(told) == 1:
            done = await self._put_aside(death, told[0])
        else:
            alone = [Parcel("", death.queue, _bundle([one]), ()) for one in told]
            channel = self._line.channel
            done = all(await asyncio.gather(*(self._sent(channel, parcel) for parcel in alone)))
        if done:
            await incoming.ack()
        else:
            await asyncio.sleep(1)
            await incoming.nack(requeue=True)

    def _heard(self, death: Death, told: Iterable[Carried]) -> bool:
        """Tell whether the room that rejected facts hears such."""
        route = self._by_queue.get(death.queue)
        return route is not None and all(one.address in route.addresses for one in told)

    async def _put_aside(self, death: Death, told: Carried) -> bool:
        """Park a message; False while the database is away.

        One that was told before its address changed is sent again by its new one: it is no loss.
        """
        trace_id.set(told.trace)
        address, ids = text_of(told.address.encode()), envelope(told.body.encode())
        reason = death.reason(told.address, self._by_queue)
        try:
            async with transaction(self._engine) as tx:
                known = await inbox.is_known(tx, death.room, ids[0])
                if address not in self._routes and known:
                    return True
                body, is_job = text_of(told.body.encode()), death.is_job
                await inbox.park(tx, death.room, address, body, reason, *ids, is_job=is_job)
        except (SQLAlchemyError, OSError) as error:
            self._outage.begins(type(error).__name__)
            return False
        self._outage.ends()
        log.error("parked", room=death.room, message=address)
        return True


def _message(row: Waiting) -> Message:
    """Write a fact or a job as a message of its own."""
    return Message(
        row.body.encode(),
        content_type="application/json",
        delivery_mode=DeliveryMode.PERSISTENT,
        type=row.address,
        message_id=str(row.message_id),
        headers={"trace": row.trace_id},
    )


def _bundled(route: QueueRoute, facts: Iterable[Waiting]) -> Iterator[Parcel]:
    """Pack facts for a room."""
    for rows in bundles(facts):
        message = _bundle([carried(row) for row in rows])
        yield Parcel("", route.queue, message, tuple(row.seq for row in rows))


def _bundle(facts: Sequence[Carried]) -> Message:
    """Write facts for a room as one message."""
    return Message(
        packed(facts),
        content_type="application/json",
        delivery_mode=DeliveryMode.PERSISTENT,
        type=BUNDLE,
    )
