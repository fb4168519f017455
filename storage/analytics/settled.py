"""How far score and streaks of habits are settled: a cache beside what is known of them.

It holds as long as nothing is said of a settled day or of a break (`stamps.py`), and as the promise
is the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.habit import Kind, Measure
from contracts.keeping.promise import Promise
from storage.analytics.histories import ORDINAL
from storage.replica.rows import versions_of


@dataclass(frozen=True, slots=True)
class SettledRow:
    """A habit's promise and its progress as JSON, None if nothing is settled."""

    habit_id: UUID
    tags: list[str]
    promise: Promise
    progress: str | None
    settled_day: date | None


@dataclass(frozen=True, slots=True)
class DaysRow:
    """Logged days of a habit, oldest first: ordinals, thousandths, states counted from 1."""

    habit_id: UUID
    days: list[int]
    values: list[int]
    states: list[int]


_SINCE = text(
    "SELECT w.habit_id, d.* FROM unnest(CAST(:ids AS uuid[]), CAST(:firsts AS date[]))"
    " AS w(habit_id, first) CROSS JOIN LATERAL (SELECT"
    f" array_agg(c.day - ({ORDINAL}) ORDER BY c.day) AS days,"
    " array_agg(c.value ORDER BY c.day) AS values, array_agg(c.state ORDER BY c.day) AS states"
    " FROM analytics.days c WHERE c.user_id = :user_id AND c.habit_id = w.habit_id"
    " AND c.state IS NOT NULL AND c.day BETWEEN w.first AND :last) d"
)
_PROMISE = "md5(concat_ws('|', h.kind, h.measure, h.start_day, h.versions, CAST(h.tags AS text)))"
_FIND = text(
    "SELECT h.habit_id, h.tags, h.kind, h.measure, h.start_day, h.versions,"
    " p.progress, p.settled_day FROM analytics.habits h"
    " LEFT JOIN analytics.progress p ON p.user_id = h.user_id AND p.habit_id = h.habit_id"
    f" AND p.promise = {_PROMISE}"
    " WHERE h.user_id = :user_id AND h.version > 0 AND NOT h.deleted AND NOT h.binned"
)
_KEEP = text(
    "INSERT INTO analytics.progress AS p (user_id, habit_id, progress, settled_day, promise)"
    f" SELECT h.user_id, h.habit_id, k.progress, k.day, {_PROMISE}"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:days AS date[]), CAST(:kept AS text[]))"
    " AS k(habit_id, day, progress) JOIN analytics.habits h"
    " ON h.user_id = :user_id AND h.habit_id = k.habit_id"
    " ON CONFLICT (user_id, habit_id) DO UPDATE SET progress = excluded.progress,"
    " settled_day = excluded.settled_day, promise = excluded.promise"
)


async def find(tx: AsyncConnection, user_id: UUID) -> list[SettledRow]:
    """Return all habits of a person and how far they are settled."""
    return [
        SettledRow(
            row.habit_id,
            row.tags,
            Promise(
                cast(Kind, row.kind),
                cast(Measure, row.measure),
                row.start_day,
                versions_of(row.versions),
            ),
            row.progress,
            row.settled_day,
        )
        for row in await tx.execute(_FIND, {"user_id": user_id})
    ]


async def days_since(
    tx: AsyncConnection, user_id: UUID, wanted: Sequence[tuple[UUID, date]], last: date
) -> list[DaysRow]:
    """Return the days of habits, each from its own first day to `last`."""
    values = {
        "user_id": user_id,
        "ids": [habit_id for habit_id, _ in wanted],
        "firsts": [first for _, first in wanted],
        "last": last,
    }
    rows = await tx.execute(_SINCE, values)
    return [DaysRow(r.habit_id, r.days or [], r.values or [], r.states or []) for r in rows]


async def keep(
    tx: AsyncConnection, user_id: UUID, settled: Sequence[tuple[UUID, date, str]]
) -> None:
    """Keep how far habits are settled, and their progress there."""
    values = {
        "user_id": user_id,
        "ids": [habit_id for habit_id, _, _ in settled],
        "days": [day for _, day, _ in settled],
        "kept": [progress for _, _, progress in settled],
    }
    await tx.execute(_KEEP, values)
