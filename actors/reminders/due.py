"""Claiming what is due, batch by batch: claim, decide, write what became of it, advance.

All in one transaction: whoever dies in between has done nothing, and two who claim at once never
hold the same rule. What is late by less than the grace period is sent late; what is older was
missed, and is shown as such. After a long stop each rule sends once at most.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.reminders import notices
from actors.reminders.busy_times import asked_of, waiting, waits_until
from actors.reminders.decisions import Case, Decided
from actors.reminders.domain import (
    HISTORY,
    Rest,
    Seen,
    Verdict,
    decide,
    first_needed,
    fresh,
    is_plain,
)
from actors.reminders.next_fire import asking_of, life_of, next_of, plan_of, rests_of
from actors.reminders.occurrences import DAY, Coming, catch_up
from actors.reminders.room import known, room
from contracts.notifications import CHANNELS, ChannelName
from contracts.reminders import Outcome
from storage import restorations
from storage.outbox import tell
from storage.reminders import busy, claims, rules
from storage.reminders.claims import Advance, Claimed, LoggedDays
from storage.reminders.rules import FireRow, RuleRow
from storage.replica.rows import KnownBreak

log = structlog.get_logger()

BATCH = 500
"""Rules in one transaction."""

KEEP_FIRES = timedelta(days=90)
"""How long it is remembered what became of a reminder."""

MAX_CLEANED = 5000
"""Rows that are cleaned up in one transaction."""


@room.tick("reminders.claim", every=1)
async def claim(tx: AsyncConnection) -> bool:
    """Claim and decide a batch of due rules; true if there may be more."""
    now = datetime.now(UTC)
    claimed = await claims.claim(tx, now, BATCH)
    if not claimed:
        return False
    cases, fires, aims = list[Case](), list[FireRow](), list[Advance]()
    restored = await restorations.last(tx)
    for one in claimed:
        case = _case(one, now, restored)
        if case is None:
            _give_up(one, fires, aims)
        else:
            cases.append(case)
    decided = await _decide(tx, cases)
    ends = await busy.ends_of(tx, asked, now) if (asked := asked_of(decided)) else {}
    speaking = list[Decided]()
    for verdict in decided:
        if (until := waits_until(verdict, ends)) is not None:
            aims.append(waiting(verdict, until))
            continue
        speaking.append(verdict)
        fires += _fires(verdict, now)
        aims.append(_advance(verdict, now))
    await claims.record(tx, fires)
    await tell(tx, *notices.notices_of(speaking, now))
    await claims.advance(tx, aims)
    return len(claimed) == BATCH


def _case(one: Claimed, now: datetime, restored: datetime | None) -> Case | None:
    """Look at what has come due of a rule; None if its schedule makes no sense any more.

    What was due before a backup was `restored` was sent then: it is not sent late.
    """
    rule, life = one.rule, life_of(one.person)
    due = Coming(rule.next_slot, rule.next_fire_at or now)
    grace = timedelta(minutes=one.person.grace)
    if restored is not None and now - grace < restored:
        grace = max(now - restored, timedelta(0))
    try:
        caught = catch_up(due, plan_of(rule, one.habit), life, now, grace)
        return Case(one, life, caught, caught.current.day if caught.current else None)
    except (ValueError, LookupError, ArithmeticError) as error:
        log.error("reminder not understood", reminder=str(rule.id), why=type(error).__name__)
        return None


def _give_up(one: Claimed, fires: list[FireRow], aims: list[Advance]) -> None:
    """Take a rule that cannot be worked out off the table, so that it holds up no other."""
    rule = one.rule
    at, slot = rule.next_fire_at, rule.next_slot
    if at is not None:
        fires.append(FireRow(rule.id, at, at.date(), "silent", "not_understood", False))
    aims.append(Advance(rule.id, None, slot, rule.last_slot, rule.ignored, rule.nudged_day))


# -- deciding -------------------------------------------------------------------------------------


async def _decide(tx: AsyncConnection, cases: Sequence[Case]) -> list[Decided]:
    """Decide a batch: what decides is loaded for all of it at once."""
    asked = [place for place, case in enumerate(cases) if _asks(case)]
    loaded = await claims.days_of(tx, [_wanted(cases[place]) for place in asked])
    logged = {asked[place]: found for place, found in loaded.items()}
    days = [case.day for case in cases if case.day is not None]
    breaks: dict[UUID, list[KnownBreak]] = {}
    if any(map(_of_habit, cases)):
        users = list({case.claimed.rule.user_id for case in cases if case.claimed.habit})
        breaks = await claims.breaks_of(tx, users, min(days) - timedelta(days=HISTORY))
    asks_diary = {case.claimed.rule.user_id for case in cases if case.claimed.rule.unless_written}
    span = (min(days), max(days)) if days else None
    wrote = await claims.written(tx, list(asks_diary), *span) if span else set()
    decided = []
    for place, case in enumerate(cases):
        found = logged.get(place) or _at_hand(case)
        rule, day = case.claimed.rule, case.day
        mine = breaks.get(rule.user_id, [])
        rests = rests_of(case.claimed.habit, mine) if case.claimed.habit and mine else []
        if day is None:
            decided.append(Decided(case, None))
            continue
        verdict = _judge(case, day, found, rests, written=(rule.user_id, day) in wrote)
        open_ = _channels(case) if verdict.reason is None else ()
        if verdict.reason is None and not open_:
            verdict = Verdict("no_channel")
        decided.append(Decided(case, verdict, open_, rests, found.last if found else None))
    return decided


def _of_habit(case: Case) -> bool:
    """Tell whether days of a habit decide about a case."""
    habit = case.claimed.habit
    return case.day is not None and habit is not None and habit.promise is not None


def _asks(case: Case) -> bool:
    """Tell whether more days decide than the one that came with the claim."""
    rule, habit, day = case.claimed.rule, case.claimed.habit, case.day
    if habit is None or habit.promise is None or day is None:
        return False
    if rule.kind in ("at_risk", "silence") or day.toordinal() != rule.next_slot // DAY:
        return True
    return not is_plain(habit.promise.version_on(day))


def _at_hand(case: Case) -> LoggedDays | None:
    """Return what came with the claim: the day that the rule is due for."""
    value = case.claimed.on_day
    return None if value is None else LoggedDays({case.claimed.rule.next_slot // DAY: value}, None)


def _wanted(case: Case) -> tuple[UUID, UUID, date, date, bool]:
    """Say which days of the habit of a case are needed."""
    rule, habit, day = case.claimed.rule, case.claimed.habit, case.day
    if habit is None or habit.promise is None or day is None:
        raise LookupError("no days decide about this")
    first = first_needed(habit.promise, rule.kind, day)
    return rule.user_id, habit.habit_id, first, day, rule.kind == "silence"


def _judge(
    case: Case, day: date, logged: LoggedDays | None, rests: Sequence[Rest], *, written: bool
) -> Verdict:
    """Decide one case."""
    rule, habit = case.claimed.rule, case.claimed.habit
    if case.claimed.person.disabled:
        return Verdict("account_disabled")
    seen = None
    if rule.habit_id is not None:
        seen = Seen(
            habit.promise if habit else None,
            archived=habit is not None and habit.archived,
            gone=habit is None or habit.gone,
            entries=logged.entries if logged else {},
            rests=rests,
            logged=logged.last if logged else None,
        )
    try:
        return decide(
            asking_of(rule, case.life), seen, day, written=written and rule.unless_written
        )
    except (ValueError, LookupError, ArithmeticError) as error:
        log.error("reminder not understood", reminder=str(rule.id), why=type(error).__name__)
        return Verdict("not_understood")


def _channels(case: Case) -> tuple[ChannelName, ...]:
    """Return through which channels a person can be reached now, of those that they wish."""
    person = case.claimed.person
    wished = person.channels if case.claimed.rule.channels is None else case.claimed.rule.channels
    return tuple(
        [
            name
            for name in CHANNELS
            if name in wished and (name in person.reached or (name == "email" and person.email))
        ]
    )


# -- writing down ---------------------------------------------------------------------------------


def _fires(one: Decided, now: datetime) -> list[FireRow]:
    """Say what became of each fire of a case."""
    rule, caught = one.case.claimed.rule, one.case.caught
    rows = [FireRow(rule.id, fire.at, fire.day, "missed", None, False) for fire in caught.missed]
    day = one.case.day
    if caught.current is not None and one.verdict is not None and day is not None:
        at, reason = caught.current.at, one.verdict.reason
        late = reason is None and now - at > notices.LATE
        outcome: Outcome = "silent" if reason else "sent"
        busy_from = None if reason else rule.busy_from
        rows.append(FireRow(rule.id, at, day, outcome, reason, late, busy_from))
    return rows


def _advance(one: Decided, now: datetime) -> Advance:
    """Say when a decided rule comes next, and how often it was ignored."""
    rule, caught = one.case.claimed.rule, one.case.caught
    habit, upcoming = one.case.claimed.habit, caught.upcoming
    last = caught.current or caught.missed[-1]
    ignored, nudged = 0, None
    if rule.kind == "silence":
        asking = fresh(asking_of(rule, one.case.life), one.logged)
        ignored, nudged = asking.ignored, asking.nudged_day
    if rule.kind == "silence" and one.verdict is not None:
        if one.verdict.reason is None:
            ignored, nudged = min(ignored + 1, 10), last.day
        after = _moved(rule, last.slot, ignored, nudged)
        breaks = [KnownBreak(first, end, rule.habit_id, None) for first, end in one.rests]
        upcoming = next_of(after, one.case.claimed.person, habit, breaks, one.logged, now)
    elif habit is not None and (habit.archived or habit.gone):
        upcoming = None
    at, slot = (upcoming.at, upcoming.slot) if upcoming else (None, 0)
    return Advance(rule.id, at, slot, last.slot, ignored, nudged)


def _moved(rule: RuleRow, last_slot: int, ignored: int, nudged: date | None) -> RuleRow:
    """Return a rule after a nudge was decided; a snooze of it is over."""
    return rule._replace(last_slot=last_slot, ignored=ignored, nudged_day=nudged, wakes=False)


# -- cleaning up ----------------------------------------------------------------------------------


@room.tick("reminders.clean_up", every="41 * * * *")
async def clean_up(tx: AsyncConnection) -> bool:
    """Drop days and fires that nobody asks about any more; true if there may be more."""
    now = datetime.now(UTC)
    dropped = await known.replica.forget(tx, now.date(), MAX_CLEANED)
    dropped += await rules.forget_fires(tx, now - KEEP_FIRES, MAX_CLEANED)
    return dropped >= MAX_CLEANED
