"""What was written and removed since a point in time; migration 0013 has the database keep it.

A point in time is a snapshot of PostgreSQL: which transactions were over when it was taken. A row
bears the transaction (`changed`) that wrote it last, so what is new since a snapshot is exactly
what is there now, and was written by a transaction that was not over then. Nothing is missed,
whatever is written at the same time, and nobody waits for a transaction that is still at work.

Numbers of transactions are those of one life of one database. What follows if it is copied,
restored or moved: each start of the server is a *run*; a snapshot belongs to one, and whatever was
taken after the next run began is of a future that is lost (`holds`).
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.breaks import BreakRow
from storage.check_in_lists import ListedRow
from storage.habits import COLUMNS, HabitRow

NEVER = date(1, 1, 1)
"""Stands for the day of what has none."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The transactions below `end` are over, but for those `at_work`."""

    end: int
    at_work: tuple[int, ...] = ()

    @property
    def begin(self) -> int:
        """Return the first transaction that may not be over."""
        return self.at_work[0] if self.at_work else self.end

    def __str__(self) -> str:
        """Write it as PostgreSQL does."""
        return f"{self.begin}:{self.end}:{','.join(map(str, self.at_work))}"

    def shortened(self, size: int) -> "Snapshot":
        """Return one with at most `size` transactions at work: some that are over may be missing.

        Then what these wrote is told twice, and nothing is missed.
        """
        if len(self.at_work) <= size:
            return self
        return Snapshot(self.at_work[size], self.at_work[:size])


@dataclass(frozen=True, slots=True)
class RemovedRow:
    """Something that is gone: `id` of a habit or a break, `day` of a check-in, else `NEVER`."""

    id: UUID
    day: date
    kind: str


_RUN = text(
    "WITH now AS (SELECT (SELECT system_identifier FROM pg_control_system())::text AS cluster,"
    " pg_postmaster_start_time() AS started),"
    " begun AS (INSERT INTO habits.runs (id, cluster, started, first)"
    " SELECT left(md5(gen_random_uuid()::text), 12), n.cluster, n.started,"
    " pg_snapshot_xmax(pg_current_snapshot()) FROM now n WHERE NOT EXISTS"
    " (SELECT FROM habits.runs r WHERE r.cluster = n.cluster AND r.started = n.started)"
    " ON CONFLICT DO NOTHING RETURNING id)"
    " SELECT id FROM begun UNION ALL SELECT r.id FROM habits.runs r"
    " JOIN now n ON r.cluster = n.cluster AND r.started = n.started"
)
_HOLDS = text(
    "SELECT CAST(:end AS text)::xid8 <= coalesce((SELECT min(n.first) FROM habits.runs n"
    " WHERE n.cluster = r.cluster AND n.started > r.started),"
    " pg_snapshot_xmax(pg_current_snapshot())) AND r.cluster ="
    " (SELECT system_identifier FROM pg_control_system())::text"
    " FROM habits.runs r WHERE r.id = :run"
)
_NOW = text("SELECT pg_current_snapshot()::text")

_NEW = (
    " AND {row}.changed >= CAST(:begin AS text)::xid8"
    " AND NOT pg_visible_in_snapshot({row}.changed, CAST(:since AS text)::pg_snapshot)"
)


def _since(statement: str, row: str) -> tuple[TextClause, TextClause]:
    """Write a statement for all that there is, and one for what is new."""
    return text(statement.format(new="")), text(statement.format(new=_NEW.format(row=row)))


