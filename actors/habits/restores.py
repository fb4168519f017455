"""Habits of an archive are brought back: kept where they are not there, settled, and told."""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits.archived import ArchivedBreak, ArchivedChange, ArchivedCheckIn, ArchivedHabit
from actors.habits.days import today_of
from actors.habits.habit_import import TOLD_AT_ONCE
from actors.habits.plans import MAX_HABITS
from actors.habits.room import room
from actors.habits.rows import dump_progress, outline_of, promise_of, versions_of
from actors.habits.settlement import settle_anew
from actors.runtime.restores import Rows
from actors.runtime.room import Now, Transaction, Who
from contracts.breaks import BreakAdded
from contracts.habit import number_of
from contracts.habits import HabitArchived, HabitBinned, HabitCreated
from contracts.imports import CheckInsImported, ImportedDay
from contracts.keeping.progress import begin, window_days
from contracts.message import Fact, NotFound, Refused, Unavailable, new_id
from contracts.restores import RestoreHabits, RowsRestored, own_id
from storage import breaks, habits, restores, snapshots
from storage.breaks import breaks as kept_breaks
from storage.check_in_history import changes
from storage.check_ins import check_ins
from storage.habits import HabitRow, TimeProfile
from storage.habits import habits as kept_habits
from storage.outbox import tell

NOT_OWN = "habit_not_found"
"""Why a row is refused that names a habit which is not the person's."""

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class HabitRestore:
    """Rows being brought back: whose they are, and what the clock says."""

    tx: AsyncConnection
    user_id: UUID
    person: TimeProfile
    texts: Sequence[str]
    now: datetime

    async def ids(self, found: Iterable[UUID]) -> dict[UUID, UUID]:
        """Return by the ids of habits in the archive what they are here."""
        listed = set(found)
        own = await restores.own(self.tx, kept_habits, self.user_id, listed)
        return {one: one if one in own else own_id(self.user_id, one) for one in listed}

    async def habits(self, ids: Mapping[UUID, UUID]) -> dict[UUID, HabitRow]:
        """Return habits, locked, by what they are in the archive."""
        rows = await habits.find_some(self.tx, self.user_id, ids.values(), binned=True)
        return {there: rows[here] for there, here in ids.items() if here in rows}


@room.answer
async def restore_rows(command: RestoreHabits, who: Who, tx: Transaction, now: Now) -> RowsRestored:
    """Bring rows of a section back."""
    person = await habits.find_person(tx, who.user_id, stay=True)
    if person is None or person.week_start != command.week_start:
        text = "Your profile is not here yet; try again in a moment."
        raise Unavailable("profile_pending", text, retry_after=1)
    restorer = RESTORERS.get(command.section)
    if restorer is None:
        raise NotFound("section_not_found", "There is no section of this name here.")
    return await restorer(HabitRestore(tx, who.user_id, person, command.rows, now))


async def restore_habits(rows: HabitRestore) -> RowsRestored:
    """Bring habits back, behind those that are there; the plans of each begin as they did."""
    tx, user_id = rows.tx, rows.user_id
    read = Rows(ArchivedHabit, rows.texts)
    found = list(read.each(ArchivedHabit.check))
    ids = await rows.ids(one.id for one in found)
    there = await restores.own(tx, kept_habits, user_id, ids.values())
    base = max((row.position for row in await habits.find_all(tx, user_id, binned=True)), default=0)
    free = MAX_HABITS - await habits.count(tx, user_id)
    new = dict[UUID, dict[str, object]]()
    beginnings = list[tuple[UUID, date, str]]()
    for one in found:
        here = ids[one.id]
        if here in there or here in new:
            continue
        if one.binned_at is None:
            free -= 1
            if free < 0:
                read.refused["too_many_habits"] += 1
                continue
        promise = one.promise
        first = begin(promise)
        progress = dump_progress(first)
        new[here] = one.model_dump() | {
            "id": here,
            "user_id": user_id,
            "position": base + one.position,
            "window_days": window_days(promise),
            "settled_day": first.settled_day,
            "progress": progress,
            "version": 1,
            "edition": 1,
            "bin_id": new_id() if one.binned_at else None,
        }
        beginnings.append((here, first.settled_day, progress))
    kept = await restores.keep(tx, kept_habits, list(new.values()))
    for here, day, progress in beginnings:
        if here in kept:
            await snapshots.keep(tx, here, [(day, progress)])
    made = await habits.find_some(tx, user_id, [one for one in new if one in kept], binned=True)
    await tell(tx, *(fact for row in made.values() for fact in _told(row)))
    # An id that is somebody else's after all is not there, and did not come in.
    clash = len(new) - len(made)
    read.refused += Counter({"habit_exists": clash} if clash else {})
    return read.account(
        restored=len(made), there=len(found) - len(new) - read.refused["too_many_habits"]
    )


def _told(row: HabitRow) -> Iterator[Fact]:
    """Tell of a habit: that it is there, and whether it is laid aside or in the bin."""
    about = {"user_id": row.user_id, "version": row.version, "habit_id": row.id}
    yield HabitCreated.model_validate(
        about
        | {
            "habit": outline_of(row),
            "start_day": row.start_day,
            "versions": versions_of(row.versions),
            "order": row.position,
        }
    )
    if row.archived:
        since = row.archived_at or row.created_at
        yield HabitArchived.model_validate(about | {"archived": True, "occurred_at": since})
    if row.binned_at is not None:
        yield HabitBinned.model_validate(about | {"occurred_at": row.binned_at})


