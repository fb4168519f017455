"""The pulse of a process: says again and again which parts live in it."""

import asyncio

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.cancellation import cancel
from storage import heartbeat
from storage.session import transaction

BEAT = 5.0
"""Seconds between two beats."""

STALE = 30.0
"""Seconds after which a part that did not beat counts as dead."""


class Pulse:
    """Beats for parts in the database; misses a beat while that is away."""

    def __init__(self, engine: AsyncEngine, *parts: str) -> None:
        """Be ready to beat for these parts."""
        self._engine, self._parts = engine, parts
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to beat, in the background."""
        self._task = asyncio.create_task(self._beat(), name="pulse")

    async def stop(self) -> None:
        """Beat no more."""
        await cancel([self._task])

    async def _beat(self) -> None:
        while True:
            try:
                async with transaction(self._engine) as tx:
                    await heartbeat.beat(tx, *self._parts)
            except (SQLAlchemyError, OSError):
                pass  # who looks sees the silence
            await asyncio.sleep(BEAT)
