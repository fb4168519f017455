"""The courier: takes facts from the outbox and carries them to whoever hears them.

It claims a batch, delivers it, deletes what was delivered and postpones the rest, in one
transaction: killed at any moment, it loses nothing and may deliver twice, which the inbox of
each room makes harmless. Any number of couriers may run.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from storage import outbox
from storage.session import transaction

log = structlog.get_logger()

BATCH = 500
IDLE = 0.5
"""Seconds between two looks into the outbox when nobody rings."""

GATHER = 0.02
"""Seconds to wait after the bell, so that facts told together travel together."""

Deliver = Callable[[Sequence[outbox.Waiting]], Awaitable[list[outbox.Waiting]]]


class Courier:
    """Carries facts with `deliver`, which returns those that it could not deliver."""

    def __init__(self, engine: AsyncEngine, deliver: Deliver, hands: int = 2) -> None:
        """Work on `hands` batches at a time, so that one slow listener holds up no other fact."""
        self._engine = engine
        self._deliver = deliver
        self._hands = hands
        self._bell = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def ring(self) -> None:
        """Say that there may be facts to carry."""
        self._bell.set()

    async def carry(self) -> int:
        """Carry one batch; return how many facts were in it."""
        async with transaction(self._engine) as tx:
            waiting = await outbox.claim(tx, BATCH)
            if not waiting:
                return 0
            left = await self._deliver(waiting)
            undelivered = {row.seq for row in left}
            await outbox.forget(tx, [row.seq for row in waiting if row.seq not in undelivered])
            await outbox.postpone(tx, left)
        return len(waiting)

    def start(self) -> None:
        """Begin to carry, in the background."""
        self._tasks = [asyncio.create_task(self._work()) for _ in range(self._hands)]

    async def stop(self) -> None:
        """Carry what is due, then stop."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _work(self) -> None:
        while True:
            try:
                carried = await self.carry()
            except (SQLAlchemyError, OSError) as error:
                log.warning("courier waits", why=type(error).__name__)
                carried = 0
                await asyncio.sleep(IDLE)
            if not carried:
                await self._wait()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(IDLE):
                await self._bell.wait()
        except TimeoutError:
            return
        self._bell.clear()
        await asyncio.sleep(GATHER)
