"""The sender: limits are kept, what fails is tried again or ends, and nothing is sent twice."""

import asyncio
import json
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

import pytest_asyncio
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.telegram.outside import open_bot
from actors.telegram.sender import MAX_UNSURE, CallSender
from contracts.message import new_id
from storage.session import transaction
from storage.telegram import bots, calls, chats, owners
from storage.telegram.calls import NewCall
from tests.rooms.chatting import settings_for
from tests.telegram_server import BotApi, Called, Fault

NOTICES = int(os.environ.get("RITMO_NOTICES", "60"))
"""Notices that meet faults. `RITMO_NOTICES=1000` takes minutes: the limits are Telegram's."""


@pytest_asyncio.fixture
async def api() -> AsyncIterator[BotApi]:
    """Run a Bot API server."""
    server = BotApi()
    await server.start()
    yield server
    await server.stop()
    assert server.broken == []


@asynccontextmanager
async def sending(engine: AsyncEngine, api: BotApi) -> AsyncIterator[CallSender]:
    """Let a sender work until the block ends."""
    bot = open_bot(settings_for(api))
    async with transaction(engine) as tx:
        if await bots.find(tx, bot.id) is None:
            await bots.save(tx, bots.Bot(bot.id, "ritmo_test_bot"))
    sender = CallSender(engine, bot)
    await sender.open()

    async def work() -> None:
        while True:
            if not await sender.look():
                await asyncio.sleep(min(sender.soon(), 0.05))

    task = asyncio.create_task(work())
    try:
        yield sender
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await sender.stop()
        await bot.session.close()


async def enqueue(
    engine: AsyncEngine, chat_id: int, *texts: str, delivery_id: UUID | None = None
) -> None:
    """Have messages sent into a chat."""
    rows = [
        NewCall(
            chat_id,
            "sendMessage",
            json.dumps({"chat_id": chat_id, "text": text}),
            user_id=delivery_id,
            delivery_id=delivery_id,
        )
        for text in texts
    ]
    async with transaction(engine) as tx:
        await calls.enqueue(tx, rows, datetime.now(UTC))


async def left(engine: AsyncEngine) -> int:
    """Count the calls that are still to be made."""
    open_ = select(func.count()).select_from(calls.calls).where(calls.calls.c.ended_at.is_(None))
    async with transaction(engine) as tx:
        return int((await tx.execute(open_)).scalar_one())


async def emptied(engine: AsyncEngine, seconds: float = 60) -> None:
    """Wait until all calls have ended."""
    async with asyncio.timeout(seconds):
        while await left(engine):
            await asyncio.sleep(0.05)


async def test_messages_of_a_chat_keep_their_order_and_its_pace(
    engine: AsyncEngine, api: BotApi
) -> None:
    await enqueue(engine, 7, "one", "two", "three")
    await enqueue(engine, 8, "other")
    async with sending(engine, api):
        await emptied(engine)
    assert api.shown(7) == ["one", "two", "three"]
    assert api.shown(8) == ["other"]


