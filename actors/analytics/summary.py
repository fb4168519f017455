"""How a range went: the figures of all habits, and of each.

pandas is imported here: load this module on first use.
"""

from collections.abc import Iterable, Sequence
from datetime import date

import pandas as pd

from actors.analytics.domain import Range, before, shown, steps_of
from actors.analytics.frame import COUNTS, frame_of
from actors.analytics.history import PersonHistory, Tracked
from actors.analytics.moods import average_of, moods_of
from contracts.analytics import AtRisk, Before, HabitLine, Step, Summary
from contracts.keeping.progress import Standing, standing
from contracts.keeping.risk import ends_today

RANKED_FROM = 3
"""Promises asked for, below which a habit is neither best nor worst."""


def summarise(history: PersonHistory, first: date, last: date) -> Summary:
    """Sum up the days from `first` to `last`; the history reaches back to the range before.

    Today counts among the days asked, perfect and even ones when nothing that is due waits any
    more; what was kept today counts at once. A habit is listed if it began by the last day and was
    in use, or logged, in the range.
    """
    days = Range(first, last)
    earlier = before(days)
    frame = frame_of(history.habits, earlier.first, last, history.today)
    during = frame["day"] >= pd.Timestamp(first)
    now, then = frame[during], frame[~during]
    standings = standings_of(history)
    lines = _lines(history, days, now, then, standings)
    totals, totals_then = now[COUNTS].sum(), then[COUNTS].sum()
    by_day, by_day_then = _by_day(now), _by_day(then)
    completion = rate_of(totals["kept"], totals["asked"])
    decided = by_day[(by_day["asked"] > 0) & (by_day["waiting"] == 0)]
    felt = history.felt(first, last)
    mood = average_of(moods_of(felt)["mood"])
    best, worst = _ranked(lines)
    return Summary(
        first=first,
        last=last,
        today=history.today,
        stamp=history.person.stamp,
        completion=completion,
        consistency=rate_of((2 * decided["kept"] >= decided["asked"]).sum(), len(decided)),
        perfect_days=_perfect(by_day),
        days_asked=len(decided),
        asked=int(totals["asked"]),
        kept=int(totals["kept"]),
        skipped=int(totals["skipped"]),
        check_ins=int(totals["logged"]),
        waiting=int(totals["waiting"]),
        mood=mood,
        entries=len(felt),
        best=best,
        worst=worst,
        before=_before(
            history,
            earlier,
            (completion, mood),
            rate_of(totals_then["kept"], totals_then["asked"]),
            _perfect(by_day_then),
        ),
        at_risk=at_risk(history, standings),
        habits=lines,
        steps=_steps(by_day, steps_of(days, history.person.week_start)),
    )


def line_of(history: PersonHistory, first: date, last: date) -> HabitLine:
    """Sum up a range for the one habit of a history."""
    days = Range(first, last)
    frame = frame_of(history.habits, before(days).first, last, history.today)
    during = frame["day"] >= pd.Timestamp(first)
    return _line(history, frame[during], frame[~during], standings_of(history))[0]


def standings_of(history: PersonHistory) -> list[Standing]:
    """Say where each habit stands today."""
    return [
        standing(habit.progress, habit.promise, habit.entries, habit.rests, history.today)
        for habit in history.habits
    ]


def rate_of(part: float, whole: float) -> float | None:
    """Divide, rounded to what is worth saying; None if there is nothing to divide by."""
    return round(float(part / whole), 6) if whole else None


def _change(now: float | None, then: float | None) -> float | None:
    """Say how much more it is now; None if one of them is not known."""
    return None if now is None or then is None else round(now - then, 6)


def _lines(
    history: PersonHistory,
    days: Range,
    now: pd.DataFrame,
    then: pd.DataFrame,
    standings: Sequence[Standing],
) -> tuple[HabitLine, ...]:
    """Sum up the range for each habit that was there."""
    lines = _line(history, now, then, standings)
    return tuple(
        line
        for habit, line in zip(history.habits, lines, strict=True)
        if _was_there(habit, days) or line.total or line.skipped
    )


def _was_there(habit: Tracked, days: Range) -> bool:
    """Tell whether a habit was in use on some of the days."""
    until = habit.until or days.last
    return habit.promise.start <= min(until, days.last) and until >= days.first


