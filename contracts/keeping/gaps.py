"""How far apart the due days of a schedule lie: what the pace of a score goes by.

The gap at a due day is the mean of the two gaps before it or of the two after it, whichever is
smaller: two, so that Monday and Tuesday of each week are 3.5 days apart and not one; the smaller,
so that the first day after a pause of the plan (a season with nothing asked) weighs no more than
the others. It depends on the due days alone, so however a plan is put, its gaps are the same.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from math import inf

from contracts.keeping.due import due_days
from contracts.schedule import EveryDay, EveryNDays, Rule, Schedule, Times
from contracts.time import FIRST_DAY

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
