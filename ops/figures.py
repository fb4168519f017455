"""Figures for Prometheus: what the tables say of the whole, and the port of a part's own."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

from prometheus_client import Gauge, start_http_server
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.background import Background
from actors.runtime.ping import look
from actors.runtime.settings import Settings
from ops.faults import CannotRun
from storage.notifications import deliveries
from storage.session import transaction

EVERY = 10.0
"""Seconds between two looks at the tables."""

GAUGES = {
    "ritmo_outbox_messages": "Facts and jobs in the outbox that nobody has carried yet.",
    "ritmo_outbox_oldest_seconds": "Seconds for which the oldest of them has waited.",
    "ritmo_unheard_messages": "Facts and jobs in queues that not every room has taken in.",
    "ritmo_unheard_oldest_seconds": "Seconds since the oldest of them was told.",
    "ritmo_parked_messages": "Facts and jobs that a room could not take in.",
    "ritmo_deliveries_waiting": "Mails and notices that are due and not sent.",
    "ritmo_deliveries_late_seconds": "Seconds for which the first of them is late.",
    "ritmo_deliveries_failed_day": "Mails and notices of the last day that were given up.",
}


class TableFigures:
    """Figures that stand in the tables; who carries the outbox shows them."""

    def __init__(self, engine: AsyncEngine, settings: Settings) -> None:
        """Be ready to look."""
        self._engine, self._folder = engine, settings.data.expanduser().resolve()
        self._gauges = {name: Gauge(name, said) for name, said in GAUGES.items()}
        self._silent = Gauge(
            "ritmo_part_silent_seconds", "Seconds since a part has shown that it lives.", ("part",)
        )
        self._loop = Background("figures", self._look)

    def start(self) -> None:
        """Begin to look, again and again."""
        self._loop.start()

    async def stop(self) -> None:
        """Look no more."""
        await self._loop.stop()

    async def _look(self) -> None:
        while True:
            with contextlib.suppress(SQLAlchemyError, OSError):  # they stand still meanwhile
                await self.look()
            await asyncio.sleep(EVERY)

    async def look(self) -> None:
        """Look once."""
        async with transaction(self._engine) as tx:
            seen = await look(tx, self._folder)
            now = datetime.now(UTC)
            standing = await deliveries.standing(tx, now, now - timedelta(days=1))
        values = (
            *(seen.waiting, seen.oldest, seen.unheard, seen.unheard_for, seen.parked),
            *standing,
        )
        for gauge, value in zip(self._gauges.values(), values, strict=True):
            gauge.set(value)
        for part, age in seen.beats.items():
            self._silent.labels(part).set(age)


def show(settings: Settings) -> None:
    """Show the figures of this process at RITMO_METRICS_PORT, if that is set."""
    if settings.metrics_port is None:
        return
    try:
        start_http_server(settings.metrics_port)
    except OSError as error:
        why = error.strerror or str(error)
        text = f"Figures cannot be shown at port {settings.metrics_port} ({why}): set another"
        raise CannotRun(f"{text} in RITMO_METRICS_PORT, one for each part of a machine.") from None
