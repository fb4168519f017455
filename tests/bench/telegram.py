"""The bot: updates for a second of processor time, and how soon `/today` is answered.

Beside it stands a bare aiogram that answers a constant, over the same local Bot API server. Both
run in this process; the server's own work is in both figures.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

from actors.runtime.settings import Settings
from contracts.accounts import Register
from contracts.bus import deadline_in
from contracts.habits import CreateHabit
from contracts.message import NotFound
from contracts.principal import Principal
from contracts.users import GetProfile
from ops.platform import Platform, database, platform
from ops.seal import ready
from storage.migrations import migrate
from storage.session import transaction
from storage.telegram import owners
from tests.bench.figures import Figure
from tests.telegram_server import TOKEN, BotApi

PEOPLE = 60
"""Chats, each of which asks once: Telegram takes one message a second into each."""

FLOOD = 300
"""Updates that are answered as fast as may be."""

HABITS = 5
FIRST_CHAT = 1000


class Measured(NamedTuple):
    """Milliseconds from an update to its answer, and processor seconds of a flood of updates."""

    waits: list[float]
    per_cpu_second: float


def run(folder: Path, rounds: int) -> Iterator[Figure]:
    """Measure both, one after the other."""
    ours, bare = asyncio.run(measured(folder))
    p50, p99 = median(ours.waits), quantiles(ours.waits, n=100)[98]
    bare50, bare99 = median(bare.waits), quantiles(bare.waits, n=100)[98]
    print(f"\ntelegram: bare aiogram p50 {bare50:.1f} ms, p99 {bare99:.1f} ms")
    print(
        f"telegram: bare aiogram {bare.per_cpu_second:.0f} updates for a second of processor time"
    )
    yield Figure("telegram.updates-per-cpu-second", ours.per_cpu_second, "updates/s", ">=", 50)
    yield Figure("telegram.today-p50", p50, "ms", "<=", 100)
    yield Figure("telegram.today-p99", p99, "ms", "<=", 500)
    yield Figure("telegram.today-beside-bare", p50 / bare50, "x", "<=", 20)


async def measured(folder: Path) -> tuple[Measured, Measured]:
    """Measure the bot of Ritmo, then a bare one."""
    api = BotApi(limits=False)
    await api.start()
    try:
        given = {"data": folder, "telegram_token": TOKEN, "telegram_api": api.url}
        settings = Settings.model_validate(given)
        async with database(settings, own=True) as url, platform(settings, url) as here:
            await migrate(here.engine)
            await ready(here.engine, settings, make_file=True)
            here.courier.start()
            await settle(here)
            here.loops.start()
            await api.until(lambda: len(api.of("setMyShortDescription")) == 2)
            ours = await measure(api)
        return ours, await beside(api)
    finally:
        await api.stop()


async def settle(here: Platform) -> None:
    """Let people come, with habits and chats."""
    for number in range(PEOPLE):
        by = deadline_in(60)
        words = Register(email=f"p{number}@example.org", password="correct horse battery")
        tokens = await here.bus.ask(words, deadline=by)
        who = Principal(user_id=tokens.user_id, scopes=frozenset({"user"}))
        await arrived(here, who)
        for habit in range(HABITS):
            await here.bus.ask(CreateHabit(name=f"Habit {habit}"), who, deadline=by)
        async with transaction(here.engine) as tx:
            await owners.join(tx, tokens.user_id, FIRST_CHAT + number, "Ann")


async def arrived(here: Platform, who: Principal) -> None:
    """Wait until the rooms have heard of somebody."""
    async with asyncio.timeout(60):
        while True:
            try:
                await here.bus.ask(GetProfile(), who)
            except NotFound:
                await asyncio.sleep(0.02)
            else:
                return


async def measure(api: BotApi) -> Measured:
    """Let everybody ask once, one after the other; then press old buttons, all at once."""
    await answered(api, partial(api.say, FIRST_CHAT, "/help"))  # loaded by then
    waits = []
    for number in range(1, PEOPLE):
        began = time.perf_counter()
        await answered(api, partial(api.say, FIRST_CHAT + number, "/today"))
        waits.append((time.perf_counter() - began) * 1000)
    before, cpu = len(api.of("answerCallbackQuery")), time.process_time()
    for number in range(FLOOD):
        chat = FIRST_CHAT + number % PEOPLE
        about = {"message_id": 1, "date": 1, "chat": {"id": chat, "type": "private"}, "text": "x"}
        await api.press_data(chat, "old", about)
    await api.until(lambda: len(api.of("answerCallbackQuery")) >= before + FLOOD, 120)
    return Measured(waits, FLOOD / (time.process_time() - cpu))


async def answered(api: BotApi, say: Callable[[], Awaitable[object]]) -> None:
    """Say something, and wait for the message that answers it."""
    before = len(api.of("sendMessage"))
    await say()
    await api.until(lambda: len(api.of("sendMessage")) > before, 60)


async def beside(api: BotApi) -> Measured:
    """Measure a bare aiogram that answers a constant."""
    from aiogram import Bot, Dispatcher
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer
    from aiogram.types import CallbackQuery, Message

    dispatcher = Dispatcher()

    async def greet(message: Message) -> None:
        await message.answer("Today")

    async def press(query: CallbackQuery) -> None:
        await query.answer("old")

    dispatcher.message.register(greet)
    dispatcher.callback_query.register(press)
    session = AiohttpSession(api=TelegramAPIServer.from_base(api.url))
    bot = Bot(TOKEN, session=session)
    polling = asyncio.create_task(dispatcher.start_polling(bot, handle_signals=False))
    try:
        return await measure(api)
    finally:
        await dispatcher.stop_polling()
        await asyncio.gather(polling, return_exceptions=True)
        await session.close()
