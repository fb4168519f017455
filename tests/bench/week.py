"""A week in one call, and many check-ins by one POST, beside one `today` and one by one."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median

import httpx

from tests.bench.figures import Figure
from tests.bench.people import client_of, register
from tests.bench.subjects import Subject, ritmo_embedded
from tests.bench.watch import cpu_seconds, settle, spent

HABITS, DAYS = 15, 7
MANY = 500
"""Check-ins of one POST: the most that it takes."""

REPEATS = 100
"""Requests of one measurement of what is read."""


def run(folder: Path, rounds: int) -> Iterator[Figure]:
    """Compare what one person does with fifteen habits, by the CPU that all processes use."""
    today = datetime.now(UTC).date()
    with ritmo_embedded(folder) as ritmo, client_of(ritmo.port) as client:
        client.headers.update(register(client).bearer)
        habits = [begin(client, f"Habit {number}") for number in range(HABITS)]
        client.post("/v1/check-ins", json=logs(habits, DAYS, today)).raise_for_status()
        week = {"from": (today - timedelta(days=DAYS - 1)).isoformat(), "to": today.isoformat()}
        read: dict[str, list[float]] = {"today": [], "week": []}
        write: dict[str, list[float]] = {"one": [], "many": []}
        for _ in range(rounds):
            read["today"].append(cost(ritmo, lambda: ask(client, "/v1/today", {})))
            read["week"].append(cost(ritmo, lambda: ask(client, "/v1/check-ins", week)))
            fresh = [begin(client, "Fresh") for _ in range(2 * HABITS)]
            write["one"].append(cost(ritmo, partial(singly, client, fresh[:HABITS], today)))
            write["many"].append(cost(ritmo, partial(at_once, client, fresh[HABITS:], today)))
    taken = {name: median(costs) for name, costs in (read | write).items()}
    print(f"\na week of {HABITS} habits, and {MANY} check-ins (embedded), CPU ms")
    for name, seconds in taken.items():
        print(f"  {name:6} {seconds * 1000 / (REPEATS if name in read else 1):9.2f}")
    yield Figure("week.read", taken["week"] / taken["today"], "x", "<=", 1.5)
    yield Figure("week.write", taken["one"] / taken["many"], "x", ">=", 5)


def begin(client: httpx.Client, name: str) -> str:
    """Begin a habit; return its id."""
    made = client.post("/v1/habits", json={"name": name}).raise_for_status().json()
    return str(made["habit_id"])


def logs(habits: list[str], days: int, today: date) -> dict[str, list[dict[str, str]]]:
    """Write check-ins of habits on the last days, `MANY` at most."""
    found = [
        {"habit_id": habit, "day": (today - timedelta(days=back)).isoformat()}
        for back in range(days)
        for habit in habits
    ]
    return {"check_ins": found[:MANY]}


def cost(ritmo: Subject, work: Callable[[], None]) -> float:
    """Return the CPU seconds of all processes that some work takes, what follows it included."""
    settle(ritmo.roots)
    before = cpu_seconds(ritmo.roots)
    work()
    settle(ritmo.roots)
    return sum(spent(before, cpu_seconds(ritmo.roots)).values())


def ask(client: httpx.Client, path: str, query: dict[str, str]) -> None:
    """Read a path `REPEATS` times."""
    for _ in range(REPEATS):
        client.get(path, params=query).raise_for_status()


def singly(client: httpx.Client, habits: list[str], today: date) -> None:
    """Log `MANY` days, one request each."""
    for one in logs(habits, MANY, today)["check_ins"]:
        path = f"/v1/habits/{one['habit_id']}/check-ins/{one['day']}"
        client.put(path).raise_for_status()


def at_once(client: httpx.Client, habits: list[str], today: date) -> None:
    """Log `MANY` days by one request."""
    answer = client.post("/v1/check-ins", json=logs(habits, MANY, today)).raise_for_status()
    assert all(one["status"] == 200 for one in answer.json()["outcomes"])
