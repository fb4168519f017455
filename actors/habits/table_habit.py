"""Table Habit's JSON export: habits, their groups, and their records.

Days are counted from 1970. A record says how much was done, so that a habit with a goal of 1 and no
unit is a yes/no one, and any other counts. What there is to quit has a limit instead of a goal.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from typing import BinaryIO

from pydantic import TypeAdapter, ValidationError

from actors.habits.draft import (
    NO,
    NONSENSE,
    SKIP,
    YES,
    Draft,
    Row,
    Words,
    all_found,
    amount,
    times_in,
)
from actors.habits.fit import Changed
from actors.habits.json_file import Fields, document
from actors.habits.loop import schedule_of

_EPOCH = date(1970, 1, 1)
_DONE, _SKIPPED = 1, 2
_NEGATIVE = 2
_DELETED, _ARCHIVED = 2, 3
_WEEKLY, _MONTHLY = 1, 2
_numbers: TypeAdapter[list[int]] = TypeAdapter(list[int])


class TableHabit:
    """An export of Table Habit: its habits in their order."""

    tracker = "table_habit"

    def __init__(self, file: BinaryIO, last_day: date) -> None:
        """Read it; days after `last_day` are skipped. Refuses with `Invalid`."""
        held = document(file)
        groups = {_key(one, "id"): one.text("name") for one in held.each("groups")}
        listed = list(held.each("habits"))
        kept = [one for one in listed if one.whole("status") != _DELETED]
        self.left_out = Counter({"deleted habit": len(listed) - len(kept)})
        self.left_out["reminder"] = sum(bool(one.text("reminder")) for one in kept)
        self.left_out = +self.left_out
        self.habits = all_found([_draft(one, groups) for one in kept], last_day)


def _draft(habit: Fields, groups: dict[str, str]) -> Draft:
    counted = habit.whole("type") == _NEGATIVE or _counts(habit)
    group = groups.get(_key(habit, "group_id"), "")
    return Draft(
        habit.text("name"),
        partial(_plan, habit, counted),
        partial(_rows, habit, counted),
        archived=habit.whole("status") == _ARCHIVED,
        description=habit.text("desc"),
        question=habit.text("reminder_quest"),
        unit=habit.text("daily_goal_unit"),
        tags=[group] if group else [],
    )


def _key(one: Fields, name: str) -> str:
    """Return by what a group is named: a number, or a text."""
    number = one.whole(name)
    return one.text(name) if number is None else str(number)


def _counts(habit: Fields) -> bool:
    """Tell whether a habit is about how much, and not about whether."""
    goal = habit.number("daily_goal")
    once = goal in (None, 0, 1) and not habit.text("daily_goal_unit").strip()
    values = (one.number("record_value") for one in habit.each("records"))
    return not once or any(value not in (None, 0, 1) for value in values)


def _plan(habit: Fields, counted: bool, changes: list[Changed]) -> Words:
    goal, negative = habit.number("daily_goal"), habit.whole("type") == _NEGATIVE
    words: dict[str, object] = {"schedule": _schedule(habit, changes)}
    if not counted:
        return words
    words |= {"measure": "amount", "kind": "quit" if negative else "build"}
    if goal is not None and goal < 0:
        changes.append(Changed("target_dropped"))
    elif goal is not None and goal >= 0.0005:
        words["target"] = {"at": "most" if negative else "least", "value": goal}
    return words


def _schedule(habit: Fields, changes: list[Changed]) -> object:
    """Read how often: `freq_custom` holds so many times, and for its own periods their days."""
    kind, text = habit.whole("freq_type"), habit.text("freq_custom")
    if kind is None and not text:
        return schedule_of(1, 1)
    try:
        numbers = _numbers.validate_json(text)
    except ValidationError:
        numbers = []
    length = {_WEEKLY: 7, _MONTHLY: 30}.get(kind or 0)
    if not numbers or (length is None and len(numbers) < 2):
        raise ValueError("the frequency is not a number of times in a number of days")
    return schedule_of(*times_in(numbers[0], length or numbers[1], changes))


def _rows(habit: Fields, counted: bool) -> Iterator[Row]:
    for record in habit.each("records"):
        kind, value = record.whole("record_type"), record.number("record_value")
        if kind == _SKIPPED:
            said = SKIP
        elif kind != _DONE:
            said = NONSENSE
        elif counted:
            said = amount(value)
        else:
            said = YES if value is None or value > 0 else NO
        yield [_day(record.whole("record_date")), said, record.text("reason")]


def _day(number: int | None) -> str:
    """Return a day that is counted from 1970."""
    try:
        return (_EPOCH + timedelta(days=number)).isoformat() if number is not None else ""
    except OverflowError:
        return ""
