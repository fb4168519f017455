"""One slow room must not slow the others: users sleeps while people check in."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.bench.figures import Figure, table
from tests.bench.load import Aside, Plan, Taken
from tests.bench.measure import in_turn, measure
from tests.bench.subjects import BenchFailed, Crowd, Subject, ritmo_over_rabbitmq
from tests.bench.watch import family, part_of

AT_ONCE = 4
"""People who check in all the time: enough to be hurt, few enough to leave the cores idle time."""

ASLEEP = 3.0
"""Seconds that the room sleeps."""

QUESTIONS = Aside(path="/v1/me", per_second=20)
"""What the sleeping room is asked meanwhile."""


def run(folder: Path, rounds: int) -> Iterator[Figure]:
    """Compare check-ins while users is awake and while it sleeps; it is asked for in both."""
    with ritmo_over_rabbitmq(folder) as ritmo:
        crowd = ritmo.people(AT_ONCE, 30)
        sides = {
            "users awake": partial(check_in, ritmo, crowd, None),
            "users asleep": partial(check_in, ritmo, crowd, room_of(ritmo, "users")),
        }
        taken = in_turn(sides, rounds)
    awake, asleep = taken.values()
    table(f"check-in, {AT_ONCE} at once, for {ASLEEP:.0f} s", list(taken.items()))
    why = f"p99 {asleep.p99:.1f} ms beside a sleeping room, {awake.p99:.1f} ms without"
    yield Figure("straggler.p99-ratio", asleep.p99 / awake.p99, "x", "<=", 1.2, why)
    yield Figure("straggler.p99", asleep.p99, "ms", "<=", 250, why)
    yield Figure("straggler.errors", asleep.errors, "requests", "<=", 0)


def check_in(ritmo: Subject, crowd: Crowd, asleep: int | None) -> Taken:
    """Check in for as long as a room may sleep."""
    return measure(
        Plan(
            port=ritmo.port,
            errand="check-in",
            people=crowd(),
            concurrency=AT_ONCE,
            seconds=ASLEEP,
            warm_up=50,
            watch=list(ritmo.roots),
            aside=QUESTIONS,
            asleep=asleep,
        )
    )


def room_of(ritmo: Subject, name: str) -> int:
    """Return the process of a room."""
    for pid, process in family(ritmo.roots).items():
        if part_of(process) == name:
            return pid
    raise BenchFailed(f"There is no process of the room {name}.")
