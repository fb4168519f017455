"""Reports as tables: CSV (RFC 4180) in UTF-8, a header of stable English names, a line a thing.

A mark at the beginning (U+FEFF) tells spreadsheets that it is UTF-8; without it they break Russian.
Shares lie between 0 and 1 and have a decimal point, whatever the language.
"""

from collections.abc import Iterable, Sequence
from typing import cast

from actors.analytics.reports import AnyAnswer
from contracts.analytics import Associations, HabitInsight, HabitLine, MoodReport, Summary
from contracts.spreadsheet import MARK, Cell, csv_of

Table = tuple[Sequence[str], Iterable[Sequence[Cell]]]


def table_of(report: AnyAnswer) -> bytes:
    """Write a report as a table."""
    header, lines = _table(report)
    return (MARK + csv_of([header, *lines])).encode()


def _table(report: AnyAnswer) -> Table:
    match report:
        case Summary():
            return _summary(report)
        case HabitInsight():
            return _habit(report)
        case Associations():
            return _associations(report)
        case MoodReport():
            return _moods(report)


SUMMARY = (
    "habit_id",
    "name",
    "unit",
    "asked",
    "kept",
    "skipped",
    "rate",
    "change",
    "total",
    "streak",
    "best_streak",
    "score",
    "streak_unit",
)
HABIT = ("day", "state", "level", "score", "trend")
ASSOCIATIONS = (
    "kind",
    "habit_id",
    "name",
    "other_id",
    "other",
    "with_days",
    "without_days",
    "enough",
    "effect",
    "low",
    "high",
    "p",
    "q",
    "likely",
    "text",
)
MOODS = ("group", "key", "name", "entries", "average", "spread")


def _summary(report: Summary) -> Table:
    return SUMMARY, ([_cell(habit, name) for name in SUMMARY] for habit in report.habits)


def _cell(habit: HabitLine, name: str) -> Cell:
    """Return a cell of a habit; a table has no other place for the unit of a duration."""
    return (
        "s" if name == "unit" and habit.measure == "duration" else cast(Cell, getattr(habit, name))
    )


def _habit(report: HabitInsight) -> Table:
    """List days; score and trend are those of the report, which may leave days out."""
    scores = {point.day: point.value for point in report.scores}
    trend = {point.day: point.value for point in report.trend}
    return HABIT, (
        (one.day, one.state, one.level, scores.get(one.day), trend.get(one.day))
        for one in report.heat
    )


def _associations(report: Associations) -> Table:
    return ASSOCIATIONS, (
        [getattr(one, name) for name in ASSOCIATIONS] for one in report.associations
    )


def _moods(report: MoodReport) -> Table:
    """List groups: all, each mood, weekday, tag, month and day."""
    lines: list[Sequence[Cell]] = [
        ("all", "", "", report.entries, report.average, report.spread),
        *(("mood", mood, "", times, mood, None) for mood, times in enumerate(report.counts, 1)),
    ]
    for group, found in (
        ("weekday", report.by_weekday),
        ("tag", report.by_tag),
        ("month", report.by_month),
    ):
        lines += [(group, one.key, one.name, one.entries, one.average, one.spread) for one in found]
    lines += [("day", one.day, "", one.entries, one.mood, None) for one in report.days]
    return MOODS, lines
