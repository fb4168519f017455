"""How habits are made and changed: what a person plans, and what must be unsettled for it."""

import base64
import binascii
import json
from datetime import date
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits.days import (
    dump_progress,
    dump_versions,
    no_habit,
    today_of,
    versions_of,
)
from actors.habits.domain import begin, check_plan, window_days
from actors.habits.promise import Promise, amend
from contracts.habit import Kind, Measure, Outline, Version
from contracts.habits import (
    CreateHabit,
    HabitArchived,
    HabitChanged,
    HabitCreated,
    UpdateHabit,
)
from contracts.message import Conflict, Fact, Invalid, NotFound, Wrong, new_id
from contracts.principal import Principal
from contracts.schedule import Weekday
from contracts.users import ProfileChanged
from storage import breaks, habits
from storage.breaks import BreakRow
from storage.habits import HabitRow, Person

MOST = 1_000
"""Habits that a person may have."""

WORDS = ("name", "unit", "colour", "icon", "cue", "question", "description", "archived")
"""What an update changes without another thought."""


def outline_of(row: HabitRow) -> Outline:
    """Return what every room may know of a habit."""
    last = versions_of(row.versions)[-1]
    return Outline.model_validate(
        {
            "name": row.name,
            "kind": row.kind,
            "measure": row.measure,
            "unit": row.unit,
            "target": last.target,
            "schedule": last.schedule,
            "tags": row.tags,
            "colour": row.colour,
            "icon": row.icon,
        }
    )


async def found(
    tx: AsyncConnection,
    who: Principal,
    habit_id: UUID,
    expected_version: int | None,
    *,
    lock: bool = True,
) -> HabitRow:
    """Return a habit of the caller's, at the version that they expect."""
    row = await habits.find(tx, who.user_id, habit_id, lock=lock)
    if row is None:
        raise no_habit(habit_id)
    check_version(row.version, expected_version)
    return row


def check_version(version: int, expected: int | None) -> None:
    """Refuse to change what somebody else has changed meanwhile."""
    if expected is not None and expected != version:
        raise Conflict(
            "version_conflict",
            "It was changed meanwhile: it is at version {version}, not {expected}.",
            version=version,
            expected=expected,
        )


async def create(
    tx: AsyncConnection,
    who: Principal,
    command: CreateHabit,
    person: Person,
    today: date,
    *,
    start_given: bool | None = None,
    imported_from: str | None = None,
) -> tuple[HabitRow, Fact]:
    """Keep a new habit and return it with the fact to tell."""
    if await habits.count(tx, who.user_id) >= MOST:
        raise Conflict("too_many_habits", "You have {most} habits; delete one first.", most=MOST)
    start = command.start_day or today
    check_plan(command.kind, command.measure, command.target, command.schedule, start)
    version = Version(
        effective_from=start,
        schedule=command.schedule,
        target=command.target,
        anchor=start,
        week_start=cast(Weekday, person.week_start),
    )
    promise = Promise(command.kind, command.measure, start, (version,))
    first = begin(promise)
    kept = dump_progress(first)
    words = command.model_dump(
        include={*WORDS, "kind", "measure", "tags"} - {"archived"}, mode="python"
    )
    values: dict[str, object] = {
        **words,
        "id": await free_id(tx, who, command.habit_id),
        "tags": list(command.tags),
        "start_day": start,
        "start_given": command.start_day is not None if start_given is None else start_given,
        "imported_from": imported_from,
        "versions": dump_versions((version,)),
        "window_days": window_days(promise),
        "settled_day": first.settled_day,
        "progress": kept,
    }
    row = await habits.add(tx, who.user_id, values, kept)
    fact = HabitCreated(
        user_id=who.user_id,
        version=row.version,
        habit_id=row.id,
        habit=outline_of(row),
        start_day=start,
        versions=(version,),
    )
    return row, fact


async def free_id(tx: AsyncConnection, who: Principal, wished: UUID | None) -> UUID:
    """Return the wished id if it is free, or a new one."""
    if wished is not None and await habits.find(tx, who.user_id, wished) is not None:
        raise Conflict("habit_exists", "There is a habit with this id already.")
    return wished or new_id()


async def update(
    tx: AsyncConnection, row: HabitRow, command: UpdateHabit, person: Person, today: date
) -> list[Fact]:
    """Change a habit that was found and locked; return the facts to tell."""
    given = command.model_dump(include=set(WORDS), exclude_none=True)
    values: dict[str, object] = {name: given[name] for name in given}
    if command.tags is not None:
        values["tags"] = list(command.tags)
    versions = _amended(row, command, person, today)
    if versions != versions_of(row.versions):
        promise = Promise(cast(Kind, row.kind), cast(Measure, row.measure), row.start_day, versions)
        values |= {"versions": dump_versions(versions), "window_days": window_days(promise)}
    tags_before = list(row.tags)
    changed = await habits.change(tx, row.user_id, row.id, values)
    if values.get("tags", tags_before) != tags_before:
        await habits.rewind(tx, row.user_id, [row.id], row.start_day)
    if changed.settled_day >= versions[-1].effective_from and versions != versions_of(row.versions):
        await habits.rewind(tx, row.user_id, [row.id], versions[-1].effective_from)
    return facts_of(row, changed)


