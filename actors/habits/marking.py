"""Days that somebody marked in a mail or a chat: logged as if they had said it here."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import cast

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits.days import change_day
from actors.habits.decisions import Saying, restoration
from contracts.bus import Bus
from contracts.habit import CheckInState, thousandths
from contracts.keeping.entry import Said, logged, takes_away
from contracts.keeping.promise import Promise
from contracts.mails import LogDay, WithdrawDay
from contracts.message import Conflict, Invalid, NotFound
from contracts.principal import Principal
from storage import check_in_history
from storage.check_ins import EntryRow

log = structlog.get_logger()


async def mark(tx: AsyncConnection, bus: Bus, job: LogDay) -> None:
    """Log a day as it was marked; nothing happens if the habit is gone, or a value is missing.

    What is logged already is neither lowered nor erased, unless its owner saw it: the mark may be
    older.
    """

    def decide(promise: Promise, day: date, before: EntryRow | None) -> EntryRow | None:
        if before is not None and before.state == job.state and job.value is None:
            return before
        # An amount says by itself whether the day is done: the person typed no more than it.
        stated = job.state if job.value is None or job.state == "skipped" else None
        after = logged(promise, day, job.value, stated)
        if before is not None:
            was = Said(before.value, cast(CheckInState, before.state))
            if takes_away(promise.terms_on(day), was, after) and was != _seen(job):
                log.info("mark not logged", habit=str(job.habit_id), why="logged_since")
                return before
        return EntryRow(day, after.value, after.state, before.note if before else "")

    async with _leniently(tx, job):
        who, saying = (
            Principal(user_id=job.user_id),
            Saying(decide, job.source, said_at=job.occurred_at),
        )
        await change_day(tx, bus, who, job.habit_id, job.day, saying)


def _seen(job: LogDay) -> Said | None:
    """Return what the owner of a day saw logged and said to replace."""
    seen = job.replaces
    return None if seen is None else Said(thousandths(seen.value), seen.state)


async def withdraw(tx: AsyncConnection, bus: Bus, job: WithdrawDay) -> None:
    """Take back the last change of a day if a mark made it, else nothing."""
    rows = await check_in_history.history(tx, job.habit_id, job.day, None, 1)
    mine = [one for one in rows if (one.user_id, one.source) == (job.user_id, job.source)]
    if not mine:
        log.info("mark not withdrawn", habit=str(job.habit_id), why="changed_since")
        return
    async with _leniently(tx, job):
        await check_in_history.mark_undone(tx, mine[0].id)
        saying = Saying(restoration(mine[0]), "undo")
        await change_day(tx, bus, Principal(user_id=job.user_id), job.habit_id, job.day, saying)


@asynccontextmanager
async def _leniently(tx: AsyncConnection, job: LogDay | WithdrawDay) -> AsyncIterator[None]:
    """Change a day or nothing at all: what cannot be logged is no reason to try again."""
    try:
        async with tx.begin_nested():
            yield
    except (NotFound, Invalid, Conflict) as no:
        log.info("mark not logged", habit=str(job.habit_id), why=no.code)
