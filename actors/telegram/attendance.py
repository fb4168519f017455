"""Attendance: what the room does while it is open and there is a token.

Each replica works on updates; one of them leads: it alone fetches updates and speaks for the bot.
Who leads holds an advisory lock on the connection on which the bell is heard, so that a leader that
dies lets go of it.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.runtime.delegation import RoomBus
from actors.runtime.faults import Outage
from actors.runtime.settings import Settings
from actors.telegram.errors import judge
from actors.telegram.intake import ALLOWED, Poller
from actors.telegram.outside import load_beside, open_bot
from actors.telegram.room import room
from actors.telegram.sender import CHAT_SPACING, CallSender
from actors.telegram.watch import redraw
from actors.telegram.workers import Worker
from storage.session import transaction
from storage.telegram import bots
from storage.telegram.bell import listening

if TYPE_CHECKING:
    from aiogram import Bot

log = structlog.get_logger()

PAUSE = 2.0
"""Seconds before what failed is begun anew."""

STANDBY = 2.0
"""Seconds between two tries to lead, and between two questions to the connection of the bell."""

IDLE = 1.0
"""Seconds between two looks when nobody rings."""

MAX_WORKERS = 4
"""Workers of a replica: so many chats are answered at once."""

WEBHOOK = "/v1/telegram/updates"
"""Where Telegram brings updates, if it does."""


class Bell:
    """Wakes all who wait for it."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()

    def ring(self) -> None:
        """Wake all."""
        for event in self._waiting:
            event.set()

    async def keep(self, look: Callable[[], Awaitable[bool]], idle: Callable[[], float]) -> None:
        """Look again and again; when there is nothing, wait for the bell, or `idle` seconds."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            while True:
                event.clear()
                if not await look():
                    try:
                        async with asyncio.timeout(idle()):
                            await event.wait()
                    except TimeoutError:
                        continue
        finally:
            self._waiting.discard(event)


@room.working
async def attend(engine: AsyncEngine, settings: Settings, bus: RoomBus) -> None:
    """Work for the bot; without a token, do nothing."""
    if settings.telegram_token is None:
        await asyncio.Event().wait()
    await serve(engine, settings, bus)


async def serve(
    engine: AsyncEngine, settings: Settings, bus: RoomBus, chat_spacing: float = CHAT_SPACING
) -> None:
    """Answer updates, and speak for the bot if no other replica does; see `CallSender`."""
    await load_beside()
    bot, bell = open_bot(settings), Bell()
    from actors.telegram.screens import dispatcher

    worker = Worker(engine, bus, bot, dispatcher(settings))
    workers = min(MAX_WORKERS, max(1, settings.room_concurrency // 2))
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(steadily(bell, worker.work, "workers of telegram"))
            group.create_task(steadily(bell, lambda: redraw(engine, bus), "list of telegram"))
            group.create_task(_stand_by(engine, settings, bot, bell, chat_spacing))
    finally:
        await bot.session.close()


async def steadily(bell: Bell, look: Callable[[], Awaitable[bool]], name: str) -> None:
    """Look for work, for ever; while the database is away, nothing."""
    outage = Outage("database", name)

    async def attempt() -> bool:
        try:
            found = await look()
        except (SQLAlchemyError, OSError) as error:
            outage.begins(type(error).__name__)
            await asyncio.sleep(PAUSE)
            return False
        outage.ends()
        return found

    await bell.keep(attempt, lambda: IDLE)


async def _stand_by(
    engine: AsyncEngine, settings: Settings, bot: "Bot", bell: Bell, chat_spacing: float
) -> None:
    """Hear the bell, and lead if nobody else does."""
    outage = Outage("database", "bell of telegram")
    while True:
        try:
            async with listening(engine, bell.ring) as connection:
                outage.ends()
                bell.ring()
                while True:
                    await _lead(engine, settings, bot, bell, connection, chat_spacing)
                    await asyncio.sleep(STANDBY)
        except (SQLAlchemyError, OSError) as error:
            outage.begins(type(error).__name__)
        await asyncio.sleep(PAUSE)


async def _elected(held: AsyncConnection, key: dict[str, int]) -> bool:
    """Try to get the lock."""
    got = await held.execute(text("SELECT pg_try_advisory_lock(:key)"), key)
    return bool(got.scalar_one())


async def _lead(
    engine: AsyncEngine,
    settings: Settings,
    bot: "Bot",
    bell: Bell,
    held: AsyncConnection,
    chat_spacing: float,
) -> None:
    """Speak for the bot for as long as the lock is held; return if another holds it."""
    key = {"key": int.from_bytes(hashlib.sha256(f"telegram {bot.id}".encode()).digest()[:7])}
    if not await _elected(held, key):
        return
    speaking = asyncio.create_task(_speak(engine, settings, bot, bell, chat_spacing))
    try:
        while not speaking.done():
            await asyncio.wait({speaking}, timeout=STANDBY)
            await held.execute(text("SELECT 1"))
        speaking.result()  # what nobody foresaw ends the loop
    finally:
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)
        # The connection goes back to its pool, and with it the lock would live on.
        await held.execute(text("SELECT pg_advisory_unlock(:key)"), key)


async def _speak(
    engine: AsyncEngine, settings: Settings, bot: "Bot", bell: Bell, chat_spacing: float
) -> None:
    """Introduce the bot; then fetch what is sent to it, and send what it says."""
    await introduce(engine, settings, bot)
    sender = CallSender(engine, bot, chat_spacing)
    await sender.open()

    async def send() -> None:
        try:
            await bell.keep(sender.look, sender.soon)
        finally:
            await sender.stop()

    tasks = [asyncio.create_task(send())]
    if settings.telegram_webhook_secret is None:
        tasks.append(asyncio.create_task(Poller(engine, bot).run()))
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def introduce(engine: AsyncEngine, settings: Settings, bot: "Bot") -> None:
    """Ask Telegram who the bot is, tell its commands if they changed, and where to bring updates.

    Repeated until it works; a token that is no good is said once, clearly.
    """
    from aiogram.exceptions import AiogramError

    from actors.telegram.commands import teach

    outage = Outage("Telegram", "telegram")
    while True:
        try:
            me = await bot.me()
            async with transaction(engine) as tx:
                known = await bots.find(tx, bot.id) or bots.Bot(bot.id, "")
            taught = await teach(bot, known.commands)
            if settings.telegram_webhook_secret is not None:
                await bot.set_webhook(
                    f"{settings.base_url.rstrip('/')}{WEBHOOK}",
                    secret_token=settings.telegram_webhook_secret.get_secret_value(),
                    allowed_updates=ALLOWED,
                    max_connections=1,  # one after the other: the order of a chat is kept
                )
            else:
                await bot.delete_webhook(drop_pending_updates=False)
            async with transaction(engine) as tx:
                new = known._replace(username=me.username or "", commands=taught)
                await bots.save(tx, new)
            outage.ends()
            return
        except (AiogramError, TimeoutError) as error:
            if judge(error) == "revoked":
                log.error(
                    "Telegram does not know this token: see RITMO_TELEGRAM_TOKEN; ask @BotFather"
                )
                await asyncio.sleep(60)
            else:
                outage.begins(type(error).__name__)
                await asyncio.sleep(PAUSE * 5)