def _line(
    history: PersonHistory, now: pd.DataFrame, then: pd.DataFrame, standings: Sequence[Standing]
) -> list[HabitLine]:
    """Sum up the range for each habit, in their order."""
    everyone = range(len(history.habits))
    sums, sums_then = (
        frame.groupby("habit")[COUNTS].sum().reindex(everyone, fill_value=0)
        for frame in (now, then)
    )
    return [
        HabitLine(
            habit_id=habit.habit_id,
            name=habit.name,
            colour=habit.colour,
            measure=habit.promise.measure,
            unit=habit.unit,
            asked=asked,
            kept=kept,
            skipped=skipped,
            rate=(rate := rate_of(kept, asked)),
            change=_change(rate, rate_of(kept_then, asked_then)),
            total=round(total, 3),
            streak=seen.streak,
            best_streak=seen.best_streak,
            streak_unit=seen.unit.per,
            streak_since=seen.since,
            score=round(seen.score, 6),
            waiting=waiting,
            archived=habit.until is not None,
        )
        for habit, seen, asked, kept, skipped, waiting, total, asked_then, kept_then in zip(
            history.habits,
            standings,
            *(sums[name].tolist() for name in ("asked", "kept", "skipped", "waiting", "value")),
            *(sums_then[name].tolist() for name in ("asked", "kept")),
            strict=True,
        )
    ]


def _by_day(frame: pd.DataFrame) -> pd.DataFrame:
    """Sum up each day over all habits."""
    return frame.groupby("day")[["asked", "kept", "waiting"]].sum()


def _perfect(by_day: pd.DataFrame) -> int:
    """Count the days on which all that was asked was kept, and nothing waits."""
    all_kept = (by_day["asked"] > 0) & (by_day["kept"] == by_day["asked"])
    return int((all_kept & (by_day["waiting"] == 0)).sum())


def _ranked(lines: Sequence[HabitLine]) -> tuple[HabitLine | None, HabitLine | None]:
    """Return the best habit in use, and the worst if not as good; of equals the one asked more."""
    able = [line for line in lines if line.asked >= RANKED_FROM and not line.archived]
    best = min(able, key=lambda one: (-(one.rate or 0), -one.asked, one.name), default=None)
    worst = min(able, key=lambda one: (one.rate or 0, -one.asked, one.name), default=None)
    return best, None if best is None or worst is None or worst.rate == best.rate else worst


def _before(
    history: PersonHistory,
    days: Range,
    now: tuple[float | None, float | None],
    completion: float | None,
    perfect: int,
) -> Before:
    """Compare with the range before; `now` are completion and mood of the range itself."""
    mood = average_of(moods_of(history.felt(*days))["mood"])
    first, last = shown(days)
    return Before(
        first=first,
        last=last,
        completion=completion,
        perfect_days=perfect,
        mood=mood,
        completion_change=_change(now[0], completion),
        mood_change=_change(now[1], mood),
    )


def _steps(by_day: pd.DataFrame, steps: Sequence[Range]) -> tuple[Step, ...]:
    """Sum up the parts of the range."""
    firsts = pd.DatetimeIndex([step.first for step in steps]).as_unit("s")
    place = firsts.searchsorted(by_day.index, side="right") - 1
    sums = by_day.groupby(place).sum().reindex(range(len(steps)), fill_value=0)
    return tuple(
        Step(first=first, last=last, asked=asked, kept=kept)
        for (first, last), asked, kept in zip(
            steps, sums["asked"].tolist(), sums["kept"].tolist(), strict=True
        )
    )


LEAST = 2
"""Promises kept in a row that make a streak worth a word."""


def at_risk(history: PersonHistory, standings: Iterable[Standing]) -> tuple[AtRisk, ...]:
    """List the streaks at risk, the oldest first; `standings` are those of the habits, in order.

    The rule is that of `contracts.keeping.risk`. Streaks count different things, so that only
    their beginnings can be compared.
    """
    found = [
        (habit, now)
        for habit, now in zip(history.habits, standings, strict=True)
        if now.streak >= LEAST and habit.until is None and _ends_today(habit, history)
    ]
    found.sort(key=lambda one: (one[1].since or history.today, -one[1].streak, one[0].name))
    return tuple(
        AtRisk(
            habit_id=habit.habit_id,
            name=habit.name,
            streak=now.streak,
            streak_unit=now.unit.per,
            left=_left(habit, now, history),
            measure=habit.promise.measure,
            unit=habit.unit,
        )
        for habit, now in found
    )


def _ends_today(habit: Tracked, history: PersonHistory) -> bool:
    """Tell whether the streak of a habit ends today unless something is done."""
    return ends_today(habit.progress, habit.promise, habit.entries, habit.rests, history.today)


def _left(habit: Tracked, now: Standing, history: PersonHistory) -> float:
    """Say how much is still to do; to stay below a limit, it is only to be logged."""
    if habit.promise.terms_on(history.today).at_most:
        return 0.0
    return round(max(0.0, now.needed - now.done), 3)
