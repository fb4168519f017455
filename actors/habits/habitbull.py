"""HabitBull's CSV export: a row for each day of each habit.

Columns are found by name: `HabitName`, `HabitDescription`, `HabitCategory`, `CalendarDate`,
`Value`, `CommentText`. A value is 0 or 1, or an amount where a habit has any above 1; how often a
habit is asked for, and how much of it, is not told, so that it is daily and without a target. Rows
are handed on as Loop's CSV export writes them: one reader is enough.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import BinaryIO

from actors.habits.fit import MAX_TAG, Changed, line
from actors.habits.found import MAX_FOUND, FoundHabit, too_large
from actors.habits.loop import Definition, habit_of, shown
from actors.habits.named_rows import NamedRows, number_in
from actors.runtime.dates import DateReader, order_of
from contracts.habits import CreateHabit
from contracts.message import Invalid

COLUMNS = ("habitname", "habitdescription", "habitcategory", "calendardate", "value", "commenttext")
TABLE = NamedRows("HabitBull", COLUMNS, {"habitname", "calendardate", "value"})
_YES, _NO, _NEITHER = "2", "0", "-1000"

Told = tuple[str, str, str]
"""Date, value and comment of a row."""


class HabitBull:
    """An export of HabitBull: its habits in the order in which they come up. Read at once."""

    tracker = "habitbull"

    def __init__(self, file: BinaryIO, last_day: date) -> None:
        """Read it; days after `last_day` are skipped. Refuses with `Invalid`."""
        self.left_out: Counter[str] = Counter()
        found: dict[tuple[str, str], list[Told]] = {}
        words: dict[tuple[str, str], str] = {}
        for cells in TABLE.of(file, self.left_out):
            key = cells["habitname"], cells["habitcategory"]
            if key not in found and len(found) >= MAX_FOUND:
                raise too_large()
            words.setdefault(key, cells["habitdescription"])
            told = cells["calendardate"], cells["value"], cells["commenttext"]
            found.setdefault(key, []).append(told)
        if not found:
            raise Invalid("import_empty", "There are no habits in the file.")
        dates = (day for days in found.values() for day, _, _ in days)
        order = order_of(dates)
        self._days = DateReader(lambda: order, last_day)
        self.habits = tuple(
            self._habit(n, name, category, words[name, category], days)
            for n, ((name, category), days) in enumerate(found.items(), start=1)
        )

    def _habit(
        self, position: int, name: str, category: str, description: str, days: list[Told]
    ) -> FoundHabit:
        amounts = any(
            (number := number_in(value)) is not None and number > 1 for _, value, _ in days
        )
        cells = {
            "type": "NUMERICAL" if amounts else "YES_NO",
            "description": description,
            "frequencynumerator": "1",
            "frequencydenominator": "1",
            "target type": "AT_LEAST",
            "target value": "0",
        }
        create: CreateHabit | None = None
        refused: Invalid | None = None
        changes: tuple[Changed, ...] = ()
        try:
            create, changes = habit_of(Definition(position, name, cells), amounts=amounts)
            if tag := line(category, MAX_TAG):
                create = create.model_copy(update={"tags": (tag,)})
        except Invalid as no:
            refused = no
        rows = partial(_rows, days, amounts)
        title = shown(name, position)
        return FoundHabit(position, title, False, create, refused, self._days, rows, changes)


def _rows(days: list[Told], amounts: bool) -> Iterator[list[str]]:
    """Write days as rows of Loop's `Checkmarks.csv`."""
    for day, value, comment in days:
        number = number_in(value)
        if number is None:
            yield [day, "?", comment]
        elif amounts:
            yield [day, str(round(number * 1000)), comment]
        else:
            yield [day, {0.0: _NO, 1.0: _YES}.get(number, _NEITHER), comment]
