"""How a habit stands when a reminder of it is sent: found as late as possible, so that it is true.

What is found goes into the data of the delivery, for `occasions.py` to put into words: `cue`,
`streak` in `streak_unit`, `done` of `needed` in `measure` and `unit`, `about` (the day, if it is
not today any more), and `why` it comes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.reminders import explaining
from actors.reminders.aiming import rests_of, today
from actors.reminders.domain import HISTORY, Seen, stand
from contracts.keeping.promise import Promise
from contracts.quantity import unit_of
from storage.reminders import claims, copies, rules
from storage.reminders.copies import HabitRow, PersonRow
from storage.reminders.days import BreakRow, find_breaks
from storage.reminders.ledger import Delivery

log = structlog.get_logger()

Found = dict[str, str | int | float]
"""What is found of a habit, by the names that `occasions.py` knows."""


async def found(tx: AsyncConnection, rows: Sequence[Delivery]) -> list[Delivery]:
    """Return deliveries with how things stand now; those that remind of nothing as they are."""
    return [
        row if row.reminder_id is None else replace(row, data=await _data(tx, row)) for row in rows
    ]


async def _data(tx: AsyncConnection, row: Delivery) -> str:
    """Return the data of a reminder with its bearings, in so far as they can be worked out."""
    said, now = json.loads(row.data), datetime.now(UTC)
    person = await copies.find_person(tx, row.user_id)
    if person is None or row.reminder_id is None:
        return row.data
    rule = await rules.find(tx, row.user_id, row.reminder_id)
    if rule is not None:
        snoozed, tried = bool(said.get("snoozed")), bool(said.get("test"))
        weekday = (row.day or today(person, now)).weekday()
        said["why"] = explaining.why_now(row.language, rule, weekday, snoozed=snoozed, tried=tried)
    if row.habit_id is not None and row.day is not None:
        if row.day < today(person, now):
            said["about"] = row.day.isoformat()
        habit = (await copies.find_habits(tx, row.user_id)).get(row.habit_id)
        if habit is not None:
            said |= await _standing(tx, person, habit, row.day)
    return json.dumps(said, ensure_ascii=False)


async def _standing(tx: AsyncConnection, person: PersonRow, habit: HabitRow, day: date) -> Found:
    """Say how a habit stands on a day."""
    cue: Found = {"cue": habit.cue} if habit.cue else {}
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
    habit: HabitRow,
    entries: Mapping[int, int],
    breaks: Sequence[BreakRow],
    first: date,
    day: date,
) -> Found:
    """Say a streak, and how much of how much is done if it is more than one thing."""
    rests, terms = rests_of(habit, breaks), promise.terms_on(day)
    now = stand(promise, Seen(promise, entries=entries, rests=rests), first, day)
    said: Found = {"streak": now.streak, "streak_unit": now.unit.per}
    if not terms.at_most and now.needed and (now.needed > 1 or promise.measure != "yes_no"):
        # Days that count are counted, whatever is measured on each of them.
        measure = "count" if terms.counting else promise.measure
        unit = "" if terms.counting else unit_of(promise.measure, habit.unit)
        said |= {"done": now.done, "needed": now.needed, "measure": measure, "unit": unit}
    return said
