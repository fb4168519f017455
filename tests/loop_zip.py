"""Synthetic exports of Loop Habit Tracker, in every generation that it has written."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import BinaryIO, Literal

Generation = Literal["2.3.1", "2.3.0", "2.0"]
"""Words, types and notes; integers without headers; the same with objects in the root table."""

UNKNOWN, NO, YES_AUTO, YES_MANUAL, SKIP = -1, 0, 1, 2, 3
_WORDS = {-1: "UNKNOWN", 0: "NO", 1: "YES_AUTO", 2: "YES_MANUAL", 3: "SKIP"}
_NEW = [
    "Position",
    "Name",
    "Type",
    "Question",
    "Description",
    "FrequencyNumerator",
    "FrequencyDenominator",
    "Color",
    "Unit",
    "Target Type",
    "Target Value",
    "Archived?",
]
_OLD = ["Position", "Name", "Question", "Description", "NumRepetitions", "Interval", "Color"]


@dataclass
class SomeHabit:
    """A habit with its raw codes or thousandths by day, and its notes."""

    name: str
    values: Mapping[date, int] = field(default_factory=dict)
    notes: Mapping[date, str] = field(default_factory=dict)
    numeric: bool = False
    frequency: tuple[int, int] = (1, 1)
    target: tuple[str, float] = ("AT_LEAST", 1.0)
    unit: str = ""
    question: str = ""
    description: str = ""
    colour: str = "#1976D2"
    archived: bool = False


def some_days(count: int, codes: Iterable[int], last: date = date(2026, 7, 4)) -> dict[date, int]:
    """Give `count` days up to `last` the codes in turn."""
    turn = tuple(codes)
    return {last - timedelta(days=n): turn[n % len(turn)] for n in range(count)}


def folder_of(position: int, name: str) -> str:
    """Name the folder of a habit as Loop does; nothing is left of a name in Cyrillic."""
    return f"{position:03d} {re.sub('[^ a-zA-Z0-9._-]', '', name)[:100]}".strip()


def loop_zip(
    habits: list[SomeHabit],
    generation: Generation = "2.3.1",
    *,
    own: bool = True,
    root: bool = True,
    bom: bool = False,
    day: str = "%Y-%m-%d",
) -> io.BytesIO:
    """Make an export in memory: with tables per habit (`own`), the `root` table, or both."""
    file = io.BytesIO()
    write_loop_zip(file, habits, generation, own=own, root=root, bom=bom, day=day)
    file.seek(0)
    return file


def write_loop_zip(
    file: BinaryIO,
    habits: list[SomeHabit],
    generation: Generation,
    *,
    own: bool = True,
    root: bool = True,
    bom: bool = False,
    day: str = "%Y-%m-%d",
) -> None:
    """Write an export of any size to a file, table by table."""
    tables: dict[str, Iterable[str]] = {"Habits.csv": _habits(habits, generation)}
    if own:
        for position, habit in enumerate(habits, start=1):
            name = f"{folder_of(position, habit.name)}/Checkmarks.csv"
            tables[name] = _own(habit, generation, day)
    if root:
        tables["Checkmarks.csv"] = _root(habits, generation, day)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, lines in tables.items():
            with zipped.open(name, "w") as table:
                table.write(b"\xef\xbb\xbf" if bom else b"")
                for line in lines:
                    table.write(line.encode())


def _line(*cells: object) -> str:
    """Write a row with the quotes it needs."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def _habits(habits: list[SomeHabit], generation: Generation) -> Iterator[str]:
    """Write `Habits.csv`."""
    yield _line(*(_NEW if generation == "2.3.1" else _OLD))
    for position, one in enumerate(habits, start=1):
        number, texts = f"{position:03d}", (one.question, one.description, *one.frequency)
        if generation == "2.3.1":
            measured = (one.unit, *one.target) if one.numeric else ("", "", "")
            kind = "NUMERICAL" if one.numeric else "YES_NO"
            archived = "true" if one.archived else "false"
            yield _line(number, one.name, kind, *texts, one.colour, *measured, archived)
        else:
            yield _line(number, one.name, *texts, one.colour)


def _own(habit: SomeHabit, generation: Generation, day: str) -> Iterator[str]:
    """Write the table of a habit, newest first."""
    if generation == "2.3.1":
        yield "Date,Value,Notes\n"
    for at in sorted({*habit.values, *habit.notes}, reverse=True):
        code = habit.values.get(at, UNKNOWN)
        if generation == "2.3.1":
            yield _line(f"{at:{day}}", _WORDS.get(code, code), habit.notes.get(at, ""))
        else:
            yield f"{at:{day}},{code}\n"


def _root(habits: list[SomeHabit], generation: Generation, day: str) -> Iterator[str]:
    """Write the table of all habits: nothing quoted, a comma at the end of each line."""
    yield "".join(f"{cell}," for cell in ("Date", *(habit.name for habit in habits))) + "\n"
    for at in sorted({at for habit in habits for at in habit.values}, reverse=True):
        codes = [habit.values.get(at, UNKNOWN) for habit in habits]
        cells: Iterable[object] = codes
        if generation == "2.3.1":
            cells = (_WORDS.get(code, code) for code in codes)
        if generation == "2.0":
            cells = (f"Entry(timestamp={at}, value={code})" for code in codes)
        yield "".join(f"{cell}," for cell in (f"{at:{day}}", *cells)) + "\n"
