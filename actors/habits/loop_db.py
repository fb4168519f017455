"""Loop Habit Tracker's backup, a SQLite database, opened with care.

Loop's migrations decide (`uhabits-core`, schemas 12 to 26; `PRAGMA user_version` tells which one it
is). Tables and columns come in either case. Until 15 every row of `Repetitions` is a day that was
done; since 16 there are values, since 18 targets and units, since 25 notes. Until 22 the
description is the question. Colours are ARGB until 13, then a place in a palette of 13, since 21 in
one of 20. Rows are handed on as Loop's CSV export writes them, so that they mean the same.

A database of a stranger may hold code: views, triggers, virtual tables, generated columns. A copy
in memory is opened that cannot be written, only plain tables are read, no function may be called,
and neither time nor rows are without a limit.
"""

import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from typing import BinaryIO

from actors.habits.fit import Changed
from actors.habits.found import MAX_FOUND, FoundHabit, too_large
from actors.habits.loop import Definition, habit_of, shown
from actors.runtime.dates import DateReader
from contracts.habits import CreateHabit
from contracts.message import Invalid

MAGIC = b"SQLite format 3\0"
MAX_ROWS = 500_000
"""Days of all habits, at most."""

MAX_CELL = 1 << 20
"""Bytes of a cell, at most."""

MAX_SECONDS = 20.0
"""Seconds that reading may take."""

FIRST_SCHEMA = 12

_PALETTE = (
    *("#D32F2F", "#E64A19", "#F57C00", "#FF8F00", "#F9A825", "#AFB42B", "#7CB342", "#388E3C"),
    *("#00897B", "#00ACC1", "#039BE5", "#1976D2", "#303F9F", "#5E35B1", "#8E24AA", "#D81B60"),
    *("#5D4037", "#303030", "#757575", "#AAAAAA"),
)
_OLD_PALETTE = (0, 1, 4, 5, 7, 8, 9, 10, 13, 14, 15, 17, 19)
_STEPS = 100_000
_EPOCH = date(1970, 1, 1)
_DAY = 24 * 3600 * 1000
_FAR = 200_000
_DONE = 2
_HABIT_COLUMNS = (
    *("id", "archived", "color", "description", "freq_den", "freq_num", "name", "position"),
    *("type", "target_type", "target_value", "unit", "question", "reminder_hour"),
)
_DAY_COLUMNS = ("habit", "timestamp", "value", "notes")

Row = dict[str, object]
Cells = tuple[object, ...]


def _unreadable() -> Invalid:
    text = "The database cannot be read: it is damaged, or no backup of Loop Habit Tracker."
    return Invalid("import_unreadable", text)


class LoopDatabase:
    """A backup of Loop: its habits in their order. Read at once; nothing stays open."""

    tracker = "loop"

    def __init__(self, file: BinaryIO, last_day: date) -> None:
        """Read it; days after `last_day` are skipped. Refuses with `Invalid`."""
        self.left_out: Counter[str] = Counter()
        self._days = DateReader(lambda: None, last_day)
        try:
            schema, rows, self._found = _read(file)
        except (sqlite3.Error, sqlite3.Warning, MemoryError, OverflowError, UnicodeError):
            raise _unreadable() from None
        if not rows:
            raise Invalid("import_empty", "There are no habits in the file.")
        rows.sort(key=lambda row: (_number(row["position"]), _number(row["id"])))
        self.habits = tuple(self._habit(n, row, schema) for n, row in enumerate(rows, start=1))

    def _habit(self, position: int, row: Row, schema: int) -> FoundHabit:
        if isinstance(row["reminder_hour"], int):
            self.left_out["reminder"] += 1
        one = Definition(position, _text(row["name"]).strip(), _cells(row, schema))
        create: CreateHabit | None = None
        refused: Invalid | None = None
        changes: tuple[Changed, ...] = ()
        try:
            create, changes = habit_of(one, amounts=False)
        except Invalid as no:
            refused = no
        name, days = shown(one.name, position), self._found.get(row["id"], [])
        return FoundHabit(
            position,
            name,
            one.archived,
            create,
            refused,
            self._days,
            partial(_rows, days),
            changes,
        )


