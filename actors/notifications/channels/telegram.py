"""Telegram: its bot is not there yet; until it is, nobody is reached here."""

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.runtime.settings import Settings
from contracts.deliveries import Channel
from contracts.language import Language
from contracts.speech import say
from storage.replica.replica import PersonRow


async def recipient(tx: AsyncConnection, person: PersonRow) -> str | None:
    """Return None: nobody is reached."""
    return None


async def show(
    tx: AsyncConnection, person: PersonRow, settings: Settings, language: Language
) -> Channel:
    """Say that it is off."""
    note = "The Telegram bot is not there yet; until it is, this channel is off."
    return Channel(channel="telegram", on=False, note=say(language, note))
