"""The room, and what it keeps of others: who people are in time, and what their habits are called.

An entry may be linked to habits. One that is gone is unlinked, one in the bin is not shown.
"""

from datetime import UTC, date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.journal.domain import today_of
from actors.runtime.room import Room, Transaction
from contracts.users import UserDeleted
from storage import idempotency
from storage.journal import entries, moods, prompts, templates
from storage.replica.nouns import Habits, People
from storage.replica.replica import Changes, PersonRow

room = Room("journal")
known = room.follow(People("zone day_start language"), Habits("name"))


@known.changed(Habits)
async def unlink(changes: Changes, tx: AsyncConnection) -> None:
    """Unlink the entries that speak of habits that are gone."""
    for habit in changes.habits:
        if habit.deleted:
            await entries.unlink(tx, habit.user_id, habit.habit_id)


def logical_day(person: PersonRow) -> date:
    """Return a person's logical day, now."""
    return today_of(person.zone, person.day_start, datetime.now(UTC))


@room.hear
async def erase_person(fact: UserDeleted, tx: Transaction) -> None:
    """Erase what the room owns of a user, and what was kept for repeated requests."""
    await moods.erase(tx, fact.user_id)
    await entries.erase(tx, fact.user_id)
    await prompts.erase(tx, fact.user_id)
    await templates.erase(tx, fact.user_id)
    await idempotency.erase(tx, fact.user_id)
