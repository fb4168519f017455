"""A room is told all there is: it was emptied before, and is what it was afterwards."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.analytics.room import known
from actors.runtime.settings import Settings
from contracts.analytics import GetSummary
from contracts.principal import Principal
from ops.platform import platform
from storage import outbox
from storage.replica import backfills
from storage.session import open_engine, transaction
from tests.bench.subjects import BenchFailed

EMPTY = "TRUNCATE analytics.people, analytics.habits, analytics.days, analytics.breaks,"
LATE = 300.0
"""Seconds after which it will not come to an end any more."""


async def refill(database: str, user_id: UUID, folder: Path) -> float:
    """Empty analytics, have it told beside the running Ritmo, and return rows a second.

    Raises `BenchFailed` if what it is told is not what was there.
    """
    engine = open_engine(database, 1)
    who, today = Principal(user_id=user_id, scopes=frozenset({"user"})), datetime.now(UTC).date()
    whole = GetSummary(first=today - timedelta(days=3650), last=today)
    settings = Settings.model_validate({"data": folder})
    async with platform(settings, database, only=("analytics",)) as here:
        before = await here.bus.ask(whole, who)
        async with transaction(engine) as tx:
            await tx.execute(text(f"{EMPTY} analytics.entries, analytics.progress"))
        began = time.monotonic()
        async with transaction(engine) as tx:
            await known.backfill(tx, again=True)
        rows = await _told(engine)
        seconds = time.monotonic() - began
        after = await here.bus.ask(whole, who)
    await engine.dispose()
    if before.model_copy(update={"stamp": after.stamp}) != after:
        raise BenchFailed("What analytics was told is not what was there before.")
    return rows / seconds


async def _told(engine: AsyncEngine) -> int:
    """Wait until all is told and taken in; return how many rows that were."""
    late = time.monotonic() + LATE
    while time.monotonic() < late:
        async with transaction(engine) as tx:
            told = await backfills.find(tx, known.room)
            waiting = await outbox.count(tx, known.states)
        if not waiting and all(one.done_at for one in told):
            return sum(one.rows for one in told)
        await asyncio.sleep(0.02)
    raise BenchFailed("Analytics was not told all in time.")
