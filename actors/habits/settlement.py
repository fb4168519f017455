"""Settling a habit anew from its whole history: after an import, or when more of it counts."""

from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits.days import SETTLE_AFTER
from actors.habits.kept import dump_months, dump_progress, entries_from, promise_of
from contracts.keeping.progress import begin
from contracts.keeping.settlement import settle
from contracts.time import FIRST_DAY
from storage import check_ins, habits, snapshots
from storage.habits import HabitRow


async def settle_anew(
    tx: AsyncConnection, row: HabitRow, rests: list[tuple[date, date]], today: date
) -> HabitRow:
    """Work out score and streaks of a habit from its whole history; return it with them."""
    promise = promise_of(row)
    until = today - timedelta(days=1 + SETTLE_AFTER)
    entries = entries_from(await check_ins.between(tx, row.id, FIRST_DAY, until))
    settled = settle(begin(promise), promise, entries, rests, until)
    values: dict[str, object] = {
        "progress": dump_progress(settled.progress),
        "settled_day": settled.progress.settled_day,
    }
    await snapshots.keep(tx, row.id, dump_months(settled))
    return await habits.change(tx, row.user_id, row.id, values)
