"""Days that somebody marked in a mail or a chat: logged as if they had said it here."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import cast

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits.days import change_day
from actors.habits.decisions import Decide, Saying, restoration
from actors.habits.room import room
from actors.habits.rows import judged, no_habit, promise_of
from actors.runtime.room import TheBus, Transaction, Who
from contracts.bus import Bus
from contracts.check_ins import CheckedIn
from contracts.habit import CheckInState, number_of, thousandths
from contracts.keeping.entry import Said, logged, takes_away
from contracts.keeping.promise import Promise
from contracts.marks import (
    LogDay,
    Logged,
    LookAtMark,
    MarkDay,
    Marked,
    MarkOutcome,
    MarkShown,
    WithdrawDay,
    WithdrawMark,
)
from contracts.message import Conflict, Invalid, NotFound
from contracts.principal import Principal
from contracts.quantity import unit_of
from storage import check_in_history, check_ins, habits
from storage.check_ins import CheckInRow

log = structlog.get_logger()


class Mark:
    """What a mark makes of a day, decided when it is known what the day says."""

    def __init__(self, command: MarkDay | LogDay) -> None:
        """Decide nothing yet."""
        self._command = command
        self.outcome: MarkOutcome = "as_it_was"
        self.wanted: Logged | None = None

    def decide(self, promise: Promise, day: date, before: CheckInRow | None) -> CheckInRow | None:
        """Decide what a day says; what is logged already is neither lowered nor erased unseen."""
        said = self._command
        # An amount says by itself whether the day is done: the person typed no more than it.
        stated = said.state if said.value is None or said.state == "skipped" else None
        after = logged(promise, day, said.value, stated)
        self.wanted, self.outcome = _shown(after), "done"
        if before is not None:
            was = Said(before.value, cast(CheckInState, before.state))
            if was == after or (said.value is None and was.state == after.state):
                self.outcome = "as_it_was"
                return before
            if takes_away(promise.terms_on(day), was, after) and was != self._seen():
                self.outcome = "asks"
                return before
        return CheckInRow(day, after.value, after.state, before.note if before else "")

    def _seen(self) -> Said | None:
        """Return what the owner of the day saw logged and said to replace."""
        seen = self._command.replaces
        return None if seen is None else Said(thousandths(seen.value), seen.state)


@room.answer
async def mark_day(command: MarkDay, who: Who, tx: Transaction, bus: TheBus) -> Marked:
    """Log a day as its owner answered in a mail or a chat."""
    return await _mark(tx, bus, who, command)


@room.answer
async def withdraw_mark(command: WithdrawMark, who: Who, tx: Transaction, bus: TheBus) -> Marked:
    """Take back how a reminder was answered."""
    return await _withdraw(tx, bus, who, command)


@room.do
async def log_day(job: LogDay, tx: Transaction, bus: TheBus) -> None:
    """Log a day that the version before left to be logged; the next one does without this."""
    async with _leniently(tx, job):
        await _mark(tx, bus, Principal(user_id=job.user_id), job, said_at=job.occurred_at)


@room.do
async def withdraw_day(job: WithdrawDay, tx: Transaction, bus: TheBus) -> None:
    """Take back what the version before left to be taken back; the next one does without this."""
    async with _leniently(tx, job):
        await _withdraw(tx, bus, Principal(user_id=job.user_id), job)


async def _mark(
    tx: AsyncConnection,
    bus: Bus,
    who: Principal,
    command: MarkDay | LogDay,
    said_at: datetime | None = None,
) -> Marked:
    """Log a day as it was marked, now or at `said_at`."""
    made = Mark(command)
    saying = Saying(made.decide, command.source, said_at=said_at or datetime.now(UTC))
    day = await change_day(tx, bus, who, command.habit_id, command.day, saying)
    return Marked(outcome=made.outcome, logged=_logged(day), wanted=made.wanted)


@room.answer
async def look_at_mark(query: LookAtMark, who: Who, tx: Transaction) -> MarkShown:
    """Say what a mark would be of, so that a page can ask before it is made."""
    row = await habits.find(tx, who.user_id, query.habit_id)
    if row is None:
        raise no_habit(query.habit_id)
    promise = promise_of(row)
    terms, measure = promise.terms_on(query.day), promise.measure
    target = terms.version.target
    plain = target is not None and target.per == "day" and not terms.at_most
    entry = await check_ins.find(tx, row.id, query.day)
    seen = judged(promise, entry) if entry else None
    try:
        wanted = _shown(logged(promise, query.day, None, query.state))
    except Invalid:
        wanted = None
    return MarkShown(
        habit=row.name,
        archived=row.archived_at is not None,
        number=measure != "yes_no" and query.state == "done",
        measure=measure,
        unit=unit_of(measure, row.unit),
        usual=target.value if target is not None and plain else None,
        logged=_shown(Said(seen.value, cast(CheckInState, seen.state))) if seen else None,
        wanted=wanted,
    )


async def _withdraw(
    tx: AsyncConnection, bus: Bus, who: Principal, command: WithdrawMark | WithdrawDay
) -> Marked:
    """Take back the last change of a day if a mark made it, else nothing."""
    rows = await check_in_history.history(tx, command.habit_id, command.day, None, 1)
    mine = [one for one in rows if (one.user_id, one.source) == (who.user_id, command.source)]

    async def changed(decide: Decide) -> CheckedIn:
        return await change_day(tx, bus, who, command.habit_id, command.day, Saying(decide, "undo"))

    if mine:
        try:
            async with tx.begin_nested():
                await check_in_history.mark_undone(tx, mine[0].id)
                return Marked(outcome="done", logged=_logged(await changed(restoration(mine[0]))))
        except Conflict as no:
            log.info("mark not withdrawn", habit=str(command.habit_id), why=no.code)
    return Marked(outcome="as_it_was", logged=_logged(await changed(_as_it_is)))


@asynccontextmanager
async def _leniently(tx: AsyncConnection, job: LogDay | WithdrawDay) -> AsyncIterator[None]:
    """Do a job or nothing at all: what cannot be logged is no reason to try again."""
    try:
        async with tx.begin_nested():
            yield
    except (NotFound, Invalid, Conflict) as no:
        log.info("mark not logged", habit=str(job.habit_id), why=no.code)


def _as_it_is(promise: Promise, day: date, before: CheckInRow | None) -> CheckInRow | None:
    """Decide that a day says what it says."""
    return before


def _logged(day: CheckedIn) -> Logged | None:
    """Return what is logged for a day."""
    if day.state is None or day.value is None:
        return None
    return Logged(value=day.value, state=day.state)


def _shown(said: Said) -> Logged:
    """Show what a mark says."""
    return Logged(value=number_of(said.value), state=said.state)
