"""Which streaks end today unless something is done."""

from collections.abc import Iterable
from datetime import date, timedelta

from actors.analytics.history import History, Tracked
from contracts.analytics import AtRisk
from contracts.keeping.progress import Progress, Standing, advance
from contracts.keeping.promise import Entries, Terms, resting
from contracts.keeping.streak import Run, cycle_of

LEAST = 2
"""Promises kept in a row that make a streak worth a word."""


def at_risk(history: History, standings: Iterable[Standing]) -> tuple[AtRisk, ...]:
    """List the streaks at risk, the longest first; `standings` are those of the habits, in order.

    A streak is at risk if today decides: it ends if nothing is done today, however much is done
    afterwards, and does not if today is done, too. A week with two places left and two days to go
    is at risk, with three days to go it is not.
    """
    found = [
        AtRisk(
            habit_id=habit.habit_id,
            name=habit.name,
            streak=now.streak,
            left=_left(habit, now, history),
            unit=habit.unit,
        )
        for habit, now in zip(history.habits, standings, strict=True)
        if now.streak >= LEAST and habit.until is None and _decides(habit, history)
    ]
    return tuple(sorted(found, key=lambda one: (-one.streak, one.name)))


def _left(habit: Tracked, now: Standing, history: History) -> float:
    """Say how much is still to do; to stay below a limit, it is only to be logged."""
    if habit.promise.terms_on(history.today).at_most:
        return 0.0
    return round(max(0.0, now.needed - now.done), 3)


def _decides(habit: Tracked, history: History) -> bool:
    """Tell whether the streak ends without today, and goes on with it."""
    today, terms = history.at, habit.promise.terms_on(history.today)
    cycle = cycle_of(terms)
    end = cycle.bounds(today)[1] if cycle else today
    eve = history.today - timedelta(days=1)
    progress = advance(habit.progress, habit.promise, habit.entries, habit.rests, eve)
    rest = resting(habit.entries, habit.rests, today, end)
    ahead = {day: _enough(terms) for day in range(today + 1, end + 1) if day not in rest}
    without = {**habit.entries, **ahead}
    done = {**without, today: max(habit.entries.get(today, 0), _enough(terms))}
    return _ends(habit, progress, without, end) and not _ends(habit, progress, done, end)


def _enough(terms: Terms) -> int:
    """Return what makes any day kept, in thousandths."""
    if terms.at_most:
        return 0
    return max(terms.least, 1000) if terms.counting else terms.limit


def _ends(habit: Tracked, progress: Progress, entries: Entries, last: int) -> bool:
    """Tell whether the streak of yesterday has ended when the day `last` is over."""
    ended: list[Run] = []
    advance(progress, habit.promise, entries, habit.rests, date.fromordinal(last), ended)
    return bool(ended)
