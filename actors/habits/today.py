"""A day: what it asks for, and how every habit in use on it stands; also one long past."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits.days import (
    person_of,
    stand,
    today_of,
)
from actors.habits.room import room
from actors.habits.rows import (
    dump_progress,
    promise_of,
)
from actors.habits.settlement import days_of, worked_out
from actors.habits.views import today_view
from actors.runtime.room import TheBus, Transaction, Who
from contracts.check_ins import (
    GetToday,
    Today,
)
from contracts.keeping.progress import begin
from contracts.message import Invalid, Wrong
from contracts.time import day_of, instant_of
from storage import check_ins
from storage.check_ins import Loaded
from storage.habits import TimeProfile

AHEAD = 366
"""Days ahead that can be shown."""


@room.answer
async def get_today(query: GetToday, who: Who, tx: Transaction, bus: TheBus) -> Today:
    """Show what a day asks for, and how every habit in use on it stands."""
    used = [] if query.day else await check_ins.load_used(tx, who.user_id)
    person = await person_of(tx, bus, who, used[0].person if used else None)
    today = today_of(person)
    day = _showable(query.day or today, today)
    # Of today all is loaded, unless it is settled already: in a zone further east it was over.
    if query.day or any(one.habit.settled_day >= day for one in used):
        used = await _used_on(tx, who.user_id, person, day, today)
    shown = await worked_out(
        days_of(used, day), lambda: tuple(today_view(one, stand(one, day), day) for one in used)
    )
    return Today(day=day, habits=shown)


def _showable(day: date, today: date) -> date:
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


async def _used_on(
    tx: AsyncConnection, user_id: UUID, person: TimeProfile, day: date, today: date
) -> list[Loaded]:
    """Load the habits in use on a day, as of then: of a past day, also those laid aside since.

    A habit is laid aside from the day on which it was archived, or
    from the day after if something was logged on that day.
    """
    since = instant_of(day, person.day_start, person.zone) if day < today else None
    used = await check_ins.load_used_on(tx, user_id, day, since)
    return [_as_of(one, day) for one in used if _in_use(one, person, day)]


def _in_use(loaded: Loaded, person: TimeProfile, day: date) -> bool:
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
