"""Settling a habit: what a day changed, or its whole history anew; and when a habit begins.

A history may be a century long. It is read in pieces and worked out in a thread: nobody waits. A
habit begins with its first day that was logged, if its owner did not say otherwise.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import TypeVar, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits.rows import (
    dump_months,
    dump_progress,
    dump_versions,
    entries_from,
    facts_of,
    no_habit,
    promise_of,
    versions_of,
)
from contracts.habit import Kind, Measure, Version
from contracts.keeping.progress import Progress, Standing, begin, standing, window_days
from contracts.keeping.promise import Promise, Rests, begin_earlier
from contracts.keeping.settlement import settle
from contracts.principal import Principal
from contracts.time import FIRST_DAY, LAST_DAY, day_of
from storage import check_ins, habits, snapshots
from storage.check_ins import CheckInRow, Loaded
from storage.habits import HabitRow
from storage.outbox import tell

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


async def reach_back(tx: AsyncConnection, who: Principal, habit_id: UUID, day: date) -> Loaded:
    """Unsettle `day`; let the habit begin there if it began later.

    Under a lock: a snapshot read beside another change could be of a past that is no more.
    """
    row = await habits.find(tx, who.user_id, habit_id, lock=True)
    if row is None:
        raise no_habit(habit_id)
    if day >= row.start_day:
        await snapshots.rewind(tx, row.user_id, [row.id], day)
    else:
        versions = begin_earlier(versions_of(row.versions), day)
        await tell(tx, *facts_of(row, await begin_at(tx, row, day, versions)))
    loaded = await check_ins.load(tx, who.user_id, habit_id)
    if loaded is None:
        raise no_habit(habit_id)
    return loaded


async def begin_at(
    tx: AsyncConnection, row: HabitRow, start: date, versions: tuple[Version, ...]
) -> HabitRow:
    """Let a habit begin on `start`, with nothing settled."""
    promise = Promise(cast(Kind, row.kind), cast(Measure, row.measure), start, versions)
    first = begin(promise)
    kept = dump_progress(first)
    await snapshots.begin_anew(tx, row.id, first.settled_day, kept)
    return await habits.change(
        tx,
        row.user_id,
        row.id,
        {
            "start_day": start,
            "versions": dump_versions(versions),
            "window_days": window_days(promise),
            "settled_day": first.settled_day,
            "progress": kept,
        },
    )


async def begin_again(tx: AsyncConnection, who: Principal, habit_id: UUID, day: date) -> bool:
    """Take back that a habit begins on `day` only because that was logged; tell whether it did.

    It begins on the day on which it was made, or with the first day that is still logged.
    """
    row = await habits.find(tx, who.user_id, habit_id, lock=True)
    person = await habits.find_person(tx, who.user_id)
    if row is None or person is None or row.start_given or row.start_day != day:
        return False
    start = day_of(row.created_at, person.zone, person.day_start)
    for first in await check_ins.between(tx, row.id, FIRST_DAY, LAST_DAY, 1):
        start = min(start, first.day)
    if start > day:
        begun = await begin_at(tx, row, start, begin_later(versions_of(row.versions), start))
        await tell(tx, *facts_of(row, begun))
    return start > day


def begin_later(versions: tuple[Version, ...], start: date) -> tuple[Version, ...]:
    """Let the version in force on a later `start` be the first one; its rhythm goes on."""
    later = tuple(one for one in versions if one.effective_from > start)
    first = versions[len(versions) - len(later) - 1]
    if first is versions[0]:
        return begin_earlier(versions, start)
    return (first.model_copy(update={"effective_from": start}), *later)
