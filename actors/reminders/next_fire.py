"""When rules come next: from what is stored of a rule, its person and its habit."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.reminders.domain import Conditions, Rest, nudge_day
from actors.reminders.occurrences import (
    Coming,
    Life,
    Plan,
    following,
    is_asked,
    known_zone,
    today_of,
)
from actors.reminders.periods import PersonClock
from contracts.keeping.cycle import cycle_of
from contracts.keeping.promise import Promise
from contracts.message import NotFound
from contracts.reminders import NeverBecause, ReminderKind
from contracts.schedule import EveryDay, Times
from contracts.time import day_of
from storage.reminders import days, rules
from storage.reminders import habits as kept_habits
from storage.reminders.habits import RemindedHabit
from storage.reminders.people import RemindedPerson
from storage.reminders.rules import Aim, RuleRow
from storage.replica.rows import KnownBreak

ONCE = ("smart", "silence")
"""Kinds that come once a day, whatever becomes of their times."""


def no_rule(rule_id: UUID) -> NotFound:
    """Say that there is no such rule, or that it is somebody else's."""
    text = "There is no reminder {reminder_id}."
    return NotFound("reminder_not_found", text, reminder_id=str(rule_id))


def life_of(person: RemindedPerson) -> Life:
    """Return how a person lives in time."""
    return Life(known_zone(person.zone), person.day_start, person.quiet)


def clock_of(person: RemindedPerson) -> PersonClock:
    """Return by which clock a person's digests come."""
    zone = known_zone(person.zone)
    return PersonClock(zone, person.day_start, person.week_start, person.digest_at)


def today(person: RemindedPerson, now: datetime) -> date:
    """Return the person's logical day."""
    return date.fromordinal(today_of(life_of(person), now))


def plan_of(rule: RuleRow, habit: RemindedHabit | None, first: date | None = None) -> Plan:
    """Return when a rule fires; `first`: not before this day."""
    promise = habit.promise if habit else None
    begin = first.toordinal() if first else 0
    if promise is not None and _any_day(promise, rule.kind):
        begin, promise = max(begin, promise.start.toordinal()), None
    once = rule.kind in ONCE
    return Plan(rule.times, rule.weekdays, rule.shift, rule.learned, promise, begin, once)


def _any_day(promise: Promise, kind: ReminderKind) -> bool:
    """Tell whether a habit may be asked for on any day, once it has begun.

    A streak that is counted in weeks or months may end on any day, due or not.
    """
    if kind == "at_risk" and any(map(cycle_of, promise.terms)):
        return True
    return len(promise.versions) == 1 and isinstance(
        promise.versions[0].schedule, (EveryDay, Times)
    )


def asking_of(rule: RuleRow, life: Life) -> Conditions:
    """Return what a rule asks before it speaks."""
    if rule.kind != "silence":
        return Conditions(rule.kind, rule.streak)
    created = day_of(rule.created_at, life.zone, life.day_start)
    return Conditions(
        rule.kind, rule.streak, rule.after_days, rule.ignored, rule.nudged_day, created
    )


def rests_of(habit: RemindedHabit, breaks: Iterable[KnownBreak]) -> list[Rest]:
    """Return the breaks that cover a habit."""
    return [(one.first, one.last) for one in breaks if one.covers(habit.habit_id, habit.tags)]


def never_because(rule: RuleRow, habit: RemindedHabit | None, today: date) -> NeverBecause:
    """Say why a rule that has no next time will not come."""
    if not rule.enabled:
        return "off"
    if rule.habit_id is not None and (habit is None or habit.gone or habit.promise is None):
        return "habit_gone"
    if habit is not None and habit.archived:
        return "archived"
    return "quiet_hours" if is_asked(plan_of(rule, habit), today.toordinal()) else "no_occurrence"


def next_of(
    rule: RuleRow,
    person: RemindedPerson,
    habit: RemindedHabit | None,
    breaks: Sequence[KnownBreak],
    logged: date | None,
    now: datetime,
) -> Coming | None:
    """Work out when a rule comes next; a snooze that runs is waited for, and the
    end of what keeps a person busy.
    """
    gone = habit is not None and (habit.gone or habit.archived or habit.promise is None)
    if not rule.enabled or gone or (rule.habit_id is not None and habit is None):
        return None
    if rule.wakes and rule.snoozed_until is not None and rule.snoozed_until > now:
        return Coming(rule.next_slot, rule.snoozed_until)
    if rule.busy_from is not None and rule.next_fire_at is not None and rule.next_fire_at > now:
        return Coming(rule.next_slot, rule.next_fire_at)
    life, first = life_of(person), None
    if rule.kind == "silence" and habit is not None and habit.promise is not None:
        rests, start = rests_of(habit, breaks), habit.promise.start
        first = nudge_day(asking_of(rule, life), logged, start, rests, today(person, now))
    return following(plan_of(rule, habit, first), life, rule.last_slot, now)


async def aim(tx: AsyncConnection, person: RemindedPerson) -> None:
    """Work out anew when a person's rules come next."""
    found = await rules.find_all(tx, person.user_id, binned=True)
    if found:
        now = datetime.now(UTC)
        aims = await aims_of(tx, person, found, now)
        await rules.aim(tx, person.user_id, aims, now)


async def aims_of(
    tx: AsyncConnection, person: RemindedPerson, found: Sequence[RuleRow], now: datetime
) -> list[Aim]:
    """Work out when some rules of a person come next."""
    habits: Mapping[UUID, RemindedHabit] = {}
    breaks: Sequence[KnownBreak] = ()
    logged: Mapping[UUID, date] = {}
    if any(rule.habit_id for rule in found):
        habits = await kept_habits.find_all(tx, person.user_id)
    if any(rule.kind == "silence" for rule in found):
        breaks = await days.find_breaks(tx, person.user_id)
        logged = await days.last_logged(tx, person.user_id)
    aims = []
    for rule in found:
        habit = habits.get(rule.habit_id) if rule.habit_id else None
        last = logged.get(rule.habit_id) if rule.habit_id else None
        coming = next_of(rule, person, habit, breaks, last, now)
        aims.append(
            Aim(rule.id, coming.at if coming else None, coming.slot if coming else rule.next_slot)
        )
    return aims
