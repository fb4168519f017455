"""`python -m tests.bench [ONLY=name] [ROUNDS=3]`: run the benches and print their figures.

A short figure is no failure; a scenario that cannot be run is.
"""

import os
import signal
import sys
import tempfile
import traceback
from importlib import import_module
from pathlib import Path

from tests.bench.figures import Figure, show

SCENARIOS = (
    "footprint",
    "embedded",
    "history",
    "week",
    "loop",
    "insight",
    "rabbit",
    "pairs",
    "straggler",
    "facts",
    "reminders",
    "token",
    "events",
    "telegram",
)


def given(name: str, default: str) -> str:
    """Read `NAME=value` from the arguments, or from the environment."""
    for word in sys.argv[1:]:
        if word.startswith(f"{name}="):
            return word.split("=", 1)[1]
    return os.environ.get(name) or default


def scenario(name: str, rounds: int) -> list[Figure]:
    """Run one scenario in a folder of its own, and show its figures as they come."""
    figures = []
    with tempfile.TemporaryDirectory(prefix="ritmo-bench-", ignore_cleanup_errors=True) as folder:
        for figure in import_module(f"tests.bench.{name}").run(Path(folder), rounds):
            show(figure)
            figures.append(figure)
    return figures


def main() -> int:
    """Run all scenarios, or one; return how many could not be run."""
    only, rounds = given("ONLY", ""), int(given("ROUNDS", "3"))
    if only and only not in SCENARIOS:
        print(f"There is no bench {only}; there are {', '.join(SCENARIOS)}.", file=sys.stderr)
        return 2
    # As Ctrl-C, which asyncio ends in order: what was started is stopped, too.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    figures, failed = list[Figure](), 0
    for name in (only,) if only else SCENARIOS:
        try:
            figures += scenario(name, rounds)
        except Exception:  # noqa: BLE001  # the other scenarios still run; this one is counted
            print(f"The bench {name} could not be run:", file=sys.stderr)
            traceback.print_exc()
            failed += 1
    summary(figures)
    return failed


def summary(figures: list[Figure]) -> None:
    """Say in one line how it went."""
    held = sum(figure.holds for figure in figures)
    print(f"\n{held} of {len(figures)} figures hold.")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
