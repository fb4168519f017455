"""What news of others does to rules: they come next by what people, habits and days are now."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.reminders import periods
from actors.reminders.next_fire import aims_of, clock_of
from actors.reminders.room import known
from contracts.digests import DigestEvery
from storage.reminders import people, rules
from storage.reminders.people import RemindedPerson
from storage.reminders.rules import RuleRow
from storage.replica.nouns import Breaks, Days, Habits, People
from storage.replica.replica import Changes


@known.changed(People, Habits, Days, Breaks)
async def reschedule(changes: Changes, tx: AsyncConnection) -> None:
    """Work out anew when rules come next that go by what was news; of habits that are gone, drop
    them.
    """
    gone = [(one.user_id, one.habit_id) for one in changes.habits if one.deleted]
    if gone:
        await rules.drop_of_habits(tx, gone)
    touched = _touched(changes, await rules.find_of(tx, changes.users))
    wanted = await rules.digests_of(tx, changes.people) if changes.people else {}
    found = await people.find_all(tx, sorted({*touched, *wanted}))
    now = datetime.now(UTC)
    for user_id, person in found.items():
        if theirs := touched.get(user_id):
            await rules.aim(tx, user_id, await aims_of(tx, person, theirs, now), now)
        if user_id in wanted:
            await aim_digests(tx, person, wanted[user_id])


def _touched(changes: Changes, found: Sequence[RuleRow]) -> dict[UUID, list[RuleRow]]:
    """Return rules that go by what was news, by person: of a day, those that wait for silence."""
    whole = {*changes.people, *changes.breaks}
    habits = {(one.user_id, one.habit_id) for one in changes.habits}
    days = {(one.user_id, one.habit_id) for one in changes.days}
    touched: dict[UUID, list[RuleRow]] = {}
    for rule in found:
        about = (rule.user_id, rule.habit_id)
        silent = rule.kind == "silence" and about in days
        if rule.user_id in whole or about in habits or silent:
            touched.setdefault(rule.user_id, []).append(rule)
    return touched


async def aim_digests(
    tx: AsyncConnection, person: RemindedPerson, wanted: Sequence[DigestEvery]
) -> None:
    """Let these digests come to a person, each at its next time, and no others."""
    now = datetime.now(UTC)
    times = [(every, periods.next_at(every, clock_of(person), now)) for every in wanted]
    await rules.set_digests(tx, person.user_id, times, now)
