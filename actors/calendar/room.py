"""The room, and what it follows: as far as a calendar looks back.

When something of a person is news, their files are written anew at the next look.
"""

from typing import Annotated

from fast_depends import Depends
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.calendar.domain import HISTORY_DAYS
from actors.runtime.room import Room
from actors.runtime.settings import Settings
from storage.calendar import feeds
from storage.replica.nouns import Breaks, Days, Entries, Habits, People
from storage.replica.replica import Changes

room = Room("calendar")
known = room.follow(
    People("name language zone day_start week_start disabled"),
    Habits("name kind measure unit tags versions position archived"),
    Days("value state", since=HISTORY_DAYS),
    Breaks(),
    Entries("day mood", since=HISTORY_DAYS),
)


@known.changed(People, Habits, Days, Breaks, Entries)
async def expire(changes: Changes, tx: AsyncConnection) -> None:
    """Have the files of those of whom something was news written anew."""
    await feeds.expire(tx, sorted(changes.users))


class CalendarTools:
    """What the handlers share."""

    settings = Settings()


tools = CalendarTools()


@room.opening
async def take_over(given: Settings) -> None:
    """Take over the settings."""
    tools.settings = given


async def _settings() -> Settings:
    return tools.settings


TheSettings = Annotated[Settings, Depends(_settings)]
"""The settings of this Ritmo."""
