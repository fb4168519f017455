"""The room, what it follows, and the settings that it works by."""

from actors.runtime.room import Room
from actors.runtime.settings import Settings
from storage.replica.nouns import People

room = Room("backup")
known = room.follow(People("language zone"))


class BackupTools:
    """What the parts of the room share."""

    settings = Settings()


tools = BackupTools()


@room.opening
async def take_over(given: Settings) -> None:
    """Take over the settings."""
    tools.settings = given
