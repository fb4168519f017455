"""The room that the parts register with, what it keeps of others, and what its handlers work with.

The settings and the process that speaks to Apprise are those of the one room in this process.
"""

from typing import Annotated

from fast_depends import Depends

from actors.notifications.webhooks.client import Helper
from actors.runtime.room import Room
from actors.runtime.settings import Settings
from storage.replica.nouns import People

room = Room("notifications")
known = room.follow(People("email name language zone"))


class NotificationTools:
    """What the handlers share."""

    settings = Settings()
    helper = Helper()


tools = NotificationTools()


@room.opening
async def take_over(given: Settings) -> None:
    """Take over the settings. The helper knows none of them: one that runs goes on."""
    tools.settings = given


async def _settings() -> Settings:
    return tools.settings


TheSettings = Annotated[Settings, Depends(_settings)]
"""The settings of this Ritmo."""
