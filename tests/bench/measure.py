"""Measuring: one plan given to the driver, or several subjects in turn."""

import subprocess
import sys
from collections.abc import Callable, Mapping

from tests.bench.figures import middle
from tests.bench.load import Errand, Plan, Taken
from tests.bench.subjects import BenchFailed, Crowd, Subject

REQUESTS = {1: 300, 32: 1600}
"""Requests of one measurement, by how many people ask at once."""


def measure(plan: Plan) -> Taken:
    """Let a driver process carry out a plan."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        input=plan.model_dump_json().encode(),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise BenchFailed(f"The load driver failed: {done.stderr.decode()[-2000:]}")
    return Taken.model_validate_json(done.stdout)


def plan_of(subject: Subject, crowd: Crowd, errand: Errand, concurrency: int) -> Plan:
    """Plan the usual number of requests to a subject."""
    requests = REQUESTS[concurrency]
    return Plan(
        port=subject.port,
        errand=errand,
        people=crowd()[:concurrency],
        concurrency=concurrency,
        requests=requests,
        warm_up=max(50, requests // 5),
        watch=list(subject.roots),
    )


def ask(subject: Subject, crowd: Crowd, errand: Errand, concurrency: int) -> Taken:
    """Ask a subject the usual number of times. Refused requests are cheap: none is accepted."""
    taken = measure(plan_of(subject, crowd, errand, concurrency))
    if taken.failed:
        raise BenchFailed(f"Requests to {subject.name} failed ({errand}): {taken.failed}")
    return taken


def in_turn(sides: Mapping[str, Callable[[], Taken]], rounds: int) -> dict[str, Taken]:
    """Measure A B, A B, ... and return the median of each side."""
    taken: dict[str, list[Taken]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            taken[name].append(side())
    return {name: middle(several) for name, several in taken.items()}
