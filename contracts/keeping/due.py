"""Which days are due under a schedule, how far apart, and how fast a score moves for it.

Days are ordinals; a schedule began on its anchor.

The gap at a due day, by which the pace of a score goes, is the mean of the two gaps before it or of
the two after it, whichever is smaller: two, so that Monday and Tuesday of each week are 3.5 days
apart and not one; the smaller, so that the first day after a pause of the plan (a season with
nothing asked) weighs no more than the others. It depends on the due days alone, so however a plan
is put, its gaps are the same.
"""

from collections.abc import Container, Mapping, Sequence
from datetime import date
from functools import lru_cache
from math import inf, sqrt
from typing import NamedTuple

from contracts.habit import Target
from contracts.keeping.occurrences import rule_days
from contracts.schedule import WEEKDAYS, EveryDay, EveryNDays, Rule, Schedule, Times, Weekdays
from contracts.time import FIRST_DAY


def due_days(schedule: Schedule, anchor: date, first: int, last: int) -> Container[int]:
    """Return which of the days from `first` to `last` are due."""
    first = max(first, anchor.toordinal())
    if isinstance(schedule, (EveryDay, Times)):
        return range(first, last + 1)
    if isinstance(schedule, EveryNDays):
        return range(first + (anchor.toordinal() - first) % schedule.n, last + 1, schedule.n)
    if isinstance(schedule, Weekdays):
        wanted = {WEEKDAYS.index(day) for day in schedule.days}
        return {day for day in range(first, last + 1) if (day - 1) % 7 in wanted}
    return rule_days(schedule.to_rrule(), anchor, first, last) if first <= last else ()


def never_due(schedule: Schedule, anchor: date) -> bool:
    """Tell whether a schedule has no day at all from its anchor on, within 8 years and 4 months.

    Leap days may be eight years apart; whatever comes more rarely is no habit.
    """
    if not isinstance(schedule, Rule):
        return False
    first = anchor.toordinal()
    days = rule_days(schedule.rrule, anchor, first, first + 3045)
    return not any(day in days for day in range(first, first + 3046))


BLOCK = 512
"""Days whose gaps are worked out at once."""

REACHES = (64, 800, 6100)
"""Days that are looked through around a block, in steps: leap days may be eight years apart."""


def gaps_between(schedule: Schedule, anchor: date, first: int, last: int) -> Mapping[int, float]:
    """Return the gap at each due day from `first` to `last`; perhaps of some around as well."""
    if isinstance(schedule, (EveryDay, Times)):
        return dict.fromkeys(range(max(first, anchor.toordinal()), last + 1), 1)
    if isinstance(schedule, EveryNDays):
        begin = max(first, anchor.toordinal())
        begin += (anchor.toordinal() - begin) % schedule.n
        return dict.fromkeys(range(begin, last + 1, schedule.n), schedule.n)
    blocks = range(first // BLOCK, last // BLOCK + 1)
    # Long after its beginning a plan by the calendar is the same for all who have it.
    old = not isinstance(schedule, Rule) and anchor.toordinal() < first - BLOCK - REACHES[1]
    found = [_gaps(schedule, FIRST_DAY if old else anchor, block) for block in blocks]
    return found[0] if len(found) == 1 else {d: g for gaps in found for d, g in gaps.items()}


@lru_cache(maxsize=4096)
def _gaps(schedule: Schedule, anchor: date, block: int) -> Mapping[int, float]:
    """Return the gap at each due day of a block."""
    low, high = block * BLOCK, block * BLOCK + BLOCK - 1
    begin, days = anchor.toordinal(), list[int]()
    for reach in REACHES:
        first, last = max(low - reach, begin), high + reach
        due = due_days(schedule, anchor, first, last)
        days = [day for day in range(first, last + 1) if day in due]
        before, after = sum(day < low for day in days), sum(day > high for day in days)
        none_here = len(days) == before + after
        if none_here or ((before >= 2 or first == begin) and after >= 2):
            break
    return {day: _gap(days, at) for at, day in enumerate(days) if low <= day <= high}


def _gap(days: Sequence[int], at: int) -> float:
    """Return the gap at one of some days; 1 if it is the only one."""
    since, until = max(at - 2, 0), min(at + 2, len(days) - 1)
    before = (days[at] - days[since]) / (at - since) if since < at else inf
    after = (days[until] - days[at]) / (until - at) if at < until else inf
    smaller = min(before, after)
    return 1 if smaller == inf else smaller


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
