"""Habits and days as they are stored, as the rules read them, and as they are told.

Notes and other words of a person stay at home: no fact tells of them.
"""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import cast
from uuid import UUID

from pydantic import TypeAdapter

from actors.habits.domain import verdict
from contracts.check_ins import CheckInRemoved, HabitCheckedIn
from contracts.habit import CheckInState, Entry, Kind, Measure, Outline, Source, Version, number_of
from contracts.habits import HabitArchived, HabitChanged
from contracts.keeping.progress import Progress, entries_of
from contracts.keeping.promise import Entries, Promise
from contracts.keeping.settlement import Settled
from contracts.message import Fact, NotFound
from contracts.principal import Principal
from contracts.quantity import unit_of
from storage.check_ins import CheckInRow, origin_from
from storage.habits import HabitRow

_versions = TypeAdapter(tuple[Version, ...])


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


def promise_from(kind: str, measure: str, start: date, versions: str) -> Promise:
    """Return the promise that lies in the columns of a stored habit."""
    return _promise(cast(Kind, kind), cast(Measure, measure), start, versions)


def promise_of(row: HabitRow) -> Promise:
    """Return the promise that a stored habit is."""
    return promise_from(row.kind, row.measure, row.start_day, row.versions)


def progress_of(kept: str) -> Progress:
    """Read a kept progress."""
    return Progress.load(json.loads(kept))


def dump_progress(progress: Progress) -> str:
    """Write a progress down."""
    return json.dumps(progress.dump(), separators=(",", ":"))


def dump_months(settled: Settled) -> list[tuple[date, str]]:
    """Write down what a progress was at the ends of months."""
    return [(one.settled_day, dump_progress(one)) for one in settled.months]


def entries_from(rows: list[CheckInRow]) -> Entries:
    """Turn stored entries into what the rules read."""
    return entries_of((row.day, row.value, cast(CheckInState, row.state)) for row in rows)


def judged(promise: Promise, entry: CheckInRow) -> CheckInRow:
    """Return what is logged on a day with the verdict of the terms that are in force on it now."""
    state = verdict(promise, entry.day, entry.value, cast(CheckInState, entry.state))
    return entry if state == entry.state else replace(entry, state=state)


def dump_entry(entry: CheckInRow | None) -> str | None:
    """Write an entry down for the history."""
    return (
        None if entry is None else json.dumps([entry.value, entry.state, entry.note, *_from(entry)])
    )


def _from(entry: CheckInRow) -> list[str | None]:
    """Write down where an entry came from, as `origin_from` reads it."""
    origin = entry.origin
    if origin is None:
        return []
    at, import_id = origin.at, origin.import_id
    return [
        at.isoformat() if at else None,
        origin.zone,
        origin.source,
        str(import_id) if import_id else None,
    ]


def entry_row(kept: str | None, day: date) -> CheckInRow | None:
    """Read an entry of the history."""
    if kept is None:
        return None
    value, state, note, *origin = json.loads(kept)
    return CheckInRow(day, value, state, note, origin_from(origin))


def entry_of(row: CheckInRow | None) -> Entry | None:
    """Show a stored entry."""
    if row is None:
        return None
    return Entry(value=number_of(row.value), state=cast(CheckInState, row.state), note=row.note)


def no_habit(habit_id: UUID) -> NotFound:
    """Say that there is no such habit, or that it is somebody else's."""
    return NotFound("habit_not_found", "There is no habit {habit_id}.", habit_id=str(habit_id))


def outline_of(row: HabitRow) -> Outline:
    """Return what every room may know of a habit."""
    last = versions_of(row.versions)[-1]
    return Outline.model_validate(
        {
            "name": row.name,
            "kind": row.kind,
            "measure": row.measure,
            "unit": unit_of(cast(Measure, row.measure), row.unit),
            "target": last.target,
            "schedule": last.schedule,
            "tags": row.tags,
            "colour": row.colour,
            "icon": row.icon,
        }
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
            order=after.position,
        )
    ]
    if before.archived != after.archived:
        facts.append(
            HabitArchived(
                occurred_at=after.archived_at or datetime.now(UTC),
                user_id=after.user_id,
                version=after.version,
                habit_id=after.id,
                archived=after.archived,
            )
        )
    return facts


def fact_of(
    who: Principal,
    row: HabitRow,
    day: date,
    before: CheckInRow | None,
    after: CheckInRow | None,
    zone: str,
    source: Source,
    *,
    version: int | None = None,
) -> Fact:
    """Tell what became of a day in a zone, and where it was if that is known better.

    `version`: the habit's next.
    """
    version = version or row.version + 1
    if after is not None:
        origin = after.origin
        at = origin.at if origin else None
        return HabitCheckedIn(
            occurred_at=at or datetime.now(UTC),
            at=at,
            user_id=who.user_id,
            version=version,
            habit_id=row.id,
            day=day,
            value=number_of(after.value),
            state=cast(CheckInState, after.state),
            previous_value=number_of(before.value) if before else None,
            previous_state=cast(CheckInState, before.state) if before else None,
            zone=origin.zone if origin else zone,
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
