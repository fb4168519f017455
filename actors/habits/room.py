"""The habits room, to which its parts belong, and what it follows: how people live in time."""

from typing import Annotated

from fast_depends import Depends

from actors.runtime.calendars.client import CalendarReader
from actors.runtime.room import Room, Transaction
from actors.runtime.settings import Settings
from contracts.users import UserDeleted
from storage import breaks, changes, habits, hooks, idempotency, imports
from storage.replica.nouns import People

room = Room("habits")
known = room.follow(People("zone day_start week_start"))


class HabitTools:
    """What the handlers share."""

    calendars = CalendarReader()


tools = HabitTools()


@room.opening
async def take_over(given: Settings) -> None:
    """Take over the settings."""
    tools.calendars = CalendarReader(allow_private=given.allow_private_webhooks)


async def _calendars() -> CalendarReader:
    return tools.calendars


TheCalendars = Annotated[CalendarReader, Depends(_calendars)]
"""By whom calendars of others are fetched."""


@room.hear
async def erase_person(fact: UserDeleted, tx: Transaction) -> None:
    """Erase all that the room owns of a user, and what was kept for repeated requests."""
    await hooks.erase(tx, fact.user_id)
    await habits.erase(tx, fact.user_id)
    await breaks.erase(tx, fact.user_id)
    await imports.erase(tx, fact.user_id)
    await idempotency.erase(tx, fact.user_id)
    await changes.erase(tx, fact.user_id)