def _read(file: BinaryIO) -> tuple[int, list[Row], dict[object, list[Cells]]]:
    """Read the schema, the habits, and the days of each by its id, newest first."""
    content = bytearray(file.read())
    # Written ahead or not (file format, section 1.3.3): what is in the file itself is read.
    content[18:20] = b"\1\1"
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        connection.deserialize(bytes(content))
        del content
        connection.text_factory = lambda text: text.decode("utf-8", "replace")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_CELL)
        for pragma in ("query_only = ON", "trusted_schema = OFF", "cell_size_check = ON"):
            connection.execute(f"PRAGMA {pragma}")
        late = time.monotonic() + MAX_SECONDS
        connection.set_progress_handler(lambda: time.monotonic() > late, _STEPS)
        schema = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if schema < FIRST_SCHEMA:
            text = "This backup is of a Loop Habit Tracker that is too old; update it first."
            raise Invalid("import_unreadable", text)
        columns = {name: _columns(connection, name) for name in ("habits", "repetitions")}
        connection.set_authorizer(_allow)
        listed = _select(connection, "habits", _HABIT_COLUMNS, columns["habits"], MAX_FOUND)
        days = _select(connection, "repetitions", _DAY_COLUMNS, columns["repetitions"], MAX_ROWS)
        days.sort(key=lambda day: -_number(day[1]))
        found: dict[object, list[Cells]] = defaultdict(list)
        for habit, *said in days:
            found[habit].append(tuple(said))
        return schema, [dict(zip(_HABIT_COLUMNS, row, strict=True)) for row in listed], found
    finally:
        connection.close()


def _allow(action: int, *_: object) -> int:
    """Let plain tables be read, and nothing else be done."""
    allowed = action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ)
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    """Name the columns of a plain table. Refuses views, virtual tables, and computed columns."""
    statement = "SELECT type, rootpage FROM sqlite_master WHERE lower(name) = ?"
    found = connection.execute(statement, (table,)).fetchall()
    if [kind for kind, root in found if root] != ["table"]:
        raise _unreadable()
    # The last column of table_xinfo tells hidden and generated columns.
    listed = connection.execute(f"PRAGMA table_xinfo({table})").fetchall()
    return {str(one[1]).lower() for one in listed if not one[-1]}


def _select(
    connection: sqlite3.Connection, table: str, wanted: tuple[str, ...], known: set[str], most: int
) -> list[Cells]:
    """Read the wanted columns of a table; those that it does not have are None."""
    listed = ", ".join(name if name in known else "NULL" for name in wanted)
    rows = connection.execute(f"SELECT {listed} FROM {table} LIMIT {most + 1}").fetchall()  # noqa: S608 - names of ours
    if len(rows) > most:
        raise too_large()
    return rows


def _cells(row: Row, schema: int) -> dict[str, str]:
    """Write a habit as a row of `Habits.csv`."""
    old = schema < 23
    target = "AT_MOST" if _number(row["target_type"]) == 1 else "AT_LEAST"
    return {
        "type": "NUMERICAL" if _number(row["type"]) == 1 else "YES_NO",
        "question": _text(row["description"] if old else row["question"]),
        "description": "" if old else _text(row["description"]),
        "frequencynumerator": _text(row["freq_num"]),
        "frequencydenominator": _text(row["freq_den"]),
        "color": _colour(row["color"], schema),
        "unit": _text(row["unit"]),
        "target type": target,
        "target value": _text(row["target_value"]),
        "archived?": "true" if _number(row["archived"]) else "false",
    }


def _colour(value: object, schema: int) -> str:
    if not isinstance(value, int):
        return ""
    if schema < 14:
        return f"#{value & 0xFFFFFF:06X}"
    places = _OLD_PALETTE if schema < 21 else range(len(_PALETTE))
    return _PALETTE[places[value]] if 0 <= value < len(places) else ""


def _rows(days: list[Cells]) -> Iterator[list[str]]:
    """Write days as rows of `Checkmarks.csv`."""
    for timestamp, value, notes in days:
        count = timestamp // _DAY if isinstance(timestamp, int) else _FAR
        day = (_EPOCH + timedelta(days=count)).isoformat() if abs(count) < _FAR else "?"
        yield [day, str(_DONE) if value is None else _text(value), _text(notes)]


def _text(value: object) -> str:
    """Return what a cell says; a blob says nothing."""
    return "" if value is None or isinstance(value, bytes) else str(value)


def _number(value: object) -> float:
    return value if isinstance(value, int | float) else 0
