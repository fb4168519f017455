"""How a room takes in facts and jobs: each once.

A transaction for every fact would cost a write to the disk for every fact. So while all hands are
busy facts gather, and the next free hand takes in what has gathered in one transaction: first, at
once, what a room gathers (`Room.gather`), then the others one by one. If that fails, each is taken
in alone: a fact that cannot be taken in is parked and harms no other. A job may take its time: each
has a transaction of its own, and hands of its own.

The courier cannot know what a room has in hand, and tells it again; such a copy is let go at once.
If nothing comes of the first, the message is told once more.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import cast
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.runtime.erasure import confirmed
from actors.runtime.faults import Outage, faults
from actors.runtime.figures import taken_in
from actors.runtime.room import Gatherer, work
from contracts.bus import trace_id
from contracts.message import Durable, Fact, Refused, Unavailable
from contracts.spans import record, span
from contracts.users import UserDeleted
from storage import inbox

log = structlog.get_logger()

RETRIES = (0.1, 0.5, 2.0)
"""Pauses, in seconds, between tries to take in a message."""

AWAY = 1.0
"""Seconds between tries while the database is away."""

LONG = 900.0
"""Seconds that a transaction may take: an import of years of history is one job."""

TOGETHER, HANDS = 100, 4
"""Facts in one transaction, and transactions of facts at a time, at most."""

Call = Callable[[], Awaitable[object]]
Begin = Callable[[None], AbstractAsyncContextManager[AsyncConnection]]
Park = Callable[[Durable, Refused], Awaitable[None]]


def _unheard() -> asyncio.Future[None]:
    return asyncio.get_running_loop().create_future()


@dataclass(slots=True)
class Told:
    """A message that waits to be taken in by `call`, in the context that it came in.

    None: it is gathered, and that is all.
    """

    message: Durable
    call: Call | None
    room: str
    context: Context = field(default_factory=copy_context)
    heard: asyncio.Future[None] = field(default_factory=_unheard)

    @property
    def trace(self) -> str:
        """The trace of the request that the message comes from."""
        return self.context.get(trace_id, "")

    async def run(self) -> None:
        """Call the listener on the transaction of the task that runs this."""
        if self.call is None:
            return
        self.context.run(work.set, work.get())
        await asyncio.get_running_loop().create_task(self._called(), context=self.context)

    async def _called(self) -> None:
        name = f"{self.room} takes in {self.message.address}"
        with span(name, "consumer"), faults(self.message.address, passing=False):
            if self.call is not None:
                await self.call()


class Intake:
    """Takes in messages for a room: `begin` opens a transaction, `park` puts aside what failed."""

    def __init__(
        self,
        room: str,
        begin: Begin,
        park: Park,
        after: Callable[[], None],
        *,
        gatherers: Mapping[str, Sequence[Gatherer]] = MappingProxyType({}),
        together: int = TOGETHER,
        hands: int = HANDS,
    ) -> None:
        """Take in for a room: at most `together` messages in a transaction, and `hands` of these
        at a time. `after` is called when a transaction was committed. `gatherers` are those of the
        room, by address.
        """
        self._gatherers = gatherers
        self._room, self._begin, self._park, self._after = room, begin, park, after
        self._together_at_most, self._hands_at_most = together, hands
        self._waiting: list[Told] = []
        self._hands: set[asyncio.Task[None]] = set()
        self._at_work: set[UUID] = set()
        self._in_hand: set[UUID] = set()
        self._outage = Outage("database", room)

    async def take_in(self, message: Durable, call: Call | None) -> None:
        """Take in a message once; return when it is taken in, or parked, or in hand already.

        Refuses with `Unavailable` if it was interrupted, and is to be told again.
        """
        if message.id in self._in_hand:
            return
        told = Told(message, call, self._room)
        self._in_hand.add(message.id)
        self._waiting.append(told)
        self._call_hand()
        try:
            await told.heard
        finally:
            self._in_hand.discard(message.id)

    def _call_hand(self) -> None:
        if self._waiting and len(self._hands) < self._hands_at_most:
            # In a context of its own: it takes in the messages of many.
            hand = asyncio.create_task(self._work(), context=Context())
            self._hands.add(hand)
            hand.add_done_callback(self._hand_ended)

    def _hand_ended(self, hand: asyncio.Task[None]) -> None:
        self._hands.discard(hand)
        if not hand.cancelled():
            if error := hand.exception():
                log.error("hand ended", room=self._room, exc_info=error)
            # What waits for another hand is taken by that one.
            if any(map(self._is_free, self._waiting)):
                self._call_hand()

    def _is_free(self, told: Told) -> bool:
        """Tell whether no other hand is at work on the person; of jobs each may be done beside."""
        return self._together_at_most == 1 or told.message.user_id not in self._at_work

    async def _work(self) -> None:
        """Take in what waits, batch by batch; whatever happens, nobody waits for ever."""
        while batch := self._take():
            people = {told.message.user_id for told in batch}
            self._at_work |= people
            try:
                await self._batch(batch)
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
                log.error("interrupted", room=self._room, messages=len(batch))
            finally:
                self._at_work -= people
                for told in batch:
                    if not told.heard.done():
                        told.heard.set_exception(_interrupted())

    def _take(self) -> list[Told]:
        """Take what waits, up to a batch. Facts of a person whom another hand is at work on are
        left to that hand: this one would have to wait for it, with a connection in its own.
        """
        batch, left = list[Told](), list[Told]()
        for told in self._waiting:
            free = len(batch) < self._together_at_most and self._is_free(told)
            (batch if free else left).append(told)
        self._waiting = left
        return batch

    async def _batch(self, batch: list[Told]) -> None:
        try:
            await self._together(batch)
        except Refused as no:
            for told in batch:
                await self._alone(told, no if len(batch) == 1 else None)

    async def _together(self, batch: list[Told]) -> None:
        """Take in all of a batch, or nothing of it."""
        trace_id.set(batch[0].trace if len(batch) == 1 else "")
        began = time.perf_counter()
        with faults(batch[0].message.address, passing=False):
            async with asyncio.timeout(LONG), self._begin(None) as tx:
                ids = [told.message.id for told in batch]
                alone = self._together_at_most == 1
                if alone and not await inbox.take_turn(tx, self._room, ids[0]):
                    new = set[UUID]()  # another replica has it in hand
                else:
                    new = await inbox.first_times(tx, self._room, ids)
                fresh = {told.message.id: told for told in batch if told.message.id in new}
                messages = [told.message for told in fresh.values()]
                leaving = {one.user_id for one in messages if isinstance(one, UserDeleted)}
                async with confirmed(tx, self._room, sorted(leaving)):
                    await self._gather(tx, messages)
                    # By person, so that two hands that lock them wait for each other, not in a
                    # circle.
                    for told in sorted(fresh.values(), key=lambda told: told.message.user_id):
                        await told.run()
        self._outage.ends()
        self._after()
        self._count(fresh.values(), time.perf_counter() - began)
        for told in batch:
            if not told.heard.done():
                told.heard.set_result(None)

    def _count(self, taken: Iterable[Told], seconds: float) -> None:
        """Count what was taken in; what is gathered has had no span of its own."""
        for told in taken:
            taken_in(self._room, told.message)
            if told.call is None:
                name = f"{self._room} gathers {told.message.address}"
                record(name, "consumer", told.trace, seconds)

    async def _gather(self, tx: AsyncConnection, messages: Iterable[Durable]) -> None:
        """Give each gatherer of the room all that it is told of."""
        gathered: dict[Gatherer, list[Fact]] = {}
        for message in messages:
            for gatherer in self._gatherers.get(message.address, ()):
                gathered.setdefault(gatherer, []).append(cast(Fact, message))
        for gatherer, facts in gathered.items():
            await gatherer(tx, facts)

    async def _alone(self, told: Told, refusal: Refused | None) -> None:
        """Take in one message. After `RETRIES` it is parked with the reason.

        While the database is away it waits: that is not its fault.
        """
        pauses = iter(RETRIES)
        while not told.heard.done():
            try:
                if refusal is not None:
                    raise refusal
                await self._together([told])
            except Unavailable as no:
                self._outage.begins(no.code)
                await asyncio.sleep(AWAY)
            except Refused as no:
                pause = next(pauses, None)
                if pause is None:
                    await self._put_aside(told, no)
                    return
                await asyncio.sleep(pause)
            refusal = None

    async def _put_aside(self, told: Told, why: Refused) -> None:
        """Park a message; while the database is away that has to wait, too."""
        while not told.heard.done():
            try:
                await self._park(told.message, why)
            except (SQLAlchemyError, OSError) as error:
                self._outage.begins(type(error).__name__)
                await asyncio.sleep(AWAY)
                continue
            message = told.message
            taken_in(self._room, message, "parked")
            log.error(
                "parked",
                room=self._room,
                message=message.address,
                message_id=str(message.id),
                why=why.code,
            )
            told.heard.set_result(None)


def _interrupted() -> Unavailable:
    return Unavailable("interrupted", "This was interrupted; it is tried again.", retry_after=1)
