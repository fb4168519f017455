"""The habits of people, as they defined them; and what they prefer, beside how they live in time.

`progress` is the state of score and streaks after `settled_day`; for earlier days see `snapshots`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    and_,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import snapshots
from storage.base import metadata

preferences = Table(
    "preferences",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("week_start", Text),
    Column("tag_order", ARRAY(Text), nullable=False, server_default="{}"),
    schema="habits",
)

habits = Table(
    "habits",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False),
    Column("position", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("measure", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("tags", ARRAY(Text), nullable=False),
    Column("colour", Text, nullable=False),
    Column("icon", Text, nullable=False),
    Column("cue", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("archived", Boolean, nullable=False, server_default="false"),
    Column("start_day", Date, nullable=False),
    Column("start_given", Boolean, nullable=False, server_default="false"),
    Column("imported_from", Text),
    Column("versions", Text, nullable=False),
    Column("window_days", Integer, nullable=False),
    Column("settled_day", Date, nullable=False),
    Column("progress", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("edition", Integer, nullable=False, server_default="1"),
    Column("binned_at", DateTime(timezone=True)),
    Column("bin_id", Uuid),
    Column("archived_at", DateTime(timezone=True)),
    Index("ix_habits_binned_at", "binned_at", postgresql_where=text("binned_at IS NOT NULL")),
    Index("ix_habits_user_id_position", "user_id", "position", "id"),
    schema="habits",
)


@dataclass(frozen=True, slots=True)
class TimeProfile:
    """How a person lives in time."""

    zone: str
    day_start: int
    week_start: str


@dataclass(frozen=True, slots=True)
class HabitRow:
    """A habit as it is stored; `versions` and `progress` are JSON.

    `version` counts every change, also of its days; `edition` only what its owner edits.
    `binned_at`: since when it lies in the bin, where only who asks for the bin finds it. `bin_id`
    names that, with a place among the ids of changes. `archived_at`: since when it is laid aside.
    """

    id: UUID
    user_id: UUID
    position: int
    name: str
    kind: str
    measure: str
    unit: str
    tags: list[str]
    colour: str
    icon: str
    cue: str
    question: str
    description: str
    archived: bool
    start_day: date
    start_given: bool
    imported_from: str | None
    versions: str
    window_days: int
    settled_day: date
    progress: str
    version: int
    created_at: datetime
    edition: int
    binned_at: datetime | None
    bin_id: UUID | None
    archived_at: datetime | None


COLUMNS = ", ".join(f"h.{column.name}" for column in habits.columns)
"""The columns of `HabitRow`, for statements written out."""


_PERSON = (
    "SELECT zone, day_start, week_start FROM habits.people"
    " WHERE user_id = :user_id AND NOT gone AND version > 0"
)
_FOUND, _STAYING = text(_PERSON), text(f"{_PERSON} FOR KEY SHARE")
_TURN = text(
    "WITH now AS (SELECT user_id, week_start FROM habits.people"
    " WHERE user_id = ANY(:ids) AND NOT gone AND version > 0),"
    " kept AS (INSERT INTO habits.preferences AS p (user_id, week_start)"
    " SELECT user_id, week_start FROM now ON CONFLICT (user_id)"
    " DO UPDATE SET week_start = excluded.week_start"
    " WHERE p.week_start IS DISTINCT FROM excluded.week_start)"
    " SELECT n.user_id FROM now n JOIN habits.preferences p ON p.user_id = n.user_id"
    " WHERE p.week_start <> n.week_start ORDER BY n.user_id"
)


async def find_person(
    tx: AsyncConnection, user_id: UUID, *, stay: bool = False
) -> TimeProfile | None:
    """Return how a person lives in time, if the room knows; `stay` keeps them from being erased."""
    row = (await tx.execute(_STAYING if stay else _FOUND, {"user_id": user_id})).first()
    return TimeProfile(*row) if row else None


async def turn_weeks(tx: AsyncConnection, user_ids: Sequence[UUID]) -> list[UUID]:
    """Note on which day the weeks of people begin; return those with whom it was another."""
    return list((await tx.execute(_TURN, {"ids": user_ids})).scalars())


async def add(
    tx: AsyncConnection, user_id: UUID, values: dict[str, object], beginning: str
) -> HabitRow | None:
    """Keep a new habit, last in order; `beginning` is its progress before the first day.

    None, and nothing kept, if there is a habit with its id.
    """
    last = select(func.coalesce(func.max(habits.c.position), 0) + 1).where(
        habits.c.user_id == user_id
    )
    statement = insert(habits).values(user_id=user_id, position=last.scalar_subquery(), **values)
    row = (await tx.execute(statement.on_conflict_do_nothing().returning(habits))).first()
    if row is None:
        return None
    await snapshots.keep(tx, row.id, [(row.settled_day, beginning)])
    return HabitRow(**row._mapping)


def _of(user_id: UUID, *, binned: bool = False) -> ColumnElement[bool]:
    """Hold for the habits of a user, `binned` also for those in the bin."""
    mine = habits.c.user_id == user_id
    return mine if binned else and_(mine, habits.c.binned_at.is_(None))


async def find(
    tx: AsyncConnection, user_id: UUID, habit_id: UUID, *, lock: bool = False, binned: bool = False
) -> HabitRow | None:
    """Return a habit of this user's, `binned` also from the bin; `lock`: for us alone."""
    statement = select(habits).where(_of(user_id, binned=binned), habits.c.id == habit_id)
    row = (await tx.execute(statement.with_for_update() if lock else statement)).first()
    return HabitRow(**row._mapping) if row else None


