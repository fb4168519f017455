"""Files of other trackers: the CSV zip of Loop Habit Tracker, opened with care.

Whatever is in the zip, memory stays flat: tables are streamed, every size has a limit, and nothing
is written to a disk. What the words mean is in `loop.py`.
"""

import csv
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, partial
from itertools import chain, islice
from pathlib import PurePosixPath
from typing import BinaryIO

from actors.habits.loop import Definition, columns_of, definitions, habit_of, shown
from actors.habits.loop_rows import (
    Days,
    LoopEntry,
    Order,
    Sorter,
    Tally,
    holds_amounts,
    order_of,
)
from contracts.habits import CreateHabit
from contracts.message import Invalid
from contracts.time import LAST_DAY

CHUNK = 2_000
"""After so many rows an asynchronous caller may let others run."""

_HABITS, _MEMBERS = 1_000, 5_000
_DIRECTORY, _TOTAL, _REREAD = 2 << 20, 200 << 20, 1 << 30
_RATIO, _SMALL = 400, 16 << 20
_RECORD = 128 << 10
_SCANNED = 20_000
_ROOT = "Checkmarks.csv"
_FOLDER = re.compile(r"(\d{3,6})(?: [^/]*)?/Checkmarks\.csv", re.ASCII)
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error)


class _Rfc4180(csv.excel):
    """As Loop writes tables; a quote that is never closed is an error."""

    strict = True


class _Root(_Rfc4180):
    """As Loop writes the root table: without quotes, whatever the names."""

    quoting = csv.QUOTE_NONE


