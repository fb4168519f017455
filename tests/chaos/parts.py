"""Ritmo in many processes, as its supervisor runs it, with every part at hand to be killed."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from actors import ROOMS
from ops.supervisor import PATIENCE, Part
from tests.backends import Private
from tests.show.running import settings

T = TypeVar("T")


@dataclass(frozen=True)
class Parts:
    """The parts by name, and the broker between them."""

    parts: dict[str, Part]
    node: Private
    thread: ThreadPoolExecutor

    async def kill(self, name: str) -> None:
        """Kill -9 a part, or the broker; each comes back."""
        if name == "broker":
            await self.do(self.node.restart)
            return
        process = self.parts[name].process
        if process is not None:
            process.kill()
            async with asyncio.timeout(PATIENCE):
                while self.parts[name].process is process:
                    await asyncio.sleep(0.01)

    async def do(self, work: Callable[[], T]) -> T:
        """Do something with the broker: it ends with the thread that starts it."""
        return await asyncio.get_running_loop().run_in_executor(self.thread, work)


@asynccontextmanager
async def running(node: Private, thread: ThreadPoolExecutor, database: str) -> AsyncIterator[Parts]:
    """Run every room and the courier, each in a process that is started again when it ends."""
    environment = dict(
        settings(
            amqp_url=node.url,
            database_url=database,
            seal_keys=os.environ["RITMO_SEAL_KEYS"],
            log_level="ERROR",
        )
    )
    words = {"courier": ("courier",), **{room: ("run", room) for room in ROOMS}}
    parts = {name: Part(given, environment) for name, given in words.items()}
    keeping = [asyncio.create_task(part.keep()) for part in parts.values()]
    try:
        yield Parts(parts, node, thread)
    finally:
        for part in parts.values():
            part.leaving = True
            if part.process is not None:
                part.process.kill()
        for task in keeping:
            task.cancel()
        await asyncio.gather(*keeping, return_exceptions=True)
