"""What the room knows of days of habits, of breaks and of diaries: copies made of facts."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple, cast
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.habit import CheckInState
from contracts.tags import bears
from storage.reminders.tables import STATES, breaks, days


class DayRow(NamedTuple):
    """What is logged for a day of a habit: thousandths; `at` None where it is not known when."""

    day: date
    value: int
    state: CheckInState
    at: datetime | None
    zone: str


_SAVE_DAYS = text(
    "WITH saved AS (INSERT INTO reminders.days AS d"
    " (user_id, habit_id, day, value, state, at, zone, version)"
    " SELECT :user_id, :habit_id, c.day, c.value, c.state, c.at, :zone, :version"
    " FROM unnest(CAST(:days AS date[]), CAST(:values AS bigint[]), CAST(:states AS smallint[]),"
    " CAST(:ats AS timestamptz[])) AS c(day, value, state, at)"
    " WHERE NOT EXISTS (SELECT FROM reminders.habits h"
    " WHERE h.user_id = :user_id AND h.habit_id = :habit_id AND h.deleted)"
    " ON CONFLICT (user_id, habit_id, day) DO UPDATE SET value = excluded.value,"
    " state = excluded.state, at = excluded.at, zone = excluded.zone, version = excluded.version"
    " WHERE d.version < excluded.version RETURNING 1)"
    " SELECT EXISTS (SELECT FROM saved) AND EXISTS (SELECT FROM reminders.rules r"
    " WHERE r.user_id = :user_id AND r.habit_id = :habit_id AND r.kind = 'silence')"
)


async def save_days(
    tx: AsyncConnection,
    user_id: UUID,
    habit_id: UUID,
    version: int,
    said: Sequence[tuple[date, int | None, CheckInState | None, datetime | None]],
    zone: str | None,
) -> bool:
    """Note what days of a habit are now; state None: nothing is logged any more.

    True if this is news to a reminder that waits for silence.
    """
    values = {
        "user_id": user_id,
        "habit_id": habit_id,
        "version": version,
        "zone": zone,
        "days": [day for day, _, _, _ in said],
        "values": [value for _, value, _, _ in said],
        "states": [STATES.index(state) + 1 if state else None for _, _, state, _ in said],
        "ats": [at for _, _, _, at in said],
    }
    return bool((await tx.execute(_SAVE_DAYS, values)).scalar_one())


async def days_since(
    tx: AsyncConnection, user_id: UUID, habit_id: UUID, first: date
) -> list[DayRow]:
    """Return the logged days of a habit from `first` on, oldest first."""
    statement = select(days).where(
        days.c.user_id == user_id,
        days.c.habit_id == habit_id,
        days.c.day >= first,
        days.c.state.is_not(None),
    )
    return [
        DayRow(row.day, row.value, cast(CheckInState, STATES[row.state - 1]), row.at, row.zone)
        for row in await tx.execute(statement.order_by(days.c.day))
    ]


async def last_logged(tx: AsyncConnection, user_id: UUID) -> dict[UUID, date]:
    """Return the last day that is logged for each habit of a person."""
    statement = text(
        "SELECT habit_id, max(day) FROM reminders.days"
        " WHERE user_id = :user_id AND state IS NOT NULL GROUP BY habit_id"
    )
    return {row[0]: row[1] for row in await tx.execute(statement, {"user_id": user_id})}


_FORGET = tuple(
    text(
        f"DELETE FROM reminders.{table} WHERE ctid = ANY (ARRAY("
        f"SELECT ctid FROM reminders.{table} WHERE day < :before LIMIT :most))"
    )
    for table in ("days", "entries")
)


async def forget_days(tx: AsyncConnection, before: date, most: int) -> int:
    """Drop some days and entries that no reminder asks about any more; return how many."""
    span = {"before": before, "most": most}
    return sum([(await tx.execute(statement, span)).rowcount for statement in _FORGET])


class BreakRow(NamedTuple):
    """A break: of a habit, of a tag, or (neither) of everything."""

    first: date
    last: date
    habit_id: UUID | None
    tag: str | None

    def covers(self, habit_id: UUID, tags: tuple[str, ...]) -> bool:
        """Tell whether a habit rests."""
        if self.habit_id is not None:
            return self.habit_id == habit_id
        return self.tag is None or bears(tags, self.tag)


async def save_break(
    tx: AsyncConnection, user_id: UUID, break_id: UUID, version: int, row: BreakRow | None
) -> None:
    """Note what a break is now; None: it was taken back."""
    given = {
        "first_day": row.first if row else None,
        "last_day": row.last if row else None,
        "habit_id": row.habit_id if row else None,
        "tag": row.tag if row else None,
        "version": version,
    }
    statement = insert(breaks).values(user_id=user_id, break_id=break_id, **given)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[breaks.c.user_id, breaks.c.break_id],
            set_=given,
            where=breaks.c.version < version,
        )
    )


async def find_breaks(tx: AsyncConnection, user_id: UUID) -> list[BreakRow]:
    """Return all breaks of a person."""
    columns = (breaks.c.first_day, breaks.c.last_day, breaks.c.habit_id, breaks.c.tag)
    statement = select(*columns).where(breaks.c.user_id == user_id, breaks.c.first_day.is_not(None))
    return [BreakRow(*row) for row in await tx.execute(statement)]


async def save_entries(
    tx: AsyncConnection, user_id: UUID, said: Sequence[tuple[UUID, date | None, int]]
) -> None:
    """Note on which day entries of the diary lie (None: thrown away), each with its version."""
    statement = text(
        "INSERT INTO reminders.entries AS e (user_id, entry_id, day, version)"
        " SELECT :user_id, c.* FROM unnest(CAST(:ids AS uuid[]), CAST(:days AS date[]),"
        " CAST(:versions AS integer[])) AS c(entry_id, day, version)"
        " ON CONFLICT (user_id, entry_id) DO UPDATE SET day = excluded.day,"
        " version = excluded.version WHERE e.version < excluded.version"
    )
    values = {
        "user_id": user_id,
        "ids": [entry_id for entry_id, _, _ in said],
        "days": [day for _, day, _ in said],
        "versions": [version for _, _, version in said],
    }
    await tx.execute(statement, values)
