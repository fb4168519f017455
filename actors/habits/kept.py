"""How stored habits are read and written: versions, progress and days, JSON on one side."""

import json
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import cast
from uuid import UUID

from pydantic import TypeAdapter

from actors.habits.domain import verdict
from contracts.habit import CheckInState, Entry, Kind, Measure, Version, number_of
from contracts.keeping.progress import Progress, entries_of
from contracts.keeping.promise import Entries, Promise
from contracts.keeping.settlement import Settled
from contracts.message import NotFound
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