async def find_all(tx: AsyncConnection, user_id: UUID, *, binned: bool = False) -> list[HabitRow]:
    """Return all habits of a user, `binned` also those in the bin, locked, by their ids."""
    statement = select(habits).where(_of(user_id, binned=binned)).order_by(habits.c.id)
    rows = await tx.execute(statement.with_for_update())
    return [HabitRow(**row._mapping) for row in rows]


async def find_some(
    tx: AsyncConnection, user_id: UUID, ids: Iterable[UUID], *, binned: bool = False
) -> dict[UUID, HabitRow]:
    """Return some habits of a user, `binned` also those in the bin, locked by their ids, by id."""
    mine = (_of(user_id, binned=binned), habits.c.id.in_(list(ids)))
    rows = await tx.execute(select(habits).where(*mine).order_by(habits.c.id).with_for_update())
    return {row.id: HabitRow(**row._mapping) for row in rows}


async def count(tx: AsyncConnection, user_id: UUID) -> int:
    """Return how many habits a user has; what lies in the bin does not count."""
    return (await tx.execute(select(func.count()).where(_of(user_id)))).scalar_one()


async def change(
    tx: AsyncConnection, user_id: UUID, habit_id: UUID, values: dict[str, object]
) -> HabitRow:
    """Change a habit that was found and locked, and count its version up."""
    statement = (
        habits.update()
        .where(habits.c.user_id == user_id, habits.c.id == habit_id)
        .values(version=habits.c.version + 1, **values)
        .returning(habits)
    )
    return HabitRow(**(await tx.execute(statement)).one()._mapping)


async def remove(tx: AsyncConnection, user_id: UUID, habit_id: UUID) -> None:
    """Forget a habit and all its days."""
    await tx.execute(habits.delete().where(habits.c.user_id == user_id, habits.c.id == habit_id))


async def order(tx: AsyncConnection, user_id: UUID, first: Iterable[UUID]) -> set[UUID]:
    """Put these habits first, in this order, and the others as they were; return what moved.

    All habits of the user, also those in the bin, must have been locked before: an update takes
    them in no order, and could wait in a circle with whoever locks them by their ids.
    """
    statement = text(
        "UPDATE habits.habits h SET position = o.place, version = h.version + 1 FROM ("
        " SELECT id, row_number() OVER (ORDER BY array_position(CAST(:first AS uuid[]), id),"
        " position, id) AS place FROM habits.habits WHERE user_id = :user_id) o"
        " WHERE h.id = o.id AND h.user_id = :user_id AND h.position <> o.place RETURNING h.id"
    )
    moved = await tx.execute(statement, {"first": list(first), "user_id": user_id})
    return set(moved.scalars())


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase a user's habits, and how they like to see them."""
    for table in (preferences, habits):
        await tx.execute(table.delete().where(table.c.user_id == user_id))
