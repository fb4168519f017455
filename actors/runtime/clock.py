"""The clock: Taskiq strikes the ticks of the platform; one leader among any number of clocks.

Ticks only nudge: what is due lies in PostgreSQL, so a tick missed or struck twice does no harm.
Rooms declare theirs (`Room.tick`) and do what they are for themselves (`Edge.strike`): the clock
sends them over the bus.
Leadership is an advisory lock held on a connection of its own: when the leader dies, PostgreSQL
lets go and another clock takes over within `STANDBY` seconds.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from taskiq import InMemoryBroker, ScheduleSource, TaskiqScheduler
from taskiq.api import run_scheduler_task
from taskiq.schedule_sources import LabelScheduleSource

from actors.runtime.background import Background
from actors.runtime.cancellation import cancel
from actors.runtime.faults import Outage, faults
from actors.runtime.room import Room, Tick
from contracts.message import Refused, Unavailable
from storage import heartbeat, idempotency, inbox
from storage.session import transaction

log = structlog.get_logger()

STANDBY = 3.0
"""Seconds between two tries to become the leader, and between two beats of the leader's heart."""

KEEP_HEARD = timedelta(days=14)
"""A second delivery cannot come later than this."""

KEEP_ANSWERS = timedelta(days=2)
"""A client does not retry with the same key later than this."""

LEADER = 7264902
"""The advisory lock of the leading clock."""


FORGET = "17 * * * *"
"""When the clock drops what nobody can ask for any more, by cron (UTC)."""

Send = Callable[[str], Awaitable[None]]
"""Sends a tick, by its name, to the room that declares it."""


def ticks_of(rooms: Iterable[Room]) -> list[Tick]:
    """Collect the ticks of rooms."""
    return [tick for room in rooms for tick in room.ticks]


class Clock:
    """Sends the ticks of rooms while it leads, and beats."""

    def __init__(self, engine: AsyncEngine, ticks: Iterable[Tick], send: Send) -> None:
        """Make a clock that leads on this database."""
        self._engine = engine
        self._ticks = tuple(ticks)
        self._send = send
        self._strokes: set[asyncio.Task[object]] = set()
        self._stopped = False
        self._outage = Outage("database", "clock")
        self._loop = Background("clock", self.run)

    def start(self) -> None:
        """Run in the background."""
        self._stopped = False
        self._loop.start()

    async def stop(self) -> None:
        """Stop, and let another clock lead."""
        self._stopped = True
        await self._loop.stop()
        await cancel(self._strokes)

    async def run(self) -> None:
        """Try to lead, for ever."""
        while True:
            try:
                await self._lead()
            except (SQLAlchemyError, OSError) as error:
                self._outage.begins(type(error).__name__)
            await asyncio.sleep(STANDBY)

    async def _lead(self) -> None:
        """Strike ticks for as long as the lock is held; return if another clock holds it."""
        async with self._engine.connect() as connection:
            held = await connection.execution_options(isolation_level="AUTOCOMMIT")
            if not (
                await held.execute(text(f"SELECT pg_try_advisory_lock({LEADER})"))
            ).scalar_one():
                return
            await self._beat()
            striking = asyncio.create_task(run_scheduler_task(self._scheduler(), run_startup=True))
            try:
                while not striking.done():
                    await asyncio.sleep(STANDBY)
                    await held.execute(text("SELECT 1"))
                striking.result()  # what nobody foresaw ends the loop
            finally:
                striking.cancel()
                await asyncio.gather(striking, return_exceptions=True)
                # The connection goes back to its pool, and with it the lock would live on.
                await held.execute(text(f"SELECT pg_advisory_unlock({LEADER})"))

    def _scheduler(self) -> TaskiqScheduler:
        broker = InMemoryBroker()
        work: list[tuple[str, int | str, Callable[[], Awaitable[None]]]] = [
            ("clock.beat", int(STANDBY), self._beat),
            ("clock.forget_old", FORGET, self._forget_old),
            *((tick.name, tick.every, partial(self._send, tick.name)) for tick in self._ticks),
        ]
        for name, every, stroke in work:
            schedule = [{"cron" if isinstance(every, str) else "interval": every}]
            broker.register_task(self._striker(name, stroke), task_name=name, schedule=schedule)
        sources: list[ScheduleSource] = [LabelScheduleSource(broker)]
        return TaskiqScheduler(broker, sources)

    def _striker(
        self, name: str, stroke: Callable[[], Awaitable[None]]
    ) -> Callable[[], Awaitable[None]]:
        async def strike() -> None:
            if (task := asyncio.current_task()) is not None:
                self._strokes.add(task)
                task.add_done_callback(self._strokes.discard)
            try:
                with faults(name, passing=False):
                    await stroke()
                self._outage.ends()
            except Unavailable as no:
                self._outage.begins(no.code)
            except Refused as no:
                log.warning("tick failed", tick=name, why=no.code)
            except asyncio.CancelledError:
                if not self._stopped:
                    raise  # that of a clock that stops is no failure to be logged

        return strike

    async def _beat(self) -> None:
        """Show that the clock is alive."""
        async with transaction(self._engine) as tx:
            await heartbeat.beat(tx, "clock")

    async def _forget_old(self) -> None:
        """Drop inbox rows and kept answers that nobody can ask for any more."""
        now = datetime.now(UTC)
        async with transaction(self._engine) as tx:
            await inbox.forget_heard(tx, now - KEEP_HEARD)
            await idempotency.forget(tx, now - KEEP_ANSWERS)
