"""Reports of somebody with a hundred habits and ten years of days, and what they cost.

CPU time is that of Ritmo and its PostgreSQL together. A cold report is one that nobody asked for
before; the libraries are loaded by then.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import httpx

from tests.bench.backfill import refill
from tests.bench.figures import Figure
from tests.bench.people import Account, bring, client_of, log_in, register
from tests.bench.plain_sql import beside_plain_sql
from tests.bench.shelves import shelves_zip
from tests.bench.subjects import BenchFailed, Subject, ritmo_embedded, ritmo_over_rabbitmq
from tests.bench.watch import cpu_seconds, pss_mb, settle

HABITS = 100
YEAR, DECADE = 365, 3650
"""Days of a short and of a long history."""

COLD, CACHED = 20, 2000
"""Requests of a measurement."""

LATE = 50
"""Check-ins after which it is measured when the report says so."""

PATIENCE = 120.0
SUMMARY, ALIVE = "/v1/analytics/summary", "/livez"
PICTURES = ("summary", "moods", "associations")


def run(folder: Path, rounds: int) -> Iterator[Figure]:
    """Bring two histories; ask for reports of both; tell it all anew; weigh the room by itself."""
    with ritmo_embedded(folder) as ritmo, client_of(ritmo.port) as client:
        today = datetime.now(UTC).date()
        year, decade = (newcomer(client, days, today) for days in (YEAR, DECADE))
        yield from cold(ritmo, client, year, decade, today, rounds)
        yield from cached(ritmo, client, log_in(client, decade), rounds)
        database = database_of(folder)
        me = get(client, log_in(client, decade), "/v1/me", {}).json()
        user_id = UUID(me["user_id"])
        beside = beside_plain_sql(database, user_id, today, rounds, ritmo.roots, folder)
        report, plain = asyncio.run(beside)
        print(f"  summary of a year {report:.1f} ms, in plain SQL {plain:.1f} ms of CPU")
        yield Figure("insight.plain-sql", report / plain, "x", "<=", 3)
        rate = asyncio.run(refill(database, user_id, folder))
        yield Figure("insight.backfill", rate, "rows/s", ">=", 50_000)
    yield from alone(folder)


def newcomer(client: httpx.Client, days: int, today: date) -> Account:
    """Register somebody who brings so many days of a hundred habits; wait for analytics."""
    account = register(client)
    done = bring(client, account, shelves_zip(HABITS, today, days))
    kept = sum(habit["imported"] for habit in done["habits"])
    account = log_in(client, account)
    end = time.monotonic() + PATIENCE
    known = 0
    while known < kept:
        if time.monotonic() > end:
            raise BenchFailed(f"Analytics knows {known} of {kept} check-ins.")
        time.sleep(0.5)
        days_ = {"from": str(today - timedelta(days=days)), "to": str(today)}
        known = get(client, account, SUMMARY, days_).json()["check_ins"]
    return account


def get(
    client: httpx.Client, account: Account, path: str, params: dict[str, Any]
) -> httpx.Response:
    """Ask for something; raises if it is refused."""
    return client.get(path, params=params, headers=account.bearer).raise_for_status()


def cost(ritmo: Subject, work: Callable[[int], object], times: int) -> float:
    """Return the CPU milliseconds of doing something, on average over so many times."""
    settle(ritmo.roots)
    before = sum(cpu_seconds(ritmo.roots).values())
    for number in range(times):
        work(number)
    return (sum(cpu_seconds(ritmo.roots).values()) - before) * 1000 / times


def cold(
    ritmo: Subject, client: httpx.Client, year: Account, decade: Account, today: date, rounds: int
) -> Iterator[Figure]:
    """Ask for summaries of a year and of a week that nobody asked for before."""
    year, decade = log_in(client, year), log_in(client, decade)

    def ask(account: Account, days: int, turn: int) -> Callable[[int], object]:
        def once(number: int) -> None:
            last = today - timedelta(days=1 + turn * COLD + number)
            window = {"from": str(last - timedelta(days=days - 1)), "to": str(last)}
            get(client, account, SUMMARY, window)

        return once

    costs: dict[str, list[float]] = {"a year": [], "week of 10": [], "week of 1": []}
    for turn in range(rounds):
        costs["a year"].append(cost(ritmo, ask(decade, YEAR, turn), COLD))
        costs["week of 10"].append(cost(ritmo, ask(decade, 7, turn), COLD))
        costs["week of 1"].append(cost(ritmo, ask(year, 7, turn), COLD))
    found = {name: median(one) for name, one in costs.items()}
    print(f"\ninsight: {HABITS} habits; summaries, cold, CPU ms")
    print("  " + ", ".join(f"{name}: {ms:.1f}" for name, ms in found.items()))
    yield Figure("insight.year", found["a year"], "ms", "<=", 150)
    yield Figure("insight.week", found["week of 10"] / found["week of 1"], "x", "<=", 1.3)


def cached(ritmo: Subject, client: httpx.Client, account: Account, rounds: int) -> Iterator[Figure]:
    """Ask for a report again and again, and for a sign of life beside it."""
    report: list[float] = []
    alive: list[float] = []
    for _ in range(rounds):
        report.append(cost(ritmo, lambda _: get(client, account, SUMMARY, {}), CACHED))
        alive.append(cost(ritmo, lambda _: client.get(ALIVE), CACHED))
    one, other = median(report), median(alive)
    print(f"  cached summary {one:.3f} ms, /livez {other:.3f} ms of CPU")
    yield Figure("insight.cached", one / other, "x", "<=", 1.2)


def alone(folder: Path) -> Iterator[Figure]:
    """Over RabbitMQ: how late reports are, and what the room holds after those of ten years."""
    place = folder / "alone"
    place.mkdir()
    with ritmo_over_rabbitmq(place) as ritmo, client_of(ritmo.port) as client:
        today = datetime.now(UTC).date()
        account = newcomer(client, DECADE, today)
        lags = sorted(late(client, account, today, number) for number in range(LATE))
        print(f"  check-in to report: p50 {lags[len(lags) // 2]:.3f} s, slowest {lags[-1]:.3f} s")
        yield Figure("insight.late", lags[len(lags) * 99 // 100], "s", "<=", 1.0)
        whole = {"from": str(today - timedelta(days=DECADE)), "to": str(today)}
        for name in PICTURES:
            get(client, account, f"/v1/analytics/{name}", {**whole, "format": "png"})
        held = pss_mb(ritmo.roots)
    yield Figure("insight.memory", held["analytics"], "MB", "<=", 250)


def late(client: httpx.Client, account: Account, today: date, number: int) -> float:
    """Check in, and return the seconds until the report of the day says so."""
    listed = get(client, account, "/v1/habits", {"limit": 1}).json()["habits"]
    path = f"/v1/habits/{listed[0]['habit_id']}/check-ins/{today}"
    pages = 100 + number
    began = time.perf_counter()
    client.put(path, json={"value": pages}, headers=account.bearer).raise_for_status()
    while True:
        lines = get(client, account, SUMMARY, {"period": "day"}).json()["habits"]
        seen = {line["habit_id"]: line["total"] for line in lines}
        if seen.get(listed[0]["habit_id"]) == pages:
            return time.perf_counter() - began
        if time.perf_counter() - began > PATIENCE:
            raise BenchFailed("A check-in never shows in the report.")


def database_of(folder: Path) -> str:
    """Return the address of the embedded database of a subject."""
    from storage import embedded

    url = embedded.connect_url(folder / "data" / "postgres")
    if url is None:
        raise BenchFailed("The embedded database does not run.")
    return url
