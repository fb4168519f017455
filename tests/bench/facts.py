"""Facts from the outbox to a listener over RabbitMQ: how many a second, and how soon.

Profiles that changed are told in transactions of their own, as a room does it, for people whom
nobody knows; `habits` hears them and keeps what it needs. A fact has had its effect when its
inbox row is there, written in the same transaction.
"""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.message import new_id
from contracts.users import Profile, ProfileChanged
from ops.platform import rooms
from storage.inbox import inbox
from storage.outbox import tell
from storage.session import open_engine, transaction
from tests.bench.figures import Figure
from tests.bench.subjects import BenchFailed, ritmo_over_rabbitmq

GOAL = 2000
"""Facts a second."""

MANY = 10_000
"""Facts told at once, to be carried as fast as can be."""

PACE, STEADY, TOGETHER = GOAL // 2, 8.0, 10
"""Facts a second, seconds, and facts in a transaction of the steady run."""

ALONE, REST = 20, 0.5
"""Facts told one by one, and seconds of rest between them."""

PATIENCE = 120.0


def run(folder: Path, rounds: int) -> Iterator[Figure]:
    """Carry a heap of facts, then a steady stream of half the goal."""
    with ritmo_over_rabbitmq(folder) as ritmo:
        alone, rates, lags = asyncio.run(measured(ritmo.database, rounds))
    rate, lag = sorted(rates)[len(rates) // 2], sorted(lags)[len(lags) * 99 // 100]
    print(f"\nfacts: {MANY} at once, then {PACE} a second for {STEADY:.0f} s")
    print("  facts/s by round: " + ", ".join(f"{one:.0f}" for one in rates))
    print(f"  commit to effect: p50 {sorted(lags)[len(lags) // 2]:.3f} s, p99 {lag:.3f} s")
    print(f"  commit to effect at rest: slowest {max(alone):.3f} s")
    yield Figure("facts.alone", median(alone), "s", "<=", 0.1)
    yield Figure("facts.rate", rate, "facts/s", ">=", GOAL)
    yield Figure("facts.p99", lag, "s", "<=", 1.0)


async def measured(database: str, rounds: int) -> tuple[list[float], list[float], list[float]]:
    """Return the lags of facts at rest in seconds, facts a second of each round, and the lags of
    the steady run.
    """
    engine = open_engine(database, 4)
    try:
        alone = [await one(engine) for _ in range(ALONE)]
        rates = [await heap(engine) for _ in range(rounds)]
        return alone, rates, await stream(engine)
    finally:
        await engine.dispose()


def news() -> ProfileChanged:
    """Make up somebody who changed their profile."""
    return ProfileChanged(user_id=new_id(), profile=Profile(name="Heron"))


async def one(engine: AsyncEngine) -> float:
    """Tell a fact while nothing else goes on; return how long it took from commit to effect."""
    await asyncio.sleep(REST)
    fact, since = news(), datetime.now(UTC)
    async with transaction(engine) as tx:
        await tell(tx, fact)
    now = datetime.now(UTC)
    heard = await wait_until_heard(engine, {fact.fact_id}, since)
    return (heard[fact.fact_id] - now).total_seconds()


async def heap(engine: AsyncEngine) -> float:
    """Tell many facts at once; return how many a second had their effect."""
    told, since = [news() for _ in range(MANY)], datetime.now(UTC)
    async with transaction(engine) as tx:
        await tell(tx, *told)
    began = datetime.now(UTC)
    heard = await wait_until_heard(engine, {fact.fact_id for fact in told}, since)
    return MANY / (max(heard.values()) - began).total_seconds()


async def stream(engine: AsyncEngine) -> list[float]:
    """Tell facts at a steady pace; return how long each took from commit to effect."""
    began, committed = datetime.now(UTC), dict[UUID, datetime]()
    start = time.monotonic()
    for turn in range(int(PACE * STEADY / TOGETHER)):
        told = [news() for _ in range(TOGETHER)]
        async with transaction(engine) as tx:
            await tell(tx, *told)
        now = datetime.now(UTC)
        committed |= {fact.fact_id: now for fact in told}
        await asyncio.sleep(max(0.0, start + (turn + 1) * TOGETHER / PACE - time.monotonic()))
    heard = await wait_until_heard(engine, set(committed), began)
    return [(heard[fact_id] - at).total_seconds() for fact_id, at in committed.items()]


async def wait_until_heard(
    engine: AsyncEngine, told: set[UUID], since: datetime
) -> dict[UUID, datetime]:
    """Return when the last listener began to take in each fact (its transaction's start)."""
    listeners = sum(ProfileChanged.address in room.hears for room in rooms())
    lately = inbox.c.heard_at >= since
    number = select(func.count()).select_from(inbox).where(lately)
    found = select(inbox.c.message_id, func.max(inbox.c.heard_at)).where(lately)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        async with transaction(engine) as tx:
            if (await tx.execute(number)).scalar_one() >= listeners * len(told):
                rows = await tx.execute(found.group_by(inbox.c.message_id))
                heard = {row[0]: row[1] for row in rows}
                return {fact_id: heard[fact_id] for fact_id in told}
        await asyncio.sleep(0.2)
    raise BenchFailed(f"Not all of {len(told)} facts were heard within {PATIENCE:.0f} s.")
