"""Telling a room of all habits, their days and breaks, as they are now."""

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter

from actors.habits.room import room
from actors.habits.rows import outline_of, versions_of
from actors.runtime.backfill import Place, place_of, state_of, tell_page
from actors.runtime.room import Transaction
from contracts.backfill import BreakState, DaysState, HabitState, StateFact, TellHabits
from storage import habit_state
from storage.habit_state import ToldBreak, ToldDays
from storage.habits import HabitRow

HABITS, BREAKS = 100, 500
"""Habits, and breaks, on a page."""

FILLED = 10
"""Habits on a page of days: with ten years of history, some 36 000 days."""

DAYS = 250
"""Days in a fact, at most."""


@room.do
async def tell_state(job: TellHabits, tx: Transaction) -> None:
    """Tell a page of habits, of their days, or of breaks."""
    at = place_of(job)
    if job.noun == "days":
        days = await habit_state.days_after(tx, *at, job.since, FILLED)
        last = (days[-1].user_id, days[-1].habit_id) if len(days) == FILLED else None
        await tell_page(tx, job, _days(job, days), last)
    elif job.noun == "breaks":
        breaks = await habit_state.breaks_after(tx, *at, BREAKS)
        await tell_page(tx, job, _breaks(job, breaks), _last(breaks, BREAKS))
    else:
        habits = await habit_state.habits_after(tx, *at, HABITS)
        await tell_page(tx, job, _habits(job, habits), _last(habits, HABITS))


def _last(rows: list[HabitRow] | list[ToldBreak], size: int) -> Place | None:
    """Return where the next page begins, if there is one."""
    return (rows[-1].user_id, rows[-1].id) if len(rows) == size else None


def _habits(job: TellHabits, rows: list[HabitRow]) -> Iterator[StateFact]:
    for user_id, theirs in groupby(rows, attrgetter("user_id")):
        habits = tuple(
            HabitState(
                version=row.version,
                habit_id=row.id,
                habit=outline_of(row),
                start_day=row.start_day,
                versions=versions_of(row.versions),
                order=row.position,
                archived=row.archived,
                archived_at=(row.archived_at or row.created_at) if row.archived else None,
                binned=row.binned_at is not None,
            )
            for row in theirs
        )
        yield state_of(job)(user_id=user_id, habits=habits)


def _days(job: TellHabits, rows: list[ToldDays]) -> Iterator[StateFact]:
    for row in rows:
        for first in range(0, len(row.days), DAYS):
            some = slice(first, first + DAYS)
            days = DaysState(
                version=row.version,
                habit_id=row.habit_id,
                days=tuple(row.days[some]),
                values=tuple(row.values[some]),
                states=tuple(row.states[some]),
                at=tuple(row.at[some]),
                zones=tuple(row.zones[some]),
            )
            yield state_of(job)(user_id=row.user_id, days=(days,))


def _breaks(job: TellHabits, rows: list[ToldBreak]) -> Iterator[StateFact]:
    for user_id, theirs in groupby(rows, attrgetter("user_id")):
        breaks = tuple(
            BreakState(
                version=row.version,
                break_id=row.id,
                first=row.first_day,
                last=row.last_day,
                habit_id=row.habit_id,
                tag=row.tag,
            )
            for row in theirs
        )
        yield state_of(job)(user_id=user_id, breaks=breaks)
