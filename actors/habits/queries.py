"""Reading whole histories: a past day, all streaks, and where a habit stands after an import."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits.kept import dump_progress, entries_from, promise_of
from actors.habits.settlement import history, worked_out
from contracts.check_ins import Streaks
from contracts.cursor import wrong_cursor
from contracts.keeping.cycle import unit_of
from contracts.keeping.progress import begin, streak_of, streaks
from contracts.message import Invalid, Wrong
from contracts.time import FIRST_DAY, day_of, instant_of
from storage import breaks, check_ins
from storage.check_in_lists import ListedRow
from storage.check_ins import Loaded
from storage.habits import HabitRow, Person

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


def write_place(row: ListedRow) -> str:
    """Say where the next page of check-ins begins: after this one."""
    return f"{row.day.isoformat()}~{row.habit_id}"


def read_place(cursor: str | None) -> tuple[date, UUID]:
    """Read after which check-in a page begins. Refuses with `Invalid`."""
    if cursor is None:
        return FIRST_DAY, UUID(int=0)
    day, _, habit_id = cursor.partition("~")
    try:
        return date.fromisoformat(day), UUID(habit_id)
    except ValueError:
        raise wrong_cursor() from None


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
