"""HabitTrove's JSON: habits with the instants at which they were done.

Instants are UTC: which day they are of, is told by the clock of the person who imports. A habit may
ask for several completions a day; what was done once is a task, and no habit.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from functools import partial
from typing import BinaryIO

from actors.habits.draft import NONSENSE, YES, Draft, Row, Words, all_found, amount
from actors.habits.fit import Changed
from actors.habits.json_file import Fields, document
from contracts.schedule import EveryDay, Rule, Schedule, Weekdays
from contracts.time import day_of

_WEEKLY = re.compile(r"FREQ=WEEKLY;BYDAY=((?:MO|TU|WE|TH|FR|SA|SU)(?:,(?:MO|TU|WE|TH|FR|SA|SU))*)")
_DULL = re.compile(r";?(?:INTERVAL=1|WKST=[A-Z]{2}|BYHOUR=\d+|BYMINUTE=\d+|BYSECOND=\d+)(?=;|$)")


class HabitTrove:
    """A file of HabitTrove: its habits in their order."""

    tracker = "habittrove"

    def __init__(self, file: BinaryIO, last_day: date) -> None:
        """Read it; days after `last_day` are skipped. Refuses with `Invalid`."""
        self._zone, self._day_start = "UTC", 0
        listed = list(document(file).each("habits"))
        kept = [one for one in listed if not one.yes("isTask")]
        self.left_out = +Counter(
            {
                "task": len(listed) - len(kept),
                "drawing": sum(bool(one.text("drawing")) for one in kept),
            }
        )
        self.habits = all_found([self._draft(one) for one in kept], last_day)

    def live(self, zone: str, day_start: int) -> None:
        """Let the days be those of this zone, of a day that begins so many minutes late."""
        self._zone, self._day_start = zone, day_start

    def _draft(self, habit: Fields) -> Draft:
        asked = max(1, habit.whole("targetCompletions") or 1)
        return Draft(
            habit.text("name"),
            partial(_plan, habit, asked),
            partial(self._rows, habit, asked),
            archived=bool(habit.yes("archived")),
            description=habit.text("description"),
        )

    def _rows(self, habit: Fields, asked: int) -> Iterator[Row]:
        """Count the completions of each day, newest first; an instant that is none stands alone."""
        days: Counter[date] = Counter()
        for one in habit.items("completions"):
            try:
                at = datetime.fromisoformat(one) if isinstance(one, str) else None
                day = day_of(at, self._zone, self._day_start) if at and at.tzinfo else None
            except (ValueError, OverflowError):
                day = None
            if day is None:
                yield ["", NONSENSE, ""]
            else:
                days[day] += 1
        for day, count in sorted(days.items(), reverse=True):
            yield [day.isoformat(), YES if asked == 1 else amount(count), ""]


def _plan(habit: Fields, asked: int, changes: list[Changed]) -> Words:
    words: dict[str, object] = {"schedule": schedule_of(habit.text("frequency"))}
    if asked > 1:
        words |= {"measure": "count", "target": {"at": "least", "value": float(asked)}}
    return words


def schedule_of(rule: str) -> Schedule:
    """Read a recurrence rule, as simply as it can be said. Raises `ValueError`."""
    lines = [one for one in rule.upper().split() if not one.startswith("DTSTART")]
    plain = _DULL.sub("", "".join(lines).removeprefix("RRULE:"))
    weekly = _WEEKLY.fullmatch(plain)
    if plain in ("", "FREQ=DAILY"):
        return EveryDay()
    if weekly:
        names = {"MO": "mon", "TU": "tue", "WE": "wed", "TH": "thu", "FR": "fri"}
        names |= {"SA": "sat", "SU": "sun"}
        return Weekdays.model_validate({"days": [names[one] for one in weekly[1].split(",")]})
    return Rule(rrule=plain)
