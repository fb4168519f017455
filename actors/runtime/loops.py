"""What rooms do in the background while they are open: loops that are begun and stopped with them.

A loop that fails is begun anew after a pause: what it works on lies in the database.
"""

import asyncio
from collections.abc import Iterable
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.background import Background
from actors.runtime.delegation import RoomBus
from actors.runtime.faults import Outage, refusal_of
from actors.runtime.room import Loop, Room
from actors.runtime.settings import Settings
from contracts.bus import Bus
from contracts.message import Unavailable

PAUSE = 2.0
"""Seconds before a loop that failed is begun anew."""


class Loops:
    """The loops of some rooms."""

    def __init__(
        self, rooms: Iterable[Room], engine: AsyncEngine, settings: Settings, bus: Bus
    ) -> None:
        """Be ready to begin."""
        self._engine, self._settings, self._bus = engine, settings, bus
        self._loops = [
            Background(f"{room.name}.{loop.__name__}", partial(self._run, room.name, loop), PAUSE)
            for room in rooms
            for loop in room.loops
        ]

    def start(self) -> None:
        """Begin every loop, in the background."""
        for loop in self._loops:
            loop.start()

    async def stop(self) -> None:
        """Cancel every loop, and wait until it has ended."""
        await asyncio.gather(*(loop.stop() for loop in self._loops))

    async def _run(self, room: str, loop: Loop) -> None:
        """Run a loop, again and again while the database is away; let any other error out."""
        outage = Outage("database", room)
        bus = RoomBus(self._bus, room, self._engine)
        while True:
            try:
                await loop(self._engine, self._settings, bus)
                return
            except (SQLAlchemyError, OSError) as error:
                if not isinstance(refusal_of(error), Unavailable):
                    raise
                outage.begins(type(error).__name__)
            await asyncio.sleep(PAUSE)