def _amended(
    row: HabitRow, command: UpdateHabit, person: Person, today: date
) -> tuple[Version, ...]:
    """Return the versions with the new schedule or target, from its day on."""
    versions = versions_of(row.versions)
    last = versions[-1]
    if command.schedule is None and command.target is None and not command.drop_target:
        return versions
    schedule = command.schedule or last.schedule
    target = None if command.drop_target else command.target or last.target
    kind, measure = cast(Kind, row.kind), cast(Measure, row.measure)
    check_plan(kind, measure, target, schedule, command.effective_from or today)
    return amend(
        versions,
        today=today,
        effective_from=command.effective_from,
        schedule=schedule,
        target=target,
        week_start=cast(Weekday, person.week_start),
    )


def facts_of(before: HabitRow, after: HabitRow) -> list[Fact]:
    """Tell how a habit changed."""
    facts: list[Fact] = [
        HabitChanged(
            user_id=after.user_id,
            version=after.version,
            habit_id=after.id,
            habit=outline_of(after),
            start_day=after.start_day,
            versions=versions_of(after.versions),
        )
    ]
    if before.archived != after.archived:
        facts.append(
            HabitArchived(
                user_id=after.user_id,
                version=after.version,
                habit_id=after.id,
                archived=after.archived,
            )
        )
    return facts


async def found_break(
    tx: AsyncConnection, who: Principal, break_id: UUID, expected_version: int | None
) -> BreakRow:
    """Return a break of the caller's, at the version that they expect."""
    row = await breaks.find(tx, who.user_id, break_id)
    if row is None:
        raise NotFound("break_not_found", "There is no break {break_id}.", break_id=str(break_id))
    check_version(row.version, expected_version)
    return row


async def unsettle(tx: AsyncConnection, who: Principal, day: date) -> None:
    """Unsettle all habits of the caller's from a day on: a break there came, moved or went."""
    rows = await habits.find_all(tx, who.user_id)
    for row in rows:
        reach = max(day, row.start_day)
        if row.settled_day >= reach:
            await habits.rewind(tx, who.user_id, [row.id], reach)


async def remember(tx: AsyncConnection, fact: ProfileChanged) -> None:
    """Note how a person lives in time, and begin new versions if their week begins elsewhere."""
    profile = fact.profile
    person = Person(profile.zone, profile.day_start, profile.week_start)
    known = await habits.find_person(tx, fact.user_id)
    await habits.remember(tx, fact.user_id, person, fact.version)
    if known is None or known.week_start == person.week_start:
        return
    for row in await habits.find_all(tx, fact.user_id):
        last = versions_of(row.versions)[-1]
        versions = amend(
            versions_of(row.versions),
            today=max(today_of(person), row.start_day),
            effective_from=None,
            schedule=last.schedule,
            target=last.target,
            week_start=profile.week_start,
        )
        await habits.change(tx, fact.user_id, row.id, {"versions": dump_versions(versions)})


def write_cursor(row: HabitRow) -> str:
    """Say where the next page begins."""
    return base64.urlsafe_b64encode(json.dumps([row.position, str(row.id)]).encode()).decode()


def read_cursor(cursor: str | None) -> tuple[int, UUID]:
    """Read where a page begins. Refuses with `Invalid`."""
    if cursor is None:
        return -1, UUID(int=0)
    try:
        position, habit_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if not isinstance(position, int) or not -1 <= position < 2**31:
            raise ValueError
        return position, UUID(habit_id)
    except (ValueError, TypeError, AttributeError, binascii.Error):
        raise wrong_cursor() from None


def read_day(cursor: str | None) -> date | None:
    """Read a cursor that is a day. Refuses with `Invalid`."""
    try:
        return date.fromisoformat(cursor) if cursor else None
    except ValueError:
        raise wrong_cursor() from None


def read_id(cursor: str | None) -> UUID | None:
    """Read a cursor that is an id. Refuses with `Invalid`."""
    try:
        return UUID(cursor) if cursor else None
    except ValueError:
        raise wrong_cursor() from None


def wrong_cursor() -> Invalid:
    """Say that a cursor is not one of ours."""
    return Invalid(
        "wrong_cursor",
        "This cursor is not one that Ritmo gave; begin with the first page.",
        fields=(Wrong(pointer="/cursor", detail="unknown cursor"),),
    )
