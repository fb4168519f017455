"""How a day of a habit changes: load, decide, settle, save. All doors into a day lead through here.

The habit is loaded without a lock and saved only if nobody changed it meanwhile; if somebody did,
it is locked and the day is decided anew.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import cast
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits.domain import (
    Progress,
    Standing,
    advance,
    begin,
    entries_of,
    standing,
    window_days,
)
from actors.habits.promise import Entries, Promise, begin_earlier
from contracts.bus import Bus
from contracts.check_ins import CheckedIn, CheckInRemoved, HabitCheckedIn
from contracts.habit import CheckInState, Entry, Kind, Measure, Source, Version, number_of
from contracts.message import Conflict, Fact, Invalid, NotFound, Wrong, new_id
from contracts.principal import Principal
from contracts.time import day_of
from contracts.users import GetProfile
from storage import check_ins, habits
from storage.check_ins import EntryRow, Loaded
from storage.habits import HabitRow, Person

SETTLE_AFTER = 2
"""Days that stay open to cheap changes before they are settled."""

YEARS_BACK = 50
"""A habit cannot have begun longer ago than this."""

_versions = TypeAdapter(tuple[Version, ...])

Decide = Callable[[Promise, date, EntryRow | None], EntryRow | None]
"""Decides what a day says, from what it said; None empties it."""


@lru_cache(maxsize=4096)
def versions_of(kept: str) -> tuple[Version, ...]:
    """Read the versions of a habit; they change rarely and are read all the time."""
    return _versions.validate_json(kept)


def dump_versions(versions: tuple[Version, ...]) -> str:
    """Write versions down."""
    return _versions.dump_json(versions).decode()


@lru_cache(maxsize=4096)
def _promise(kind: Kind, measure: Measure, start: date, versions: str) -> Promise:
    return Promise(kind, measure, start, versions_of(versions))


def promise_of(row: HabitRow) -> Promise:
    """Return the promise that a stored habit is."""
    return _promise(cast(Kind, row.kind), cast(Measure, row.measure), row.start_day, row.versions)


def progress_of(kept: str) -> Progress:
    """Read a kept progress."""
    return Progress.load(json.loads(kept))


def dump_progress(progress: Progress) -> str:
    """Write a progress down."""
    return json.dumps(progress.dump(), separators=(",", ":"))


def entries_from(rows: list[EntryRow]) -> Entries:
    """Turn stored entries into what the rules read."""
    return entries_of((row.day, row.value, cast(CheckInState, row.state)) for row in rows)


def no_habit(habit_id: UUID) -> NotFound:
    """Say that there is no such habit, or that it is somebody else's."""
    return NotFound("habit_not_found", "There is no habit {habit_id}.", habit_id=str(habit_id))


async def person_of(
    tx: AsyncConnection, bus: Bus, who: Principal, known: Person | None = None
) -> Person:
    """Return how the caller lives in time; ask the users room if it is not known here yet."""
    person = known or await habits.find_person(tx, who.user_id)
    if person is None:
        user = await bus.ask(GetProfile(), who)
        person = Person(user.zone, user.day_start, user.week_start)
        await habits.remember(tx, who.user_id, person, user.version)
    return person


def today_of(person: Person) -> date:
    """Return the person's logical day, now."""
    return day_of(datetime.now(UTC), person.zone, person.day_start)


def stand(loaded: Loaded, today: date) -> Standing:
    """Show where a loaded habit stands."""
    return standing(
        progress_of(loaded.habit.progress),
        promise_of(loaded.habit),
        entries_from(loaded.entries),
        loaded.rests,
        today,
    )


def check_day(row: HabitRow, day: date, today: date) -> None:
    """Refuse a day that the habit does not have."""
    earliest = row.start_day if row.start_given else today - timedelta(days=YEARS_BACK * 365)
    latest = today + timedelta(days=1)
    if not earliest <= day <= latest:
        raise Invalid(
            "day_out_of_range",
            "This habit can be logged from {earliest} to {latest}.",
            fields=(Wrong(pointer="/day", detail="this day is out of range"),),
            earliest=earliest.isoformat(),
            latest=latest.isoformat(),
        )


@dataclass(frozen=True, slots=True)
class Settled:
    """A progress moved on, and what it was at the ends of months on the way."""

    progress: Progress
    snapshots: list[tuple[date, str]]


