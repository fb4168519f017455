"""Ritmo beside the yardstick: requests per CPU second of everything that works for them."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from tests.bench.figures import Figure, parts_of, table
from tests.bench.load import Errand, Taken
from tests.bench.measure import REQUESTS, ask, in_turn
from tests.bench.subjects import Crowd, Subject

MONTH = 30
"""Days of history of everybody."""

ERRANDS: tuple[Errand, ...] = ("check-in", "today")


def versus(
    ritmo: Subject, yardstick: Subject, goals: Mapping[Errand, float], rounds: int
) -> Iterator[Figure]:
    """Measure both at each concurrency; yield Ritmo's requests per CPU second as a ratio."""
    most = max(REQUESTS)
    crowds = {subject.name: subject.people(most, MONTH) for subject in (ritmo, yardstick)}
    for errand in ERRANDS:
        for concurrency in REQUESTS:
            subjects = (ritmo, yardstick)
            taken = side_by_side(subjects, crowds, errand, concurrency, rounds)
            table(f"{errand}, {concurrency} at once", list(taken.items()))
            ours, theirs = taken[ritmo.name], taken[yardstick.name]
            name = f"{ritmo.name}.{errand}.c{concurrency}"
            why = f"CPU ms of a request: {parts_of(ours)}, against {parts_of(theirs)}"
            yield Figure(name, theirs.cost / ours.cost, "x", ">=", goals[errand], why)


def side_by_side(
    subjects: Sequence[Subject],
    crowds: Mapping[str, Crowd],
    errand: Errand,
    concurrency: int,
    rounds: int,
) -> dict[str, Taken]:
    """Measure subjects in turn."""

    def side(subject: Subject) -> Taken:
        return ask(subject, crowds[subject.name], errand, concurrency)

    return in_turn({subject.name: partial(side, subject) for subject in subjects}, rounds)
