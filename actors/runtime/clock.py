"""The clock: Taskiq strikes the ticks of the platform; one leader among any number of clocks.

Ticks only nudge: what is due lies in PostgreSQL, so a tick missed or struck twice does no harm.
Rooms declare theirs (`Room.tick`). One that has more to do than fits a transaction is struck again
at once, `AT_ONCE` times at most; while it is at work its next strokes are passed over.
Leadership is an advisory lock held on a connection of its own: when the leader dies, PostgreSQL
lets go and another clock takes over within `STANDBY` seconds.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from taskiq import InMemoryBroker, ScheduleSource, TaskiqScheduler
from taskiq.api import run_scheduler_task
from taskiq.schedule_sources import LabelScheduleSource

from actors.runtime.background import Background
from actors.runtime.cancellation import cancel
from actors.runtime.faults import faults
from actors.runtime.outage import Outage
from actors.runtime.room import Room, Tick
from contracts.bus import trace_id
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


AT_ONCE = 2000
"""Transactions of one stroke, at most."""


async def forget_old(tx: AsyncConnection) -> bool:
    """Drop inbox rows and kept answers that nobody can ask for any more."""
    now = datetime.now(UTC)
    await inbox.forget_heard(tx, now - KEEP_HEARD)
    await idempotency.forget(tx, now - KEEP_ANSWERS)
    return False


async def beat(tx: AsyncConnection) -> bool:
    """Show that the clock is alive."""
    await heartbeat.beat(tx, "clock")
    return False


BEAT = Tick("clock.beat", beat, int(STANDBY))
TICKS = (BEAT, Tick("clock.forget_old", forget_old, "17 * * * *"))
"""The ticks of the platform; those of the rooms come beside them."""


def ticks_of(rooms: Iterable[Room]) -> list[Tick]:
    """Collect the ticks of rooms."""
    return [tick for room in rooms for tick in room.ticks]


class Clock:
    """Strikes `TICKS`, and those of the rooms, while it leads."""

    def __init__(
        self,
        engine: AsyncEngine,
        ticks: Iterable[Tick] = (),
        after: Callable[[], None] = lambda: None,
    ) -> None:
        """Make a clock that works on this database; `after` is called after each stroke."""
        self._engine = engine
        self._ticks = (*TICKS, *ticks)
        self._after = after
        self._strokes: dict[str, asyncio.Task[object] | None] = {}
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
        await cancel(self._strokes.values())

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
            await self.strike(BEAT)
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
        for tick in self._ticks:
            every = {"cron" if isinstance(tick.every, str) else "interval": tick.every}
            broker.register_task(self._striker(tick), task_name=tick.name, schedule=[every])
        sources: list[ScheduleSource] = [LabelScheduleSource(broker)]
        return TaskiqScheduler(broker, sources)

    def _striker(self, tick: Tick) -> Callable[[], Awaitable[None]]:
        async def strike() -> None:
            try:
                await self.strike(tick)
            except asyncio.CancelledError:
                if not self._stopped:
                    raise  # that of a clock that stops is no failure to be logged

        return strike

    async def strike(self, tick: Tick) -> None:
        """Strike a tick, unless it is being struck; again and again while there is more to do."""
        if tick.name in self._strokes:
            return
        self._strokes[tick.name] = asyncio.current_task()
        token = trace_id.set(secrets.token_hex(16))
        try:
            with faults(tick.name, passing=False):
                for _ in range(AT_ONCE):
                    async with transaction(self._engine) as tx:
                        more = await tick.strike(tx)
                    self._after()
                    if not more:
                        break
            self._outage.ends()
        except Unavailable as no:
            self._outage.begins(no.code)
        except Refused as no:
            log.warning("tick failed", tick=tick.name, why=no.code)
        finally:
            trace_id.reset(token)
            del self._strokes[tick.name]
