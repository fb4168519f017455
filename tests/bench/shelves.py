"""A synthetic history of any size, as an export of Loop Habit Tracker: how people bring theirs."""

from datetime import date, timedelta

from tests.loop_zip import SomeHabit, loop_zip

TARGET = 8
"""Pages a day that the synthetic habits ask for."""


def history(last: date, days: int) -> list[tuple[date, int]]:
    """Return pages read on each day up to `last`, newest first; every eleventh day has none."""
    return [(last - timedelta(days=n), TARGET + n % 5) for n in range(days) if n % 11 != 10]


def habit_name(number: int) -> str:
    """Name a synthetic habit."""
    return f"Read shelf {number}"


def shelves_zip(habits: int, last: date, days: int) -> bytes:
    """Write an export of so many habits with the same history."""
    thousandths = {day: pages * 1000 for day, pages in history(last, days)}
    shelves = [
        SomeHabit(
            habit_name(number),
            thousandths,
            numeric=True,
            target=("AT_LEAST", float(TARGET)),
            unit="pages",
        )
        for number in range(1, habits + 1)
    ]
    return loop_zip(shelves, root=False).getvalue()
