"""The room that the parts register with, what it keeps of people, and which bot it speaks as."""

from typing import Annotated

from fast_depends import Depends
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.runtime.room import Room
from actors.runtime.settings import Settings
from storage.replica.nouns import People
from storage.replica.replica import Changes
from storage.telegram import chats

room = Room("telegram")
known = room.follow(People("language zone"))


@known.changed(People)
async def speak(changes: Changes, tx: AsyncConnection) -> None:
    """Let chats speak the language of whose they are."""
    await chats.speak(tx, changes.people)


class BotTools:
    """What the handlers share."""

    settings = Settings()


tools = BotTools()


@room.opening
async def take_over(given: Settings) -> None:
    """Take over the settings."""
    tools.settings = given


async def _settings() -> Settings:
    return tools.settings


TheSettings = Annotated[Settings, Depends(_settings)]
"""The settings of this Ritmo."""


def bot_id_of(settings: Settings) -> int | None:
    """Return the id of the bot, which its token begins with; None: there is no bot."""
    if settings.telegram_token is None:
        return None
    return int(settings.telegram_token.get_secret_value().partition(":")[0])
