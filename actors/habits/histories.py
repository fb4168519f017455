"""What was logged, who changed it, and all streaks: read from the whole history of a habit."""

from datetime import date
from uuid import UUID

from pydantic import TypeAdapter

from actors.habits.days import (
    person_of,
    today_of,
)
from actors.habits.habits import found
from actors.habits.room import room
from actors.habits.rows import (
    entries_from,
    entry_of,
    entry_row,
    promise_of,
)
from actors.habits.settlement import history, worked_out
from actors.habits.views import day_entry
from actors.runtime.room import TheBus, Transaction, Who
from contracts.check_ins import (
    Change,
    CheckIns,
    GetHistory,
    GetStreaks,
    History,
    ListCheckIns,
    Streaks,
)
from contracts.keeping.cycle import unit_of
from contracts.keeping.progress import streak_of, streaks
from contracts.page import Cursors, check_range, read_id
from contracts.time import FIRST_DAY, LAST_DAY
from storage import breaks, check_in_history, check_in_lists

CURSORS = Cursors(TypeAdapter(tuple[date, UUID]))
"""Cursors of lists of check-ins: day and habit of the last one."""


@room.answer
async def list_check_ins(query: ListCheckIns, who: Who, tx: Transaction) -> CheckIns:
    """Show logged days, oldest first."""
    check_range(query.first, query.last)
    if query.habit_id is not None:
        await found(tx, who, query.habit_id, None, lock=False)
    after = CURSORS.read(query.cursor) or (FIRST_DAY, UUID(int=0))
    rows = await check_in_lists.page(
        tx,
        who.user_id,
        habit_id=query.habit_id,
        first=query.first or FIRST_DAY,
        last=query.last or LAST_DAY,
        after=after,
        size=query.limit + 1,
    )
    page = rows[: query.limit]
    last = page[-1] if len(rows) > query.limit else None
    more = CURSORS.write((last.day, last.habit_id)) if last else None
    return CheckIns(check_ins=tuple(map(day_entry, page)), next=more)


@room.answer
async def get_history(query: GetHistory, who: Who, tx: Transaction) -> History:
    """Show who changed what, newest first."""
    row = await found(tx, who, query.habit_id, None, lock=False)
    before = read_id(query.cursor)
    rows = await check_in_history.history(tx, row.id, query.day, before, query.limit + 1)
    page = rows[: query.limit]
    shown = tuple(
        Change(
            change_id=one.id,
            habit_id=one.habit_id,
            day=one.day,
            before=entry_of(entry_row(one.before, one.day)),
            after=entry_of(entry_row(one.after, one.day)),
            source=one.source,
            made_by=one.made_by,
            made_at=one.made_at,
            undone=one.undone,
        )
        for one in page
    )
    return History(changes=shown, next=str(page[-1].id) if len(rows) > query.limit else None)


@room.answer
async def get_streaks(query: GetStreaks, who: Who, tx: Transaction, bus: TheBus) -> Streaks:
    """Show all streaks of a habit, newest first."""
    row = await found(tx, who, query.habit_id, None, lock=False)
    today = today_of(await person_of(tx, bus, who))
    rows = await history(tx, row.id, today)
    rests = await breaks.covering(tx, row.user_id, row.id, row.tags)
    promise = promise_of(row)

    def work() -> Streaks:
        runs, now = streaks(promise, entries_from(rows), rests, today)
        return Streaks(
            streak=now.run.length,
            best_streak=now.best.length,
            streak_unit=unit_of(promise.terms_on(today)).per,
            streaks=tuple(streak_of(promise, run) for run in runs),
        )

    return await worked_out((today - row.start_day).days, work)
