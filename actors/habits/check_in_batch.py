"""Many check-ins at once: each is decided by itself, all that changed is written together.

The habits are locked first, so what is decided is what is written. A week of fifteen habits costs
few more statements than one day of one.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits.days import (
    check_day,
    check_instant,
    checked_in,
    logical_day,
    open_day,
    person_of,
    stand,
    today_of,
)
from actors.habits.decisions import Saying, addition, differ, entry
from actors.habits.room import room
from actors.habits.rows import (
    dump_entry,
    dump_progress,
    fact_of,
    judged,
    no_habit,
    progress_of,
    promise_of,
)
from actors.habits.settlement import begin_again, days_of, reach_back, settled, worked_out
from actors.runtime.room import TheBus, Transaction, Who
from contracts.check_ins import Log, LogCheckIns, Outcome, Outcomes
from contracts.keeping.progress import Progress
from contracts.message import Fact, Invalid, Refused, new_id
from contracts.principal import Principal
from storage import check_in_lists, check_ins, habits, snapshots
from storage.check_in_lists import ChangedDay, MovedHabit
from storage.check_ins import CheckInRow, Loaded
from storage.habits import HabitRow, TimeProfile
from storage.outbox import tell


@dataclass(frozen=True, slots=True)
class DayChange:
    """A day of a habit that says something else now."""

    day: date
    before: CheckInRow | None
    after: CheckInRow | None


Entries = dict[tuple[UUID, date], CheckInRow | None]
"""What is logged on the days that are spoken of, by habit and day."""


@room.answer
async def log_check_ins(command: LogCheckIns, who: Who, tx: Transaction, bus: TheBus) -> Outcomes:
    """Log many days: lock, decide each, write all that changed, and show how each habit stands."""
    rows = await habits.find_some(tx, who.user_id, {one.habit_id for one in command.check_ins})
    person = await person_of(tx, bus, who)
    today = today_of(person)
    days = [_day(one, person, today) for one in command.check_ins]
    wanted = [
        (one.habit_id, day)
        for one, day in zip(command.check_ins, days, strict=True)
        if one.habit_id in rows and not isinstance(day, Refused)
    ]
    entries: Entries = {**await check_in_lists.on_days(tx, wanted)}
    changes: dict[UUID, list[DayChange]] = defaultdict(list)
    made: list[date | Refused] = []
    for one, day in zip(command.check_ins, days, strict=True):
        try:
            if isinstance(day, Refused):
                raise day
            change = _decide(rows.get(one.habit_id), one, day, person, today, entries, command)
        except Refused as no:
            made.append(no)
        else:
            made.append(day)
            entries[one.habit_id, day] = change.after
            if differ(change.before, change.after):
                changes[one.habit_id].append(change)
    loaded = await _write(tx, who, command.source, person, today, changes, list(rows))
    standings = await worked_out(
        days_of(loaded.values(), today),
        lambda: {id_: stand(one, open_day(one, today)) for id_, one in loaded.items()},
    )
    outcomes = []
    for one, day in zip(command.check_ins, made, strict=True):
        if isinstance(day, Refused):
            outcomes.append(Outcome(habit_id=one.habit_id, refusal=day.refusal()))
        else:
            entry_, now = entries[one.habit_id, day], standings[one.habit_id]
            shown = checked_in(one.habit_id, day, entry_, now)
            outcomes.append(Outcome(habit_id=one.habit_id, check_in=shown))
    return Outcomes(outcomes=tuple(outcomes))


def _day(one: Log, person: TimeProfile, today: date) -> date | Refused:
    """Return the day that is spoken of, or why there is none."""
    if one.day is not None or one.at is None:
        return one.day or today
    try:
        return logical_day(person, one.at)
    except Invalid as no:
        return no


def _decide(
    row: HabitRow | None,
    one: Log,
    day: date,
    person: TimeProfile,
    today: date,
    entries: Entries,
    command: LogCheckIns,
) -> DayChange:
    """Decide what a day says after this one. Refuses as `CheckIn` and `Increment` do."""
    if row is None:
        raise no_habit(one.habit_id)
    check_day(row, day, today, "/day" if one.at is None or one.day else "/at")
    if one.at is not None:
        check_instant(one.at, day, person)
    decide = entry(one.value, one.state, one.note) if one.by is None else addition(one.by)
    saying, promise = Saying(decide, command.source, one.at), promise_of(row)
    found = entries.get((row.id, day))
    before = found and judged(promise, found)
    return DayChange(day, before, saying.of(promise, day, before, person))


async def _write(
    tx: AsyncConnection,
    who: Principal,
    source: str,
    person: TimeProfile,
    today: date,
    changes: dict[UUID, list[DayChange]],
    ids: Sequence[UUID],
) -> dict[UUID, Loaded]:
    """Write all that changed; return all habits as they stand afterwards, by id."""
    await _unsettle(tx, who, changes, await _by_id(tx, who, list(changes)))
    loaded = await _by_id(tx, who, ids)
    moved, written, facts = [], [], list[Fact]()
    for habit_id, changed in changes.items():
        one = loaded[habit_id] = _with(loaded[habit_id], changed)
        row = one.habit
        progress, months, _ = await settled(
            progress_of(row.progress), promise_of(row), one.entries, one.rests, today
        )
        moved.append(_moved(row, progress, len(changed)))
        await snapshots.keep(tx, row.id, months)
        for number, change in enumerate(changed):
            written.append(_written(row, change))
            facts.append(_fact(who, row, change, person, source, number))
    if written:
        made_by = who.service or "user"
        await check_in_lists.save(tx, who.user_id, moved, written, source=source, made_by=made_by)
        await tell(tx, *facts)
    emptied = {
        (change.day, habit_id)
        for habit_id, all_ in changes.items()
        for change in all_
        if change.after is None
    }
    for day, habit_id in sorted(emptied, key=str):
        if await begin_again(tx, who, habit_id, day):
            loaded |= await _by_id(tx, who, [habit_id])
    return loaded


async def _unsettle(
    tx: AsyncConnection,
    who: Principal,
    changes: dict[UUID, list[DayChange]],
    loaded: dict[UUID, Loaded],
) -> None:
    """Let each habit reach back to the first of its days that changed."""
    for habit_id, changed in changes.items():
        first = min(change.day for change in changed)
        if first <= loaded[habit_id].habit.settled_day:
            await reach_back(tx, who, habit_id, first)


async def _by_id(tx: AsyncConnection, who: Principal, ids: Sequence[UUID]) -> dict[UUID, Loaded]:
    """Load habits, by id."""
    return {one.habit.id: one for one in await check_ins.load_some(tx, who.user_id, ids)}


def _with(loaded: Loaded, changed: list[DayChange]) -> Loaded:
    """Return a loaded habit with the days that changed."""
    entries = {one.day: one for one in loaded.entries}
    for change in changed:
        if change.after is None:
            entries.pop(change.day, None)
        else:
            entries[change.day] = change.after
    return Loaded(loaded.habit, loaded.person, list(entries.values()), loaded.rests)


def _moved(row: HabitRow, progress: Progress, changes: int) -> MovedHabit:
    return MovedHabit(row.id, progress.settled_day, dump_progress(progress), changes)


def _written(row: HabitRow, change: DayChange) -> ChangedDay:
    before, after = dump_entry(change.before), dump_entry(change.after)
    return ChangedDay(new_id(), row.id, change.day, change.after, before, after)


def _fact(
    who: Principal, row: HabitRow, change: DayChange, person: TimeProfile, source: str, number: int
) -> Fact:
    """Tell of a change: the `number`-th of its habit in this batch."""
    day, before, after = change.day, change.before, change.after
    version = row.version + 1 + number
    return fact_of(who, row, day, before, after, person.zone, source, version=version)
