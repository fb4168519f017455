"""Settling a habit month by month: each month's end is kept, to begin from when a day changes."""

from dataclasses import dataclass
from datetime import date, timedelta

from contracts.keeping.progress import Progress, advance
from contracts.keeping.promise import Entries, Promise, Rests


@dataclass(frozen=True, slots=True)
class Settled:
    """A progress moved on, and what it was at the ends of months on the way."""

    progress: Progress
    months: tuple[Progress, ...]


def settle(
    progress: Progress, promise: Promise, entries: Entries, rests: Rests, to: date
) -> Settled:
    """Settle the days up to `to`; entries and breaks reach back as `advance` needs them."""
    rests, months = tuple(rests), []
    while progress.settled_day < to:
        following = progress.settled_day + timedelta(days=1)
        month_end = (following.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(1)
        progress = advance(progress, promise, entries, rests, min(month_end, to))
        if month_end <= to:
            months.append(progress)
    return Settled(progress, tuple(months))
