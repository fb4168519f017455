"""Beaver Habits' JSON: its export, what lies on its disk, and its backups by Telegram.

All hold the same list of habits. A backup holds the token of a bot beside it, which is not read.
A record is a tick (`done`), perhaps with a note; one without a tick is a day that was looked at and
not done. `#skip` in a note makes the day a skipped one there, ticked or not.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import BinaryIO

from actors.habits.draft import NO, NONSENSE, SKIP, YES, Draft, Row, Words, all_found, times_in
from actors.habits.fit import Changed
from actors.habits.json_file import Fields, document
from actors.habits.loop import schedule_of

_SKIP = re.compile(r"(?<!\w)#skip(?!\w)", re.IGNORECASE)
_DAYS = {"D": 1, "W": 7, "M": 30, "Y": 365}


class Beaver:
    """A file of Beaver Habits: its habits in their order."""

    tracker = "beaver"

    def __init__(self, file: BinaryIO, last_day: date) -> None:
        """Read it; days after `last_day` are skipped. Refuses with `Invalid`."""
        held = document(file)
        held = held.within("data") if "data" in held else held
        self.left_out: Counter[str] = Counter()
        listed = list(held.each("habits"))
        deleted = [one for one in listed if one.text("status") == "soft_delete"]
        self.left_out.update({"deleted habit": len(deleted)} if deleted else {})
        kept = [one for one in listed if one.text("status") != "soft_delete"]
        self.habits = all_found([_draft(one) for one in kept], last_day)


def _draft(habit: Fields) -> Draft:
    tags = ["★", *habit.texts("tags")] if habit.yes("star") else habit.texts("tags")
    return Draft(
        habit.text("name"),
        partial(_plan, habit.within("period")),
        partial(_rows, habit),
        archived=habit.text("status") == "archive",
        tags=tags,
    )


def _plan(period: Fields, changes: list[Changed]) -> Words:
    if "period_type" not in period:
        return {}
    length = _DAYS.get(period.text("period_type"))
    count, times = period.whole("period_count"), period.whole("target_count")
    if length is None or not count or not times:
        raise ValueError("the frequency is not a number of times in a number of days")
    # Of weeks and months only one each is a period of the calendar.
    days = min(count, 10_000) * length
    return {"schedule": schedule_of(*times_in(times, days, changes))}


def _rows(habit: Fields) -> Iterator[Row]:
    for record in habit.each("records"):
        note, done = record.text("text"), record.yes("done")
        said = NONSENSE if done is None else YES if done else NO
        said = SKIP if _SKIP.search(note) else said
        yield [record.text("day"), said, note]
