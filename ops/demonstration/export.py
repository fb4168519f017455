"""A small synthetic export of Loop Habit Tracker (2.3.1), for those who have none at hand."""

import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta

DAYS = 120
"""How long the synthetic history is."""

_HEAD = (
    "Position,Name,Type,Question,Description,FrequencyNumerator,FrequencyDenominator,"
    "Color,Unit,Target Type,Target Value,Archived?\n"
)
_HABITS = (
    "001,Wake up early,YES_NO,Did you wake up before seven?,,1,1,#FF8F00,,,,false\n"
    "002,Swim,YES_NO,Did you swim today?,,2,7,#1976D2,,,,false\n"
    "003,Pages read,NUMERICAL,How many pages?,,1,1,#7B1FA2,pages,AT_LEAST,20.0,false\n"
    "004,Learn the flute,YES_NO,,,1,1,#757575,,,,true\n"
)


def example(last: date) -> bytes:
    """Write an export of four habits whose history ends on `last`."""
    tables = {
        "001 Wake up early": _answers(last, lambda n: "NO" if n % 9 == 4 else "YES_MANUAL"),
        "002 Swim": _answers(last, lambda n: ("YES_MANUAL", "YES_AUTO", "UNKNOWN", "SKIP")[n % 4]),
        "003 Pages read": _answers(last, lambda n: str(1000 * (12 + n * 7 % 19))),
        "004 Learn the flute": _answers(last, lambda n: "YES_MANUAL" if n > 60 else "NO"),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Habits.csv", _HEAD + _HABITS)
        for folder, rows in tables.items():
            archive.writestr(f"{folder}/Checkmarks.csv", "Date,Value,Notes\n" + "".join(rows))
    return file.getvalue()


def _answers(last: date, answer: Callable[[int], str]) -> Iterator[str]:
    """Write the rows of a habit, newest first; `answer` gives the value of n days ago."""
    for ago in range(DAYS):
        note = "a good day" if ago % 30 == 0 else ""
        yield f"{last - timedelta(days=ago)},{answer(ago)},{note}\n"
