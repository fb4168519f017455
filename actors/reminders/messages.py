"""What a reminder says when it is sent: asked for as late as possible, so that it is true."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.reminders import rules, texts
from actors.reminders.domain import HISTORY, Seen, stand
from actors.reminders.next_fire import life_of, rests_of, today
from actors.reminders.notices import TEMPLATES
from actors.reminders.room import room
from actors.runtime.room import Now, Transaction, Who
from contracts.keeping.promise import Promise
from contracts.quantity import unit_of
from contracts.reminder_notices import Bearings, DescribeReminder, ReminderNotice
from storage.reminders import claims
from storage.reminders import rules as kept
from storage.reminders.days import find_breaks
from storage.reminders.habits import RemindedHabit
from storage.reminders.people import RemindedPerson
from storage.reminders.rules import RuleRow
from storage.replica.rows import KnownBreak

log = structlog.get_logger()


@room.answer
async def describe_reminder(
    query: DescribeReminder, who: Who, tx: Transaction, now: Now
) -> ReminderNotice:
    """Say what a reminder says, and how its habit stands."""
    person, rule = await rules.find(tx, who.user_id, query.reminder_id)
    habit, present = await rules.habit(tx, rule), today(person, now)
    day, language = query.day or present, query.language or person.language
    bearings = Bearings(
        why=texts.why_now(
            language,
            rule,
            day.weekday(),
            snoozed=query.snoozed,
            tried=query.tried,
            busy=await _busy(tx, person, rule, day),
        ),
        about=day if habit is not None and day < present else None,
    )
    if habit is not None:
        bearings = bearings.model_copy(update=await _standing(tx, person, habit, day))
    return ReminderNotice(
        template=TEMPLATES[rule.kind],
        channels=person.channels if rule.channels is None else rule.channels,
        text=rule.text,
        habit=habit.name if habit else "",
        habit_id=rule.habit_id,
        day=day,
        void=rule.habit_id is not None and (habit is None or habit.gone or habit.archived),
        bearings=bearings,
    )


async def _busy(tx: AsyncConnection, person: RemindedPerson, rule: RuleRow, day: date) -> str:
    """Return the time at which a rule was due for a day, if it waited since then."""
    last = await kept.history(tx, person.user_id, rule.id, 1) if rule.kind == "smart" else []
    if not last or last[0].day != day or last[0].busy_from is None:
        return ""
    return texts.clock_time(last[0].busy_from, life_of(person).zone)


async def _standing(
    tx: AsyncConnection, person: RemindedPerson, habit: RemindedHabit, day: date
) -> dict[str, object]:
    """Say how a habit stands on a day."""
    cue: dict[str, object] = {"cue": habit.cue} if habit.cue else {}
    if habit.promise is None or day < habit.promise.start:
        return cue
    first = max(habit.promise.start, day - timedelta(days=HISTORY))
    wanted = (person.user_id, habit.habit_id, first, day, False)
    logged = (await claims.days_of(tx, [wanted])).get(0)
    entries = logged.entries if logged else {}
    breaks = await find_breaks(tx, person.user_id)
    try:
        return cue | _numbers(habit.promise, habit, entries, breaks, first, day)
    except (ValueError, LookupError, ArithmeticError) as error:
        log.error("standing not understood", habit=str(habit.habit_id), why=type(error).__name__)
        return cue


def _numbers(
    promise: Promise,
    habit: RemindedHabit,
    entries: Mapping[int, int],
    breaks: Sequence[KnownBreak],
    first: date,
    day: date,
) -> dict[str, object]:
    """Say a streak, and how much of how much is done if it is more than one thing."""
    rests, terms = rests_of(habit, breaks), promise.terms_on(day)
    now = stand(promise, Seen(promise, entries=entries, rests=rests), first, day)
    said: dict[str, object] = {"streak": now.streak, "streak_unit": now.unit.per}
    if not terms.at_most and now.needed and (now.needed > 1 or promise.measure != "yes_no"):
        # Days that count are counted, whatever is measured on each of them.
        measure = "count" if terms.counting else promise.measure
        unit = "" if terms.counting else unit_of(promise.measure, habit.unit)
        said |= {"done": now.done, "needed": now.needed, "measure": measure, "unit": unit}
    return said
