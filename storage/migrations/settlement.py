"""Working out anew how strong habits are and which streaks they have, after a rule has changed.

Migrations call it. Nothing that people logged is touched: progress and its snapshots are a cache of
what the days, the breaks and the versions of a habit say. It goes by the rules of the Ritmo that
runs it, so of several migrations that call it the last one stands.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import structlog
from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, text

from contracts.habit import Version
from contracts.keeping.progress import Progress, begin, window_days
from contracts.keeping.promise import Promise
from contracts.keeping.settlement import settle

log = structlog.get_logger()

BATCH = 100
"""Habits that are read at once: some 365 000 days, at ten years each."""

_HABITS = text(
    "SELECT id, user_id, kind, measure, tags, start_day, versions, settled_day FROM habits.habits"
    " WHERE CAST(:after AS uuid) IS NULL OR id > :after ORDER BY id LIMIT :size"
)
_DAYS = text(
    "SELECT habit_id, array_agg(day - DATE '0001-01-01' + 1) AS days,"
    " array_agg(CASE WHEN state = 'skipped' THEN -1 ELSE value END) AS amounts"
    " FROM habits.check_ins WHERE habit_id = ANY(:ids) GROUP BY habit_id"
)
_BREAKS = text(
    "SELECT h.id, b.first_day, b.last_day FROM habits.habits h"
    " JOIN habits.breaks b ON b.user_id = h.user_id AND (b.habit_id = h.id OR (b.habit_id IS NULL"
    " AND (b.tag IS NULL OR lower(b.tag) = ANY(SELECT lower(t) FROM unnest(h.tags) t))))"
    " WHERE h.id = ANY(:ids)"
)
_SAVE = text(
    "UPDATE habits.habits SET progress = :progress, settled_day = :day, window_days = :window"
    " WHERE id = :id"
)
_DROP = text("DELETE FROM habits.snapshots WHERE habit_id = ANY(:ids)")
_KEEP = text("INSERT INTO habits.snapshots (habit_id, day, progress) VALUES (:id, :day, :progress)")

_versions = TypeAdapter(tuple[Version, ...])


def settle_all(connection: Connection) -> None:
    """Settle every habit anew, as far as it was settled; tell in the log how far it has come."""
    total = connection.execute(text("SELECT count(*) FROM habits.habits")).scalar_one()
    done = 0
    for rows in _batches(connection):
        _settle(connection, rows)
        done += len(rows)
        log.info("habits are worked out anew", done=done, of=total)


def _batches(connection: Connection) -> Iterator[Sequence[Row[Any]]]:
    """Read all habits, some at a time."""
    after = None
    while rows := connection.execute(_HABITS, {"after": after, "size": BATCH}).all():
        yield rows
        after = rows[-1].id


def _settle(connection: Connection, rows: Sequence[Row[Any]]) -> None:
    """Settle some habits anew."""
    ids = {"ids": [row.id for row in rows]}
    logged = {row.habit_id: row for row in connection.execute(_DAYS, ids)}
    rests: dict[object, list[tuple[date, date]]] = {}
    for habit_id, first, last in connection.execute(_BREAKS, ids):
        rests.setdefault(habit_id, []).append((first, last))
    saved, kept = [], []
    for row in rows:
        versions = _versions.validate_json(row.versions)
        promise = Promise(row.kind, row.measure, row.start_day, versions)
        days = logged.get(row.id)
        entries = dict(zip(days.days, days.amounts, strict=True)) if days else {}
        first = begin(promise)
        settled = settle(first, promise, entries, rests.get(row.id, ()), row.settled_day)
        now = settled.progress
        saved.append(
            {
                "id": row.id,
                "progress": _dump(now),
                "day": now.settled_day,
                "window": window_days(promise),
            }
        )
        kept += [
            {"id": row.id, "day": one.settled_day, "progress": _dump(one)}
            for one in (first, *settled.months)
        ]
    connection.execute(_DROP, ids)
    connection.execute(_KEEP, kept)
    connection.execute(_SAVE, saved)


def _dump(progress: Progress) -> str:
    return json.dumps(progress.dump(), separators=(",", ":"))
