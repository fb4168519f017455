"""Which promises a habit asked for on which day, and which of them were kept.

The rules are those of streaks (`contracts/keeping/streak.py`); a day has one promise at most.

- Where days are due: each due day that is not at rest asks; it is kept if it was done or, when
  quitting, not spoilt. Today asks only once it is decided, so that a morning is no failure: until
  then it is `waiting`. When quitting, today counts as kept until it is spoilt.
- Where a week, month or block of days asks for so many times: it asks for that many, less the
  share that rest takes, and never for less than was done of them; the first days done keep them.
  One that rests as a whole asks for nothing, whatever was done in it. A miss falls on the day on
  which it could no longer be made up, so a period not over yet asks for what was done and for what
  is lost already. A piece of a period (at the start of a habit, before a new schedule, or at an
  archived habit's end) asks for what was done in it and no more.
- Where a week or month asks for an amount: it asks once. Kept on the day on which it was reached,
  else missed on its last day; a limit is kept on the last day, or missed on the day on which it was
  passed. It asks for nothing where a streak would neither go on nor end.
- A habit asks from its first day to its last in use. An archived one asks no more from the day on
  which it was archived, or from the day after if something was logged on that day; when it had been
  archived and taken up again before is not known.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from actors.analytics.history import Tracked
from contracts.keeping.cycle import Cycle, cycle_of, needed
from contracts.keeping.due import due_days
from contracts.keeping.promise import (
    Entries,
    Terms,
    breaks,
    keeps,
    resting,
    spared,
    window_of,
)
from contracts.keeping.streak import Open, amounts_of, counted, judge, share
from storage.analytics.histories import Rest


@dataclass(slots=True)
class AskedDays:
    """Days (ordinals) that asked, those of them that were kept, and whether today waits."""

    asked: set[int] = field(default_factory=set)
    kept: set[int] = field(default_factory=set)
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class _Period:
    """A period or a piece of one, from `first` to `last`.

    `amounts` are what days add to their periods, these and others.
    """

    terms: Terms
    cycle: Cycle
    first: int
    last: int
    amounts: Mapping[int, int]

    @property
    def whole(self) -> bool:
        """Tell whether it is more than a piece."""
        return self.cycle.bounds(self.first) == (self.first, self.last)

    @property
    def length(self) -> int:
        """Count the days of the whole period."""
        first, last = self.cycle.bounds(self.last)
        return last - first + 1


def asked_of(habit: Tracked, first: int, last: int, today: int) -> AskedDays:
    """Say what a habit asked for from `first` to `last`, and what was kept of it.

    Its `entries` reach `reach_of` days further to both sides, but not beyond today.
    """
    promise, end = habit.promise, habit.until.toordinal() if habit.until else None
    first = max(first, promise.start.toordinal())
    last = min(last, today, today if end is None else end)
    found = AskedDays()
    if last < first:
        return found
    low = max(_bounds(habit, first)[0], promise.start.toordinal())
    high = _bounds(habit, last)[1]
    for period in _walk(habit, low, high if end is None else min(high, end), last, today, found):
        rest = resting(habit.entries, habit.rests, period.first, period.last)
        if period.cycle.times:
            _times(period, habit.entries, rest, today, found)
        else:
            _amount(period, habit.entries, rest, today, found)
    if end is not None:
        found.waiting = False
    here = range(first, last + 1)
    found.asked = {day for day in found.asked if day in here}
    found.kept &= found.asked
    return found


def _bounds(habit: Tracked, day: int) -> tuple[int, int]:
    """Return the period around a day; the day itself where days are due."""
    (stretch,) = habit.promise.stretches(day, day)
    cycle = cycle_of(stretch.terms)
    return cycle.bounds(day) if cycle else (day, day)


def _walk(
    habit: Tracked, low: int, high: int, last: int, today: int, found: AskedDays
) -> list[_Period]:
    """Cut the days from `low` to `high` into periods; due days until `last` are noted at once."""
    periods: list[_Period] = []
    under: _Period | None = None
    amounts: dict[int, int] = {}
    for terms, first, end in habit.promise.stretches(low, high):
        cycle = cycle_of(terms)
        if under and under.cycle != cycle:
            periods.append(under)
            under = None
        if cycle is None:
            _days(terms, habit.entries, habit.rests, first, min(end, last), today, found)
            continue
        amounts |= amounts_of(terms, cycle, habit.entries, first, end)
        for begin, close in _cut(cycle, first, end):
            under = _Period(terms, cycle, under.first if under else begin, close, amounts)
            if close == cycle.bounds(close)[1]:
                periods.append(under)
                under = None
    return [*periods, under] if under else periods


def _cut(cycle: Cycle, first: int, last: int) -> list[tuple[int, int]]:
    """Cut days where periods end."""
    found = []
    while first <= last:
        end = min(cycle.bounds(first)[1], last)
        found.append((first, end))
        first = end + 1
    return found


def _days(
    terms: Terms,
    entries: Entries,
    rests: tuple[Rest, ...],
    first: int,
    last: int,
    today: int,
    found: AskedDays,
) -> None:
    """Note due days."""
    due = due_days(terms.version.schedule, terms.version.anchor, first, last)
    rest = resting(entries, rests, first - window_of(terms), last)
    rest |= spared(terms, entries, rest, first, last)
    asked = {day for day in range(first, last + 1) if day in due and day not in rest}
    kept = keeps(terms, entries, first, last) & asked
    if today in asked and today not in kept and not breaks(terms, entries, today, today):
        asked.remove(today)
        found.waiting = True
    found.asked |= asked
    found.kept |= kept


def _times(period: _Period, entries: Entries, rest: set[int], today: int, found: AskedDays) -> None:
    """Note the places of a period that asks for so many times."""
    days = range(period.first, period.last + 1)
    done = [day for day in days if day in period.amounts]
    left = [day for day in days if day not in period.amounts and day not in rest]
    tally = counted(Open(), period.amounts, entries, rest, period.first, period.last)
    if tally.rested == len(days):
        return
    want = min(len(done), needed(period.terms, period.cycle, period.length))
    if period.whole:
        want = max(want, share(period.terms, period.cycle, tally, period.length))
    gone = [day for day in left if day < today]
    lost = max(0, want - len(done) - (len(left) - len(gone)))
    found.kept.update(done[:want])
    found.asked.update(done[:want], gone[len(gone) - lost :])


def _amount(
    period: _Period, entries: Entries, rest: set[int], today: int, found: AskedDays
) -> None:
    """Note the one promise of a period that asks for an amount, or sets a limit to it."""
    terms, days = period.terms, range(period.first, period.last + 1)
    tally = counted(Open(), period.amounts, entries, rest, period.first, period.last)
    verdict = judge(terms, period.cycle, tally, period.last, period.whole)
    if verdict == "excused":
        return
    sum_, turn = 0, 0
    for day in days:
        sum_ += period.amounts.get(day, 0)
        if sum_ > terms.limit or (sum_ == terms.limit and not terms.at_most):
            turn = day
            break
    if not turn and period.last >= today:
        return
    day = turn or max((day for day in days if day not in rest), default=period.last)
    found.asked.add(day)
    if verdict == "kept":
        found.kept.add(day)
