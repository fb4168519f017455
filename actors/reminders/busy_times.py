"""Busy time: a smart reminder waits until its person is free, if that is soon.

It waits for six hours at most, and neither beyond the day that it is for nor into quiet hours: then
it comes when it is due, for nothing is better.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from actors.reminders.decisions import Decided
from actors.reminders.occurrences import begin_of, loud
from actors.reminders.room import known, room
from actors.runtime.room import TheBus, Transaction
from contracts.busy import BusyChanged
from contracts.google import ListBusy
from contracts.message import Denied
from storage.reminders import busy
from storage.reminders.claims import Advance

LONGEST = timedelta(hours=6)
"""How long a reminder waits."""

AHEAD = timedelta(days=8)
"""How far ahead busy time is known."""


@room.hear
async def note_busy(fact: BusyChanged, tx: Transaction, bus: TheBus) -> None:
    """Ask when a person is busy now: whatever was told in which order, that is the newest."""
    if not await known.replica.lock(tx, [fact.user_id]):
        now = datetime.now(UTC)
        query = ListBusy(first=now - timedelta(hours=1), last=now + AHEAD)
        try:
            times = (await bus.ask(query, on_behalf_of=fact.user_id)).times
        except Denied:  # the account is disabled, or gone
            times = ()
        await busy.replace(tx, fact.user_id, [(one.begins, one.ends) for one in times])


def may_wait(one: Decided) -> bool:
    """Tell whether a reminder that speaks would wait for its person to be free."""
    rule, verdict = one.case.claimed.rule, one.verdict
    speaks = verdict is not None and verdict.reason is None
    return speaks and rule.kind == "smart" and not rule.wakes


def waits_until(one: Decided, ends: Mapping[UUID, datetime]) -> datetime | None:
    """Return until when a reminder waits; None: it comes now."""
    rule, life, current = one.case.claimed.rule, one.case.life, one.case.caught.current
    until = ends.get(rule.user_id)
    if until is None or current is None or not may_wait(one):
        return None
    since = rule.busy_from or current.at
    over = begin_of(current.day.toordinal() + 1, life.zone, life.day_start)
    late = until - since > LONGEST or until >= over or loud(until, life) != until
    return None if late else until


def waiting(one: Decided, until: datetime) -> Advance:
    """Have a reminder come when its person is free, for the time for which it is due."""
    rule, current = one.case.claimed.rule, one.case.caught.current
    slot = current.slot if current else rule.next_slot
    since = rule.busy_from or (current.at if current else until)
    return Advance(rule.id, until, slot, rule.last_slot, rule.ignored, rule.nudged_day, since)


def asked_of(decided: Sequence[Decided]) -> list[UUID]:
    """Return whose busy time decides."""
    return sorted({one.case.claimed.rule.user_id for one in decided if may_wait(one)})
