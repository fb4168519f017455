"""Ten years of history must not cost more than a month: embedded Ritmo beside itself."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.bench.figures import Figure, parts_of, table
from tests.bench.load import Errand, Taken
from tests.bench.measure import ask, in_turn
from tests.bench.subjects import ritmo_embedded
from tests.bench.versus import ERRANDS, MONTH

DECADE = 3650
"""Days of a long history."""


def run(folder: Path, rounds: int) -> Iterator[Figure]:
    """Compare the CPU time of check-ins and of today."""
    with ritmo_embedded(folder) as ritmo:
        crowds = {"a month": ritmo.people(1, MONTH), "ten years": ritmo.people(1, DECADE)}
        for errand in ERRANDS:

            def side(name: str, errand: Errand = errand) -> Taken:
                return ask(ritmo, crowds[name], errand, 1)

            taken = in_turn({name: partial(side, name) for name in crowds}, rounds)
            table(f"{errand}, one at a time, with a history of", list(taken.items()))
            month, decade = taken.values()
            why = f"CPU ms of a request: {parts_of(decade)}, against {parts_of(month)}"
            yield Figure(f"history.{errand}", decade.cost / month.cost, "x", "<=", 1.2, why)
