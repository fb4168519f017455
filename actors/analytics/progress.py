"""Where habits stand without reading their whole history: progress is settled up to a few days ago.

As in the habits room (decision 4): the last days stay open, since they change most; a change to a
settled day drops what was settled, and the next reader settles anew.
"""

import asyncio
import json
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.analytics.room import known
from contracts.keeping.progress import Progress, advance, begin, window_days
from contracts.keeping.promise import SKIPPED, Entries, Rests
from contracts.time import FIRST_DAY
from storage.analytics import histories, settled
from storage.analytics.settled import DaysRow, SettledRow
from storage.replica.nouns import STATES
from storage.replica.rows import KnownBreak

OPEN_DAYS = 2
"""Days before today that are not settled yet."""

PASSED_OVER = STATES.index("skipped") + 1


@dataclass(frozen=True, slots=True)
class Behind:
    """A habit that is to be settled from its progress on."""

    row: SettledRow
    progress: Progress

    @property
    def first(self) -> date:
        """The first day whose entry still counts."""
        back = self.progress.settled - window_days(self.row.promise)
        return date.fromordinal(max(back, FIRST_DAY.toordinal()))


async def settle(tx: AsyncConnection, user_id: UUID, today: date) -> dict[UUID, Progress]:
    """Return the progress of each habit, settled until three days before `today`.

    What had to be worked out is kept: the next call costs the days since.
    """
    until = today - timedelta(days=1 + OPEN_DAYS)
    rows = await settled.find(tx, user_id)
    if not any(_is_behind(row, until) for row in rows):
        return {row.habit_id: progress_of(row) for row in rows}
    await known.replica.lock(tx, [user_id])
    rows = await settled.find(tx, user_id)
    behind = [Behind(row, progress_of(row)) for row in rows if _is_behind(row, until)]
    wanted = [(one.row.habit_id, one.first) for one in behind]
    found = {row.habit_id: row for row in await settled.days_since(tx, user_id, wanted, until)}
    rests = await histories.find_breaks(tx, user_id)
    moved = await asyncio.to_thread(_advance, behind, found, rests, until)
    kept = [(habit_id, now.settled_day, _dump(now)) for habit_id, now in moved.items()]
    await settled.keep(tx, user_id, kept)
    return {row.habit_id: moved.get(row.habit_id) or progress_of(row) for row in rows}


def progress_of(row: SettledRow) -> Progress:
    """Return how far a habit is settled; one that is not stands on the eve of its beginning."""
    if row.progress is None:
        return begin(row.promise)
    return Progress.load(json.loads(row.progress))


def entries_of(row: DaysRow) -> Entries:
    """Turn days into what the rules read."""
    return {
        day: SKIPPED if state == PASSED_OVER else value
        for day, value, state in zip(row.days, row.values, row.states, strict=True)
    }


def _is_behind(row: SettledRow, until: date) -> bool:
    """Tell whether days of a habit wait to be settled."""
    return (row.settled_day or row.promise.start - timedelta(days=1)) < until


def _advance(
    behind: list[Behind], found: dict[UUID, DaysRow], rests: list[KnownBreak], until: date
) -> dict[UUID, Progress]:
    """Settle habits; years of many of them take a while, so this runs in a thread."""
    return {
        one.row.habit_id: advance(
            one.progress,
            one.row.promise,
            entries_of(found[one.row.habit_id]),
            _covering(one.row, rests),
            until,
        )
        for one in behind
    }


def _covering(row: SettledRow, rests: list[KnownBreak]) -> Rests:
    return [(rest.first, rest.last) for rest in rests if rest.covers(row.habit_id, row.tags)]


def _dump(progress: Progress) -> str:
    return json.dumps(progress.dump(), separators=(",", ":"))
