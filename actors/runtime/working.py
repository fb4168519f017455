"""What rooms do in the background while they are open: loops that are begun and stopped with them.

A loop that fails is begun anew after a pause: what it works on lies in the database.
"""

import asyncio
from collections.abc import Iterable

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.cancellation import cancel
from actors.runtime.faults import faults
from actors.runtime.room import Loop, Room
from actors.runtime.settings import Settings
from contracts.message import Refused

log = structlog.get_logger()

PAUSE = 2.0
"""Seconds before a loop that failed is begun anew."""


class Working:
    """The loops of some rooms."""

    def __init__(self, rooms: Iterable[Room], engine: AsyncEngine, settings: Settings) -> None:
        """Be ready to begin."""
        self._rooms, self._engine, self._settings = list(rooms), engine, settings
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin every loop, in the background."""
        self._tasks = [
            asyncio.create_task(self._run(room.name, loop))
            for room in self._rooms
            for loop in room.loops
        ]

    async def stop(self) -> None:
        """Cancel every loop, and wait until it has ended."""
        await cancel(self._tasks)
        self._tasks = []

    async def _run(self, room: str, loop: Loop) -> None:
        while True:
            try:
                with faults(f"{room}.working"):
                    await loop(self._engine, self._settings)
            except Refused as no:
                log.warning("loop begins anew", room=room, why=no.code)
            await asyncio.sleep(PAUSE)
