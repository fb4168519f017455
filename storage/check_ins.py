"""The days of habits: check-ins, and the hot statements.

A check-in is two statements: `load` brings a habit with all that its next state depends on,
`save` writes everything at once if nobody changed the habit in between.
"""

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Result,
    Row,
    Table,
    Text,
    Uuid,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.bus import trace_id
from contracts.habit import bears
from storage.base import metadata
from storage.habits import COLUMNS, HabitRow, TimeProfile, habits
from storage.tags import spellings

check_ins = Table(
    "check_ins",
    metadata,
    Column("habit_id", Uuid, ForeignKey(habits.c.id, ondelete="CASCADE"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("value", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("at", DateTime(timezone=True)),
    Column("zone", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("import_id", Uuid),
    schema="habits",
)


@dataclass(frozen=True, slots=True)
class Origin:
    """How a day came to say what it says: when it was done (None: not known), where, through which
    door, and with which import.
    """

    at: datetime | None
    zone: str
    source: str
    import_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class CheckInRow:
    """What is logged on a day: thousandths, state and note.

    `origin` None: it was not asked for, or is decided by whoever logs it. It does not tell whether
    two days say the same.
    """

    day: date
    value: int
    state: str
    note: str
    origin: Origin | None = field(default=None, compare=False)


def arrays_of(rows: Iterable[CheckInRow]) -> dict[str, object]:
    """Return days, values, states and notes as arrays, to be written at once by `unnest`."""
    kept = list(rows)
    return {
        "days": [row.day for row in kept],
        "values": [row.value for row in kept],
        "states": [row.state for row in kept],
        "notes": [row.note for row in kept],
    }


@dataclass(frozen=True, slots=True)
class Loaded:
    """A habit with all that its state on the coming days depends on."""

    habit: HabitRow
    person: TimeProfile | None
    entries: list[CheckInRow]
    rests: list[tuple[date, date]]


_OPEN = "h.settled_day - h.window_days"
"""The last day on which nothing depends that is not settled."""

_LOAD = (
    f"SELECT {COLUMNS}, p.zone, p.day_start, p.week_start,"
    " (SELECT json_agg(json_build_array(c.day - DATE '0001-01-01' + 1, c.value, c.state, c.note,"
    "  c.at, c.zone, c.source, c.import_id)) FROM habits.check_ins c WHERE c.habit_id = h.id"
    "  AND c.day > {behind})::text AS entries,"
    " (SELECT json_agg(json_build_array(b.first_day, b.last_day, b.tag)) FROM habits.breaks b"
    "  WHERE b.user_id = h.user_id AND b.last_day > {behind}"
    "  AND (b.habit_id = h.id OR b.habit_id IS NULL))::text AS rests"
    " FROM habits.habits h LEFT JOIN habits.people p ON p.user_id = h.user_id"
    " WHERE h.user_id = :user_id"
)
_LOAD_OPEN = _LOAD.format(behind=_OPEN)
_LOAD_ONE = text(f"{_LOAD_OPEN} AND h.id = :habit_id AND h.binned_at IS NULL")
_LOAD_SOME = text(f"{_LOAD_OPEN} AND h.id = ANY(:ids) AND h.binned_at IS NULL")
_LOAD_USED = text(
    f"{_LOAD_OPEN} AND NOT h.archived AND h.binned_at IS NULL ORDER BY h.position, h.id"
)
_ALL_IF_SETTLED = f"CASE WHEN h.settled_day < :day THEN {_OPEN} ELSE DATE '-infinity' END"
_LOAD_USED_ON = text(
    _LOAD.format(behind=_ALL_IF_SETTLED)
    + " AND (NOT h.archived OR h.archived_at >= :since) AND h.binned_at IS NULL"
    " ORDER BY h.position, h.id"
)
_LOAD_PAGE = text(
    f"{_LOAD_OPEN} AND (h.binned_at IS NOT NULL) = :binned"
    " AND (CAST(:archived AS boolean) IS NULL OR h.archived = :archived)"
    " AND (CAST(:tags AS text[]) IS NULL OR h.tags && CAST(:tags AS text[]))"
    " AND (h.position, h.id) > (:position, CAST(:after AS uuid))"
    " ORDER BY h.position, h.id LIMIT :size"
)

_SAVE = (
    "WITH hb AS (UPDATE habits.habits SET progress = :progress, settled_day = :settled,"
    " version = version + 1 WHERE id = :habit_id AND user_id = :user_id AND version = :version"
    " RETURNING id), {change}"
    " ch AS (INSERT INTO habits.changes"
    " (id, user_id, habit_id, day, before, after, source, made_by)"
    " SELECT :change_id, :user_id, id, :day, :before, :after, :source, :made_by FROM hb),"
    " ob AS (INSERT INTO bus.outbox (message_id, address, user_id, body, trace_id)"
    " SELECT :message_id, :address, :user_id, :body, :trace_id FROM hb) SELECT count(*) FROM hb"
)
_PUT = (
    " up AS (INSERT INTO habits.check_ins"
    " (habit_id, day, value, state, note, at, zone, source, import_id)"
    " SELECT id, :day, :value, :state, :note, :at, :zone, :door, :import_id FROM hb"
    " ON CONFLICT (habit_id, day) DO UPDATE SET value = excluded.value, state = excluded.state,"
    " note = excluded.note, at = excluded.at, zone = excluded.zone, source = excluded.source),"
)
_TAKE = (
    " up AS (DELETE FROM habits.check_ins c USING hb WHERE c.habit_id = hb.id AND c.day = :day),"
)
_SAVE_PUT, _SAVE_TAKE = text(_SAVE.format(change=_PUT)), text(_SAVE.format(change=_TAKE))


LONG = 100_000
"""Characters of entries that are read at once; more of them are read in a thread."""


def _loaded(row: Row[*tuple[Any, ...]]) -> Loaded:
    """Read a row of `_LOAD`."""
    *columns, zone, day_start, week_start, entries, rests = tuple(row)
    habit = HabitRow(*columns)
    return Loaded(
        habit,
        TimeProfile(zone, day_start, week_start) if zone is not None else None,
        [
            CheckInRow(date.fromordinal(day), value, state, note, origin_from(origin))
            for day, value, state, note, *origin in json.loads(entries or "[]")
        ],
        [
            (date.fromisoformat(first), date.fromisoformat(last))
            for first, last, tag in json.loads(rests or "[]")
            if tag is None or bears(habit.tags, tag)
        ],
    )


async def _all_loaded(found: Result[Any]) -> list[Loaded]:
    """Read rows of `_LOAD`; long histories in a thread, for they take their time."""
    rows = found.all()
    if sum(len(row.entries or "") for row in rows) > LONG:
        return await asyncio.to_thread(lambda: list(map(_loaded, rows)))
    return list(map(_loaded, rows))


def origin_from(kept: Sequence[str | None]) -> Origin | None:
    """Read an origin from JSON: time, zone, door, and the import if there was one; None if empty.

    Raises ValueError if it is none.
    """
    if not kept:
        return None
    at, zone, source, import_id = kept
    if zone is None or source is None:
        raise ValueError("not an origin")
    done = datetime.fromisoformat(at) if at else None
    return Origin(done, zone, source, UUID(import_id) if import_id else None)


async def load(tx: AsyncConnection, user_id: UUID, habit_id: UUID) -> Loaded | None:
    """Load a habit of this user's."""
    found = await tx.execute(_LOAD_ONE, {"user_id": user_id, "habit_id": habit_id})
    return next(iter(await _all_loaded(found)), None)


async def load_some(tx: AsyncConnection, user_id: UUID, habit_ids: Sequence[UUID]) -> list[Loaded]:
    """Load some habits of this user's."""
    values = {"user_id": user_id, "ids": list(habit_ids)}
    return await _all_loaded(await tx.execute(_LOAD_SOME, values))


async def load_used(tx: AsyncConnection, user_id: UUID) -> list[Loaded]:
    """Load all habits in use, in their order."""
    return await _all_loaded(await tx.execute(_LOAD_USED, {"user_id": user_id}))


async def load_used_on(
    tx: AsyncConnection, user_id: UUID, day: date, since: datetime | None
) -> list[Loaded]:
    """Load all habits in use, in their order; also those that were still in use at `since`, if any.

    With every day and rest of a habit of which `day` is settled already.
    """
    values = {"user_id": user_id, "day": day, "since": since}
    return await _all_loaded(await tx.execute(_LOAD_USED_ON, values))


async def load_page(
    tx: AsyncConnection,
    user_id: UUID,
    *,
    archived: bool | None,
    tag: str | None,
    binned: bool,
    after: tuple[int, UUID],
    size: int,
) -> list[Loaded]:
    """Load habits in use or in the bin, in their order, beginning after a position and id."""
    values = {
        "user_id": user_id,
        "archived": archived,
        "tags": None if tag is None else await spellings(tx, user_id, tag),
        "binned": binned,
        "position": after[0],
        "after": after[1],
        "size": size,
    }
    return await _all_loaded(await tx.execute(_LOAD_PAGE, values))


async def save(tx: AsyncConnection, values: dict[str, object]) -> bool:
    """Write a changed day, its history, its fact and the habit's progress.

    `value` None takes the day away. False, and nothing written, if the habit is no longer at
    `version`.
    """
    statement = _SAVE_TAKE if values["value"] is None else _SAVE_PUT
    traced = {**values, "trace_id": trace_id.get()}
    return bool((await tx.execute(statement, traced)).scalar_one())


async def find(tx: AsyncConnection, habit_id: UUID, day: date) -> CheckInRow | None:
    """Return what is logged on a day."""
    row = (
        await tx.execute(
            select(check_ins).where(check_ins.c.habit_id == habit_id, check_ins.c.day == day)
        )
    ).first()
    return CheckInRow(row.day, row.value, row.state, row.note) if row else None


async def between(
    tx: AsyncConnection,
    habit_id: UUID,
    first: date,
    last: date,
    size: int | None = None,
    *,
    origins: bool = False,
) -> list[CheckInRow]:
    """Return what is logged from `first` to `last`, oldest first; with its origin, if wanted."""
    columns = [check_ins.c.day, check_ins.c.value, check_ins.c.state, check_ins.c.note]
    if origins:
        columns += [check_ins.c[name] for name in ("at", "zone", "source", "import_id")]
    statement = (
        select(*columns)
        .where(check_ins.c.habit_id == habit_id, check_ins.c.day.between(first, last))
        .order_by(check_ins.c.day)
        .limit(size)
    )
    rows = await tx.execute(statement)
    return [
        CheckInRow(day, value, state, note, Origin(*origin) if origin else None)
        for day, value, state, note, *origin in map(tuple, rows)
    ]
