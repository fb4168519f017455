"""The room, and what it follows: people, habits, days, breaks and entries, as far as reports need.

A report bears the stamp of what it read: it rises with every transaction in which anything of its
person was news. How far habits are settled (`progress.py`) is dropped when a settled day, or a
break, is no longer what it was.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.runtime.room import Room, Transaction
from contracts.users import UserDeleted
from storage.analytics import stamps
from storage.replica.nouns import Breaks, Days, Entries, Habits, People
from storage.replica.replica import Changes

room = Room("analytics")
known = room.follow(
    People("language zone day_start week_start"), Habits(), Days(), Breaks(), Entries()
)


@known.changed(People, Habits, Days, Breaks, Entries)
async def stamp(changes: Changes, tx: AsyncConnection) -> None:
    """Stamp those of whom something was news; unsettle what is settled no longer."""
    days = [(one.user_id, one.habit_id, one.first) for one in changes.days]
    await stamps.stamp(tx, changes.users, days, changes.breaks)


@room.hear
async def erase_person(fact: UserDeleted, tx: Transaction) -> None:
    """Erase what stands beside what the room follows."""
    await stamps.erase(tx, fact.user_id)
