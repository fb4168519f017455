"""Loops in the background: none ends unnoticed.

A loop that is not told to stop goes on for ever. If one ends all the same, by an error that nobody
foresaw, by returning, or by a cancellation that a library let out, it is begun anew after a pause;
and if that does not help the process ends, so that whoever watches it starts a new one.
"""

import asyncio
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable

import structlog

from actors.runtime.cancellation import cancel

log = structlog.get_logger()

PAUSE = 1.0
"""Seconds before a loop that ended is begun anew."""

MAX_RESTARTS, WINDOW = 5, 60.0
"""A loop may be begun anew so often in so many seconds; after that its process ends."""

LAST_WORD = 20.0
"""Seconds that a process which must end has to finish what it began."""

EXIT_CODE = 70
"""The exit code of a process that ended because a loop of it did (EX_SOFTWARE of sysexits.h)."""

Body = Callable[[], Awaitable[object]]

ended: list[str] = []
"""Names of the loops for which this process must end."""


def end_process(name: str) -> None:
    """End this process as SIGTERM does, and with certainty after `LAST_WORD` seconds."""
    ended.append(name)
    late = threading.Timer(LAST_WORD, os._exit, (EXIT_CODE,))
    late.daemon = True
    late.start()
    os.kill(os.getpid(), signal.SIGTERM)


class Background:
    """A loop of this process: `body` runs until `stop`."""

    def __init__(
        self,
        name: str,
        body: Body,
        pause: float = PAUSE,
        give_up: Callable[[str], None] = end_process,
    ) -> None:
        """Describe a loop; `give_up` is called with its name when it does not stay alive."""
        self._name, self._body, self._pause, self._give_up = name, body, pause, give_up
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the background."""
        self._task = asyncio.create_task(self._keep(), name=self._name)

    async def stop(self) -> None:
        """Cancel the loop, and wait until it has ended."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _keep(self) -> None:
        ends: deque[float] = deque(maxlen=MAX_RESTARTS + 1)
        while True:
            # In a task of its own: whatever it raises, even a cancellation, is seen from here.
            running = asyncio.create_task(self._run())
            try:
                await asyncio.wait({running})
            finally:
                await cancel((running,))
            self._report(running)
            ends.append(time.monotonic())
            if len(ends) > MAX_RESTARTS and ends[-1] - ends[0] < WINDOW:
                log.critical("loop does not stay alive", loop=self._name)
                self._give_up(self._name)
                return
            await asyncio.sleep(self._pause)

    async def _run(self) -> None:
        await self._body()

    def _report(self, running: asyncio.Task[None]) -> None:
        if running.cancelled():
            log.error("loop ended", loop=self._name, why="cancelled by nobody")
        elif error := running.exception():
            log.error("loop ended", loop=self._name, exc_info=error)
        else:
            log.error("loop ended", loop=self._name, why="returned")
