"""Smart rules: what they learn from when a habit was done, what they propose, and why."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.reminders import usual_time
from actors.reminders.next_fire import aims_of, life_of, today
from actors.reminders.occurrences import Life
from actors.reminders.usual_time import Habitual, sample_of, usual_times
from contracts.reminder_proposals import Usual
from contracts.reminders import local_time
from contracts.schedule import WEEKDAYS
from storage.reminders import claims, people, rules
from storage.reminders.days import DayRow
from storage.reminders.people import RemindedPerson
from storage.reminders.rules import RuleRow

AGAIN = timedelta(days=1)
"""How often a rule that follows learns anew."""


def usual_of(days: Sequence[DayRow], life: Life) -> tuple[Habitual, ...]:
    """Say what is usual, from days that were done."""
    samples = [
        sample
        for row in days
        if row.at is not None
        and (sample := sample_of(row.day, row.at, row.zone, life.day_start)) is not None
    ]
    return usual_times(samples, life.quiet)


async def study(tx: AsyncConnection, person: RemindedPerson, rule: RuleRow) -> tuple[Habitual, ...]:
    """Say when the habit of a rule is usually done, from Monday on."""
    if rule.habit_id is None:
        return usual_times((), None)
    since = usual_time.since(today(person, datetime.now(UTC)))
    found = await claims.done_times(tx, [(rule.user_id, rule.habit_id)], since)
    return usual_of(found.get(0, ()), life_of(person))


async def follow(tx: AsyncConnection, found: Sequence[RuleRow], now: datetime) -> None:
    """Let rules of any people go by what is usual now, and come next by that."""
    wanted = [(rule.user_id, rule.habit_id) for rule in found if rule.habit_id is not None]
    if not wanted:
        return
    done = await claims.done_times(tx, wanted, usual_time.since(now.date()))
    for place, rule in enumerate(rule for rule in found if rule.habit_id is not None):
        person = await people.find(tx, rule.user_id)
        if person is None:
            continue
        learned = usual_time.learned_of(usual_of(done.get(place, ()), life_of(person)))
        values = {"learned": learned, "relearn_at": now + AGAIN}
        await rules.save(tx, rule.user_id, rule.id, values)
        after = await rules.find(tx, rule.user_id, rule.id)
        if after is not None:
            await rules.aim(tx, rule.user_id, await aims_of(tx, person, [after], now), now)


def shown(one: Habitual) -> Usual:
    """Show what is usual."""
    weekday = None if one.weekday is None else WEEKDAYS[one.weekday]
    if not one.enough:
        return Usual(weekday=weekday, enough=False, times=one.times, needed=one.needed)
    return Usual(
        weekday=weekday,
        enough=True,
        times=one.times,
        needed=one.needed,
        usual=local_time(one.usual),
        first=local_time(one.first),
        last=local_time(one.last),
        proposed=None if one.proposed is None else local_time(one.proposed),
        within=one.within,
        deviation_minutes=round(one.deviation),
    )
