"""The courier: takes facts and jobs from the outbox and carries them to the rooms they are for.

It claims a batch, delivers it, deletes what was delivered and postpones the rest, in one
transaction: killed at any moment, it loses nothing and may deliver twice, which the inbox of
each room makes harmless. What was given to a broker is kept until the rooms have taken it in. Any
number of couriers may run.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.background import Background
from actors.runtime.cancellation import cancel
from actors.runtime.faults import Outage
from contracts.message import Unavailable
from contracts.spans import record
from storage import outbox
from storage.session import transaction

BATCH = 500
IDLE = 1.0
"""Seconds between two looks into the outbox when nobody rings: what is tried again becomes due."""

GATHER = 0.1
"""Seconds between two batches: what is told meanwhile travels together. After a rest the first
goes at once."""

ALIVE = 2.0
"""Seconds between two questions to the connection that hears of what is told, and before another
is opened."""

SLOW = 1.0
"""Seconds after which a batch goes on aside, so that one slow listener holds up no other fact."""


@dataclass(slots=True)
class Delivered:
    """What became of a batch: heard by all, given to a broker, or neither."""

    heard: list[outbox.Waiting] = field(default_factory=list)
    sent: list[outbox.Waiting] = field(default_factory=list)
    left: list[outbox.Waiting] = field(default_factory=list)


Deliver = Callable[[Sequence[outbox.Waiting]], Awaitable[Delivered]]
"""Delivers a batch. Refuses with `Unavailable` if there is no way to deliver anything."""


class Courier:
    """Carries facts and jobs with `deliver`."""

    def __init__(
        self, engine: AsyncEngine, deliver: Deliver, aside: int = 3, idle: float = IDLE
    ) -> None:
        """Let at most `aside` slow batches go on beside the one in hand; look at least every
        `idle` seconds.
        """
        self._engine = engine
        self._deliver = deliver
        self._most_aside = aside
        self._idle = idle
        self._carried_at = 0.0
        self._bell = asyncio.Event()
        self._aside: set[asyncio.Task[int]] = set()
        self._outage = Outage("database", "courier")
        self._loop = Background("courier", self._work)
        self._listener = Background("listener of the courier", self._listen)

    def ring(self) -> None:
        """Say that there may be something to carry."""
        self._bell.set()

    async def carry(self) -> int:
        """Carry one batch; return how many messages were in it."""
        async with transaction(self._engine) as tx:
            waiting = await outbox.claim(tx, BATCH)
            if not waiting:
                return 0
            await outbox.take_time(tx)
            began, since = datetime.now(UTC), time.perf_counter()
            delivered = await self._deliver(waiting)
            for row in (*delivered.heard, *delivered.sent):
                name = f"courier carries {row.address}"
                record(name, "producer", row.trace_id, time.perf_counter() - since)
            await outbox.forget(tx, delivered.heard)
            await outbox.keep_sent(tx, delivered.sent, began)
            await outbox.postpone(tx, delivered.left)
        return len(waiting)

    def start(self) -> None:
        """Begin to carry, in the background."""
        self._listener.start()
        self._loop.start()

    async def stop(self) -> None:
        """Stop; what was not delivered stays in the outbox."""
        await self._listener.stop()
        await self._loop.stop()

    async def _work(self) -> None:
        try:
            while True:
                await self._next()
        finally:
            await cancel(self._aside)
            self._aside.clear()

    async def _next(self) -> None:
        """Carry a batch to its end, or for `SLOW` seconds: then it goes on aside."""
        carrying = asyncio.create_task(self._carry())
        self._aside.add(carrying)
        await asyncio.wait({carrying}, timeout=SLOW)
        if len(self._aside) > self._most_aside:
            await asyncio.wait(self._aside, return_when=asyncio.FIRST_COMPLETED)
        ended = {task for task in self._aside if task.done()}
        self._aside -= ended
        for task in ended:
            task.result()  # what nobody foresaw ends the loop
        if carrying not in ended:
            return
        if carrying.result():
            self._carried_at = time.monotonic()
        else:
            await self._wait()

    async def _carry(self) -> int:
        """Carry a batch; while the database or the broker is away, nothing."""
        try:
            carried = await self.carry()
        except Unavailable:
            return 0
        except (SQLAlchemyError, OSError) as error:
            self._outage.begins(type(error).__name__)
            return 0
        self._outage.ends()
        return carried

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._idle):
                await self._bell.wait()
        except TimeoutError:
            return
        await asyncio.sleep(self._carried_at + GATHER - time.monotonic())
        self._bell.clear()

    async def _listen(self) -> None:
        """Ring when anybody tells something, in whatever process, for as long as that is heard."""
        while True:
            try:
                async with outbox.listening(self._engine, self.ring) as connection:
                    self.ring()  # for what was told before
                    while True:
                        await asyncio.sleep(ALIVE)
                        await connection.execute(text("SELECT 1"))
            except (SQLAlchemyError, OSError) as error:
                self._outage.begins(type(error).__name__)
            await asyncio.sleep(ALIVE)
