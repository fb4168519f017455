"""A calendar (iCalendar): what recurs in it becomes habits.

An event or a to-do of a series becomes a habit with its plan; occurrences that are marked as done
(`COMPLETED`, or a ✓ before the title) are its days. The day is the one that the file shows,
whatever the zone. What does not recur, and what has ended without a day done, is left out and
counted.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import BinaryIO

from pydantic import ValidationError

from actors.habits.fit import MAX_NAME, MAX_TEXT, Changed, line, lines
from actors.habits.found import MAX_FOUND, FoundHabit, too_large
from actors.runtime.calendars.client import CalendarReader
from actors.runtime.calendars.faults import MAX_BYTES
from actors.runtime.calendars.series import FoundSeries
from actors.runtime.dates import DateReader
from contracts.habits import CreateHabit
from contracts.keeping.due import due_days
from contracts.message import Invalid
from contracts.recurrence import parts_of, plain_rule
from contracts.schedule import (
    WEEKDAYS,
    EveryDay,
    EveryNDays,
    MonthDays,
    Rule,
    Schedule,
    Weekdays,
)

AHEAD = 3045
"""Days in which a plan that has a due day at all has one: leap days may be eight years apart."""

EARLIEST = date(1970, 1, 1)
"""Before this no habit began; rules are counted from there."""

YES = "2"
"""How a day that is done is written for the reader of rows."""

WHY = {
    "broken": "its begin or its rule cannot be read",
    "rules": "it recurs by several rules",
    "no_begin": "it does not say when it begins",
    "early": "it begins before 1970",
}
"""Why nothing can be made of a series."""


class ForeignCalendar:
    """A calendar as a file of habits. Read at once, in a process of its own."""

    tracker = "calendar"

    def __init__(self, file: BinaryIO, last_day: date) -> None:
        """Read it; days after `last_day` are skipped. Refuses with `Invalid`."""
        file.seek(0)
        data = file.read(MAX_BYTES + 1)
        found = CalendarReader().find(data)
        self.left_out: Counter[str] = Counter(found["left_out"])
        self._days, self._last = DateReader(lambda: None, last_day), last_day
        habits = (self._habit(at, one) for at, one in enumerate(found["series"], start=1))
        self.habits = tuple(one for one in habits if one is not None)
        if len(self.habits) > MAX_FOUND:
            raise too_large()
        if not self.habits:
            raise Invalid("import_empty", "There are no habits in the file.")

    def _habit(self, position: int, one: FoundSeries) -> FoundHabit | None:
        """Make a habit of a series; None if it has ended, and nothing of it was done."""
        create: CreateHabit | None = None
        refused: Invalid | None = None
        anchor: date | None = None
        changes, archived = list[Changed](), False
        name = line(one["name"], MAX_NAME) or f"{position:03d}"
        try:
            anchor, schedule = plan_of(one)
            archived = has_ended(schedule, anchor, self._last)
            if archived and not one["done"]:
                self.left_out["series that have ended"] += 1
                return None
            if name != one["name"].strip():
                changes.append(Changed("name_changed", {"most": MAX_NAME}))
            description = lines(one["description"], MAX_TEXT)
            if len(one["description"].strip()) > MAX_TEXT:
                changes.append(Changed("description_cut", {"most": MAX_TEXT}))
            if one["at"]:
                changes.append(Changed("time_dropped", {"time": one["at"]}))
            create = CreateHabit(name=name, description=description, schedule=schedule)
        except ValueError as error:
            refused = _unfit(position, error)
        rows = partial(_rows, one["done"])
        return FoundHabit(
            position, name, archived, create, refused, self._days, rows, tuple(changes), anchor
        )


def plan_of(one: FoundSeries) -> tuple[date, Schedule]:
    """Return the day from which a series is counted, and its plan. Raises `ValueError`."""
    if one["why"]:
        raise ValueError(WHY[one["why"]])
    anchor = date.fromisoformat(one["first"])
    if anchor < EARLIEST:
        raise ValueError(WHY["early"])
    return anchor, schedule_of(plain_rule(one["rule"]), anchor)


def schedule_of(rule: str, anchor: date) -> Schedule:
    """Write a rule as people would choose it, if they could; else it stays a rule."""
    parts = parts_of(rule)
    parts.pop("WKST", None)
    every = int(parts.pop("INTERVAL", "1"))
    plain: Schedule = Rule(rrule=rule)
    if every == 1 and parts == {"FREQ": "DAILY"}:
        plain = EveryDay()
    elif every <= 366 and parts == {"FREQ": "DAILY"}:
        plain = EveryNDays(n=every)
    elif every == 1 and parts == {"FREQ": "WEEKLY"}:
        plain = Weekdays(days=(WEEKDAYS[anchor.weekday()],))
    elif every == 1 and parts.keys() == {"FREQ", "BYDAY"} and parts["FREQ"] == "WEEKLY":
        plain = Weekdays.model_validate({"days": _names(parts["BYDAY"])})
    elif every == 1 and parts == {"FREQ": "MONTHLY"}:
        plain = MonthDays(days=(anchor.day,))
    elif every == 1 and parts.keys() == {"FREQ", "BYMONTHDAY"} and parts["FREQ"] == "MONTHLY":
        days = tuple(map(int, parts["BYMONTHDAY"].split(",")))
        plain = MonthDays(days=days)
    return plain


def _names(days: str) -> tuple[str, ...]:
    return tuple(day for day in WEEKDAYS if day[:2].upper() in days.split(","))


def has_ended(schedule: Schedule, anchor: date, today: date) -> bool:
    """Tell whether a plan has no day left."""
    if not isinstance(schedule, Rule):
        return False
    first = max(today, anchor).toordinal() - 1
    days = due_days(schedule, anchor, first, first + AHEAD)
    return not any(day in days for day in range(first, first + AHEAD + 1))


def _unfit(position: int, error: ValueError) -> Invalid:
    why = str(error)
    if isinstance(error, ValidationError):
        why = error.errors(include_url=False, include_context=False)[0]["msg"]
    text = "Habit {position} cannot be imported because of its {field}: {why}."
    return Invalid("import_habit_unfit", text, position=position, field="schedule", why=why)


def _rows(days: list[str]) -> Iterator[list[str]]:
    """Write days as rows that the sorter reads."""
    for day in days:
        yield [day, YES, ""]
