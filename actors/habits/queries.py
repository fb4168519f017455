"""Reading whole histories: a past day, all streaks, and where a habit stands after an import."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import Field, TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits.kept import dump_progress, entries_from, promise_of
from actors.habits.settlement import history, worked_out
from contracts.check_ins import Streaks
from contracts.keeping.cycle import unit_of
from contracts.keeping.progress import begin, streak_of, streaks
from contracts.message import Invalid, Wrong
from contracts.page import Cursors
from contracts.time import day_of, instant_of
from storage import breaks, check_ins
from storage.check_ins import Loaded
from storage.habits import HabitRow, Person

HABITS = Cursors(TypeAdapter(tuple[Annotated[int, Field(ge=-1, lt=2**31)], UUID]))
"""Cursors of lists of habits: position and id of the last one."""

CHECK_INS = Cursors(TypeAdapter(tuple[date, UUID]))
"""Cursors of lists of check-ins: day and habit of the last one."""

AHEAD = 366
"""Days ahead that can be shown."""


def showable(day: date, today: date) -> date:
    """Return the day, unless it is too far ahead: every day until then is worked out."""
    latest = today + timedelta(days=AHEAD)
    if day > latest:
        raise Invalid(
            "day_out_of_range",
            "Days up to {latest} can be shown.",
            fields=(Wrong(pointer="/day", detail="this day is out of range"),),
            latest=latest.isoformat(),
        )
    return day


async def used_on(
    tx: AsyncConnection, user_id: UUID, person: Person, day: date, today: date
) -> list[Loaded]:
    """Load the habits in use on a day, as of then: of a past day, also those laid aside since.

    A habit is laid aside from the day on which it was archived, or
    from the day after if something was logged on that day.
    """
    since = instant_of(day, person.day_start, person.zone) if day < today else None
    used = await check_ins.load_used_on(tx, user_id, day, since)
    return [_as_of(one, day) for one in used if _in_use(one, person, day)]


def _in_use(loaded: Loaded, person: Person, day: date) -> bool:
    """Tell whether a habit was in use on a day."""
    at = loaded.habit.archived_at
    if at is None:
        return True
    archived = day_of(at, person.zone, person.day_start)
    return day < archived or any(one.day == day for one in loaded.entries)


def _as_of(loaded: Loaded, day: date) -> Loaded:
    """Show a habit with all its days as of one of them: nothing is settled, if that day is.

    Later ones are there, too: a skip later in a week takes its share of what the week asked.
    """
    row = loaded.habit
    if row.settled_day < day:
        return loaded
    first = begin(promise_of(row))
    unsettled = replace(row, progress=dump_progress(first), settled_day=first.settled_day)
    return replace(loaded, habit=unsettled)


async def all_streaks(tx: AsyncConnection, row: HabitRow, today: date) -> Streaks:
    """Work out all streaks of a habit from its whole history."""
    rows = await history(tx, row.id, today)
    rests = await breaks.covering(tx, row.user_id, row.id, row.tags)
    promise = promise_of(row)

    def work() -> Streaks:
        runs, now = streaks(promise, entries_from(rows), rests, today)
        return Streaks(
            streak=now.run.length,
            best_streak=now.best.length,
            streak_unit=unit_of(promise.terms_on(today)).per,
            streaks=tuple(streak_of(promise, run) for run in runs),
        )

    return await worked_out((today - row.start_day).days, work)
