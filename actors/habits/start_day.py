"""When a habit begins: with its first day that was logged, if its owner did not say otherwise."""

from datetime import date
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits.facts import facts_of
from actors.habits.kept import dump_progress, dump_versions, no_habit, versions_of
from contracts.habit import Kind, Measure, Version
from contracts.keeping.progress import begin, window_days
from contracts.keeping.promise import Promise, begin_earlier
from contracts.principal import Principal
from contracts.time import FIRST_DAY, LAST_DAY, day_of
from storage import check_ins, habits, snapshots
from storage.check_ins import Loaded
from storage.habits import HabitRow
from storage.outbox import tell


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
