"""The CSV zip of Loop Habit Tracker, table by table. What the words mean is in `loop.py`."""

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cached_property, partial
from itertools import chain, islice
from pathlib import PurePosixPath
from typing import BinaryIO

from actors.habits.fit import Changed
from actors.habits.found import MAX_FOUND, FoundHabit, too_large
from actors.habits.loop import KNOWN, Definition, columns_of, definitions, habit_of, shown
from actors.habits.loop_rows import holds_amounts
from actors.runtime.dates import DateReader, Order, order_of
from actors.runtime.tables import Lines, Rfc4180, rows_of
from actors.runtime.zips import Zip
from contracts.message import Invalid

_REREAD = 1 << 30
_SCANNED, _HEAD = 20_000, 256
_DELIMITER = re.compile(rb"[,;\t]")
_ROOT = "Checkmarks.csv"
_FOLDER = re.compile(r"(\d{3,6})(?: [^/]*)?/Checkmarks\.csv", re.ASCII)


class _Root(Rfc4180):
    """As Loop writes the root table: without quotes, whatever the names."""

    quoting = csv.QUOTE_NONE


def _unwrapped(line: str) -> str:
    """Return a line of the root table in which Loop 2.0 wrote objects, a comma in each."""
    wrapping = f"Entry(timestamp={line.partition(',')[0]}, value="
    return line.replace(wrapping, "").replace(")", "") if wrapping in line else line


class _RootLines(Lines):
    """Lines of the root table."""

    def __next__(self) -> str:
        return _unwrapped(super().__next__())


class Tables:
    """The CSV tables in a zip. Refuses with `Invalid` what is no zip, broken, or far too large."""

    def __init__(self, file: BinaryIO) -> None:
        """Open the zip; `file` stays open as long as the tables are read."""
        self._zip = Zip(file)
        self.members = self._below_habits()
        self._delimiters: dict[str, str] = {}

    def _below_habits(self) -> dict[str, zipfile.ZipInfo]:
        """List the members below the folder of `Habits.csv`."""
        found = self._zip.members
        tops = [name for name in found if PurePosixPath(name).name == "Habits.csv"]
        if not tops:
            text = "There is no Habits.csv in the zip: it is not an export of Loop Habit Tracker."
            raise Invalid("import_unreadable", text)
        top = min(tops, key=lambda name: (name.count("/"), name)).removesuffix("Habits.csv")
        return {name.removeprefix(top): m for name, m in found.items() if name.startswith(top)}

    def _delimiter(self, name: str) -> str:
        """Return what parts the cells of a table: a spreadsheet may have saved it anew.

        The first cell of each of Loop's tables holds none of these.
        """
        if name not in self._delimiters:
            with self._zip.open(self.members[name]) as stream:
                found = _DELIMITER.search(stream.read(_HEAD).partition(b"\n")[0])
            self._delimiters[name] = found[0].decode() if found else ","
        return self._delimiters[name]

    def rows(self, name: str, *, root: bool = False) -> Iterator[list[str]]:
        """Stream the rows of a table, without blank ones. Loop quotes nothing in the root table."""
        try:
            with self._zip.open(self.members[name]) as stream:
                opened = io.TextIOWrapper(stream, "utf-8-sig", newline="")
                first = self._delimiter(name)
                lines = _RootLines(opened) if root else Lines(opened)
                for row in rows_of(lines, _Root if root else Rfc4180, first):
                    if row:
                        yield row
        except UnicodeDecodeError:
            text = "{table} is not UTF-8 text; export it once more, or save it as CSV UTF-8."
            raise Invalid("import_unreadable", text, table=name) from None
        except csv.Error as error:
            text = "{table} is not a CSV table: {why}."
            raise Invalid("import_unreadable", text, table=name, why=str(error)) from None


class LoopZip:
    """A CSV export of Loop: its habits in their order."""

    tracker = "loop"

    def __init__(self, file: BinaryIO, last_day: date) -> None:
        """Read what habits there are; days after `last_day` are skipped. Refuses with `Invalid`."""
        self._tables = tables = Tables(file)
        self.left_out: Counter[str] = Counter()
        self._days = DateReader(lambda: self._order, last_day)
        self._own: dict[int, list[str]] = {}
        for name in tables.members:
            if found := _FOLDER.fullmatch(name):
                self._own.setdefault(int(found[1]), []).append(name)
        listed = list(islice(definitions(tables.rows("Habits.csv")), MAX_FOUND + 1))
        lost = sorted(self._own.keys() - {one.position for one in listed})
        if len(listed) + len(lost) > MAX_FOUND:
            raise too_large()
        if not listed and not lost:
            raise Invalid("import_empty", "There are no habits in the file.")
        self._width, columns = self._columns(listed)
        self.habits = (*map(self._habit, listed, columns), *map(self._unlisted, lost))

    def _columns(self, listed: list[Definition]) -> tuple[int, list[int | None]]:
        """Find the columns of the root table, and whose they are; it is read again for each."""
        root = self._tables.members.get(_ROOT)
        if root is None:
            return 0, [0] * len(listed)
        if root.file_size * sum(one.position not in self._own for one in listed) > _REREAD:
            raise too_large()
        rows = self._tables.rows(_ROOT, root=True)
        return columns_of(next(rows, []), next(rows, []), [one.name for one in listed])

    @cached_property
    def _order(self) -> Order | None:
        """Tell month from day by the dates of all tables."""
        tables = [name for name in self._tables.members if name.endswith("Checkmarks.csv")]
        rows = chain.from_iterable(self._tables.rows(name, root=name == _ROOT) for name in tables)
        return order_of(row[0] for row in islice(rows, _SCANNED))

    def _habit(self, one: Definition, column: int | None) -> FoundHabit:
        """Find the rows of a habit, and what it measures."""
        own = self._own.get(one.position, [])
        rows = partial(self._rows, own, column)
        amounts = not one.typed and holds_amounts(islice(rows(), _SCANNED))
        create, refused, changes = None, None, tuple[Changed, ...]()
        try:
            if len(own) > 1 or (not own and column is None):
                text = "It is not certain which table of the zip belongs to habit {position}."
                raise Invalid("import_habit_unclear", text, position=one.position)
            create, changes = habit_of(one, amounts=amounts)
        except Invalid as no:
            refused = no
        self.left_out.update(
            f"column {name[:50]}"
            for name in one.cells.keys() - KNOWN
            if name and one.cells[name].strip()
        )
        name = shown(one.name, one.position)
        return FoundHabit(
            one.position, name, one.archived, create, refused, self._days, rows, changes
        )

    def _unlisted(self, position: int) -> FoundHabit:
        """Account for a table whose habit nobody knows."""
        text = "Habits.csv does not list habit {position}, although it has a table."
        refused = Invalid("import_habit_unlisted", text, position=position)
        rows = partial(self._rows, self._own[position], None)
        return FoundHabit(position, shown("", position), False, None, refused, self._days, rows)

    def _rows(self, own: list[str], column: int | None) -> Iterator[list[str]]:
        """Stream the rows of a habit: from its own tables, or else from the root table."""
        for name in own:
            for number, row in enumerate(self._tables.rows(name)):
                if number or row[0].strip().lower() != "date":
                    yield row
        if own or column == 0:
            return
        end = self._width + 1
        for row in islice(self._tables.rows(_ROOT, root=True), 1, None):
            whole = column and len(row) >= end and row[end - 1] and not any(row[end:])
            yield [row[0], row[column]] if column and whole else row[:1]
