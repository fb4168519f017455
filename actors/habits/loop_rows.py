"""What the rows of a Loop Habit Tracker export say of days. Pure, as `loop.py` is.

A day is one of the codes -1 UNKNOWN, 0 NO, 1 YES_AUTO, 2 YES_MANUAL, 3 SKIP (since 2.3.1 written
as these words), or an amount in thousandths. An amount of 0.001 to 0.003 cannot be told from a
code; it is read as the code in every generation, because such amounts are rarer than skipped days.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from actors.habits.fit import MAX_NOTE, lines
from actors.runtime.dates import DateFault, DateReader
from contracts.habit import CheckInState, Measure

LARGEST = 1_000_000_000_000

"""The largest amount that Ritmo keeps, in thousandths."""


MAX_LOOSE = 500
"""Notes on days without a check-in that are listed, at most."""

_CACHED = 50_000

_LONGEST = 32

_WORDS = {"UNKNOWN": -1, "NO": 0, "YES_AUTO": 1, "YES_MANUAL": 2, "SKIP": 3}

_DERIVED = {-1: "UNKNOWN", 1: "YES_AUTO"}

_INTEGER = re.compile(r"-?\d{1,18}", re.ASCII)

Said = tuple[int | None, CheckInState | None]

"""Value in thousandths and state; a state alone says it all, without one the value decides."""


_YES_NO: dict[int, Said] = {0: (0, "failed"), 2: (1000, "done"), 3: (None, "skipped")}

_AMOUNTS: dict[int, Said] = {2: (None, "done"), 3: (None, "skipped")}


class SkipReason(StrEnum):
    """Why a row is skipped."""

    HABIT_REFUSED = "habit_refused"
    COLUMN_COUNT = "column_count"
    DATE_UNREADABLE = "date_unreadable"
    DATE_AMBIGUOUS = "date_ambiguous"
    DAY_OUT_OF_RANGE = "day_out_of_range"
    DUPLICATE_DAY = "duplicate_day"
    VALUE_UNREADABLE = "value_unreadable"
    VALUE_OUT_OF_RANGE = "value_out_of_range"
    NOTE_WITHOUT_CHECK_IN = "note_without_check_in"


Meaning = Said | SkipReason | str

"""What a cell says: of a day, why it is skipped, or which of Loop's own codes it is derived as."""


class FoundEntry(NamedTuple):
    """What Loop knows of a day: value and state as in `Said`."""

    day: date
    value: int | None
    state: CheckInState | None
    note: str


@dataclass(slots=True)
class Tally:
    """What became of the rows: read = imported + derived + skipped, after each of them.

    Notes that were too long are `cut`; `loose` are the first of those on days without a check-in.
    """

    read: int = 0
    imported: int = 0
    derived: Counter[str] = field(default_factory=Counter)
    skipped: Counter[SkipReason] = field(default_factory=Counter)
    cut: int = 0
    loose: list[tuple[date, str]] = field(default_factory=list)

    def clear(self) -> None:
        """Begin anew."""
        self.read = self.imported = self.cut = 0
        self.loose.clear()
        self.derived.clear()
        self.skipped.clear()


def code_of(text: str) -> int | None:
    """Return the code or amount written in a cell; None if it is neither."""
    text = text.strip()
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _INTEGER.fullmatch(text) else None


def meaning_of(text: str, *, numeric: bool) -> Meaning:
    """Read the cell of a day. In a numerical habit NO is an amount of 0, which may be success."""
    code = code_of(text)
    if code is None or (code > 3 and not numeric):
        return SkipReason.VALUE_UNREADABLE
    if code in _DERIVED:
        return _DERIVED[code]
    if code < 0 or code > LARGEST:
        return SkipReason.VALUE_OUT_OF_RANGE
    return (_AMOUNTS if numeric else _YES_NO).get(code, (code, None))


def holds_amounts(rows: Iterable[list[str]]) -> bool:
    """Tell whether the rows of a habit are amounts: a number that is no code gives it away."""
    codes = (code_of(row[1]) for row in rows if len(row) > 1)
    return any(code is not None and code > 3 for code in codes)


class Sorter:
    """Takes the rows of one habit: an entry to import, or counted as derived or skipped.

    `measure` None refuses them all. Of two rows for a day the first, the newer, is kept.
    """

    def __init__(self, days: DateReader, tally: Tally, measure: Measure | None) -> None:
        """Count in `tally`."""
        self._days, self._tally, self._measure = days, tally, measure
        self._seen: set[date] = set()
        self._known: dict[str, Meaning] = {}

    def take(self, row: list[str]) -> FoundEntry | None:
        """Return the entry of a row, if it is one to import."""
        self._tally.read += 1
        found = self._sort(row)
        if isinstance(found, FoundEntry):
            self._tally.imported += 1
            return found
        if isinstance(found, SkipReason):
            self._tally.skipped[found] += 1
        else:
            self._tally.derived[found] += 1
        return None

    def _sort(self, row: list[str]) -> FoundEntry | SkipReason | str:
        """Read a row: an entry, why it is skipped, or what it is derived as."""
        if self._measure is None:
            return SkipReason.HABIT_REFUSED
        if len(row) < 2 or any(row[3:]):
            return SkipReason.COLUMN_COUNT
        note = row[2].strip() if len(row) > 2 else ""
        day, said = self._days.read(row[0]), self._meaning(row[1])
        if isinstance(day, DateFault):
            return SkipReason(day.value)
        if isinstance(said, SkipReason):
            return said
        if isinstance(said, str):
            if not note:
                return said
            if len(self._tally.loose) < MAX_LOOSE:
                self._tally.loose.append((day, lines(note, MAX_NOTE)))
            return SkipReason.NOTE_WITHOUT_CHECK_IN
        if day in self._seen:
            return SkipReason.DUPLICATE_DAY
        self._seen.add(day)
        self._tally.cut += len(note) > MAX_NOTE
        return FoundEntry(day, *said, lines(note, MAX_NOTE) if note else "")

    def _meaning(self, text: str) -> Meaning:
        """Read a cell; the same few come again and again."""
        said = self._known.get(text)
        if said is None:
            said = meaning_of(text, numeric=self._measure != "yes_no")
            if len(self._known) < _CACHED and len(text) <= _LONGEST:
                self._known[text] = said
        return said