_REMOVED = _since(
    "SELECT r.id, r.day, r.kind FROM habits.removed r WHERE r.user_id = :user_id{new}"
    " AND (r.id, r.day) > (:after, CAST(:day AS text)::date) ORDER BY r.id, r.day LIMIT :size",
    "r",
)
_HABITS = _since(
    f"SELECT {COLUMNS} FROM habits.habits h WHERE h.user_id = :user_id{{new}}"
    " AND h.id > :after ORDER BY h.id LIMIT :size",
    "h",
)
_BREAKS = _since(
    "SELECT b.id, b.first_day, b.last_day, b.habit_id, b.tag, b.reason, b.version"
    " FROM habits.breaks b WHERE b.user_id = :user_id{new}"
    " AND b.id > :after ORDER BY b.id LIMIT :size",
    "b",
)
_CHECK_INS = _since(
    "SELECT c.habit_id, c.day, c.value, c.state, c.note, c.at, c.source,"
    " h.kind, h.measure, h.start_day, h.versions"
    " FROM habits.habits h JOIN habits.check_ins c ON c.habit_id = h.id"
    " WHERE h.user_id = :user_id AND h.id >= :after{new}"
    " AND (c.habit_id, c.day) > (:after, CAST(:day AS text)::date)"
    " ORDER BY c.habit_id, c.day LIMIT :size",
    "c",
)


async def run(tx: AsyncConnection) -> str:
    """Return the name of the run that the server is in; the first who asks gives it one."""
    found = (await tx.execute(_RUN)).scalar()
    # Somebody else has named it in this moment: it is there for the next statement.
    return str(found if found is not None else (await tx.execute(_RUN)).scalar_one())


async def holds(tx: AsyncConnection, name: str, end: int) -> bool:
    """Tell whether a snapshot that was taken in a run, up to `end`, is of what has happened."""
    found = await tx.execute(_HOLDS, {"run": name, "end": str(end)})
    return bool(found.scalar())


async def now(tx: AsyncConnection) -> Snapshot:
    """Take a snapshot."""
    taken = str((await tx.execute(_NOW)).scalar_one())
    _, end, at_work = taken.split(":")
    return Snapshot(int(end), tuple(map(int, at_work.split(","))) if at_work else ())


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """A page of what is new `since` a snapshot (None: of all), behind an id and a day."""

    user_id: UUID
    since: Snapshot | None
    after: UUID
    day: date
    size: int

    def pick(self, both: tuple[TextClause, TextClause]) -> TextClause:
        """Return the statement for all that there is, or the one for what is new."""
        return both[self.since is not None]

    def values(self, *, day: bool = False) -> dict[str, object]:
        """Return what the statement takes; some know no `day`."""
        values: dict[str, object] = {
            "user_id": self.user_id,
            "after": self.after,
            "size": self.size,
        }
        if day:
            # As text: asyncpg would send `NEVER`, the first of all dates, as -infinity.
            values["day"] = self.day.isoformat()
        if self.since is not None:
            values |= {"begin": str(self.since.begin), "since": str(self.since)}
        return values


async def removed(tx: AsyncConnection, page: ChangesPage) -> list[RemovedRow]:
    """Return what was removed, by id and day; who has nothing yet has nothing to take away."""
    if page.since is None:
        return []
    return [
        RemovedRow(*row) for row in await tx.execute(page.pick(_REMOVED), page.values(day=True))
    ]


async def habits(tx: AsyncConnection, page: ChangesPage) -> list[HabitRow]:
    """Return habits, those in the bin, too, by id."""
    return [HabitRow(*row) for row in await tx.execute(page.pick(_HABITS), page.values())]


async def breaks(tx: AsyncConnection, page: ChangesPage) -> list[BreakRow]:
    """Return breaks by id."""
    return [BreakRow(*row) for row in await tx.execute(page.pick(_BREAKS), page.values())]


async def check_ins(tx: AsyncConnection, page: ChangesPage) -> list[ListedRow]:
    """Return check-ins by habit and day."""
    rows = await tx.execute(page.pick(_CHECK_INS), page.values(day=True))
    return [ListedRow(*row) for row in rows]


async def forget(tx: AsyncConnection, before: datetime) -> None:
    """Forget what was removed long ago."""
    statement = text("DELETE FROM habits.removed WHERE removed_at < :before")
    await tx.execute(statement, {"before": before})


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase what is known of what a user removed; the last of all that is erased of them."""
    await tx.execute(
        text("DELETE FROM habits.removed WHERE user_id = :user_id"), {"user_id": user_id}
    )
