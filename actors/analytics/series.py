"""A habit on the days of a range, as rows of flags: when it counted, was due, was kept.

numpy is imported here: load this module on first use.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from contracts.keeping.due import due_days
from contracts.keeping.promise import Promise, Rests, Terms, breaks, keeps, resting

Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Series:
    """A flag for each day of a range.

    `known`: the habit was in use and not at rest. `due`: its schedule had the day (any day may
    serve a schedule of so many times a week). `kept`: it was done that day or, when quitting, not
    spoilt. Where a target asks for a week, a month or some days, any part of it counts.
    """

    habit_id: UUID
    name: str
    known: Flags
    due: Flags
    kept: Flags


def series_of(
    habit_id: UUID,
    name: str,
    promise: Promise,
    entries: Mapping[int, int],
    rests: Rests,
    first: date,
    last: date,
    until: date | None = None,
) -> Series:
    """Lay a habit out over the days from `first` to `last`; `until` is its last day in use.

    `entries` reach back `window_days` before `first` (`contracts.keeping.progress`).
    """
    rests = tuple(rests)
    low, high = first.toordinal(), last.toordinal()
    known, due, kept = (np.zeros(max(high - low + 1, 0), np.bool_) for _ in range(3))
    start = max(promise.start.toordinal(), low)
    end = min(high, until.toordinal()) if until else high
    known[start - low : max(end - low + 1, 0)] = True
    _mark(known, resting(entries, rests, low, high), low, False)
    for terms, begin, close in promise.stretches(start, high):
        version = terms.version
        _mark(
            due,
            _listed(due_days(version.schedule, version.anchor, begin, close), begin, close),
            low,
        )
        _mark(kept, kept_days(terms, entries, begin, close), low)
    return Series(habit_id, name, known, due & known, kept)


def daily_moods(moods: Iterable[tuple[date, int | None]], first: date, last: date) -> Numbers:
    """Average the moods of each day from `first` to `last`; NaN where there is none."""
    low, length = first.toordinal(), max((last - first).days + 1, 0)
    felt = [(day.toordinal() - low, mood) for day, mood in moods if mood and first <= day <= last]
    if not felt:
        return np.full(length, np.nan)
    places, values = np.array(felt).T
    sums, entries = np.bincount(places, values, length), np.bincount(places, minlength=length)
    return np.where(entries > 0, sums / np.maximum(entries, 1), np.nan)


def kept_days(terms: Terms, entries: Mapping[int, int], first: int, last: int) -> set[int]:
    """Return the days from `first` to `last` on which there is something to show."""
    if terms.quits:
        return set(range(first, last + 1)) - breaks(terms, entries, first, last)
    target = terms.version.target
    if target is None or target.per == "day":
        return keeps(terms, entries, first, last)
    return set(terms.weigh(entries, first, last))


def _listed(days: Container[int], first: int, last: int) -> list[int]:
    """List the days of a container that lie between two others."""
    return [day for day in range(first, last + 1) if day in days]


def _mark(flags: Flags, days: Iterable[int], low: int, flag: bool = True) -> None:
    """Set the flags of some days; the first flag is of the day `low`."""
    flags[np.fromiter((day - low for day in days), np.intp)] = flag
