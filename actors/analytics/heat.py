"""The squares of a heat map: how much of what a day asked was done."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from actors.analytics.whole import Whole
from contracts.analytics import HeatDay
from contracts.keeping.promise import SKIPPED, Terms, total_before

Square = Literal["done", "partial", "skipped", "failed", "missed", "open", "none"]


Promises = Mapping[int, int]
"""Promises asked or kept by day; those of weeks and months on days that they are put down to."""

_NOTHING: tuple[Square, float | None] = ("none", None)


def heat(
    of: Whole, asked: Promises, kept: Promises, is_open: bool, first: date, last: date
) -> tuple[HeatDay, ...]:
    """Return a square for each day from `first` to `last`; `is_open`: today still asks for some.

    What was logged is shown as it was judged that day; where nothing was, the day is
    missed, or done without a word (quitting), or still open, or it asked for nothing: `none`.
    """
    squares = dict.fromkeys(range(first.toordinal(), last.toordinal() + 1), _NOTHING)
    low, high = max(of.start, first.toordinal()), last.toordinal()
    for terms, begin, end in of.promise.stretches(low, high):
        for day in range(begin, end + 1):
            if day in of.entries:
                squares[day] = _logged(of, terms, day)
            elif kept.get(day, 0):
                squares[day] = ("done", 1.0)
            elif asked.get(day, 0):
                squares[day] = ("missed", 0.0)
            elif day == of.at and is_open:
                squares[day] = ("open", None)
    return tuple(
        HeatDay(day=date.fromordinal(day), state=state, level=level)
        for day, (state, level) in squares.items()
    )


def _logged(of: Whole, terms: Terms, day: int) -> tuple[Square, float | None]:
    """Show a day on which something was logged."""
    value = of.entries[day]
    if value == SKIPPED:
        return "skipped", None
    return terms.judge(value), round(_level(of, terms, day, value), 6)


def _level(of: Whole, terms: Terms, day: int, value: int) -> float:
    """Return how much of what the day asked was done, from 0 to 1.

    Of a target for a week, a month or some days, a day is asked for its share; below such a limit,
    what counts is how it stands by that day.
    """
    target, pace = terms.version.target, terms.pace
    if terms.counting and not terms.quits:
        return float(value >= terms.least)
    if target is None or target.per == "day":
        return pace._replace(need=terms.limit).part(value)
    if terms.at_most:
        weights = terms.weigh(of.entries, day - pace.window, day)
        return pace.part(total_before(weights, pace.window, day + 1))
    return pace.part(value * pace.window)
