"""Facts for one room in one message: what each costs on its way is shared.

A bundle is a JSON array of [address, trace, fact], where the fact is text: it is read once, where
it is taken in, and is parked as it came.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pydantic import TypeAdapter

from storage.outbox import Waiting

BUNDLE = "ritmo.bundle"
"""The type of a message that is a bundle."""

MAX_FACTS, MAX_BYTES = 100, 1 << 20
"""Facts of a bundle, and characters of their bodies; one fact alone may be longer."""


class Carried(NamedTuple):
    """A fact in a bundle: its address, the trace of the request it comes from, its JSON."""

    address: str
    trace: str
    body: str


_bundle = TypeAdapter(list[Carried])


def packed(facts: Sequence[Carried]) -> bytes:
    """Write a bundle."""
    return _bundle.dump_json(list(facts))


def unpacked(body: bytes) -> list[Carried]:
    """Read a bundle. Raises `ValueError` for anything else."""
    return _bundle.validate_json(body)


def carried(row: Waiting) -> Carried:
    """Put a fact of the outbox into a bundle."""
    return Carried(row.address, row.trace_id, row.body)


def bundles(rows: Iterable[Waiting]) -> Iterator[list[Waiting]]:
    """Share out facts to bundles."""
    bundle: list[Waiting] = []
    size = 0
    for row in rows:
        if bundle and (len(bundle) == MAX_FACTS or size + len(row.body) > MAX_BYTES):
            yield bundle
            bundle, size = [], 0
        bundle.append(row)
        size += len(row.body)
    if bundle:
        yield bundle
