"""Ritmo over RabbitMQ, each part a process of its own, beside the yardstick."""

from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.subjects import plain_monolith, ritmo_over_rabbitmq
from tests.bench.versus import versus


def run(folder: Path, rounds: int) -> Iterator[Figure]:
    """Compare check-ins and today."""
    with ritmo_over_rabbitmq(folder) as ritmo, plain_monolith(folder) as yardstick:
        yield from versus(ritmo, yardstick, {"check-in": 0.5, "today": 0.5}, rounds)
