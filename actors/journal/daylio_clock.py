"""Times of day as clocks of Daylio's languages show them: `9:15 pm`, `21h15`, `下午9:15`. Pure."""

import re
from datetime import time
from functools import lru_cache
from typing import Literal

from actors.journal.daylio_dates import LANGUAGES

NOON = time(12)
"""Stands for a time that is not known."""

_LONGEST = 40
_CLOCK = re.compile(r"(\d{1,2})\s?[:.hH時时点시]\s?(\d{2})(?:\s?[:.分분]\s?(?:\d{2})?)?")
_SPACE = re.compile(r"[\s.\u200e\u200f]+")

Half = Literal["am", "pm"]


def time_of(text: str) -> time | None:
    """Read what a clock of 12 or 24 hours shows; None if that cannot be told."""
    found = _CLOCK.search(text) if len(text) <= _LONGEST else None
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2])
    mark = _plain(text[: found.start()] + text[found.end() :])
    if mark:
        half = _halves().get(mark)
        if half is None or hour > 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        return time(hour, minute)
    except ValueError:
        return None


def _plain(mark: str) -> str:
    return _SPACE.sub("", mark).casefold()


@lru_cache(maxsize=1)
def _halves() -> dict[str, Half]:
    """Return what the halves of a day are called, but names of both; Babel on demand."""
    from babel import Locale

    found: dict[str, set[Half]] = {"am": {"am"}, "pm": {"pm"}, "a": {"am"}, "p": {"pm"}}
    for language in LANGUAGES:
        for widths in Locale.parse(language).day_periods.values():
            for names in widths.values():
                for half in ("am", "pm"):
                    if half in names:
                        found.setdefault(_plain(names[half]), set()).add(half)
    return {name: halves.copy().pop() for name, halves in found.items() if len(halves) == 1}
