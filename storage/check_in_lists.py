"""Lists of check-ins over all habits of a person, and many of them written at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.check_ins import CheckInRow, Origin, arrays_of, check_ins
from storage.habits import habits


@dataclass(frozen=True, slots=True)
class ListedRow:
    """What is logged on a day, and what of its habit tells what that means."""

    habit_id: UUID
    day: date
    value: int
    state: str
    note: str
    at: datetime | None
    source: str
    kind: str
    measure: str
    start_day: date
    versions: str


_COLUMNS = (
    check_ins.c.habit_id,
    check_ins.c.day,
    check_ins.c.value,
    check_ins.c.state,
    check_ins.c.note,
    check_ins.c.at,
    check_ins.c.source,
    habits.c.kind,
    habits.c.measure,
    habits.c.start_day,
    habits.c.versions,
)
_PAGE = (
    select(*_COLUMNS)
    .join(habits, habits.c.id == check_ins.c.habit_id)
    .order_by(check_ins.c.day, check_ins.c.habit_id)
)


async def page(
    tx: AsyncConnection,
    user_id: UUID,
    *,
    habit_id: UUID | None,
    first: date,
    last: date,
    after: tuple[date, UUID],
    size: int,
) -> list[ListedRow]:
    """List check-ins of a user, of one habit or all, by day and habit, beginning `after` one."""
    statement = _PAGE.where(
        habits.c.user_id == user_id,
        habits.c.binned_at.is_(None),
        check_ins.c.day.between(max(first, after[0]), last),
        tuple_(check_ins.c.day, check_ins.c.habit_id) > after,
    )
    if habit_id is not None:
        statement = statement.where(habits.c.id == habit_id)
    return [ListedRow(*row) for row in await tx.execute(statement.limit(size))]


_ON_DAYS = text(
    "SELECT c.habit_id, c.day, c.value, c.state, c.note, c.at, c.zone, c.source, c.import_id"
    " FROM habits.check_ins c"
    " JOIN unnest(CAST(:ids AS uuid[]), CAST(:days AS date[])) AS w(habit_id, day)"
    " USING (habit_id, day)"
)


async def on_days(
    tx: AsyncConnection, wanted: Sequence[tuple[UUID, date]]
) -> dict[tuple[UUID, date], CheckInRow]:
    """Return what is logged on these days of these habits, which must be the caller's."""
    values = {"ids": [one[0] for one in wanted], "days": [one[1] for one in wanted]}
    rows = await tx.execute(_ON_DAYS, values)
    return {
        (row.habit_id, row.day): CheckInRow(
            row.day,
            row.value,
            row.state,
            row.note,
            Origin(row.at, row.zone, row.source, row.import_id),
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class ChangedDay:
    """A day that was changed: what it says now (None: nothing), and the entry for its history.

    `before` and `after` are entries as JSON; what is logged bears its origin.
    """

    change_id: UUID
    habit_id: UUID
    day: date
    entry: CheckInRow | None
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class MovedHabit:
    """A habit whose days were changed: how far it is settled, and how many changes it saw."""

    habit_id: UUID
    settled: date
    progress: str
    changes: int


_MOVE = text(
    "UPDATE habits.habits h SET progress = m.progress, settled_day = m.settled,"
    " version = h.version + m.changes"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:settled AS date[]), CAST(:progress AS text[]),"
    " CAST(:changes AS int[])) AS m(id, settled, progress, changes)"
    " WHERE h.id = m.id AND h.user_id = :user_id"
)
_PUT = text(
    "INSERT INTO habits.check_ins (habit_id, day, value, state, note, at, zone, source)"
    " SELECT d.habit_id, d.day, d.value, d.state, d.note, d.at, d.zone, d.source"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:days AS date[]), CAST(:values AS bigint[]),"
    " CAST(:states AS text[]), CAST(:notes AS text[]), CAST(:at AS timestamptz[]),"
    " CAST(:zones AS text[]), CAST(:sources AS text[]))"
    " AS d(habit_id, day, value, state, note, at, zone, source)"
    " ON CONFLICT (habit_id, day) DO UPDATE SET value = excluded.value, state = excluded.state,"
    " note = excluded.note, at = excluded.at, zone = excluded.zone, source = excluded.source"
)
_TAKE = text(
    "DELETE FROM habits.check_ins c"
    " USING unnest(CAST(:ids AS uuid[]), CAST(:days AS date[])) AS d(habit_id, day)"
    " WHERE c.habit_id = d.habit_id AND c.day = d.day"
)
_NOTE = text(
    "INSERT INTO habits.changes (id, user_id, habit_id, day, before, after, source, made_by)"
    " SELECT d.id, :user_id, d.habit_id, d.day, d.before, d.after, :source, :made_by"
    " FROM unnest(CAST(:change_ids AS uuid[]), CAST(:ids AS uuid[]), CAST(:days AS date[]),"
    " CAST(:before AS text[]), CAST(:after AS text[])) AS d(id, habit_id, day, before, after)"
)


async def save(
    tx: AsyncConnection,
    user_id: UUID,
    moved: Iterable[MovedHabit],
    changed: Sequence[ChangedDay],
    *,
    source: str,
    made_by: str,
) -> None:
    """Write changed days of locked habits, their history, and the progress of the habits."""
    habits_ = list(moved)
    values = {
        "user_id": user_id,
        "ids": [one.habit_id for one in habits_],
        "settled": [one.settled for one in habits_],
        "progress": [one.progress for one in habits_],
        "changes": [one.changes for one in habits_],
    }
    await tx.execute(_MOVE, values)
    last = {(one.habit_id, one.day): one for one in changed}.values()
    put = [
        (one, one.entry, one.entry.origin)
        for one in last
        if one.entry is not None and one.entry.origin is not None
    ]
    if put:
        values = {
            **arrays_of(entry for _, entry, _ in put),
            "ids": [one.habit_id for one, _, _ in put],
            "at": [origin.at for _, _, origin in put],
            "zones": [origin.zone for _, _, origin in put],
            "sources": [origin.source for _, _, origin in put],
        }
        await tx.execute(_PUT, values)
    taken = [one for one in last if one.entry is None]
    if taken:
        values = {"ids": [one.habit_id for one in taken], "days": [one.day for one in taken]}
        await tx.execute(_TAKE, values)
    values = {
        "user_id": user_id,
        "source": source,
        "made_by": made_by,
        "change_ids": [one.change_id for one in changed],
        "ids": [one.habit_id for one in changed],
        "days": [one.day for one in changed],
        "before": [one.before for one in changed],
        "after": [one.after for one in changed],
    }
    await tx.execute(_NOTE, values)


async def set_state(tx: AsyncConnection, habit_id: UUID, entry: CheckInRow) -> None:
    """Keep the state of a logged day; nothing else of it changes."""
    await tx.execute(
        check_ins.update()
        .where(check_ins.c.habit_id == habit_id, check_ins.c.day == entry.day)
        .values(state=entry.state)
    )