async def restore_breaks(rows: HabitRestore) -> RowsRestored:
    """Bring breaks back; what was settled since the first of them is settled no longer."""
    tx, user_id = rows.tx, rows.user_id
    read = Rows(ArchivedBreak, rows.texts)
    found = list(read.each(ArchivedBreak.check))
    ids = await rows.ids(one.habit_id for one in found if one.habit_id)
    known = await rows.habits(ids)
    own = await restores.own(tx, kept_breaks, user_id, [one.id for one in found])
    new = dict[UUID, dict[str, object]]()
    for one in found:
        if one.habit_id is not None and one.habit_id not in known:
            read.refused[NOT_OWN] += 1
            continue
        here = one.id if one.id in own else own_id(user_id, one.id)
        habit_id = known[one.habit_id].id if one.habit_id else None
        new[here] = one.model_dump() | {
            "id": here,
            "user_id": user_id,
            "habit_id": habit_id,
            "version": 1,
        }
    kept = await restores.keep(tx, kept_breaks, list(new.values()))
    facts = [
        BreakAdded(
            user_id=user_id,
            break_id=row.id,
            first=row.first_day,
            last=row.last_day,
            habit_id=row.habit_id,
            tag=row.tag,
            reason=row.reason,
        )
        for row in await breaks.touching(tx, user_id, None, None)
        if row.id in kept
    ]
    await tell(tx, *facts)
    if kept:
        first = min(one.first_day for one in found)
        listed = [row.id for row in await habits.find_all(tx, user_id, binned=True)]
        await snapshots.rewind(tx, user_id, listed, first)
    return read.account(restored=len(kept), there=len(new) - len(kept))


async def restore_check_ins(rows: HabitRestore) -> RowsRestored:
    """Bring days back where they are empty, settle their habits, and tell of them."""
    read = Rows(ArchivedCheckIn, rows.texts)
    found = list(read.each())
    known = await rows.habits(await rows.ids(one.habit_id for one in found))
    last = today_of(rows.person) + A_DAY
    days = defaultdict[UUID, list[ArchivedCheckIn]](list)
    for one in found:
        row = known.get(one.habit_id)
        try:
            if row is None:
                read.refused[NOT_OWN] += 1
            elif one.day > last or (one.at and one.at > rows.now + A_DAY):
                read.refused["day_out_of_range"] += 1
            else:
                one.check(promise_of(row))
                days[one.habit_id].append(one)
        except Refused as no:
            read.refused[no.code] += 1
    restored = 0
    for habit_id, logged in days.items():
        restored += await _log(rows, known[habit_id], logged)
    return read.account(restored=restored, there=sum(map(len, days.values())) - restored)


async def _log(rows: HabitRestore, row: HabitRow, logged: Sequence[ArchivedCheckIn]) -> int:
    """Keep days of a habit; return how many came in."""
    tx = rows.tx
    new = {one.day: one for one in logged}
    values = [one.model_dump() | {"habit_id": row.id} for one in new.values()]
    kept = await restores.keep(tx, check_ins, values, "day")
    if not kept:
        return 0
    rests = await breaks.covering(tx, row.user_id, row.id, row.tags)
    settled = await settle_anew(tx, row, rests, today_of(rows.person))
    zones = defaultdict[str, list[ArchivedCheckIn]](list)
    for day in sorted(new):
        if day in kept:
            zones[new[day].zone].append(new[day])
    for zone, of_zone in zones.items():
        left = iter(of_zone)
        while chunk := tuple(islice(left, TOLD_AT_ONCE)):
            told = tuple(
                ImportedDay(day=one.day, value=number_of(one.value), state=one.state, at=one.at)
                for one in chunk
            )
            fact = CheckInsImported(
                user_id=row.user_id,
                version=settled.version,
                habit_id=row.id,
                zone=zone,
                check_ins=told,
            )
            await tell(tx, fact)
    return len(kept)


async def restore_history(rows: HabitRestore) -> RowsRestored:
    """Bring the changes of days back; nothing changes by that."""
    tx, user_id = rows.tx, rows.user_id
    read = Rows(ArchivedChange, rows.texts)
    found = list(read.each())
    known = await rows.habits(await rows.ids(one.habit_id for one in found))
    own = await restores.own(tx, changes, user_id, [one.id for one in found])
    new = dict[UUID, dict[str, object]]()
    for one in found:
        if one.habit_id not in known or one.made_at > rows.now + A_DAY:
            read.refused[NOT_OWN if one.habit_id not in known else "day_out_of_range"] += 1
            continue
        here = one.id if one.id in own else own_id(user_id, one.id)
        owner = {"id": here, "user_id": user_id, "habit_id": known[one.habit_id].id}
        new[here] = one.model_dump() | owner
    kept = await restores.keep(tx, changes, list(new.values()))
    return read.account(restored=len(kept), there=len(new) - len(kept))


RESTORERS: Mapping[str, Callable[[HabitRestore], Awaitable[RowsRestored]]] = {
    "habits": restore_habits,
    "breaks": restore_breaks,
    "check_ins": restore_check_ins,
    "history": restore_history,
}
"""What brings which section back."""
