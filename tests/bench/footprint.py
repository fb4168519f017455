"""How soon embedded Ritmo is ready, on an empty folder and on its own, and what memory it holds."""

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.bench.figures import Figure
from tests.bench.measure import ask
from tests.bench.subjects import Subject, ritmo_embedded
from tests.bench.versus import ERRANDS, MONTH
from tests.bench.watch import pss_mb


def run(folder: Path, rounds: int) -> Iterator[Figure]:
    """Start on an empty folder and again, several times; weigh it after some use."""
    first, warm, weights = [], [], list[dict[str, float]]()
    for number in range(rounds):
        place = folder / str(number)
        place.mkdir()
        first.append(start(place, weights, use=True))
        warm.append(start(place, weights, use=False))
    used = weights[len(weights) // 2]
    held = ", ".join(f"{part} {mb:.0f} MB" for part, mb in sorted(used.items()))
    print(f"\nfootprint: {held} (PSS, after use)")
    yield Figure("footprint.first-start", median(first), "s", "<=", 5)
    yield Figure("footprint.warm-start", median(warm), "s", "<=", 2)
    weight = median(sum(one.values()) for one in weights)
    yield Figure("footprint.memory", weight, "MB", "<=", 300, held)


def start(folder: Path, weights: list[dict[str, float]], *, use: bool) -> float:
    """Start Ritmo and stop it; return the seconds until it was ready."""
    began = time.perf_counter()
    with ritmo_embedded(folder) as ritmo:
        seconds = time.perf_counter() - began
        if use:
            weights.append(after_use(ritmo))
    return seconds


def after_use(ritmo: Subject) -> dict[str, float]:
    """Return what each part holds after people moved in and asked, 32 at once."""
    crowd = ritmo.people(32, MONTH)
    for errand in ERRANDS:
        ask(ritmo, crowd, errand, 32)
    return pss_mb(ritmo.roots)
