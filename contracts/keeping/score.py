"""The strength of a habit: Loop Habit Tracker's score, between 0 and 1.

With f = num/den, m = 0.5 ** (sqrt(f) / 13), each day s = m * s + (1 - m) * p, where p is how much
of what was asked for lies in the last days. For yes/no, num and den are doubled when f < 1, so
that a weekly habit done on shifting weekdays still reaches 1. A day at rest leaves s as it is,
while the window of days moves on. (Loop adds 0.003 to numbers on a skipped day; Ritmo does not.)
"""

from collections.abc import Container, Mapping
from math import sqrt
from typing import NamedTuple

from contracts.keeping.promise import Terms, total_before


class Pace(NamedTuple):
    """How the score moves: `need` in the last `window` days, and how much stays of it each day."""

    need: int
    window: int
    memory: float
    at_most: bool

    def part(self, total: int) -> float:
        """Say how much of what was asked for has been done: p, from 0 to 1."""
        if not self.at_most:
            return min(1.0, total / self.need)
        if not self.need:
            return 0.0 if total else 1.0
        return min(1.0, max(0.0, 1 - (total - self.need) / self.need))


def pace_of(terms: Terms) -> Pace:
    """Read off how the score moves under these terms."""
    times, days = terms.frequency
    if times >= days:
        times = days = 1
    target = terms.version.target
    if target is None:
        need, window = (0, days) if terms.quits else (times, days)
        if not terms.quits and times < days:
            need, window = 2 * times, 2 * days
    elif target.per == "day":
        need, window = terms.limit * times, days
    else:
        window = {"week": 7, "month": 30}.get(target.per) or target.days or 1
        need, times, days = terms.limit, 1, window
    return Pace(need, window, 0.5 ** (sqrt(times / days) / 13), terms.at_most)


def first_score(terms: Terms) -> float:
    """Return the score before the first day: staying below a limit starts at the top."""
    return 1.0 if terms.at_most else 0.0


def score_after(
    score: float,
    pace: Pace,
    weights: Mapping[int, int],
    rest: Container[int],
    first: int,
    last: int,
    seen: list[float] | None = None,
) -> float:
    """Move a score over the days from `first` to `last`.

    `weights` hold at least the days from `first - window` on (`Terms.weigh`). The score after each
    day is appended to `seen`.
    """
    window, memory, get = pace.window, pace.memory, weights.get
    total = total_before(weights, window, first)
    part, gain = pace.part(total), 1 - pace.memory
    for day in range(first, last + 1):
        change = get(day, 0) - get(day - window, 0)
        if change:
            total += change
            part = pace.part(total)
        if day not in rest:
            score = memory * score + gain * part
        if seen is not None:
            seen.append(score)
    return score
