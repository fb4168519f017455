"""A line to RabbitMQ that comes back by itself, with a fresh channel each time.

The reply queue must have a new name after every reconnect, and waiting asks must fail at the
moment the line breaks; a robust connection hides both. A line is also lost when it only looks
well: when the broker does not answer any more, when it cancels a consumer of ours, when a queue
or a binding of ours is gone. Therefore, every `PULSE` seconds, some of what the line needs is
checked, so that all of it is within `TURN`; the broker has `ANSWER` seconds for that.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import AMQPError
from aiormq.abc import AbstractChannel as BareChannel
from aiormq.exceptions import ConnectionInternalError
from yarl import URL

from actors.runtime.background import Background
from actors.runtime.faults import Outage
from contracts.message import Unavailable

log = structlog.get_logger()

RECONNECT = 0.5
"""Seconds between two tries to connect."""

CONNECT = 5.0
"""Seconds that a try to connect may take."""

CONSUME = 6.0
"""Seconds that a queue may take to be consumed: a quorum queue that wakes up needs some."""

PREPARE = 30.0
"""Seconds that declaring and consuming everything may take."""

PULSE, ANSWER = 1.0, 5.0
"""Seconds between two questions to the broker, and seconds that it has for an answer: less than
anybody waits for a room, more than a busy machine takes."""

TURN = 8.0
"""Seconds within which all that a line needs was checked once."""

GOODBYE = 3.0
"""Seconds that closing a broken line may take."""

LOST = (AMQPError, OSError, asyncio.TimeoutError, RuntimeError, ExceptionGroup)
"""What aio-pika and FastStream raise when a line is away; ChannelInvalidStateError is a
RuntimeError."""

Check = Callable[[BareChannel], Awaitable[object]]
"""Makes good, or raises what `LOST` names."""

Prepare = Callable[[AbstractChannel], Awaitable[list[Check]]]
"""Declares and consumes on a new channel; tells what is to be checked from then on. The list may
grow later."""


class LineLost(ConnectionError):
    """The line broke."""


class breaks:  # noqa: N801 - reads as a word in `with breaks()`
    """Turn what aiormq lets out to its callers when a connection breaks into a lost line.

    It cancels whatever waits there, though nobody asked that of the task which hears of it; or it
    raises a bare `Exception`.
    """

    def __enter__(self) -> None:
        """Begin to watch."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Raise `LineLost` for what is none of ours; everything else passes."""
        task = asyncio.current_task()
        ours = task is None or task.cancelling() > 0
        if isinstance(error, asyncio.CancelledError) and not ours:
            raise LineLost("cancelled by the connection") from None
        if type(error) is Exception:
            raise LineLost("given up by the connection") from None


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
        self.url = f"{url}{'&' if '?' in url else '?'}heartbeat=10&name={name}"
        self._prepare = prepare
        self._confirms = confirms
        self._lost = lost
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._ready = asyncio.Event()
        self._outage = Outage("broker", name)
        self._loop = Background(f"line of {name}", self._keep)

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
        self._loop.start()
        try:
            async with asyncio.timeout(wait):
                await self._ready.wait()
        except TimeoutError:
            self._outage.begins("no answer")

    async def stop(self) -> None:
        """Close the line."""
        await self._loop.stop()

    async def _keep(self) -> None:
        while True:
            try:
                with breaks():
                    await self._hold()
            except LOST as error:
                self._outage.begins(type(error).__name__)
            await asyncio.sleep(RECONNECT)

    async def _hold(self) -> None:
        """Connect, serve until the line breaks, and clean up."""
        connection = self._connection = await self.connect()
        broken = asyncio.Event()
        try:
            async with asyncio.timeout(PREPARE):
                channel = await self._open(connection)
                checks = await self._prepare(channel)
            self._listen(connection, broken)
            self._channel = channel
            self._ready.set()
            self._outage.ends()
            await self._watch(await channel.get_underlay_channel(), checks, broken)
        finally:
            self._connection = self._channel = None
            self._ready.clear()
            self._lost()
            await self.disconnect(connection)

    @staticmethod
    async def _watch(channel: BareChannel, checks: list[Check], broken: asyncio.Event) -> None:
        """Check one thing after another until something is wrong, and raise that."""
        done = 0
        while not broken.is_set():
            async with asyncio.timeout(ANSWER):
                for _ in range(math.ceil(len(checks) * PULSE / TURN)):
                    await checks[done % len(checks)](channel)
                    done += 1
            try:
                async with asyncio.timeout(PULSE):
                    await broken.wait()
            except TimeoutError:
                continue
        raise LineLost("closed by the broker")

    async def aside(self) -> AbstractChannel:
        """Open another channel, for a question that may close it. Raises what `LOST` names."""
        if self._connection is None:
            raise LineLost("not connected")
        return await self._connection.channel(publisher_confirms=False)

    async def consumed(self, queue: str, consuming: Awaitable[object]) -> None:
        """Wait until a queue is consumed.

        One that the broker knows but cannot run any more is removed, to be declared anew: a quorum
        queue whose broker died in the moment after it was first declared stays like that for ever.
        Who consumes it gets no answer, or has the connection closed by the broker as it fails.
        Nothing is lost of it, what was not heard is told again.
        """
        try:
            async with asyncio.timeout(CONSUME):
                await consuming
        except (TimeoutError, ConnectionInternalError):
            async with asyncio.timeout(ANSWER), await self.connect_aside() as connection:
                channel = await (await connection.channel()).get_underlay_channel()
                found = await channel.queue_declare(queue, passive=True)
                if not found.consumer_count:
                    log.warning("queue cannot be consumed and is made anew", queue=queue)
                    await channel.queue_delete(queue)
            raise

    async def connect_aside(self) -> AbstractConnection:
        """Open a second connection, for what may be asked when the first is gone."""
        connection = aio_pika.Connection(URL(self.url))
        async with AsyncExitStack() as stack:
            # One that never came about wants to be closed, too, or does so once it is forgotten.
            stack.push_async_callback(connection.close)
            await connection.connect(timeout=CONNECT)
            stack.pop_all()
        return connection

    async def connect(self) -> AbstractConnection:
        """Connect to the broker."""
        return await self.connect_aside()

    async def disconnect(self, connection: AbstractConnection) -> None:
        """Close a connection, in whatever state it is."""
        try:
            with breaks():
                async with asyncio.timeout(GOODBYE):
                    await connection.close()
        except LOST:
            return

    async def _open(self, connection: AbstractConnection) -> AbstractChannel:
        return await connection.channel(
            publisher_confirms=self._confirms, on_return_raises=self._confirms
        )

    @staticmethod
    def _listen(connection: AbstractConnection, broken: asyncio.Event) -> None:
        """Notice when the connection, a channel or a consumer of it ends."""
        connection.close_callbacks.add(lambda *_: broken.set())
        transport = connection.transport
        if transport is None or transport.connection.is_closed:
            broken.set()
            return
        for channel in transport.connection.channels.values():
            if channel is None or channel.is_closed:
                broken.set()
            else:
                channel.closing.add_done_callback(lambda _: broken.set())
                channel.on_consumer_cancel_callbacks.add(lambda _: broken.set())
