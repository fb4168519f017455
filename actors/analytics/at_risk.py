"""Which streaks end today unless something is done."""

from collections.abc import Iterable

from actors.analytics.history import PersonHistory, Tracked
from contracts.analytics import AtRisk
from contracts.keeping.progress import Standing
from contracts.keeping.risk import ends_today

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
