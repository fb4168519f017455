"""What processes cost: CPU seconds by part, and memory.

A part is told by what its process is: PostgreSQL, RabbitMQ, Redis, or the piece of Ritmo that its
command line names.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping

import psutil

SERVERS = {"postgres": "postgresql", "beam": "rabbitmq", "redis": "redis", "nginx": "nginx"}
PIECES = ("gateway", "courier", "clock")


def part_of(process: psutil.Process) -> str:
    """Name the part that a process belongs to."""
    name, line = process.name(), " ".join(process.cmdline()).split()
    for prefix, part in SERVERS.items():
        if name.startswith(prefix):
            return part
    if "tests.bench.baseline" in line:
        return "baseline"
    if "run" in line[-2:-1]:
        return line[-1]
    return next((piece for piece in PIECES if piece in line), "ritmo")


def family(roots: Iterable[int]) -> dict[int, psutil.Process]:
    """Return the processes with these ids and all that descend from them."""
    found: dict[int, psutil.Process] = {}
    for pid in roots:
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            found[process.pid] = process
    return found


def cpu_seconds(roots: Iterable[int]) -> dict[str, float]:
    """Return the CPU seconds, user and system, that each part has used until now.

    Children that have ended are counted with the parent that reaped them, so nothing is lost.
    """
    used: defaultdict[str, float] = defaultdict(float)
    for process in family(roots).values():
        try:
            times = process.cpu_times()
            used[part_of(process)] += sum(times[:4])
        except psutil.NoSuchProcess:
            continue
    return dict(used)


def spent(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Return what each part used between two readings."""
    return {part: max(0.0, now - before.get(part, 0.0)) for part, now in after.items()}


def settle(roots: Iterable[int], longest: float = 10.0) -> None:
    """Wait until the processes have nearly nothing left to do: less than 5 % of one core."""
    roots, end = list(roots), time.monotonic() + longest
    busy = sum(cpu_seconds(roots).values())
    while time.monotonic() < end:
        time.sleep(0.5)
        now = sum(cpu_seconds(roots).values())
        if now - busy < 0.025:
            return
        busy = now


def pss_mb(roots: Iterable[int]) -> dict[str, float]:
    """Return the memory of each part in MB (10^6 bytes), shared pages by their share (PSS)."""
    held: defaultdict[str, float] = defaultdict(float)
    for process in family(roots).values():
        try:
            held[part_of(process)] += process.memory_full_info().pss / 1e6
        except psutil.NoSuchProcess:
            continue
    return dict(held)