class _Bounded:
    """A file of which nobody reads much at once: the directory of a zip is read in one piece."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.tell, self.seekable = file.tell, file.seekable

    def seek(self, offset: int, whence: int = 0) -> int:
        if offset < 0 and not whence:
            raise zipfile.BadZipFile
        return self._file.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        if size > _DIRECTORY:
            raise _too_large()
        return self._file.read(_DIRECTORY if size < 0 else size)


def _too_large() -> Invalid:
    """Say that a file holds more than Ritmo takes."""
    text = "The file holds more than can be imported at once: {megabytes} MB, {habits} habits."
    return Invalid("import_too_large", text, megabytes=_TOTAL >> 20, habits=_HABITS)


def _damaged() -> Invalid:
    """Say that a file is no zip, a broken one, or packed in a way that Loop never does."""
    text = "The file is not a whole zip as Loop writes it; export it once more."
    return Invalid("import_unreadable", text)


def _unwrapped(line: str) -> str:
    """Return a line of the root table in which Loop 2.0 wrote objects, a comma in each."""
    wrapping = f"Entry(timestamp={line.partition(',')[0]}, value="
    return line.replace(wrapping, "").replace(")", "") if wrapping in line else line


class _Lines:
    """Lines of a text; refuses a row, perhaps of many lines, that grows too long."""

    def __init__(self, text: io.TextIOWrapper, *, root: bool) -> None:
        self._text, self._root = text, root
        self.taken = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._text.readline(_RECORD)
        if not line:
            raise StopIteration
        self.taken += len(line)
        if self.taken >= _RECORD:
            raise csv.Error(f"a row is longer than {_RECORD} characters")
        return _unwrapped(line) if self._root else line


class Tables:
    """The CSV tables in a zip. Refuses with `Invalid` what is no zip, broken, or far too large."""

    def __init__(self, file: BinaryIO) -> None:
        """Open the zip; `file` stays open as long as the tables are read."""
        try:
            self._zip = zipfile.ZipFile(_Bounded(file))
        except (*_DAMAGE, ValueError, OSError):
            raise _damaged() from None
        self._check(self._zip.infolist())
        self.members = self._named()

    @staticmethod
    def _check(members: list[zipfile.ZipInfo]) -> None:
        """Refuse a bomb, and what needs a password. zipfile never reads beyond declared sizes."""
        if len(members) > _MEMBERS or sum(member.file_size for member in members) > _TOTAL:
            raise _too_large()
        for member in members:
            if member.file_size > max(_SMALL, member.compress_size * _RATIO):
                raise _too_large()
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise _damaged()
            if member.flag_bits & 0x1:
                text = "The file is protected by a password; export it without one."
                raise Invalid("import_unreadable", text)

    def _named(self) -> dict[str, zipfile.ZipInfo]:
        """List the members below the folder of `Habits.csv`; names that lead elsewhere are not."""
        found: dict[str, zipfile.ZipInfo] = {}
        for member in self._zip.infolist():
            name = member.filename.replace("\\", "/")
            if name.startswith("/") or ".." in name.split("/") or "__MACOSX" in name:
                continue
            if name in found:
                raise _damaged()
            found[name] = member
        tops = [name for name in found if PurePosixPath(name).name == "Habits.csv"]
        if not tops:
            text = "There is no Habits.csv in the zip: it is not an export of Loop Habit Tracker."
            raise Invalid("import_unreadable", text)
        top = min(tops, key=lambda name: (name.count("/"), name)).removesuffix("Habits.csv")
        return {name.removeprefix(top): m for name, m in found.items() if name.startswith(top)}

    def rows(self, name: str, *, root: bool = False) -> Iterator[list[str]]:
        """Stream the rows of a table, without blank ones. Loop quotes nothing in the root table."""
        dialect = _Root if root else _Rfc4180
        try:
            with self._zip.open(self.members[name]) as stream:
                lines = _Lines(io.TextIOWrapper(stream, "utf-8-sig", newline=""), root=root)
                for row in csv.reader(lines, dialect):
                    lines.taken = 0
                    if row:
                        yield row
        except _DAMAGE:
            raise _damaged() from None
        except UnicodeDecodeError:
            text = "{table} is not UTF-8 text; export it once more, or save it as CSV UTF-8."
            raise Invalid("import_unreadable", text, table=name) from None
        except csv.Error as error:
            text = "{table} is not a CSV table: {why}."
            raise Invalid("import_unreadable", text, table=name, why=str(error)) from None


@dataclass(frozen=True, slots=True)
class LoopHabit:
    """A habit of the export. Either `create` says what to make of it, or `refused` why not.

    `name` is fit to be shown. `create` has no start day: the first entry may become it.
    """

    position: int
    name: str
    archived: bool
    create: CreateHabit | None
    refused: Invalid | None
    _days: Days = field(repr=False)
    _rows: Callable[[], Iterator[list[str]]] = field(repr=False)
    tally: Tally = field(default_factory=Tally)

    def entries(self) -> Iterator[list[LoopEntry]]:
        """Stream the entries in the file's order, a list, perhaps empty, per `CHUNK` rows read.

        `tally` counts along, anew each time. Refuses with `Invalid` where the file is broken.
        """
        self.tally.clear()
        measure = self.create.measure if self.create else None
        sorter, rows = Sorter(self._days, self.tally, measure), self._rows()
        for row in rows:
            chunk = chain((row,), islice(rows, CHUNK - 1))
            yield [entry for row in chunk if (entry := sorter.take(row))]


class LoopFile:
    """An export of Loop: its habits in their order. The file stays open while entries are read."""

    def __init__(self, tables: Tables, last_day: date) -> None:
        """Read what habits there are. Refuses with `Invalid`."""
        self._tables = tables
        self._days = Days(lambda: self._order, last_day)
        self._own: dict[int, list[str]] = {}
        for name in tables.members:
            if found := _FOLDER.fullmatch(name):
                self._own.setdefault(int(found[1]), []).append(name)
        listed = list(islice(definitions(tables.rows("Habits.csv")), _HABITS + 1))
        lost = sorted(self._own.keys() - {one.position for one in listed})
        if len(listed) + len(lost) > _HABITS:
            raise _too_large()
        self._width, columns = self._columns(listed)
        self.habits = (*map(self._habit, listed, columns), *map(self._unlisted, lost))

    def _columns(self, listed: list[Definition]) -> tuple[int, list[int | None]]:
        """Find the columns of the root table, and whose they are; it is read again for each."""
        root = self._tables.members.get(_ROOT)
        if root is None:
            return 0, [0] * len(listed)
        if root.file_size * sum(one.position not in self._own for one in listed) > _REREAD:
            raise _too_large()
        rows = self._tables.rows(_ROOT, root=True)
        return columns_of(next(rows, []), next(rows, []), [one.name for one in listed])

    @cached_property
    def _order(self) -> Order | None:
        """Tell month from day by the dates of all tables."""
        tables = [name for name in self._tables.members if name.endswith("Checkmarks.csv")]
        rows = chain.from_iterable(self._tables.rows(name, root=name == _ROOT) for name in tables)
        return order_of(row[0] for row in islice(rows, _SCANNED))

    def _habit(self, one: Definition, column: int | None) -> LoopHabit:
        """Find the rows of a habit, and what it measures."""
        own = self._own.get(one.position, [])
        rows = partial(self._rows, own, column)
        amounts = not one.typed and holds_amounts(islice(rows(), _SCANNED))
        create, refused = None, None
        try:
            if len(own) > 1 or (not own and column is None):
                text = "It is not certain which table of the zip belongs to habit {position}."
                raise Invalid("import_habit_unclear", text, position=one.position)
            create = habit_of(one, amounts=amounts)
        except Invalid as no:
            refused = no
        name = shown(one.name, one.position)
        return LoopHabit(one.position, name, one.archived, create, refused, self._days, rows)

    def _unlisted(self, position: int) -> LoopHabit:
        """Account for a table whose habit nobody knows."""
        text = "Habits.csv does not list habit {position}, although it has a table."
        refused = Invalid("import_habit_unlisted", text, position=position)
        rows = partial(self._rows, self._own[position], None)
        return LoopHabit(position, shown("", position), False, None, refused, self._days, rows)

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


def read(file: BinaryIO, last_day: date = LAST_DAY) -> LoopFile:
    """Open an export of Loop; days after `last_day` are skipped. Refuses with `Invalid`."""
    return LoopFile(Tables(file), last_day)
