"""Days that somebody marked in a mail or a chat: logged as if they had said it here."""

from datetime import date

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits.days import Saying, change_day
from actors.habits.domain import logged
from contracts.bus import Bus
from contracts.keeping.promise import Promise
from contracts.mails import HabitMarked
from contracts.message import Invalid, NotFound
from contracts.principal import Principal
from storage.check_ins import EntryRow

log = structlog.get_logger()


async def mark(tx: AsyncConnection, bus: Bus, fact: HabitMarked) -> None:
    """Log a day as it was marked; nothing happens if the habit is gone, or a value is missing.

    A day that is done already stays as it is: the mark may be older.
    """

    def decide(promise: Promise, day: date, before: EntryRow | None) -> EntryRow | None:
        if before is not None and before.state == fact.state and fact.value is None:
            return before
        # An amount says by itself whether the day is done: the person typed no more than it.
        said = fact.state if fact.value is None or fact.state == "skipped" else None
        value, state = logged(promise, day, fact.value, said)
        return EntryRow(day, value, state, before.note if before else "")

    who = Principal(user_id=fact.user_id)
    try:
        async with tx.begin_nested():
            saying = Saying(decide, fact.source)
            await change_day(tx, bus, who, fact.habit_id, fact.day, saying)
    except (NotFound, Invalid) as no:
        log.info("mark not logged", habit=str(fact.habit_id), why=no.code)
