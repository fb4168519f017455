"""Embedded Ritmo beside the yardstick."""

from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.subjects import plain_monolith, ritmo_embedded
from tests.bench.versus import versus


def run(folder: Path, rounds: int) -> Iterator[Figure]:
    """Compare check-ins and today."""
    with ritmo_embedded(folder) as ritmo, plain_monolith(folder) as yardstick:
        yield from versus(ritmo, yardstick, {"check-in": 1.2, "today": 1.0}, rounds)
