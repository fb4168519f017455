"""Habitify's CSV export: a row for each day of each habit.

Columns are found by name: `Habit`, `Date`, `Total log`, `Unit`, `Status`, `Habit ID`. The file does
not say how much a habit asks for: if days that failed have less than any that was completed, what
lies between tells it. Nor does it say how often: a habit is daily.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import BinaryIO, NamedTuple

from actors.habits.draft import NO, NONSENSE, SKIP, UNKNOWN, YES, Draft, Row, Words, amount
from actors.habits.fit import Changed
from actors.habits.found import MAX_FOUND, FoundHabit, too_large
from actors.habits.named_rows import NamedRows, number_in
from actors.runtime.dates import DateReader, order_of
from contracts.message import Invalid

COLUMNS = ("habit", "date", "total log", "unit", "status", "habit id")
TABLE = NamedRows("Habitify", COLUMNS, {"habit", "date", "status"})
_OFFSET = re.compile(r"[+-]\d{2}:?\d{2}$", re.ASCII)
_SECONDS = {"sec": 1, "min": 60, "hr": 3600}
_TIMES = {"", "rep", "reps", "times"}


class HabitifyRow(NamedTuple):
    """A row: its day as it is written, how much, of what, and what came of it."""

    day: str
    total: float | None
    unit: str
    status: str


class Habitify:
    """An export of Habitify: its habits in the order in which they come up. Read at once."""

    tracker = "habitify"

    def __init__(self, file: BinaryIO, last_day: date) -> None:
        """Read it; days after `last_day` are skipped. Refuses with `Invalid`."""
        self.left_out: Counter[str] = Counter()
        found: dict[str, list[HabitifyRow]] = {}
        names: dict[str, str] = {}
        for cells in TABLE.of(file, self.left_out):
            key = cells["habit id"] or cells["habit"]
            if key not in found and len(found) >= MAX_FOUND:
                raise too_large()
            names.setdefault(key, cells["habit"])
            day = _OFFSET.sub("", cells["date"])
            log = HabitifyRow(
                day, number_in(cells["total log"]), cells["unit"], cells["status"].lower()
            )
            found.setdefault(key, []).append(log)
        if not found:
            raise Invalid("import_empty", "There are no habits in the file.")
        order = order_of(log.day for logs in found.values() for log in logs)
        days = DateReader(lambda: order, last_day)
        self.habits: tuple[FoundHabit, ...] = tuple(
            _draft(names[key], logs).found(n, days)
            for n, (key, logs) in enumerate(found.items(), start=1)
        )


def _draft(name: str, logs: list[HabitifyRow]) -> Draft:
    """Find out what is counted: a unit of its own, whole times, time, or just whether."""
    units = [log.unit for log in logs if log.unit]
    unit = units[0] if units else ""
    factor = _SECONDS.get(unit.lower(), 0)
    alike = [log for log in logs if _alike(log, unit)]
    counted = unit.lower() not in _TIMES or any((log.total or 0) > 1 for log in alike)
    return Draft(
        name,
        partial(_plan, alike, unit, factor, counted),
        partial(_rows, logs, unit, factor or 1, counted),
        unit=unit,
    )


def _alike(log: HabitifyRow, unit: str) -> bool:
    """Tell whether a row can be counted with those of a unit."""
    return log.unit in (unit, "") or {log.unit.lower(), unit.lower()} <= _SECONDS.keys()


def _worth(log: HabitifyRow, factor: int) -> float | None:
    """Return how much a row counts: seconds where it is time."""
    own = _SECONDS.get(log.unit.lower(), factor) if factor > 0 else 1
    return None if log.total is None else log.total * (own or 1)


def _plan(
    logs: list[HabitifyRow], unit: str, factor: int, counted: bool, changes: list[Changed]
) -> Words:
    if not counted:
        return {}
    whole = unit.lower() in _TIMES and all((log.total or 0) % 1 == 0 for log in logs)
    measure = "duration" if factor else "count" if whole else "amount"
    words: dict[str, object] = {"measure": measure}
    worth = {
        said: [got for one in logs if one.status == said and (got := _worth(one, factor))]
        for said in ("completed", "failed")
    }
    least, most = min(worth["completed"], default=0), max(worth["failed"], default=0)
    if not most:
        return words
    if most < least:
        changes.append(Changed("target_guessed", {"value": least}))
        return words | {"target": {"at": "least", "value": round(least, 3)}}
    changes.append(Changed("target_unknown"))
    return words


def _rows(logs: list[HabitifyRow], unit: str, factor: int, counted: bool) -> Iterator[Row]:
    for log in logs:
        worth = _worth(log, factor if unit.lower() in _SECONDS else 0)
        if log.status == "skipped":
            said = SKIP
        elif not _alike(log, unit) or log.status not in ("completed", "failed", "in progress"):
            said = UNKNOWN if log.status in ("", "none") and not worth else NONSENSE
        elif not counted:
            said = YES if log.status == "completed" else NO
        elif worth:
            said = amount(worth)
        else:
            said = YES if log.status == "completed" else NO
        yield [log.day, said, ""]
