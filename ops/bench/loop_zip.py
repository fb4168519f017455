"""Synthetic exports of Loop Habit Tracker (2.3.1), of any size: how people bring their history."""

import io
import zipfile
from datetime import date, timedelta

TARGET = 8
"""Pages a day that the synthetic habits ask for."""

_HEAD = (
    "Position,Name,Type,Question,Description,FrequencyNumerator,FrequencyDenominator,"
    "Color,Unit,Target Type,Target Value,Archived?\n"
)


def history(last: date, days: int) -> list[tuple[date, int]]:
    """Return pages read on each day up to `last`, newest first; every eleventh day has none."""
    return [(last - timedelta(days=n), TARGET + n % 5) for n in range(days) if n % 11 != 10]


def habit_name(number: int) -> str:
    """Name a synthetic habit."""
    return f"Read shelf {number}"


def loop_zip(habits: int, last: date, days: int) -> bytes:
    """Write an export of so many habits with the same history."""
    rows = "".join(f"{day},{pages * 1000},\n" for day, pages in history(last, days))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Habits.csv", _HEAD + "".join(map(_habit_row, range(1, habits + 1))))
        for number in range(1, habits + 1):
            folder = f"{number:03d} {habit_name(number)}"
            archive.writestr(f"{folder}/Checkmarks.csv", "Date,Value,Notes\n" + rows)
    return file.getvalue()


def _habit_row(number: int) -> str:
    """Write a habit's line."""
    name = habit_name(number)
    return f"{number:03d},{name},NUMERICAL,,,1,1,#1976D2,pages,AT_LEAST,{TARGET}.0,false\n"
