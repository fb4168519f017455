"""`ritmo up --amqp URL`: every part in a process of its own, under one supervisor.

A part that dies is started again, after a pause that doubles up to ten seconds; on Ctrl-C or
SIGTERM the doors close first, then the rooms, then the courier and the clock.
"""

import asyncio
import os
import signal
import time
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.context import ForkServerProcess
from urllib.parse import urlsplit

import structlog
from rich.console import Console

from actors import ROOMS
from actors.runtime.background import Background
from actors.runtime.settings import Settings
from ops import fork, logs
from ops.command import complain
from ops.embedded import greet
from ops.platform import database
from ops.seal import ready
from ops.server import open_socket
from storage.migrations import migrate
from storage.session import open_engine

log = structlog.get_logger()

PARTS: tuple[tuple[str, ...], ...] = (
    ("courier",),
    ("clock",),
    *(("run", room) for room in ROOMS),
    ("gateway",),
)
"""The arguments of `ritmo` for every part, in the order of starting."""

USUAL_PORT = {"amqp": 5672, "amqps": 5671}
LOOK = 3.0
"""Seconds that a broker has to answer a look."""

WATCH = 60.0
"""Seconds between two looks at the broker."""

PATIENCE = 20.0
"""Seconds that a part has to finish what it began, before it is killed."""


@dataclass(slots=True)
class Part:
    """A process that is kept alive."""

    words: tuple[str, ...]
    environment: dict[str, str]
    process: ForkServerProcess | None = None
    leaving: bool = False
    pause: float = field(default=0.2)

    async def keep(self) -> None:
        """Start the part, and start it again whenever it ends."""
        while not self.leaving:
            began = time.monotonic()
            self.process = await fork.start(self.words, self.environment)
            code = await self._ended(self.process)
            if self.leaving:
                return
            lasted = time.monotonic() - began
            self.pause = 0.2 if lasted > PATIENCE else min(10.0, self.pause * 2)
            log.warning("part ended", part=" ".join(self.words), code=code, again_in=self.pause)
            await asyncio.sleep(self.pause)

    async def leave(self) -> None:
        """Tell the part to finish; kill it if it does not."""
        self.leaving = True
        if (process := self.process) is None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(PATIENCE):
                await self._ended(process)
        except TimeoutError:
            process.kill()

    async def _ended(self, process: ForkServerProcess) -> int:
        """Wait until its process has ended; return the exit code."""
        code = await fork.ended(process)
        self.process = None
        return code


async def up(settings: Settings) -> None:
    """Start every part, and keep them until told to stop."""
    logs.set_up(settings.log_level)
    console = Console(highlight=False)
    began = time.monotonic()
    console.print("[dim]Ritmo is starting …[/dim]")
    settings = settings.model_copy(update={"port": free(settings)})
    async with database(settings, own=True) as url:
        engine = open_engine(url, 1)
        await migrate(engine)
        await ready(engine, settings, make_file=True)
        await engine.dispose()
        watch = Background("watch of RabbitMQ", partial(watch_broker, settings.amqp() or ""))
        watch.start()
        environment = os.environ | settings_as_environment(settings, url)
        parts = [Part(words, environment) for words in PARTS]
        keeping = [Background(f"keeper of {' '.join(part.words)}", part.keep) for part in parts]
        for keeper in keeping:
            keeper.start()
        told = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, told.set)
        answering = asyncio.create_task(wait_for_door(settings))
        await asyncio.wait(
            {answering, asyncio.create_task(told.wait())}, return_when=asyncio.FIRST_COMPLETED
        )
        if not told.is_set():
            greet(console, settings, settings.port, time.monotonic() - began)
            await told.wait()
        answering.cancel()
        console.print("[dim]Ritmo is stopping …[/dim]")
        await watch.stop()
        for keeper in keeping:
            await keeper.stop()
        for part in reversed(parts):
            await part.leave()
        await asyncio.gather(answering, return_exceptions=True)
    console.print("Ritmo has stopped; everything is saved.")


async def watch_broker(url: str, every: float = WATCH) -> None:
    """Say that RabbitMQ is away, once every so many seconds for as long as it is."""
    while True:
        if (why := await broker_away(url)) is not None:
            complain(f"{why} Ritmo goes on, and waits for it.")
        await asyncio.sleep(every)


async def broker_away(url: str) -> str | None:
    """Look once whether somebody listens where RabbitMQ is to be; if not, say where that is."""
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or USUAL_PORT[parts.scheme]
    try:
        async with asyncio.timeout(LOOK):
            _, line = await asyncio.open_connection(host, port)
    except OSError as error:
        why = error.strerror or "no answer in time"
        return (
            f"RabbitMQ at {host}:{port} does not answer ({why}): see that it runs, and that "
            "RITMO_AMQP_URL or --amqp is right."
        )
    line.close()
    return None


def free(settings: Settings) -> int:
    """Return the port for the gateway: a free one for 0. Raises OSError if it is taken."""
    with open_socket(settings) as door:
        port: int = door.getsockname()[1]
        return port


def settings_as_environment(settings: Settings, url: str) -> dict[str, str]:
    """Write the settings down for the parts; secrets go through the environment, not arguments."""
    given = {
        "RITMO_DATABASE_URL": url,
        "RITMO_AMQP_URL": settings.amqp(),
        "RITMO_REDIS_URL": settings.redis(),
        "RITMO_HOST": settings.host,
        "RITMO_PORT": str(settings.port),
        "RITMO_DATA": str(settings.data),
        "RITMO_SEAL_FILE": str(settings.seal_file) if settings.seal_file else None,
        "RITMO_METRICS_PORT": "",  # of the parts only one could have it
        "RITMO_OTLP_URL": settings.otlp_url or None,
        "RITMO_LOG_LEVEL": settings.log_level,
        "RITMO_ROOM_CONCURRENCY": str(settings.room_concurrency),
        "RITMO_RATE_PER_MINUTE": str(settings.rate_per_minute),
        "RITMO_LOGIN_PER_MINUTE": str(settings.login_per_minute),
    }
    return {name: value for name, value in given.items() if value is not None}


async def wait_for_door(settings: Settings) -> None:
    """Wait until the gateway says that it is ready."""
    while True:
        try:
            reader, writer = await asyncio.open_connection(settings.host, settings.port)
            writer.write(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            status = await reader.readline()
            writer.close()
            if b" 200 " in status:
                return
        except OSError:
            pass
        await asyncio.sleep(0.2)
