"""The clock: Taskiq strikes the ticks of the platform; one leader among any number of clocks.

Ticks only nudge: what is due lies in PostgreSQL, so a tick missed or struck twice does no harm.
Leadership is an advisory lock held on a connection of its own: when the leader dies, PostgreSQL
lets go and another clock takes over within `STANDBY` seconds.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from taskiq import InMemoryBroker, ScheduleSource, TaskiqScheduler
from taskiq.api import run_scheduler_task
from taskiq.schedule_sources import LabelScheduleSource

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


@dataclass(frozen=True, slots=True)
class Tick:
    """Something to do in a transaction, by cron (UTC) or every so many seconds."""

    name: str
    strike: Callable[[AsyncConnection], Awaitable[None]]
    every: dict[str, str | int]


async def forget_old(tx: AsyncConnection) -> None:
    """Drop inbox rows and kept answers that nobody can ask for any more."""
    now = datetime.now(UTC)
    await inbox.forget_heard(tx, now - KEEP_HEARD)
    await idempotency.forget(tx, now - KEEP_ANSWERS)


async def beat(tx: AsyncConnection) -> None:
    """Show that the clock is alive."""
    await heartbeat.beat(tx, "clock")


TICKS = (
    Tick("clock.beat", beat, {"interval": int(STANDBY)}),
    Tick("clock.forget_old", forget_old, {"cron": "17 * * * *"}),
)
"""Every tick of the platform."""


class Clock:
    """Strikes `TICKS` while it leads."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Make a clock that works on this database."""
        self._engine = engine
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Run in the background."""
        self._task = asyncio.create_task(self.run())

    async def stop(self) -> None:
        """Stop, and let another clock lead."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def run(self) -> None:
        """Try to lead, for ever."""
        while True:
            try:
                await self._lead()
            except (SQLAlchemyError, OSError) as error:
                log.warning("clock lost its database", why=type(error).__name__)
            await asyncio.sleep(STANDBY)

    async def _lead(self) -> None:
        """Strike ticks for as long as the lock is held; return if another clock holds it."""
        async with self._engine.connect() as connection:
            held = await connection.execution_options(isolation_level="AUTOCOMMIT")
            if not (
                await held.execute(text(f"SELECT pg_try_advisory_lock({LEADER})"))
            ).scalar_one():
                return
            await self._strike("clock.beat", beat)
            striking = asyncio.create_task(run_scheduler_task(self._scheduler(), run_startup=True))
            try:
                while not striking.done():
                    await asyncio.sleep(STANDBY)
                    await held.execute(text("SELECT 1"))
            finally:
                striking.cancel()
                await asyncio.gather(striking, return_exceptions=True)

    def _scheduler(self) -> TaskiqScheduler:
        broker = InMemoryBroker()
        for tick in TICKS:
            broker.register_task(
                self._striker(tick), task_name=tick.name, schedule=[dict(tick.every)]
            )
        sources: list[ScheduleSource] = [LabelScheduleSource(broker)]
        return TaskiqScheduler(broker, sources)

    def _striker(self, tick: Tick) -> Callable[[], Awaitable[None]]:
        async def strike() -> None:
            await self._strike(tick.name, tick.strike)

        return strike

    async def _strike(self, name: str, work: Callable[[AsyncConnection], Awaitable[None]]) -> None:
        try:
            async with transaction(self._engine) as tx:
                await work(tx)
        except (SQLAlchemyError, OSError) as error:
            log.warning("tick failed", tick=name, why=type(error).__name__)
