"""Settling a habit: what a day changed, or its whole history anew.

A history may be a century long. It is read in pieces and worked out in a thread: nobody waits.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits.kept import dump_months, dump_progress, entries_from, promise_of
from contracts.keeping.progress import Progress, Standing, begin, standing
from contracts.keeping.promise import Promise, Rests
from contracts.keeping.settlement import settle
from storage import check_ins, habits, snapshots
from storage.check_ins import CheckInRow, Loaded
from storage.habits import HabitRow

SETTLE_AFTER = 2
"""Days that stay open to cheap changes before they are settled."""

LONG = 1_000
"""Days that are worked out at once; more of them are worked out in a thread."""

PIECE = 1_000
"""Check-ins that are read, and months that are kept, at once."""

T = TypeVar("T")

Months = list[tuple[date, str]]
"""What a progress was at the ends of months, written down."""


async def worked_out(days: int, work: Callable[[], T]) -> T:
    """Work something out of so many days."""
    return await asyncio.to_thread(work) if days > LONG else work()


def days_of(loaded: Iterable[Loaded], today: date) -> int:
    """Count the days out of which it is worked out where habits stand."""
    return sum(len(one.entries) + (today - one.habit.settled_day).days for one in loaded)


async def settled(
    progress: Progress, promise: Promise, rows: list[CheckInRow], rests: Rests, today: date
) -> tuple[Progress, Months, Standing]:
    """Settle all days that are not open any more; also show where the habit stands today."""
    until = today - timedelta(days=1 + SETTLE_AFTER)

    def work() -> tuple[Progress, Months, Standing]:
        entries = entries_from(rows)
        done = settle(progress, promise, entries, rests, until)
        # A zone may have moved today behind what is settled.
        day = max(today, done.progress.settled_day + timedelta(days=1))
        now = standing(done.progress, promise, entries, rests, day)
        return done.progress, dump_months(done), now

    return await worked_out(len(rows) + (until - progress.settled_day).days, work)


async def history(tx: AsyncConnection, habit_id: UUID, last: date) -> list[CheckInRow]:
    """Return all that is logged until a day, oldest first; read in pieces, for it may be long."""
    found, first = list[CheckInRow](), date.min
    while piece := await check_ins.between(tx, habit_id, first, last, PIECE):
        found += piece
        first = piece[-1].day + timedelta(days=1)
    return found


async def settle_anew(
    tx: AsyncConnection, row: HabitRow, rests: list[tuple[date, date]], today: date
) -> HabitRow:
    """Work out score and streaks of a habit from its whole history; return it with them."""
    promise, rows = promise_of(row), await history(tx, row.id, today)
    progress, months, _ = await settled(begin(promise), promise, rows, rests, today)
    values: dict[str, object] = {
        "progress": dump_progress(progress),
        "settled_day": progress.settled_day,
    }
    for at in range(0, len(months), PIECE):
        await snapshots.keep(tx, row.id, months[at : at + PIECE])
    return await habits.change(tx, row.user_id, row.id, values)
