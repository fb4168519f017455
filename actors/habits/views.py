"""How stored things are shown: rows and standings in, contracts out."""

from datetime import date
from typing import cast

from actors.habits.days import open_day, stand
from actors.habits.domain import verdict
from actors.habits.rows import promise_from, promise_of, versions_of
from contracts.breaks import Break
from contracts.changes import ChangedHabit
from contracts.check_ins import DayEntry, HabitToday
from contracts.habit import CheckInState, Habit, Kind, Measure, Version, number_of
from contracts.keeping.progress import Standing
from contracts.quantity import unit_of
from storage.breaks import BreakRow
from storage.check_in_lists import ListedRow
from storage.check_ins import Loaded
from storage.habits import HabitRow


def written_habit(row: HabitRow, version: Version) -> ChangedHabit:
    """Show a habit as its owner wrote it, with the schedule and target of a version.

    Built as it is: every part was checked when written.
    """
    return ChangedHabit.model_construct(
        habit_id=row.id,
        name=row.name,
        kind=cast(Kind, row.kind),
        measure=cast(Measure, row.measure),
        unit=unit_of(cast(Measure, row.measure), row.unit),
        target=version.target,
        schedule=version.schedule,
        tags=tuple(row.tags),
        colour=row.colour,
        icon=row.icon,
        cue=row.cue,
        question=row.question,
        description=row.description,
        start_day=row.start_day,
        order=row.position,
        archived=row.archived,
        versions=versions_of(row.versions),
        created_at=row.created_at,
        version=row.edition,
        deleted_at=row.binned_at,
    )


def habit_of(loaded: Loaded, today: date) -> Habit:
    """Show a habit as it stands today. Built as it is, too."""
    row, now = loaded.habit, stand(loaded, open_day(loaded, today))
    written = written_habit(row, promise_of(row).version_on(today))
    return Habit.model_construct(
        **dict(written),
        streak=now.streak,
        best_streak=now.best_streak,
        streak_unit=now.unit.per,
        score=now.score,
    )


def today_view(loaded: Loaded, now: Standing, day: date) -> HabitToday:
    """Show what a habit asks for on a day. Built as it is: every part was checked when written."""
    row = loaded.habit
    version = promise_of(row).version_on(day)
    entry = next((one for one in loaded.entries if one.day == day), None)
    return HabitToday.model_construct(
        habit_id=row.id,
        name=row.name,
        kind=cast(Kind, row.kind),
        measure=cast(Measure, row.measure),
        unit=unit_of(cast(Measure, row.measure), row.unit),
        target=version.target,
        schedule=version.schedule,
        tags=tuple(row.tags),
        colour=row.colour,
        icon=row.icon,
        cue=row.cue,
        question=row.question,
        due=now.due,
        on_break=now.on_break,
        value=now.value,
        state=now.state,
        note=entry.note if entry else "",
        streak=now.streak,
        best_streak=now.best_streak,
        streak_unit=now.unit.per,
        score=now.score,
        done=now.done,
        needed=now.needed,
    )


def day_entry(row: ListedRow) -> DayEntry:
    """Show a logged day. Built as it is: every part was checked when written."""
    promise = promise_from(row.kind, row.measure, row.start_day, row.versions)
    return DayEntry.model_construct(
        habit_id=row.habit_id,
        day=row.day,
        value=number_of(row.value),
        state=verdict(promise, row.day, row.value, cast(CheckInState, row.state)),
        note=row.note,
        at=row.at,
        source=row.source,
    )


def break_of(row: BreakRow) -> Break:
    """Show a break."""
    return Break(
        first=row.first_day,
        last=row.last_day,
        habit_id=row.habit_id,
        tag=row.tag,
        reason=row.reason,
        break_id=row.id,
        version=row.version,
    )
