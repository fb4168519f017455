"""Dates in words, as Daylio wrote them until 2018: a day and a month in its owner's language.

The year stands beside it, and the weekday tells which language it is: `4 listopad` is in October
or in November.
"""

import re
from datetime import date
from functools import lru_cache
from itertools import product
from typing import Literal

LANGUAGES = (
    *("en", "ru", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "sk", "uk", "sv", "da", "nb"),
    *("fi", "hu", "ro", "tr", "el", "bg", "hr", "sr", "sl", "lt", "lv", "et", "id", "vi", "ms"),
    *("ja", "ko", "zh", "zh_Hant", "he", "ar", "fa", "hi", "th"),
)
"""Languages in which such dates are read, by their CLDR names."""

_MOST = 10_000
_LONGEST = 60
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d{1,2}")


@lru_cache(maxsize=1)
def _calendars() -> list[tuple[dict[str, int], dict[str, int]]]:
    """Return the months and the weekdays of each language by their names; Babel on demand."""
    from babel.dates import get_day_names, get_month_names

    widths: tuple[Literal["wide", "abbreviated"], ...] = ("wide", "abbreviated")
    uses: tuple[Literal["format", "stand-alone"], ...] = ("format", "stand-alone")
    found = []
    for language in LANGUAGES:
        months: dict[str, int] = {}
        weekdays: dict[str, int] = {}
        for width, use in product(widths, uses):
            for number, name in get_month_names(width, use, language).items():
                months[_plain(str(name))] = int(number)
            for number, name in get_day_names(width, use, language).items():
                weekdays[_plain(str(name))] = int(number)
        found.append((months, weekdays))
    return found


def _plain(name: str) -> str:
    return name.casefold().strip(" .,")


class DateInWords:
    """Reads such dates; the same few come again and again."""

    def __init__(self) -> None:
        """Begin a file."""
        self._known: dict[tuple[int, str, str], set[date]] = {}

    def read(self, year: int, text: str, weekday: str) -> set[date]:
        """Return the days that may be meant: with luck, one. Raises `ValueError`."""
        if len(text) > _LONGEST or len(weekday) > _LONGEST or not 1900 <= year <= 9999:
            raise ValueError(year)
        key = (year, text, weekday)
        if key not in self._known:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[key] = _read(year, text, _plain(weekday))
        return set(self._known[key])


def _read(year: int, text: str, weekday: str) -> set[date]:
    found: set[date] = set()
    for months, weekdays in _calendars():
        if weekday and weekday not in weekdays:
            continue
        for day in _days(year, text, months):
            if not weekday or weekdays[weekday] == day.weekday():
                found.add(day)
    return found


def _days(year: int, text: str, months: dict[str, int]) -> list[date]:
    """Return the days that a text can mean in a language: `4 May`, `May 4`, `5月4日`, `4.5.`."""
    numbers = [int(number) for number in _NUMBER.findall(text)]
    named = {months[name] for name in map(_plain, _WORD.findall(text)) if name in months}
    if len(numbers) == 1 and len(named) == 1:
        pairs = [(named.pop(), numbers[0])]
    elif len(numbers) == 2 and not named:
        pairs = [(numbers[0], numbers[1]), (numbers[1], numbers[0])]
    else:
        return []
    days = []
    for month, day in pairs:
        try:
            days.append(date(year, month, day))
        except ValueError:
            continue
    return days
