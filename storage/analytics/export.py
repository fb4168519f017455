"""All that is known of a person, noun by noun, page by page, for other programs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.replica.nouns import STATES


@dataclass(frozen=True, slots=True)
class KnownRow:
    """Something that is known: what it is about, of which day (None: of none), and what it says.

    `at` is when it was lived or done, where that is known.
    """

    address: str
    subject: UUID
    day: date
    at: datetime | None
    version: int
    body: Mapping[str, Any]


NOUNS = ("people", "habits", "archived", "days", "breaks", "entries")
"""What is written, in this order."""

_STATES = ", ".join(f"'{state}'" for state in STATES)
_ROWS = {
    "people": "SELECT 'users.profile_changed', user_id AS subject, CAST(:first AS date) AS day,"
    " CAST(NULL AS timestamptz), version, jsonb_build_object('profile', jsonb_build_object("
    "'language', language, 'zone', zone, 'day_start', day_start, 'week_start', week_start))"
    " FROM analytics.people WHERE user_id = :user_id AND version > 0",
    "habits": "SELECT 'habits.habit_changed', habit_id AS subject, start_day AS day,"
    " CAST(NULL AS timestamptz), version, jsonb_build_object('habit_id', habit_id,"
    " 'habit', jsonb_build_object('name', name, 'kind', kind, 'measure', measure, 'unit', unit,"
    " 'colour', colour, 'tags', tags), 'start_day', start_day,"
    " 'versions', CAST(versions AS jsonb), 'order', position)"
    " FROM analytics.habits WHERE user_id = :user_id AND version > 0 AND NOT deleted",
    "archived": "SELECT 'habits.habit_archived', habit_id AS subject,"
    " CAST(archived_at AS date) AS day, archived_at, archived_version,"
    " jsonb_build_object('habit_id', habit_id, 'archived', archived)"
    " FROM analytics.habits WHERE user_id = :user_id AND archived AND NOT deleted",
    "days": "SELECT 'habits.habit_checked_in', habit_id AS subject, day, at, version,"
    " jsonb_build_object('habit_id', habit_id, 'day', day, 'at', at, 'zone', zone,"
    f" 'value', CAST(value AS float8) / 1000, 'state', (ARRAY[{_STATES}])[state])"
    " FROM analytics.days WHERE user_id = :user_id AND state IS NOT NULL",
    "breaks": "SELECT 'habits.break_added', break_id AS subject, first_day AS day,"
    " CAST(NULL AS timestamptz), version, jsonb_build_object('break_id', break_id,"
    " 'from', first_day, 'to', last_day, 'habit_id', habit_id, 'tag', tag)"
    " FROM analytics.breaks WHERE user_id = :user_id AND first_day IS NOT NULL",
    "entries": "SELECT 'journal.entry_written', entry_id AS subject, day, at, version,"
    " jsonb_build_object('entry_id', entry_id, 'day', day, 'at', at, 'zone', zone, 'mood', mood,"
    " 'energy', energy, 'tags', tags, 'habit_ids', habit_ids)"
    " FROM analytics.entries WHERE user_id = :user_id AND day IS NOT NULL",
}
_PAGES = {
    noun: text(
        f"SELECT * FROM ({rows}) r WHERE day BETWEEN :first AND :last"
        " AND (subject, day) > (:subject, CAST(:day AS date)) ORDER BY subject, day LIMIT :size"
    )
    for noun, rows in _ROWS.items()
}


async def page(
    tx: AsyncConnection,
    user_id: UUID,
    noun: str,
    after: tuple[UUID, date],
    span: tuple[date, date],
    size: int,
) -> list[KnownRow]:
    """Return what is known of a noun, after a subject and a day, of the days of a span."""
    (subject, day), (first, last) = after, span
    place = {"user_id": user_id, "subject": subject, "day": day}
    rows = await tx.execute(_PAGES[noun], {**place, "first": first, "last": last, "size": size})
    return [KnownRow(*row) for row in rows]
