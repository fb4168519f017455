"""How a day is laid out: which habit stands where, what a tap does, and what is said beside it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from contracts.check_ins import HabitToday
from contracts.habit import folded
from contracts.quantity import MIN_STREAK, in_words, write, write_progress
from contracts.speech import say

Section = Literal["due", "clean", "later", "done"]
Tap = Literal["done", "clear", "slip"]

STEPS = (300.0, 900.0, 1800.0)
"""Usual lengths, in seconds, by which a duration grows."""

PERIODS = {
    "week": "this week: {progress}",
    "month": "this month: {progress}",
    "days": "this period: {progress}",
}
"""How far a week, a month or a block of days has come."""


@dataclass(frozen=True, slots=True)
class Chip:
    """A usual amount to be added: how it is said, and how much it is."""

    label: str
    by: float


@dataclass(frozen=True, slots=True)
class DayLine:
    """A habit on a day, ready to be shown."""

    habit: HabitToday
    section: Section
    tap: Tap
    progress: str
    """How far it has come; empty where a tick says it."""
    pattern: str
    """The same with `{done}` for the number, for scripts that show a tap at once."""
    streak: str
    chips: tuple[Chip, ...]
    group: str
    """The heading under which it stands; empty for none."""


@dataclass(frozen=True, slots=True)
class HabitGroup:
    """Habits that stand together under the name of a group; empty for those without one."""

    name: str
    rows: tuple[DayLine, ...]


def groups_of(rows: Iterable[DayLine]) -> list[HabitGroup]:
    """Put rows, which are in order, under their groups."""
    found = groupby(rows, key=lambda row: row.group)
    return [HabitGroup(name, tuple(inside)) for name, inside in found]


def rows_of(habits: Iterable[HabitToday], tags: list[str], language: str) -> list[DayLine]:
    """Lay out habits in their order, by the person's groups: their first tag, in their order."""
    places = {folded(tag): place for place, tag in enumerate(tags)}
    rows = [_row(habit, language) for habit in habits]
    return sorted(
        rows, key=lambda row: places.get(folded(row.group), len(places)) if row.group else -1
    )


def _row(habit: HabitToday, language: str) -> DayLine:
    group = habit.tags[0] if habit.tags else ""
    if habit.kind == "quit":
        return DayLine(habit, "clean", "slip", _clean(habit, language), "", "", (), group)
    unit = (habit.measure, habit.unit, language)
    measured = habit.measure != "yes_no"
    counted = measured or habit.streak_unit != "day"
    pattern = write_progress(habit.done, habit.needed, *unit) if counted and habit.needed else ""
    progress = pattern
    if measured and habit.needed:
        needed = write(habit.needed, *unit)
        pattern = say(language, "{done} of {needed}", {"done": "{done}", "needed": needed})
    if progress and habit.streak_unit in PERIODS:
        text = PERIODS[habit.streak_unit]
        progress = say(language, text, {"progress": progress})
        pattern = say(language, text, {"progress": pattern}) if measured else ""
    elif not measured:
        pattern = ""
    if habit.state == "skipped":
        progress = say(language, "skipped")
    elif habit.state == "failed":
        progress = say(language, "not kept")
    elif habit.on_break:
        progress = say(language, "on a break")
    elif habit.measure != "yes_no" and not habit.needed and habit.value is not None:
        progress = write(habit.value, *unit)
    streak = ""
    if habit.streak >= MIN_STREAK:
        streak = in_words(language, habit.streak, habit.streak_unit)
    tap: Tap = "clear" if habit.state == "done" else "done"
    return DayLine(
        habit, _section(habit), tap, progress, pattern, streak, _chips(habit, language), group
    )


def _section(habit: HabitToday) -> Section:
    """Say where a habit stands: what is due comes first, what is done last."""
    if habit.state in ("done", "skipped", "failed"):
        return "done"
    if habit.due and not habit.on_break:
        return "due"
    if habit.needed and habit.done >= habit.needed and habit.streak_unit != "day":
        return "done"
    return "later"


def _clean(habit: HabitToday, language: str) -> str:
    """Say for how long something was left; or how often it was not, where that is allowed."""
    if habit.target is not None and habit.measure != "yes_no":
        return write_progress(habit.done, habit.needed, habit.measure, habit.unit, language)
    if habit.state == "failed":
        return say(language, "slipped on this day")
    if habit.streak == 0:
        return say(language, "clean since today")
    time = in_words(language, habit.streak, habit.streak_unit)
    return say(language, "clean for {time}", {"time": time})


def _chips(habit: HabitToday, language: str) -> tuple[Chip, ...]:
    """Offer usual amounts: one, and about a quarter of what is asked."""
    if habit.measure == "yes_no" or habit.state == "skipped":
        return ()
    if habit.measure == "duration":
        steps = [step for step in STEPS if step < max(habit.needed, 301.0)][-2:]
    else:
        first = 1.0 if habit.measure == "count" else _round(habit.needed / 4)
        steps = sorted({first, _round(habit.needed / 4), _round(habit.needed / 2)})[:2]
    return tuple(
        Chip(f"+{write(step, habit.measure, '', language)}", step) for step in steps if step > 0
    )


def _round(number: float) -> float:
    """Round to what one would say: 1, 2 or 5 of a power of ten."""
    if number <= 1:
        return 1.0
    power = 10 ** math.floor(math.log10(number))
    return float(min((power, 2 * power, 5 * power, 10 * power), key=lambda one: abs(one - number)))
