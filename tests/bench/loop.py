"""Importing a Loop export into embedded Ritmo: check-ins a second, and memory by size of file."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from tests.bench.figures import Figure
from tests.bench.people import bring, client_of, register
from tests.bench.shelves import shelves_zip
from tests.bench.subjects import ritmo_embedded

YEARS_10 = 3650
SIZES = (10, 100)
"""Habits, with ten years of days each, of the small file and of one ten times as large."""


def run(folder: Path, rounds: int) -> Iterator[Figure]:
    """Import both files, each for a new person, and compare."""
    rates: dict[int, list[float]] = {size: [] for size in SIZES}
    peaks: dict[int, list[float]] = {size: [] for size in SIZES}
    with ritmo_embedded(folder) as ritmo:
        once(ritmo.port, ritmo.roots[0], 1)
        for _ in range(rounds):
            for size in SIZES:
                rate, peak = once(ritmo.port, ritmo.roots[0], size)
                rates[size].append(rate)
                peaks[size].append(peak)
    print("\nloop import (embedded)")
    for size in SIZES:
        rate, peak = median(rates[size]), median(peaks[size])
        print(f"  {size:4} habits x {YEARS_10} days: {rate:.0f} check-ins/s, peak {peak:.0f} MB")
    small, large = (median(peaks[size]) for size in SIZES)
    yield Figure("loop.rate", median(rates[SIZES[-1]]), "check-ins/s", ">=", 10_000)
    yield Figure("loop.memory", large / small, "x", "<=", 1.2, f"{small:.0f} MB, {large:.0f} MB")


def once(port: int, pid: int, size: int) -> tuple[float, float]:
    """Import a file for a new person; return check-ins a second and Ritmo's peak memory in MB."""
    archive = shelves_zip(size, datetime.now(UTC).date(), YEARS_10)
    with client_of(port) as client:
        account = register(client)
        forget_peak(pid)
        began = time.perf_counter()
        done = bring(client, account, archive)
        seconds = time.perf_counter() - began
    return sum(habit["imported"] for habit in done["habits"]) / seconds, peak_mb(pid)


def forget_peak(pid: int) -> None:
    """Let the peak of a process begin anew at what it holds now (Linux, proc(5))."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_mb(pid: int) -> float:
    """Return the peak of a process's resident memory in MB (10^6 bytes)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise ValueError("The kernel tells no peak.")
