"""How habits are made and changed: what a person plans, and what must be unsettled for it."""

from datetime import UTC, date, datetime
from typing import cast

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits.days import today_of
from actors.habits.domain import check_plan, check_unit
from actors.habits.room import known as people
from actors.habits.rows import (
    dump_progress,
    dump_versions,
    fact_of,
    facts_of,
    judged,
    outline_of,
    promise_of,
    versions_of,
)
from actors.habits.settlement import settle_anew
from contracts.habit import Kind, Measure, Version
from contracts.habits import CreateHabit, HabitCreated, UpdateHabit
from contracts.keeping.progress import begin, window_days
from contracts.keeping.promise import Amendment, Promise, amend
from contracts.message import Conflict, Fact, new_id
from contracts.principal import Principal
from contracts.schedule import Weekday
from contracts.time import LAST_DAY
from storage import breaks, check_in_lists, check_ins, habits, snapshots
from storage.habits import HabitRow, TimeProfile
from storage.outbox import tell
from storage.replica.nouns import People
from storage.replica.replica import Changes

MAX_HABITS = 1_000
"""Habits that a person may have."""

WORDS = ("name", "unit", "colour", "icon", "cue", "question", "description", "archived")
"""What an update changes without another thought."""


async def check_room(tx: AsyncConnection, who: Principal, max_habits: int) -> None:
    """Refuse one habit more than somebody may have; those in the bin do not count."""
    if await habits.count(tx, who.user_id) >= max_habits:
        sentence = "You have {most} habits; delete one first."
        raise Conflict("too_many_habits", sentence, most=max_habits)


async def create(
    tx: AsyncConnection,
    who: Principal,
    command: CreateHabit,
    person: TimeProfile,
    today: date,
    *,
    start_given: bool | None = None,
    imported_from: str | None = None,
    max_habits: int = MAX_HABITS,
) -> tuple[HabitRow, Fact]:
    """Keep a new habit, one of at most `max_habits`, and return it with the fact to tell."""
    await check_room(tx, who, max_habits)
    start = command.start_day or today
    check_plan(command.kind, command.measure, command.target, command.schedule, start)
    check_unit(command.measure, command.unit)
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
        "id": command.habit_id or new_id(),
        "created_at": datetime.now(UTC),
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
    if row is None:
        raise Conflict("habit_exists", "There is a habit with this id already.")
    fact = HabitCreated(
        user_id=who.user_id,
        version=row.version,
        habit_id=row.id,
        habit=outline_of(row),
        start_day=start,
        versions=(version,),
        order=row.position,
    )
    return row, fact


async def update(
    tx: AsyncConnection,
    who: Principal,
    row: HabitRow,
    command: UpdateHabit,
    person: TimeProfile,
    today: date,
) -> list[Fact]:
    """Change a habit that was found and locked; return the facts to tell, none if it is so."""
    check_unit(cast(Measure, row.measure), command.unit)
    changes = command.changes()
    values = {name: changes[name] for name in WORDS if name in changes}
    if command.tags is not None:
        values["tags"] = list(command.tags)
    before, versions = versions_of(row.versions), _amended(row, command, person, today)
    if versions != before:
        promise = Promise(cast(Kind, row.kind), cast(Measure, row.measure), row.start_day, versions)
        values |= {"versions": dump_versions(versions), "window_days": window_days(promise)}
    values = {name: value for name, value in values.items() if getattr(row, name) != value}
    if not values:
        return []
    if "archived" in values:
        values["archived_at"] = datetime.now(UTC) if values["archived"] else None
    changed = await habits.change(tx, row.user_id, row.id, values | {"edition": row.edition + 1})
    facts = facts_of(row, changed)
    # A break of a tag may cover any day; a version, days that a zone further east settled.
    if "tags" in values:
        await snapshots.rewind(tx, row.user_id, [row.id], row.start_day)
    elif "versions" in values and changed.settled_day >= _first_change(before, versions):
        await snapshots.rewind(tx, row.user_id, [row.id], _first_change(before, versions))
    if "versions" in values:
        first = _first_change(before, versions)
        facts += await _judge_anew(tx, who, changed, first, person.zone)
    if changed.window_days > row.window_days:
        # What is held from before a break reaches back as far as the terms did until now.
        rests = await breaks.covering(tx, row.user_id, row.id, changed.tags)
        if rests:
            await settle_anew(tx, changed, rests, today)
    return facts


def _amended(
    row: HabitRow, command: UpdateHabit, person: TimeProfile, today: date
) -> tuple[Version, ...]:
    """Return the versions with the new schedule or target, from its day on."""
    versions = versions_of(row.versions)
    amendment = Amendment(command.schedule, command.target, _drops_target(command))
    if amendment == Amendment():
        return versions
    amended = amend(
        versions,
        amendment,
        today=today,
        effective_from=command.effective_from,
        week_start=cast(Weekday, person.week_start),
    )
    kind, measure = cast(Kind, row.kind), cast(Measure, row.measure)
    for version in amended:
        if version not in versions:
            begin = max(version.effective_from, version.anchor)
            check_plan(kind, measure, version.target, version.schedule, begin)
    return amended


def _drops_target(command: UpdateHabit) -> bool:
    """Tell whether the target is to be taken away."""
    return command.changes().get("target", command) is None


def _first_change(before: tuple[Version, ...], after: tuple[Version, ...]) -> date:
    """Return the first day on which two plans may differ; they are not the same."""
    return min(
        one.effective_from for one in (*before, *after) if one not in before or one not in after
    )


async def _judge_anew(
    tx: AsyncConnection, who: Principal, row: HabitRow, first: date, zone: str
) -> list[Fact]:
    """Let the days from `first` on say what they are under the terms in force now."""
    promise, told = promise_of(row), list[Fact]()
    for before in await check_ins.between(tx, row.id, first, LAST_DAY, origins=True):
        after = judged(promise, before)
        if after != before:
            await check_in_lists.set_state(tx, row.id, after)
            told.append(fact_of(who, row, after.day, before, after, zone, "plan"))
            row = await habits.change(tx, row.user_id, row.id, {})
    return told


@people.changed(People)
async def turn_weeks(changes: Changes, tx: AsyncConnection) -> None:
    """Begin new versions of the habits of those whose week begins elsewhere; it moves no past."""
    for user_id in await habits.turn_weeks(tx, changes.people):
        person = await habits.find_person(tx, user_id)
        if person is None:
            continue
        for row in await habits.find_all(tx, user_id, binned=True):
            first = max(today_of(person), row.start_day)
            await _turn_weeks(tx, row, first, cast(Weekday, person.week_start))


async def _turn_weeks(tx: AsyncConnection, row: HabitRow, day: date, week_start: Weekday) -> None:
    """Let the weeks of a habit begin elsewhere from `day` on; what is planned stays planned."""
    versions = versions_of(row.versions)
    before = tuple(one for one in versions if one.effective_from < day)
    after = [one for one in versions if one.effective_from >= day]
    if before and not any(one.effective_from == day for one in after):
        after.insert(0, before[-1].model_copy(update={"effective_from": day}))
    turned = tuple(one.model_copy(update={"week_start": week_start}) for one in after)
    values: dict[str, object] = {"versions": dump_versions((*before, *turned))}
    await tell(tx, *facts_of(row, await habits.change(tx, row.user_id, row.id, values)))
