"""How fast the score of a habit moves, and on what: the numbers in the formula of `score.py`."""

from math import sqrt
from typing import NamedTuple

from contracts.habit import Target
from contracts.schedule import Schedule, Times

HALF_LIFE = 13
"""Days in which a daily habit that is dropped loses half of its score."""


class Pace(NamedTuple):
    """How a score moves: `need` is asked in the last `window` days.

    `period`: after so many days what is asked begins anew. `pull`: half-lives in a day, None where
    they follow from the gap between due days. `by_day`: the score moves on due days only.
    """

    need: int
    window: int
    period: int
    pull: float | None
    by_day: bool
    at_most: bool

    def part(self, total: float) -> float:
        """Say how much of what was asked for has been done: p, from 0 to 1."""
        if not self.at_most:
            return min(1.0, total / self.need)
        if not self.need:
            return 0.0 if total else 1.0
        return min(1.0, max(0.0, 1 - (total - self.need) / self.need))

    def memory(self, gap: float = 1) -> float:
        """Return m: how much of the score stays."""
        half_lives = sqrt(gap) / HALF_LIFE if self.pull is None else self.pull * gap
        kept: float = 0.5**half_lives
        return kept

    @property
    def reach(self) -> int:
        """Say how many days before a day may be looked at."""
        return 0 if self.window == 1 else self.window + self.period - 1


def pace_of(
    target: Target | None, schedule: Schedule, limit: int, *, quits: bool, at_most: bool
) -> Pace:
    """Read off how the score moves; `limit` is the target in thousandths, 0 without one."""
    if target is not None and target.per != "day":
        window = {"week": 7, "month": 30}.get(target.per) or target.days or 1
        pull = sqrt(1 / window) / HALF_LIFE
        return Pace(limit, window, window, pull, target.per == "rolling", at_most)
    if isinstance(schedule, Times) and not quits:
        times, days = schedule.frequency
        if times < days:
            pull = sqrt(times / days) / HALF_LIFE
            if target is None:
                return Pace(2 * times, 2 * days, days, pull, False, False)
            return Pace(limit * times, days, days, pull, False, at_most)
    return Pace(limit if target or quits else 1, 1, 1, None, True, at_most)
