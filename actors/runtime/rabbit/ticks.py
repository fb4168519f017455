"""How the clock sends ticks to rooms over RabbitMQ: without confirms, for a tick may be missed."""

from aio_pika import Message
from aio_pika.abc import AbstractChannel

from actors.runtime.rabbit.line import LOST, Check, Line, breaks
from actors.runtime.rabbit.topology import JOBS, exchanges_for
from actors.runtime.rabbit.users import CLOCK, has_own_user
from contracts.bus import ASK

PATIENCE = 2.0
"""Seconds that the broker has to take a tick."""


class TickSender:
    """Sends ticks to whichever replica of a room has the time."""

    def __init__(self, url: str) -> None:
        """Describe a sender; `start` connects it."""
        self._exist = exchanges_for(apart=has_own_user(url, CLOCK))
        self._line = Line(url, CLOCK, self._prepare, confirms=False)

    async def start(self) -> None:
        """Connect, and stay connected."""
        await self._line.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self._line.stop()

    async def strike(self, name: str) -> None:
        """Send a tick; one that nobody takes in time, or that cannot be sent, is dropped."""
        if not self._line.connected:
            return  # the line has said so
        exchange = await self._line.channel.get_exchange(JOBS, ensure=False)
        message = Message(b"", type=name, expiration=ASK)
        try:
            with breaks():
                await exchange.publish(message, name, mandatory=False, timeout=PATIENCE)
        except LOST:
            return  # the line notices, and says so

    async def _prepare(self, channel: AbstractChannel) -> list[Check]:
        await self._exist(await channel.get_underlay_channel())
        return [self._exist]
