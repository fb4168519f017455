"""Everything about one habit: its score, streaks, weekdays, hours, heat map and milestones.

pandas is imported here: load this module on first use.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from actors.analytics.history import Whole
from actors.analytics.milestones import Course, milestones
from actors.analytics.series import kept_days
from contracts.analytics import HabitInsight, HabitLine, HeatDay, MonthOfWeekdays, Point
from contracts.keeping.due import due_days
from contracts.keeping.progress import advance, begin, standing, streak_of, streaks
from contracts.keeping.promise import SKIPPED, Terms, resting, total_before
from contracts.language import Language
from contracts.time import day_of

POINTS = 400
"""Points of a curve at most: more than a picture can show."""

STREAKS = 50
TREND_DAYS = 28


def insight(
    of: Whole,
    line: HabitLine,
    asked: pd.DataFrame,
    *,
    first: date,
    last: date,
    stamp: int,
    language: Language,
) -> HabitInsight:
    """Report on a habit from `first` to `last`; streaks and milestones are as of today.

    `asked` has a row for each `day` (datetime64) from its start to today, with the promises `asked`
    and `kept`; days without a row asked for nothing. `line` sums up the range.
    """
    promise, entries, rests = of.promise, of.entries, of.rests
    scores: list[float] = []
    advance(begin(promise), promise, entries, rests, of.today, scores=scores)
    runs, seen = streaks(promise, entries, rests, of.today)
    still = standing(begin(promise), promise, entries, rests, of.today)
    if scores:
        scores[-1] = still.score  # today is not over
    daily = _daily(of, asked)
    ordinals = range(of.start, of.start + len(daily))
    kept = dict(zip(ordinals, daily["kept"].tolist(), strict=True))
    wanted = dict(zip(ordinals, daily["asked"].tolist(), strict=True))
    missed = {day: wanted[day] - kept[day] for day in ordinals}
    begin_ = max(first, promise.start)
    is_open = still.due and not of.archived
    hours = _hours(of, first, last)
    return HabitInsight(
        first=first,
        last=last,
        today=of.today,
        stamp=stamp,
        habit_id=line.habit_id,
        name=line.name,
        colour=line.colour,
        unit=line.unit,
        line=line,
        scores=_thinned(_points(of, scores, begin_, last)),
        trend=_thinned(_trend(daily, begin_, last)),
        streaks=tuple(streak_of(promise, run) for run in runs[:STREAKS]),
        weekdays=_weekdays(of, begin_, last),
        hours=tuple(hours),
        hours_known=sum(hours),
        heat=heat(of, wanted, kept, is_open, first, last),
        milestones=milestones(of, Course(seen.run, runs, scores, kept, missed), language),
    )


def _daily(of: Whole, asked: pd.DataFrame) -> pd.DataFrame:
    """Return what was asked and kept on each day from the start to today."""
    every = pd.date_range(of.promise.start, of.today, unit="s")
    frame = asked.set_index(pd.DatetimeIndex(asked["day"]).as_unit("s"))[["asked", "kept"]]
    return frame.reindex(every).fillna(0)


def _points(of: Whole, values: Sequence[float], first: date, last: date) -> list[Point]:
    """Return the values of the days of a range; the first value is of the day of the start."""
    low, high = first.toordinal() - of.start, last.toordinal() - of.start
    return [
        Point(day=date.fromordinal(of.start + at), value=values[at])
        for at in range(low, min(high + 1, len(values)))
    ]


def _trend(daily: pd.DataFrame, first: date, last: date) -> list[Point]:
    """Return the moving average over 28 days, on days with something asked in their 28."""
    sums = daily.rolling(TREND_DAYS, min_periods=1).sum()
    sums = sums.loc[pd.Timestamp(first) : pd.Timestamp(last)]
    sums = sums[sums["asked"] > 0.5]
    shares = (sums["kept"] / sums["asked"]).clip(0, 1).round(6)
    return [
        Point(day=day.date(), value=value)
        for day, value in zip(sums.index, shares.tolist(), strict=True)
    ]


def _thinned(points: list[Point]) -> tuple[Point, ...]:
    """Keep so many points as can be shown, evenly spread, the first and last among them."""
    if len(points) <= POINTS:
        return tuple(points)
    places = np.linspace(0, len(points) - 1, POINTS).round().astype(int)
    return tuple(points[at] for at in places.tolist())


def _weekdays(of: Whole, first: date, last: date) -> tuple[MonthOfWeekdays, ...]:
    """Count the days kept on each weekday of each month of the range, empty months as well.

    A day counts if it was done; under a target for a week or longer, if anything was done; when
    quitting, if it was due, not at rest, and nothing spoilt it.
    """
    if last < first:
        return ()
    days = sorted(_done(of, first, last))
    at = pd.DatetimeIndex([date.fromordinal(day) for day in days])
    months = pd.period_range(first, last, freq="M")
    table = pd.crosstab(at.to_period("M"), at.day_of_week) if days else pd.DataFrame(index=months)
    table = table.reindex(index=months, columns=range(7), fill_value=0).fillna(0).astype(int)
    return tuple(
        MonthOfWeekdays(month=month.start_time.date(), counts=(a, b, c, d, e, f, g))
        for month, (a, b, c, d, e, f, g) in zip(months, table.to_numpy().tolist(), strict=True)
    )


def _done(of: Whole, first: date, last: date) -> Iterable[int]:
    """Yield the days of a range that have something to show."""
    for terms, low, high in of.promise.stretches(first.toordinal(), last.toordinal()):
        version = terms.version
        days = kept_days(terms, of.entries, low, high)
        if terms.quits:
            due = due_days(version.schedule, version.anchor, low, high)
            days = {day for day in days if day in due} - resting(of.entries, of.rests, low, high)
        yield from days


def _hours(of: Whole, first: date, last: date) -> list[int]:
    """Count the hours of day, on the clocks of where it was, at which days were logged.

    A day counts if it was logged while it lasted, by the day start that the person has now.
    """
    counts = [0] * 24
    for day, at, zone in of.logged:
        if first <= day <= last and day_of(at, zone, of.day_start) == day:
            counts[at.astimezone(ZoneInfo(zone)).hour] += 1
    return counts


Square = Literal["done", "partial", "skipped", "failed", "missed", "open", "none"]


Promises = Mapping[int, int]
"""Promises asked or kept by day; those of weeks and months on days that they are put down to."""

_NOTHING: tuple[Square, float | None] = ("none", None)


def heat(
    of: Whole, asked: Promises, kept: Promises, is_open: bool, first: date, last: date
) -> tuple[HeatDay, ...]:
    """Return a square for each day from `first` to `last`; `is_open`: today still asks for some.

    What was logged is shown as it was judged that day; where nothing was, the day is
    missed, or done without a word (quitting), or still open, or it asked for nothing: `none`.
    """
    squares = dict.fromkeys(range(first.toordinal(), last.toordinal() + 1), _NOTHING)
    low, high = max(of.start, first.toordinal()), last.toordinal()
    for terms, start, end in of.promise.stretches(low, high):
        for day in range(start, end + 1):
            if day in of.entries:
                squares[day] = _logged(of, terms, day)
            elif kept.get(day, 0):
                squares[day] = ("done", 1.0)
            elif asked.get(day, 0):
                squares[day] = ("missed", 0.0)
            elif day == of.at and is_open:
                squares[day] = ("open", None)
    return tuple(
        HeatDay(day=date.fromordinal(day), state=state, level=level)
        for day, (state, level) in squares.items()
    )


def _logged(of: Whole, terms: Terms, day: int) -> tuple[Square, float | None]:
    """Show a day on which something was logged."""
    value = of.entries[day]
    if value == SKIPPED:
        return "skipped", None
    return terms.judge(value), round(_level(of, terms, day, value), 6)


def _level(of: Whole, terms: Terms, day: int, value: int) -> float:
    """Return how much of what the day asked was done, from 0 to 1.

    Of a target for a week, a month or some days, a day is asked for its share; below such a limit,
    what counts is how it stands by that day.
    """
    target, pace = terms.version.target, terms.pace
    if terms.counting and not terms.quits:
        return float(value >= terms.least)
    if target is None or target.per == "day":
        return pace._replace(need=terms.limit).part(value)
    if terms.at_most:
        weights = terms.weigh(of.entries, day - pace.window, day)
        return pace.part(total_before(weights, pace.window, day + 1))
    return pace.part(value * pace.window)
