"""The summary of a year beside the same figures in plain SQL, on the same tables.

The habits of the bench are due daily, so that one statement can tell what was asked and kept; the
report also knows schedules, versions, breaks, skips and streaks.
"""

import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from uuid import UUID

from sqlalchemy import text

from actors.runtime.settings import Settings
from contracts.analytics import GetSummary
from contracts.principal import Principal
from ops.platform import platform
from storage.session import open_engine, transaction
from tests.bench.watch import cpu_seconds

YEAR, TIMES = 365, 10

SUMMARY = text("""
WITH asked AS (
    SELECT h.habit_id, h.name, g.day::date AS day, d.state, coalesce(d.value, 0) AS value
    FROM analytics.habits h
    CROSS JOIN generate_series(CAST(:before AS date), CAST(:last AS date), '1 day') AS g(day)
    LEFT JOIN analytics.days d
        ON d.user_id = h.user_id AND d.habit_id = h.habit_id AND d.day = g.day::date
    WHERE h.user_id = :user_id AND NOT h.deleted AND g.day >= h.start_day
), by_day AS (
    SELECT day, count(*) AS asked, count(*) FILTER (WHERE state = 1) AS kept
    FROM asked WHERE day >= :first GROUP BY day
), by_habit AS (
    SELECT habit_id, name, count(*) FILTER (WHERE day >= :first) AS asked,
        count(*) FILTER (WHERE state = 1 AND day >= :first) AS kept,
        count(*) FILTER (WHERE day < :first) AS asked_before,
        count(*) FILTER (WHERE state = 1 AND day < :first) AS kept_before,
        sum(value) FILTER (WHERE day >= :first) AS total
    FROM asked GROUP BY habit_id, name
)
SELECT (SELECT json_agg(by_habit) FROM by_habit) AS habits,
    (SELECT json_agg(by_day ORDER BY day) FROM by_day) AS days,
    (SELECT count(*) FROM by_day WHERE kept = asked) AS perfect,
    (SELECT avg((2 * kept >= asked)::integer) FROM by_day) AS consistency,
    (SELECT avg(mood) FROM analytics.entries
        WHERE user_id = :user_id AND day BETWEEN :first AND :last) AS mood
""")


async def beside_plain_sql(
    database: str, user_id: UUID, today: date, rounds: int, roots: Iterable[int], folder: Path
) -> tuple[float, float]:
    """Return the CPU milliseconds of the report, and of the statement; medians of `rounds`."""
    roots, turn = list(roots), 0
    who = Principal(user_id=user_id, scopes=frozenset({"user"}))
    engine = open_engine(database, 1)
    report: list[float] = []
    plain: list[float] = []
    settings = Settings.model_validate({"data": folder})
    async with platform(settings, database, only=("analytics",)) as here:

        async def ask() -> None:
            first, last = window(today, turn)
            found = await here.bus.ask(GetSummary(first=first, last=last), who)
            if not found.kept:
                raise ValueError("The report is empty.")

        async def select() -> None:
            first, last = window(today, turn)
            span = {"before": first - timedelta(YEAR), "first": first, "last": last}
            async with transaction(engine) as tx:
                (await tx.execute(SUMMARY, {"user_id": user_id, **span})).one()

        await ask()
        await select()
        for _ in range(rounds):
            for work, costs in ((ask, report), (select, plain)):
                spent = 0.0
                for _ in range(TIMES):
                    turn += 1
                    spent += await cost(work, roots)
                costs.append(spent / TIMES)
    await engine.dispose()
    return median(report), median(plain)


def window(today: date, turn: int) -> tuple[date, date]:
    """Return a year that ended some days ago, another one each time."""
    last = today - timedelta(days=1 + turn)
    return last - timedelta(days=YEAR - 1), last


async def cost(work: Callable[[], Awaitable[None]], roots: list[int]) -> float:
    """Return the CPU milliseconds that something takes, here and in PostgreSQL."""
    here, there = time.process_time(), cpu_seconds(roots).get("postgresql", 0.0)
    await work()
    beside = cpu_seconds(roots).get("postgresql", 0.0) - there
    return (time.process_time() - here + beside) * 1000
