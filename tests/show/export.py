"""A small synthetic export of Loop Habit Tracker (2.3.1), for those who have none at hand."""

from collections.abc import Callable
from datetime import date, timedelta

from tests.loop_zip import (
    NO,
    SKIP,
    UNKNOWN,
    YES_AUTO,
    YES_MANUAL,
    SomeHabit,
    loop_zip,
)

DAYS = 120
"""How long the synthetic history is."""


def example(last: date) -> bytes:
    """Write an export of four habits whose history ends on `last`."""
    habits = [
        _habit("Wake up early", last, lambda n: NO if n % 9 == 4 else YES_MANUAL),
        _habit("Swim", last, lambda n: (YES_MANUAL, YES_AUTO, UNKNOWN, SKIP)[n % 4]),
        _habit("Pages read", last, lambda n: 1000 * (12 + n * 7 % 19)),
        _habit("Learn the flute", last, lambda n: YES_MANUAL if n > 60 else NO),
    ]
    _, swim, pages, flute = habits
    swim.frequency = (2, 7)
    pages.numeric, pages.unit, pages.target = True, "pages", ("AT_LEAST", 20.0)
    flute.archived = True
    return loop_zip(habits, root=False).getvalue()


def _habit(name: str, last: date, answer: Callable[[int], int]) -> SomeHabit:
    """Make a habit; `answer` gives the code or the thousandths of n days ago."""
    days = {n: last - timedelta(days=n) for n in range(DAYS)}
    notes = {day: "a good day" for n, day in days.items() if n % 30 == 0}
    return SomeHabit(name, {day: answer(n) for n, day in days.items()}, notes)
