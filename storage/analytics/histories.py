"""Reading the history of a person: plain lists, a query or two, whatever the length.

Days are ordinals (`date.toordinal`; 719163 is 1970-01-01), as the rules of promises count them;
values are thousandths, states as in `storage.replica.nouns.STATES`, counted from 1. All lists of a
habit are parallel, oldest first. How far score and streaks are settled is told by
`actors.analytics.progress.settle`.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.habit import Kind, Measure
from contracts.keeping.promise import Promise
from contracts.language import Language
from contracts.quantity import unit_of
from contracts.users import Weekday
from storage.replica.rows import KnownBreak, versions_of

Rest = tuple[date, date]
"""The first and the last day of a break."""


@dataclass(frozen=True, slots=True)
class ReportPerson:
    """How a person lives in time; as if new, until their profile was told. `stamp`: of `Report`."""

    language: Language = "en"
    zone: str = "UTC"
    day_start: int = 0
    week_start: Weekday = "mon"
    stamp: int = 0


@dataclass(frozen=True, slots=True)
class HabitDays:
    """A habit with its logged days.

    `archived_at` is when it was laid aside, if it is. `rests` are all breaks that cover it.
    `position` is its place in the list of its person, if that was told.
    """

    habit_id: UUID
    name: str
    unit: str
    colour: str
    tags: list[str]
    promise: Promise
    archived_at: datetime | None
    rests: list[Rest]
    days: list[int] = field(repr=False)
    values: list[int] = field(repr=False)
    states: list[int] = field(repr=False)
    position: int | None = None


@dataclass(frozen=True, slots=True)
class DiaryRow:
    """An entry of the diary, without its words."""

    entry_id: UUID
    day: date
    at: datetime
    zone: str
    mood: int | None
    energy: int | None
    tags: list[str]
    habit_ids: list[UUID]


@dataclass(frozen=True, slots=True)
class LoadedPerson:
    """A person with all habits that there are, their days in a range, and the entries in it."""

    person: ReportPerson
    habits: list[HabitDays]
    entries: list[DiaryRow]


@dataclass(frozen=True, slots=True)
class LoadedHabit:
    """A habit with all its days.

    `at` is when each day was logged, in Unix seconds; None where that is not known (an import).
    `zones` are those that it was logged in.
    """

    person: ReportPerson
    habit: HabitDays
    at: list[int | None] = field(repr=False)
    zones: list[str] = field(repr=False)


ORDINAL = "DATE '0001-01-01' - 1"
"""Less this, a day is its ordinal."""

_HABIT = (
    "SELECT h.habit_id, h.name, h.unit, h.colour, h.tags, h.kind, h.measure, h.start_day,"
    " h.versions, h.position, CASE WHEN h.archived THEN h.archived_at END AS archived_at, d.*"
    " FROM analytics.habits h CROSS JOIN LATERAL (SELECT"
    f" array_agg(c.day - ({ORDINAL}) ORDER BY c.day) AS days,"
    " array_agg(c.value ORDER BY c.day) AS values, array_agg(c.state ORDER BY c.day) AS states"
    "{more} FROM analytics.days c WHERE c.user_id = h.user_id AND c.habit_id = h.habit_id"
    " AND c.state IS NOT NULL{which_days}) d"
    " WHERE h.user_id = :user_id AND h.version > 0 AND NOT h.deleted AND NOT h.binned{which}"
)
_RANGE = text(
    _HABIT.format(more="", which_days=" AND c.day BETWEEN :first AND :last", which="")
    + " ORDER BY h.name, h.habit_id"
)
_WHOLE = text(
    _HABIT.format(
        more=", array_agg(extract(epoch FROM c.at)::bigint ORDER BY c.day) AS ats,"
        " array_agg(c.zone ORDER BY c.day) AS zones",
        which_days="",
        which=" AND h.habit_id = :habit_id",
    )
)
_PERSON = text(
    "SELECT p.language, p.zone, p.day_start, p.week_start, coalesce(s.stamp, 0) AS stamp"
    " FROM analytics.people p LEFT JOIN analytics.stamps s ON s.user_id = p.user_id"
    " WHERE p.user_id = :user_id"
)
_BREAKS = text(
    "SELECT first_day, last_day, habit_id, tag FROM analytics.breaks"
    " WHERE user_id = :user_id AND first_day IS NOT NULL ORDER BY first_day, break_id"
)
_ENTRIES = text(
    "SELECT entry_id, day, at, zone, mood, energy, tags, habit_ids FROM analytics.entries"
    " WHERE user_id = :user_id AND day BETWEEN :first AND :last ORDER BY day, at, entry_id"
)


async def find_person(tx: AsyncConnection, user_id: UUID) -> ReportPerson:
    """Return how a person lives in time."""
    row = (await tx.execute(_PERSON, {"user_id": user_id})).first()
    if row is None or row.zone is None:
        return ReportPerson(stamp=row.stamp if row else 0)
    return ReportPerson(row.language, row.zone, row.day_start, row.week_start, row.stamp)


async def find_breaks(tx: AsyncConnection, user_id: UUID) -> list[KnownBreak]:
    """Return all breaks of a person, in order."""
    rows = await tx.execute(_BREAKS, {"user_id": user_id})
    return [KnownBreak(*row) for row in rows]


async def load(tx: AsyncConnection, user_id: UUID, first: date, last: date) -> LoadedPerson:
    """Load what happened from `first` to `last`, both included, of all habits that are there."""
    person = await find_person(tx, user_id)
    rests = await find_breaks(tx, user_id)
    span = {"user_id": user_id, "first": first, "last": last}
    rows = (await tx.execute(_RANGE, span)).all()
    return LoadedPerson(
        person,
        [_habit(row, rests) for row in rows],
        await find_entries(tx, user_id, first, last),
    )


async def load_habit(tx: AsyncConnection, user_id: UUID, habit_id: UUID) -> LoadedHabit | None:
    """Load a habit of this user's with its whole history."""
    row = (await tx.execute(_WHOLE, {"user_id": user_id, "habit_id": habit_id})).first()
    if row is None:
        return None
    person = await find_person(tx, user_id)
    habit = _habit(row, await find_breaks(tx, user_id))
    return LoadedHabit(person, habit, row.ats or [], row.zones or [])


async def find_entries(
    tx: AsyncConnection, user_id: UUID, first: date, last: date
) -> list[DiaryRow]:
    """Return the entries from `first` to `last`, by day and instant."""
    span = {"user_id": user_id, "first": first, "last": last}
    return [DiaryRow(*row) for row in await tx.execute(_ENTRIES, span)]


def _habit(row: Row[*tuple[Any, ...]], rests: list[KnownBreak]) -> HabitDays:
    """Read a row of `_HABIT`."""
    promise = Promise(
        cast(Kind, row.kind), cast(Measure, row.measure), row.start_day, versions_of(row.versions)
    )
    covering = [(rest.first, rest.last) for rest in rests if rest.covers(row.habit_id, row.tags)]
    return HabitDays(
        row.habit_id,
        row.name,
        unit_of(row.measure, row.unit),
        row.colour,
        row.tags,
        promise,
        row.archived_at,
        covering,
        row.days or [],
        row.values or [],
        row.states or [],
        row.position,
    )
