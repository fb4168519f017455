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

from actors.runtime.cancellation import cancel
from storage import outbox
from storage.session import transaction

log = structlog.get_logger()

BATCH = 500
IDLE = 0.2
"""Seconds between two looks into the outbox when nobody rings, as across processes: a look costs
less than a millisecond."""

GATHER = 0.1
"""Seconds to wait after the bell, so that facts told together travel together."""

SLOW = 1.0
"""Seconds after which a batch goes on aside, so that one slow listener holds up no other fact."""

Deliver = Callable[[Sequence[outbox.Waiting]], Awaitable[list[outbox.Waiting]]]


class Courier:
    """Carries facts with `deliver`, which returns those that it could not deliver."""

    def __init__(self, engine: AsyncEngine, deliver: Deliver, aside: int = 3) -> None:
        """Let at most `aside` slow batches go on beside the one in hand."""
        self._engine = engine
        self._deliver = deliver
        self._most_aside = aside
        self._bell = asyncio.Event()
        self._aside: set[asyncio.Task[int]] = set()
        self._task: asyncio.Task[None] | None = None

    def ring(self) -> None:
        """Say that there may be facts to carry."""
        self._bell.set()

    async def carry(self) -> int:
        """Carry one batch; return how many facts were in it."""
        async with transaction(self._engine) as tx:
            waiting = await outbox.claim(tx, BATCH)
            if not waiting:
                return 0
            await outbox.take_time(tx)
            left = await self._deliver(waiting)
            undelivered = {row.seq for row in left}
            await outbox.forget(tx, [row.seq for row in waiting if row.seq not in undelivered])
            await outbox.postpone(tx, left)
        return len(waiting)

    def start(self) -> None:
        """Begin to carry, in the background."""
        self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Stop; what was not delivered stays in the outbox."""
        await cancel((*self._aside, self._task))

    async def _work(self) -> None:
        while True:
            carrying = asyncio.create_task(self._carry())
            self._aside.add(carrying)
            carrying.add_done_callback(self._aside.discard)
            await asyncio.wait({carrying}, timeout=SLOW)
            if not carrying.done():
                if len(self._aside) > self._most_aside:
                    await asyncio.wait(self._aside, return_when=asyncio.FIRST_COMPLETED)
            elif not carrying.result():
                await self._wait()

    async def _carry(self) -> int:
        """Carry a batch; while the database is away, nothing."""
        try:
            return await self.carry()
        except (SQLAlchemyError, OSError) as error:
            log.warning("courier waits", why=type(error).__name__)
            return 0

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(IDLE):
                await self._bell.wait()
        except TimeoutError:
            return
        await asyncio.sleep(GATHER)
        self._bell.clear()
