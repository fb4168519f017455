"""Telling once more all that the room knows of a person, for rooms that did not hear it.

Each habit is told under its lock, at the version that it has: whatever is told later is newer.
"""

from collections.abc import Iterator
from itertools import groupby, islice
from operator import attrgetter
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits.facts import facts_of
from contracts.breaks import BreakAdded
from contracts.cursor import read_id
from contracts.habit import CheckInState, number_of
from contracts.habits import HabitArchived, HabitBinned
from contracts.imports import CheckInsImported, ImportedDay
from contracts.message import Fact
from contracts.retelling import RetellHabits, Retold
from storage import breaks, check_ins, habits
from storage.check_ins import LoggedRow
from storage.habits import HabitRow
from storage.outbox import tell

AT_ONCE = 10
"""Habits told in one page: of a person with ten years of history, some 36 000 days."""

DAYS_AT_ONCE = 125
"""Days in one `CheckInsImported`, at most."""


async def retell(tx: AsyncConnection, command: RetellHabits) -> Retold:
    """Tell a page of habits with their days; the first page tells the breaks, too."""
    after = read_id(command.cursor)
    facts: list[Fact] = [] if after else await _breaks(tx, command.user_id)
    rows = await habits.find_after(tx, command.user_id, after, AT_ONCE)
    for row in rows:
        facts += _facts(row, await check_ins.logged(tx, row.id))
    await tell(tx, *facts)
    more = str(rows[-1].id) if len(rows) == AT_ONCE else None
    return Retold(told=len(facts), next=more)


async def _breaks(tx: AsyncConnection, user_id: UUID) -> list[Fact]:
    """Tell all breaks as they are."""
    return [
        BreakAdded(
            first=row.first_day,
            last=row.last_day,
            habit_id=row.habit_id,
            tag=row.tag,
            reason=row.reason,
            user_id=user_id,
            version=row.version,
            break_id=row.id,
        )
        for row in await breaks.touching(tx, user_id, None, None, binned=True)
    ]


def _facts(row: HabitRow, days: list[LoggedRow]) -> Iterator[Fact]:
    """Tell a habit, whether it is laid aside or in the bin, and its days."""
    yield from facts_of(row, row)
    if row.binned_at is not None:
        yield HabitBinned(
            occurred_at=row.binned_at, user_id=row.user_id, version=row.version, habit_id=row.id
        )
    if row.archived:
        yield HabitArchived(
            occurred_at=row.archived_at or row.created_at,
            user_id=row.user_id,
            version=row.version,
            habit_id=row.id,
            archived=True,
        )
    for zone, logged in groupby(sorted(days, key=attrgetter("zone", "day")), attrgetter("zone")):
        while chunk := tuple(islice(logged, DAYS_AT_ONCE)):
            yield CheckInsImported(
                user_id=row.user_id,
                version=row.version,
                habit_id=row.id,
                zone=zone,
                check_ins=tuple(_day(one) for one in chunk),
            )


def _day(row: LoggedRow) -> ImportedDay:
    """Tell a day."""
    return ImportedDay(
        day=row.day,
        value=number_of(row.value),
        state=cast(CheckInState, row.state),
        at=row.at,
    )
