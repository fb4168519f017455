"""A line to RabbitMQ that comes back by itself, with a fresh channel each time.

The reply queue must have a new name after every reconnect, and waiting asks must fail at the
moment the line breaks; a robust connection hides both.
"""

import asyncio
from collections.abc import Awaitable, Callable

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import AMQPError

from contracts.message import Unavailable

log = structlog.get_logger()

RECONNECT = 0.5
"""Seconds between two tries to connect."""

CONNECT = 5.0
"""Seconds that a try may take."""

LOST = (AMQPError, OSError, asyncio.TimeoutError, RuntimeError)
"""What aio-pika raises when a line is away; ChannelInvalidStateError is a RuntimeError."""

Prepare = Callable[[AbstractChannel], Awaitable[None]]


class Line:
    """Keeps one connection and one channel; `prepare` declares what every new channel needs."""

    def __init__(
        self,
        url: str,
        name: str,
        prepare: Prepare,
        *,
        confirms: bool,
        lost: Callable[[], None] = lambda: None,
    ) -> None:
        """Describe a line; `start` opens it. `lost` is called whenever it breaks."""
        self._url = f"{url}{'&' if '?' in url else '?'}heartbeat=10&name={name}"
        self._prepare = prepare
        self._confirms = confirms
        self._lost = lost
        self._channel: AbstractChannel | None = None
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()

    @property
    def connected(self) -> bool:
        """Tell whether the line is up."""
        return self._channel is not None

    @property
    def channel(self) -> AbstractChannel:
        """Return the channel. Refuses with `Unavailable` while the line is down."""
        if self._channel is None:
            raise Unavailable(
                "broker_away", "The message broker is away; try again.", retry_after=2
            )
        return self._channel

    async def start(self, wait: float = CONNECT) -> None:
        """Open the line; wait up to `wait` seconds for it, and go on trying after that."""
        self._task = asyncio.create_task(self._keep())
        try:
            async with asyncio.timeout(wait):
                await self._ready.wait()
        except TimeoutError:
            log.warning("broker away", still="trying")

    async def stop(self) -> None:
        """Close the line."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _keep(self) -> None:
        while True:
            try:
                await self._hold()
            except LOST as error:
                log.warning("broker line lost", why=type(error).__name__)
            await asyncio.sleep(RECONNECT)

    async def _hold(self) -> None:
        """Connect, serve until the line breaks, and clean up."""
        connection = await aio_pika.connect(self._url, timeout=CONNECT)
        broken = asyncio.Event()
        try:
            channel = await self._open(connection, broken)
            await self._prepare(channel)
            self._channel = channel
            self._ready.set()
            await broken.wait()
        finally:
            self._channel = None
            self._ready.clear()
            self._lost()
            try:
                await connection.close()
            except LOST:
                log.debug("line was closed already")

    async def _open(self, connection: AbstractConnection, broken: asyncio.Event) -> AbstractChannel:
        channel = await connection.channel(
            publisher_confirms=self._confirms, on_return_raises=self._confirms
        )
        connection.close_callbacks.add(lambda *_: broken.set())
        channel.close_callbacks.add(lambda *_: broken.set())
        return channel
