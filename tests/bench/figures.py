"""Figures, one line each, and the tables that they were taken from."""

import operator
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from tests.bench.load import Taken

Op = Literal[">=", "<="]
_HOLDS: dict[str, Callable[[float, float], bool]] = {">=": operator.ge, "<=": operator.le}


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value and the goal set for it; `why` says what stands in the way."""

    name: str
    value: float
    unit: str
    op: Op
    goal: float
    why: str = ""

    @property
    def holds(self) -> bool:
        """Tell whether the goal is reached."""
        return _HOLDS[self.op](self.value, self.goal)

    def line(self) -> str:
        """Write it on one line."""
        verdict = "holds" if self.holds else "short"
        goal = f"{self.op}{plain(self.goal)}"
        return f"figure {self.name} {plain(self.value)} {self.unit} goal {goal} {verdict}"


def plain(number: float) -> str:
    """Write a number with three digits that count, and no exponent."""
    if abs(number) >= 100:
        return f"{number:.0f}"
    return f"{number:.1f}" if abs(number) >= 10 else f"{number:.2f}"


def show(figure: Figure) -> None:
    """Print a figure, and why it is short if it is."""
    print(figure.line(), flush=True)
    if figure.why and not figure.holds:
        print(f"  why: {figure.why}", flush=True)


def middle(taken: Sequence[Taken]) -> Taken:
    """Return the median of several measurements, each number for itself; failures are summed."""
    failed = sum((Counter(one.failed) for one in taken), Counter[int]())
    parts = sorted({part for one in taken for part in one.cpu})
    return Taken(
        answered=round(median(one.answered for one in taken)),
        failed=dict(failed),
        seconds=median(one.seconds for one in taken),
        p50=median(one.p50 for one in taken),
        p99=median(one.p99 for one in taken),
        slowest=median(one.slowest for one in taken),
        cpu={part: median(one.cpu.get(part, 0.0) for one in taken) for part in parts},
    )


def parts_of(taken: Taken) -> str:
    """Write the CPU milliseconds of a request in each part, the dearest first."""
    dear = sorted(taken.cpu_ms.items(), key=lambda item: -item[1])
    return " + ".join(f"{part} {cost:.2f}" for part, cost in dear if cost >= 0.005)


def table(title: str, rows: Sequence[tuple[str, Taken]]) -> None:
    """Print measurements below each other."""
    print(f"\n{title}")
    print(f"  {'':28} {'req/s':>7} {'p50 ms':>8} {'p99 ms':>8} {'CPU ms':>7}  by process")
    for name, taken in rows:
        print(
            f"  {name:28} {taken.per_second:7.0f} {taken.p50:8.2f} {taken.p99:8.2f} "
            f"{taken.cost:7.2f}  {parts_of(taken)}" + errors_of(taken),
            flush=True,
        )


def errors_of(taken: Taken) -> str:
    """Mention failures by status, if there were any."""
    return f"  failed: {taken.failed}" if taken.failed else ""
