"""Habits on the days of a range as one table, for reports to group and sum.

pandas is imported here: load this module on first use.
"""

from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from actors.analytics.asked import asked_of
from actors.analytics.history import Tracked
from contracts.keeping.promise import SKIPPED

COUNTS = ["asked", "kept", "waiting", "skipped", "logged", "value"]


def frame_of(habits: Sequence[Tracked], first: date, last: date, today: date) -> pd.DataFrame:
    """Lay habits out: a row for each habit and day from `first` to `last`, or today if sooner.

    Columns: `habit` (its place), `day` (datetime64), promises `asked` and `kept`, `waiting` (today
    is still open), `skipped`, `logged` (something was, a skip too), `value` in the measure.
    """
    low, at = first.toordinal(), today.toordinal()
    high = min(last.toordinal(), at)
    size = max(high - low + 1, 0)
    flags = {name: np.zeros((len(habits), size), np.int8) for name in COUNTS[:-1]}
    values = np.zeros((len(habits), size))
    for row, habit in enumerate(habits):
        found = asked_of(habit, low, high, at)
        _mark(flags["asked"][row], found.asked, low)
        _mark(flags["kept"][row], found.kept, low)
        flags["waiting"][row, -1:] = found.waiting
        days = np.fromiter(habit.entries.keys(), np.int64, len(habit.entries)) - low
        logged = np.fromiter(habit.entries.values(), np.int64, len(habit.entries))
        here = (days >= 0) & (days < size)
        days, logged = days[here], logged[here]
        flags["skipped"][row, days] = logged == SKIPPED
        flags["logged"][row, days] = 1
        values[row, days] = np.maximum(logged, 0) / 1000
    return pd.DataFrame(
        {
            "habit": np.repeat(np.arange(len(habits), dtype=np.int32), size),
            "day": np.tile(_calendar(first, size), len(habits)),
            **{name: counts.ravel() for name, counts in flags.items()},
            "value": values.ravel(),
        }
    )


def _calendar(first: date, size: int) -> NDArray[np.datetime64]:
    """List so many days from the first on."""
    days = np.datetime64(first, "D") + np.arange(size)
    return days.astype("datetime64[s]")


def _mark(row: NDArray[np.int8], days: Iterable[int], low: int) -> None:
    """Count one for each of some days; the first place is of the day `low`."""
    row[np.fromiter(days, np.int64) - low] = 1