async def test_many_notices_with_faults_arrive_once_each_within_the_limits(
    engine: AsyncEngine, api: BotApi
) -> None:
    chance = random.Random(7)

    def fault(called: Called) -> Fault | None:
        if called.method != "sendMessage":
            return None
        roll = chance.random()
        if roll < 0.05:
            said = "Too Many Requests: retry after 1"
            return Fault("sendMessage", 429, said, {"retry_after": 1})
        return None

    api.chance = fault
    chats = range(1000, 1000 + NOTICES)
    api.blocked = set(chance.sample(chats, max(1, NOTICES // 100)))
    deliveries = {chat: new_id() for chat in chats}
    for chat, delivery_id in deliveries.items():
        await enqueue(engine, chat, f"notice {chat}", delivery_id=delivery_id)
    async with sending(engine, api):
        await emptied(engine, 1200)
    shown = Counter(text for chat in chats for text in api.shown(chat))
    assert shown == Counter(f"notice {chat}" for chat in chats if chat not in api.blocked)
    assert len(shown) + len(api.blocked) == NOTICES
    assert max(Counter(int(one.at) for one in api.of("sendMessage")).values()) <= 30
    ended = Counter(await ends(engine))
    assert ended == Counter(
        (delivery_id, "no_mailbox" if chat in api.blocked else "sent")
        for chat, delivery_id in deliveries.items()
    )


async def ends(engine: AsyncEngine) -> list[tuple[UUID, str]]:
    """Return what was told of how deliveries ended."""
    waits = text("SELECT body FROM bus.outbox WHERE address = 'notifications.end_delivery'")
    async with transaction(engine) as tx:
        said = [json.loads(row.body) for row in await tx.execute(waits)]
    return [(UUID(one["delivery_id"]), one["end"]) for one in said]


async def test_a_window_of_silence_outlives_the_sender(engine: AsyncEngine, api: BotApi) -> None:
    said = "Too Many Requests: retry after 2"
    api.faults = [Fault("sendMessage", 429, said, {"retry_after": 2})]
    await enqueue(engine, 7, "hello")
    async with sending(engine, api):
        await api.until(lambda: len(api.calls) == 1)
        await asyncio.sleep(0)
        async with asyncio.timeout(10):
            while await quiet(engine) is None:
                await asyncio.sleep(0.02)
    async with sending(engine, api):
        await emptied(engine)
    assert api.shown(7) == ["hello"]


async def quiet(engine: AsyncEngine) -> datetime | None:
    """Return until when Telegram does not want to be called."""
    async with transaction(engine) as tx:
        bot = await bots.find(tx, 123456789)
    return bot.quiet_until if bot else None


async def test_a_gateway_that_fails_and_a_line_that_is_cut_are_tried_again(
    engine: AsyncEngine, api: BotApi
) -> None:
    api.faults = [Fault("sendMessage", 502, html=True), Fault("sendMessage", 0)]
    await enqueue(engine, 7, "hello")
    async with sending(engine, api):
        await emptied(engine)
    assert api.shown(7) == ["hello"]
    assert len([one for one in api.calls if one.method == "sendMessage"]) == 3


async def test_what_will_never_be_taken_ends_and_holds_up_nothing(
    engine: AsyncEngine, api: BotApi
) -> None:
    await enqueue(engine, 7, " ", "next")
    async with sending(engine, api):
        await emptied(engine)
    assert api.shown(7) == ["next"]


async def test_a_chat_that_moved_is_followed(engine: AsyncEngine, api: BotApi) -> None:
    moved = {"migrate_to_chat_id": -1007}
    api.faults = [Fault("sendMessage", 400, "group chat was upgraded", moved)]
    await enqueue(engine, -7, "hello")
    async with sending(engine, api):
        await emptied(engine)
    assert api.shown(-1007) == ["hello"]


async def test_a_blocked_chat_ends_all_that_waits_for_it(engine: AsyncEngine, api: BotApi) -> None:
    user_id = new_id()
    async with transaction(engine) as tx:
        await owners.join(tx, user_id, 7, "Ann")
    api.blocked = {7}
    await enqueue(engine, 7, "one", "two", "three")
    async with sending(engine, api):
        await emptied(engine)
    assert len(api.calls) == 1
    async with transaction(engine) as tx:
        person = await owners.find(tx, user_id)
    assert person is not None
    assert person.blocked
    assert person.version == 2


async def test_a_message_whose_sender_died_is_sent_once_more_and_not_for_ever(
    engine: AsyncEngine, api: BotApi
) -> None:
    """A lease that ran out means that nobody knows whether it arrived."""
    await enqueue(engine, 7, "hello")
    async with transaction(engine) as tx:
        await tx.execute(update(calls.calls).values(sending=True, unsure=MAX_UNSURE))
    async with sending(engine, api):
        await emptied(engine)
    assert api.shown(7) == []
    await enqueue(engine, 7, "again")
    async with transaction(engine) as tx:
        await tx.execute(update(calls.calls).values(sending=True))
    async with sending(engine, api):
        await emptied(engine)
    assert api.shown(7) == ["again"]


async def test_a_message_whose_answer_cannot_be_read_is_sent_once(
    engine: AsyncEngine, api: BotApi
) -> None:
    odd = {"reply_markup": {"inline_keyboard": "of a newer kind"}}
    api.spoil = lambda result: {**result, **odd} if isinstance(result, dict) else result
    async with transaction(engine) as tx:
        await chats.find(tx, 7, "en")
        body = json.dumps({"chat_id": 7, "text": "hello"})
        await calls.enqueue(tx, [NewCall(7, "sendMessage", body, "today")], datetime.now(UTC))
    async with sending(engine, api):
        await emptied(engine)
    assert api.shown(7) == ["hello"]
    async with transaction(engine) as tx:
        assert (await chats.find(tx, 7, "en")).today_message == 1
