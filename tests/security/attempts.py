"""What `make security` prints: how many attacks were tried and held against, and figures.

Attempts are asserted wherever they run. Figures are measured by `make security` alone (`MEASURED`):
a machine that does much at once would make them lie, so no test depends on them.
"""

import operator
import os
from types import TracebackType
from typing import Literal

MEASURED = os.environ.get("RITMO_SECURITY") == "measured"
"""Whether floods run at full size and print figures, as `make security` asks for."""

_HOLDS = {"<=": operator.le, ">=": operator.ge}


def figure(name: str, value: float, unit: str, op: Literal["<=", ">="], goal: float) -> None:
    """Print a measured value and whether it reaches its goal; a short one fails nothing."""
    verdict = "holds" if _HOLDS[op](value, goal) else "short"
    print(f"\nfigure {name} {value:.4g} {unit} goal {op}{goal:.4g} {verdict}", flush=True)


class Attempts:
    """Counts the attacks of one kind; at the end of the block all must have been held against.

    with Attempts("forged tokens") as attempts:
        attempts.note("signed with nothing", answer.status_code == 401)
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.tried = 0
        self.broken: list[str] = []

    def note(self, what: str, held: bool) -> None:
        """Note one attack, and whether Ritmo held against it."""
        self.tried += 1
        if not held:
            self.broken.append(what)

    def __enter__(self) -> "Attempts":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        held = self.tried - len(self.broken)
        print(f"\n{self.name}: tried {self.tried} / held {held}", flush=True)
        if error is None:
            assert self.tried, f"{self.name}: nothing was tried"
            assert not self.broken, f"{self.name}: not held against {self.broken}"
