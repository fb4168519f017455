"""Days in tables of strangers: ISO dates, or as a spreadsheet rewrote them.

A spreadsheet saves `2024-06-16` as its owner's country writes it: `6/16/2024`, `16.06.2024`,
`06-16-24`, perhaps with a time of midnight behind it. Which number is the month is told by the
other dates of the same file.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date
from enum import StrEnum
from typing import Literal

from contracts.time import FIRST_DAY, LAST_DAY

_CACHED = 50_000
_LONGEST = 48
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NUMBERS = re.compile(r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})\.?", re.ASCII)
_TIME = re.compile(r"[T ]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?: ?[AaPp][Mm])?Z?$", re.ASCII)

Order = Literal["month_first", "day_first"]
"""Which comes first where the year comes last."""


class DateFault(StrEnum):
    """Why a text is no day."""

    UNREADABLE = "date_unreadable"
    AMBIGUOUS = "date_ambiguous"
    OUT_OF_RANGE = "day_out_of_range"


class DateReader:
    """Reads dates once `order` knows month from day."""

    def __init__(
        self,
        order: Callable[[], Order | None],
        last_day: date = LAST_DAY,
        first_day: date = FIRST_DAY,
    ) -> None:
        """Read days from `first_day` to `last_day`; `order` is asked only where it matters."""
        self._order = order
        self._first_day, self._last_day = first_day, last_day
        self._known: dict[str, date | DateFault] = {}

    def read(self, text: str) -> date | DateFault:
        """Return the day, or why it is none."""
        if len(text) > _LONGEST:
            return DateFault.UNREADABLE
        day = self._known.get(text)
        if day is None:
            if len(self._known) >= _CACHED:
                self._known.clear()
            day = self._known[text] = self.checked(self._read(_bare(text)))
        return day

    def checked(self, day: date | DateFault) -> date | DateFault:
        """Return a day if it lies in the days that are read."""
        if isinstance(day, DateFault) or self._first_day <= day <= self._last_day:
            return day
        return DateFault.OUT_OF_RANGE

    def _read(self, text: str) -> date | DateFault:
        try:
            return date.fromisoformat(text) if _ISO_DAY.fullmatch(text) else self._rewritten(text)
        except ValueError:
            return DateFault.UNREADABLE

    def _rewritten(self, text: str) -> date | DateFault:
        """Read `2024/6/16`, `6/16/2024`, `06-16-24` and the like. Raises `ValueError`."""
        parts = _NUMBERS.fullmatch(text)
        if not parts:
            return DateFault.UNREADABLE
        a, b, c = parts[1], int(parts[3]), parts[4]
        if len(a) == 4:
            return date(int(a), b, int(c))
        if len(c) not in (2, 4):
            return DateFault.UNREADABLE
        # As POSIX reads two digits: 69 is 1969, 68 is 2068.
        year = int(c) if len(c) == 4 else int(c) + (1900 if int(c) > 68 else 2000)
        order = self._order()
        if order == "month_first":
            return date(year, int(a), b)
        return date(year, b, int(a)) if order and len(c) == 4 else DateFault.AMBIGUOUS


def _bare(text: str) -> str:
    """Return a date without a time of day behind it."""
    return _TIME.sub("", text.strip())


def order_of(dates: Iterable[str]) -> Order | None:
    """Tell month from day: the first number above 12 decides. None if there is no such number.

    `24-06-16` decides nothing: its year may come first.
    """
    for text in dates:
        parts = _NUMBERS.fullmatch(_bare(text)) if len(text) <= _LONGEST else None
        if parts and len(parts[1]) <= 2 and int(parts[3]) > 12:
            return "month_first"
        if parts and len(parts[1]) <= 2 < len(parts[4]) and int(parts[1]) > 12:
            return "day_first"
    return None


def readings_of(text: str) -> set[date]:
    """Return the days that a date of numbers with its year at the end may mean."""
    parts = _NUMBERS.fullmatch(_bare(text)) if len(text) <= _LONGEST else None
    found: set[date] = set()
    if parts and len(parts[4]) == 4 and len(parts[1]) <= 2:
        for month, day in ((parts[1], parts[3]), (parts[3], parts[1])):
            if 1 <= int(month) <= 12 and 1 <= int(day) <= 31:
                try:
                    found.add(date(int(parts[4]), int(month), int(day)))
                except ValueError:
                    continue
    return found
