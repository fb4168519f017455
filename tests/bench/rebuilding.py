"""A rebuild from a log in which every single day was told by a fact of its own: the long way."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from actors.runtime.settings import Settings
from contracts.analytics import GetSummary
from contracts.analytics_upkeep import GetRebuild, RebuildPerson
from contracts.principal import Principal
from ops.platform import operator, platform
from storage.session import open_engine, transaction
from tests.bench.subjects import BenchFailed

ONE_BY_ONE = text("""
INSERT INTO analytics.facts (user_id, fact_id, address, occurred_at, version, subject, body)
SELECT user_id, gen_random_uuid(), 'habits.habit_checked_in', now(), version, habit_id,
    jsonb_build_object('day', day, 'value', value / 1000.0, 'state', 'done',
        'zone', 'UTC', 'source', 'api')
FROM analytics.days WHERE user_id = :user_id AND state IS NOT NULL
""")
BULK = text(
    "DELETE FROM analytics.facts WHERE user_id = :user_id AND address = 'habits.check_ins_imported'"
)


async def rebuild(database: str, user_id: UUID, folder: Path) -> float:
    """Write the log out day by day, fold it anew, and return facts a second.

    Raises `BenchFailed` if what is folded is not what was there.
    """
    engine = open_engine(database, 1)
    async with transaction(engine) as tx:
        await tx.execute(text("SET LOCAL statement_timeout = 0"))
        told = (await tx.execute(ONE_BY_ONE, {"user_id": user_id})).rowcount
        await tx.execute(BULK, {"user_id": user_id})
    await engine.dispose()
    who, today = Principal(user_id=user_id, scopes=frozenset({"user"})), datetime.now(UTC).date()
    whole = GetSummary(first=today - timedelta(days=3650), last=today)
    settings = Settings.model_validate({"data": folder})
    async with platform(settings, database, only=("analytics",)) as here:
        before = await here.bus.ask(whole, who)
        await here.bus.ask(RebuildPerson(user_id=user_id), operator())
        began = time.monotonic()
        while (await here.bus.ask(GetRebuild(user_id=user_id), operator())).phase != "done":
            await here.courier.carry()  # unless the running Ritmo was quicker
            await asyncio.sleep(0.02)
        seconds = time.monotonic() - began
        after = await here.bus.ask(whole, who)
    if after.check_ins != told or before.model_copy(update={"stamp": after.stamp}) != after:
        raise BenchFailed("What was folded anew is not what was there before.")
    return told / seconds
