"""Changes for clients that were away, page by page: one round after another, in stages.

A round brings what is new since the snapshot that the last round began with; its own snapshot is
taken before its first page is read. What is written during a round may be in it or not: it is in
the next one. So pages can be read by key, in statements that each see more than the one before.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits.room import room
from actors.habits.rows import versions_of
from actors.habits.views import break_of, day_entry, written_habit
from actors.runtime.room import Transaction, Who
from contracts.changes import KEEP_REMOVED, Changes, ListChanges, Removed
from contracts.message import Gone, Message
from contracts.page import wrong_cursor
from storage import changes
from storage.changes import NEVER, ChangesPage, RemovedRow, Snapshot

MAX_AT_WORK = 6
"""Transactions at work that a cursor remembers; more of them, and some changes come twice."""

LONGEST_ROUND = timedelta(days=1)
"""How long a client may take for the pages of a round: so much longer is kept what was removed."""

_FIRST = UUID(int=0)
_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Place:
    """Where a client is: in the round that brings what is new `since` one snapshot, behind a key.

    The round began at `began` (Unix time, seconds) with the snapshot `until`, in a `run`.
    """

    run: str
    began: int
    since: Snapshot | None
    until: Snapshot
    stage: int = 0
    after: UUID = _FIRST
    day: date = NEVER


@dataclass(frozen=True, slots=True)
class _Found:
    """Something to show, and its key in its stage."""

    id: UUID
    day: date
    shown: Message


@room.answer
async def list_changes(query: ListChanges, who: Who, tx: Transaction) -> Changes:
    """Return a page of changes, and where the next one begins."""
    place = await _place(tx, who.user_id, query.since)
    found: dict[str, list[Message]] = {name: [] for name, _ in STAGES}
    left, more = query.limit, False
    for stage in range(place.stage, len(STAGES)):
        name, read = STAGES[stage]
        if stage > place.stage:
            place = replace(place, stage=stage, after=_FIRST, day=NEVER)
        # One more than fits tells whether there is more.
        wanted = ChangesPage(who.user_id, place.since, place.after, place.day, left + 1)
        rows = await read(tx, wanted)
        taken, more = rows[:left], len(rows) > left
        if taken:
            found[name] = [one.shown for one in taken]
            left -= len(taken)
            place = replace(place, after=taken[-1].id, day=taken[-1].day)
        if more:
            break
    if not more:
        place = replace(place, since=None, stage=len(STAGES), after=_FIRST, day=NEVER)
    return Changes.model_validate({**found, "next": write(place, who.user_id), "more": more})


async def _place(tx: AsyncConnection, user_id: UUID, cursor: str | None) -> Place:
    """Return where a page begins. Refuses with `Invalid` or `Gone`."""
    run = await changes.run(tx)
    # Before anything is read: whatever is missing in this round is in the next one.
    now = (await changes.now(tx)).shortened(MAX_AT_WORK)
    clock = datetime.now(UTC)
    begin = Place(run, int(clock.timestamp()), None, now)
    if cursor is None:
        return begin
    known = read_place(cursor, user_id)
    over = known.stage == len(STAGES)
    kept = timedelta(days=KEEP_REMOVED) if over else LONGEST_ROUND
    too_old = clock.timestamp() - known.began > kept.total_seconds()
    if too_old or not await changes.holds(tx, known.run, known.until.end):
        text = "What has changed since then is not known any more; begin anew, without a cursor."
        raise Gone("cursor_expired", text)
    return replace(begin, since=known.until) if over else known


def write(place: Place, user_id: UUID) -> str:
    """Write a person's place down as a cursor, which is good for them alone."""
    parts = (
        place.run,
        f"{place.began:x}",
        _write(place.since) if place.since else "",
        _write(place.until),
        f"{place.stage}",
        place.after.hex,
        f"{place.day.toordinal():x}",
    )
    written = ".".join(parts)
    return f"{written}.{_sum(written, user_id)}"


def _sum(written: str, user_id: UUID) -> str:
    """Sum up whose place it is, and where.

    It tells other people's cursors, and those that a client put together, from one's own. It is no
    secret: whoever works it out reads no more than their own changes.
    """
    return sha256(user_id.bytes + written.encode()).hexdigest()[:8]


def read_place(cursor: str, user_id: UUID) -> Place:
    """Read a person's cursor. Refuses with `Invalid`, that of somebody else too."""
    try:
        written, _, told = cursor.rpartition(".")
        if told != _sum(written, user_id):
            raise ValueError
        run, began, since, until, stage, after, day = written.split(".")
        place = Place(
            run,
            _number(began),
            _read(since) if since else None,
            _read(until),
            _number(stage),
            UUID(hex=after),
            date.fromordinal(_number(day)),
        )
        if place.stage > len(STAGES):
            raise ValueError
    except (ValueError, OverflowError):
        raise wrong_cursor("/since") from None
    return place


def _write(snapshot: Snapshot) -> str:
    """Write a snapshot down: its end, and how far before it lies what was at work."""
    ages = (f"{snapshot.end - one:x}" for one in snapshot.at_work)
    return "-".join((f"{snapshot.end:x}", *ages))


def _read(written: str) -> Snapshot:
    """Read a snapshot. Raises ValueError unless it is one that PostgreSQL could have taken."""
    end, *ages = map(_number, written.split("-"))
    at_work = tuple(end - age for age in ages)
    if list(at_work) != sorted(set(at_work)) or not all(0 < one < end for one in (*at_work, 1)):
        raise ValueError
    return Snapshot(end, at_work)


def _number(written: str) -> int:
    """Read a number that is not too large for PostgreSQL."""
    if not written.isalnum() or len(written) >= _DIGITS:
        raise ValueError
    return int(written, 16)


async def _removed(tx: AsyncConnection, page: ChangesPage) -> list[_Found]:
    return [_Found(row.id, row.day, _gone(row)) for row in await changes.removed(tx, page)]


def _gone(row: RemovedRow) -> Removed:
    if row.kind == "break":
        return Removed(kind="break", break_id=row.id)
    if row.kind == "habit":
        return Removed(kind="habit", habit_id=row.id)
    return Removed(kind="check_in", habit_id=row.id, day=row.day)


async def _habits(tx: AsyncConnection, page: ChangesPage) -> list[_Found]:
    """List habits; the version that is planned last is the latest one."""
    return [
        _Found(row.id, NEVER, written_habit(row, versions_of(row.versions)[-1]))
        for row in await changes.habits(tx, page)
    ]


async def _breaks(tx: AsyncConnection, page: ChangesPage) -> list[_Found]:
    return [_Found(row.id, NEVER, break_of(row)) for row in await changes.breaks(tx, page)]


async def _check_ins(tx: AsyncConnection, page: ChangesPage) -> list[_Found]:
    rows = await changes.check_ins(tx, page)
    return [_Found(row.habit_id, row.day, day_entry(row)) for row in rows]


STAGES: tuple[
    tuple[str, Callable[[AsyncConnection, ChangesPage], Awaitable[list[_Found]]]], ...
] = (
    ("removed", _removed),
    ("habits", _habits),
    ("breaks", _breaks),
    ("check_ins", _check_ins),
)
"""In this order: what is taken away first, and no day before its habit."""


@room.tick("habits.changes", every=60)
async def tidy(tx: AsyncConnection) -> bool:
    """Name the run of the server, and forget what was removed too long ago; nothing is left."""
    await changes.run(tx)
    await changes.forget(tx, datetime.now(UTC) - timedelta(days=KEEP_REMOVED) - LONGEST_ROUND)
    return False
