"""A chat for the tests of the bot: a local Bot API server, the room at work, and a person."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.courier import Courier
from actors.runtime.delegation import RoomBus
from actors.runtime.local import LocalBus
from actors.runtime.settings import Settings
from actors.telegram.attendance import attend
from actors.telegram.room import room
from contracts.message import Asked, Reply
from contracts.telegram import ConfirmLink, OfferLink
from tests.rooms.tracking import Tracker
from tests.telegram_server import TOKEN, BotApi

CHAT = 4711

R = TypeVar("R", bound=Reply)


def settings_for(api: BotApi, **more: object) -> Settings:
    """Return settings for a bot that speaks to a server."""
    given = {"telegram_token": TOKEN, "telegram_api": api.url, **more}
    return Settings.model_validate(given)


@asynccontextmanager
async def attending(
    engine: AsyncEngine, bus: LocalBus, settings: Settings
) -> AsyncIterator[asyncio.Future[None]]:
    """Let the room work for its bot, as a replica does."""
    await room.open(settings)
    task = asyncio.ensure_future(attend(engine, settings, RoomBus(bus, "telegram", engine)))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def carrying(engine: AsyncEngine, bus: LocalBus) -> AsyncIterator[Courier]:
    """Let a courier carry what is told."""
    courier = Courier(engine, bus.deliver)
    courier.start()
    try:
        yield courier
    finally:
        await courier.stop()


@dataclass(frozen=True)
class Chatter:
    """Somebody in a chat with the bot."""

    api: BotApi
    tracker: Tracker
    chat_id: int = CHAT
    language: str = "en"

    async def ask(self, message: Asked[R]) -> R:
        """Ask a room, as from the web."""
        return await self.tracker.ask(message)

    async def say(self, text: str) -> int:
        """Write something to the bot."""
        return await self.api.say(self.chat_id, text, language=self.language)

    async def press(self, label: str) -> str:
        """Press a button."""
        return await self.api.press(self.chat_id, label, language=self.language)

    async def press_when(self, label: str) -> None:
        """Press a button as soon as it is there."""
        await self.has(label)
        await self.press(label)

    async def sees(self, text: str) -> None:
        """Wait until the chat shows a text."""
        await self.api.until(lambda: any(text in one for one in self.api.shown(self.chat_id)))

    async def has(self, label: str) -> None:
        """Wait until a button of the newest message that has some says this."""
        await self.api.until(lambda: any(label in one for one in self.api.buttons(self.chat_id)))

    async def link(self) -> None:
        """Link the chat, as a person does."""
        await self.api.until(lambda: self.api.of("getMe") and self.api.of("setMyCommands"))
        offered = await until_offered(self)
        await self.say(f"/start {offered}")
        await self.sees("Ritmo")
        before = len(self.api.shown(self.chat_id))
        await self.ask(ConfirmLink())
        await self.api.until(lambda: len(self.api.shown(self.chat_id)) > before)


async def until_offered(chatter: Chatter) -> str:
    """Make a link as soon as the bot is known; return its token."""
    from contracts.message import Unavailable

    for _ in range(100):
        try:
            return (await chatter.ask(OfferLink())).url.partition("start=")[2]
        except Unavailable:
            await asyncio.sleep(0.1)
    raise AssertionError("the bot was never reached")
