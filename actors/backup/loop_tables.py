"""Habits as Loop Habit Tracker 2.3.1 writes them: `Habits.csv`, and a table of days for each.

Loop knows fewer kinds of plans: what it has no word for is written as daily, and days as they are.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import ClassVar, cast

from pydantic import JsonValue, TypeAdapter

from actors.backup.domain import frequency_of
from actors.backup.section_rows import ExportFile, Fields
from contracts.habit import Version
from contracts.spreadsheet import csv_of

HEADER = (
    *("Position", "Name", "Type", "Question", "Description", "FrequencyNumerator"),
    *("FrequencyDenominator", "Color", "Unit", "Target Type", "Target Value", "Archived?"),
)
DAYS = ("Date", "Value", "Notes")
GREY = "#9E9E9E"
"""The colour of a habit that has none."""

_SAFE = frozenset(" abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
_versions: TypeAdapter[list[Version]] = TypeAdapter(list[Version])
_PERIODS = {"day": 1, "week": 7, "month": 30}


class LoopWriter:
    """Writes habits and their days; those in the bin are left out."""

    file_name: ClassVar[str] = "Loop Habits CSV.zip"

    def __init__(self, file: ExportFile) -> None:
        """Write into a file."""
        self._file = file

    async def write(self) -> None:
        """Write the list of habits, and the days of each."""
        file = self._file
        await file.sections("habits")
        habits = [one async for one in file.each("habits", "habits") if not one["binned_at"]]
        habits.sort(key=lambda one: (cast(int, one["position"]), str(one["id"])))
        lines = [_line(n, one) for n, one in enumerate(habits, start=1)]
        file.zip.add("Habits.csv", csv_of([HEADER, *lines]).encode())
        places = {str(one["id"]): (n, one) for n, one in enumerate(habits, start=1)}
        days: list[Fields] = []
        async for day in file.each("habits", "check_ins"):
            if days and days[0]["habit_id"] != day["habit_id"]:
                await self._days(places, days)
                days = []
            days.append(day)
        await self._days(places, days)

    async def _days(self, places: Mapping[str, tuple[int, Fields]], days: list[Fields]) -> None:
        """Write the days of a habit, newest first."""
        if not days or str(days[0]["habit_id"]) not in places:
            return
        position, habit = places[str(days[0]["habit_id"])]
        name = "".join(c for c in str(habit["name"]) if c in _SAFE)[:100].strip()
        folder = f"{position:03d} {name}".strip()
        numeric = habit["measure"] != "yes_no"
        lines = ((one["day"], _value(one, numeric=numeric), one["note"]) for one in reversed(days))
        text = await asyncio.to_thread(csv_of, [DAYS, *lines])
        self._file.zip.add(f"{folder}/Checkmarks.csv", text.encode())
        await self._file.keep()


def _line(position: int, habit: Fields) -> Iterable[JsonValue]:
    """Write a habit as a row of `Habits.csv`."""
    version = _versions.validate_json(str(habit["versions"]))[-1]
    times, days = frequency_of(version.schedule)
    numeric, target = habit["measure"] != "yes_no", version.target
    if numeric and target is not None:
        times, days = 1, target.days or _PERIODS.get(target.per, 1)
    least = target.at == "least" if target else habit["kind"] == "build"
    return [
        f"{position:03d}",
        habit["name"],
        "NUMERICAL" if numeric else "YES_NO",
        habit["question"],
        habit["description"],
        times,
        days,
        habit["colour"] or GREY,
        ("s" if habit["measure"] == "duration" else habit["unit"]) if numeric else "",
        ("AT_LEAST" if least else "AT_MOST") if numeric else "",
        (target.value if target else 0.0) if numeric else "",
        bool(habit["archived"]),
    ]


def _value(day: Fields, *, numeric: bool) -> str:
    """Write what a day says."""
    if day["state"] == "skipped":
        return "SKIP"
    if numeric:
        return str(day["value"])
    return "YES_MANUAL" if day["state"] == "done" else "NO"
