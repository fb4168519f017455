"""The pulse of a process: says again and again which parts live in it."""

import asyncio

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.background import Background
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
        self._loop = Background("pulse", self._beat)

    def start(self) -> None:
        """Begin to beat, in the background."""
        self._loop.start()

    async def stop(self) -> None:
        """Beat no more."""
        await self._loop.stop()

    async def _beat(self) -> None:
        while True:
            try:
                async with transaction(self._engine) as tx:
                    await heartbeat.beat(tx, *self._parts)
            except (SQLAlchemyError, OSError):
                pass  # who looks sees the silence
            await asyncio.sleep(BEAT)