def settle(
    progress: Progress, promise: Promise, entries: Entries, rests: list[tuple[date, date]], to: date
) -> Settled:
    """Settle the days up to `to`, keeping the state at the end of each month."""
    kept = []
    while progress.settled_day < to:
        following = progress.settled_day + timedelta(days=1)
        month_end = (following.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(1)
        progress = advance(progress, promise, entries, rests, min(month_end, to))
        if month_end <= to:
            kept.append((month_end, dump_progress(progress)))
    return Settled(progress, kept)


async def change_day(
    tx: AsyncConnection,
    bus: Bus,
    who: Principal,
    habit_id: UUID,
    day: date | None,
    source: Source,
    decide: Decide,
) -> CheckedIn:
    """Change a day of a habit of the caller's, as `decide` says, and return how it stands."""
    for lock in (False, True):
        loaded, person, at, today = await _open(tx, bus, who, habit_id, day, lock=lock)
        reply = await _write(tx, who, loaded, person, at, today, source, decide)
        if reply is not None:
            return reply
    raise Conflict("changed_meanwhile", "The habit was changed meanwhile; try again.")


async def _open(
    tx: AsyncConnection,
    bus: Bus,
    who: Principal,
    habit_id: UUID,
    day: date | None,
    *,
    lock: bool,
) -> tuple[Loaded, Person, date, date]:
    """Load a habit so that `day` is not settled yet."""
    if lock:
        await habits.find(tx, who.user_id, habit_id, lock=True)
    loaded = await check_ins.load(tx, who.user_id, habit_id)
    if loaded is None:
        raise no_habit(habit_id)
    person = await person_of(tx, bus, who, loaded.person)
    today = today_of(person)
    at = day or today
    check_day(loaded.habit, at, today)
    if at <= loaded.habit.settled_day:
        await _reach_back(tx, loaded.habit, at)
        again = await check_ins.load(tx, who.user_id, loaded.habit.id)
        loaded = again or loaded
    return loaded, person, at, today


async def _reach_back(tx: AsyncConnection, row: HabitRow, day: date) -> None:
    """Unsettle `day`; let the habit begin there if it began later."""
    if day >= row.start_day:
        await habits.rewind(tx, row.user_id, [row.id], day)
        return
    versions = begin_earlier(versions_of(row.versions), day)
    await begin_at(tx, row, day, versions)


async def begin_at(
    tx: AsyncConnection, row: HabitRow, start: date, versions: tuple[Version, ...]
) -> HabitRow:
    """Let a habit begin on `start`, with nothing settled."""
    promise = Promise(cast(Kind, row.kind), cast(Measure, row.measure), start, versions)
    first = begin(promise)
    kept = dump_progress(first)
    await habits.begin_anew(tx, row.id, first.settled_day, kept)
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


async def _write(
    tx: AsyncConnection,
    who: Principal,
    loaded: Loaded,
    person: Person,
    day: date,
    today: date,
    source: Source,
    decide: Decide,
) -> CheckedIn | None:
    """Decide and save; None if the habit was changed meanwhile."""
    row, promise = loaded.habit, promise_of(loaded.habit)
    before = next((entry for entry in loaded.entries if entry.day == day), None)
    after = decide(promise, day, before)
    others = [entry for entry in loaded.entries if entry.day != day]
    entries = entries_from([*others, after] if after else others)
    as_of = max(today, day)
    settled = settle(
        progress_of(row.progress),
        promise,
        entries,
        loaded.rests,
        today - timedelta(days=1 + SETTLE_AFTER),
    )
    now = standing(settled.progress, promise, entries, loaded.rests, as_of)
    if before != after:
        fact = _fact(who, row, day, before, after, person.zone, source)
        values = _values(who, row, person, settled.progress, day, before, after, source, fact)
        if not await check_ins.save(tx, values):
            return None
        await habits.keep_snapshots(tx, row.id, settled.snapshots)
    return CheckedIn(
        habit_id=row.id,
        day=day,
        value=number_of(after.value) if after else None,
        state=cast(CheckInState, after.state) if after else None,
        note=after.note if after else "",
        streak=now.streak,
        best_streak=now.best_streak,
        score=now.score,
    )


def _fact(
    who: Principal,
    row: HabitRow,
    day: date,
    before: EntryRow | None,
    after: EntryRow | None,
    zone: str,
    source: Source,
) -> Fact:
    """Tell what became of a day."""
    version = row.version + 1
    if after is not None:
        return HabitCheckedIn(
            user_id=who.user_id,
            version=version,
            habit_id=row.id,
            day=day,
            value=number_of(after.value),
            state=cast(CheckInState, after.state),
            previous_value=number_of(before.value) if before else None,
            previous_state=cast(CheckInState, before.state) if before else None,
            zone=zone,
            source=source,
        )
    if before is None:
        raise ValueError("an empty day was emptied")
    return CheckInRemoved(
        user_id=who.user_id,
        version=version,
        habit_id=row.id,
        day=day,
        previous_value=number_of(before.value),
        previous_state=cast(CheckInState, before.state),
        source=source,
    )


def _values(
    who: Principal,
    row: HabitRow,
    person: Person,
    progress: Progress,
    day: date,
    before: EntryRow | None,
    after: EntryRow | None,
    source: Source,
    fact: Fact,
) -> dict[str, object]:
    """Lay out what `check_ins.save` writes."""
    return {
        "habit_id": row.id,
        "user_id": who.user_id,
        "version": row.version,
        "progress": dump_progress(progress),
        "settled": progress.settled_day,
        "day": day,
        "value": after.value if after else None,
        "state": after.state if after else None,
        "note": after.note if after else None,
        "zone": person.zone,
        "source": source,
        "change_id": new_id(),
        "before": dump_entry(before),
        "after": dump_entry(after),
        "made_by": who.service or "user",
        "fact_id": fact.fact_id,
        "address": fact.address,
        "body": fact.model_dump_json(),
    }


def dump_entry(entry: EntryRow | None) -> str | None:
    """Write an entry down for the history."""
    return json.dumps([entry.value, entry.state, entry.note]) if entry else None


def entry_row(kept: str | None, day: date) -> EntryRow | None:
    """Read an entry of the history."""
    if kept is None:
        return None
    value, state, note = json.loads(kept)
    return EntryRow(day, value, state, note)


def entry_of(row: EntryRow | None) -> Entry | None:
    """Show a stored entry."""
    if row is None:
        return None
    return Entry(value=number_of(row.value), state=cast(CheckInState, row.state), note=row.note)
