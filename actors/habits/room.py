"""The habits room, to which its parts belong, and what it follows: how people live in time."""

from actors.runtime.room import Room, Transaction
from contracts.users import UserDeleted
from storage import breaks, changes, habits, hooks, idempotency, imports
from storage.replica.nouns import People

room = Room("habits")
known = room.follow(People("zone day_start week_start"))


@room.hear
async def erase_person(fact: UserDeleted, tx: Transaction) -> None:
    """Erase all that the room owns of a user, and what was kept for repeated requests."""
    await hooks.erase(tx, fact.user_id)
    await habits.erase(tx, fact.user_id)
    await breaks.erase(tx, fact.user_id)
    await imports.erase(tx, fact.user_id)
    await idempotency.erase(tx, fact.user_id)
    await changes.erase(tx, fact.user_id)
