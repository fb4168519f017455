"""Intake and workers: an update counts once, in the order of its chat, however often it comes."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.delegation import RoomBus
from actors.runtime.local import LocalBus
from actors.runtime.settings import Settings
from actors.telegram.domain import Press, pack
from actors.telegram.intake import Poller
from actors.telegram.outside import open_bot
from actors.telegram.room import room
from actors.telegram.screens import dispatcher
from actors.telegram.workers import Worker
from contracts.message import Denied, NotFound
from contracts.telegram import TakeUpdate
from contracts.users import DeleteMe
from storage.base import metadata
from storage.session import transaction
from storage.telegram import calls, owners, updates
from tests.rooms.chatting import CHAT, settings_for
from tests.rooms.people import Carry
from tests.rooms.tracking import Tracker, day
from tests.telegram_server import BotApi, chat, person

SECRET = "a-secret-of-a-webhook"


@pytest_asyncio.fixture
async def api() -> AsyncIterator[BotApi]:
    """Run a Bot API server."""
    server = BotApi()
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture
async def given(api: BotApi, bus: LocalBus) -> Settings:
    """Let Telegram bring updates."""
    settings = settings_for(api, telegram_webhook_secret=SECRET)
    await room.open(settings)
    return settings


@pytest_asyncio.fixture
async def worker(engine: AsyncEngine, bus: LocalBus, given: Settings) -> AsyncIterator[Worker]:
    """Have a worker at hand."""
    bot = open_bot(given)
    yield Worker(engine, RoomBus(bus, "telegram", engine), bot, dispatcher(given))
    await bot.session.close()


def message(update_id: int, text: str, chat_id: int = CHAT, **more: Any) -> dict[str, Any]:
    """Write an update that brings a message."""
    said = {"message_id": update_id, "date": 1, "chat": chat(chat_id), "from": person(chat_id)}
    return {"update_id": update_id, "message": {**said, "text": text, **more}}


def press(update_id: int, data: str, chat_id: int = CHAT) -> dict[str, Any]:
    """Write an update that brings a press."""
    about = {"message_id": 1, "date": 1, "chat": chat(chat_id), "text": "x"}
    said = {"id": f"q{update_id}", "from": person(chat_id), "chat_instance": "1", "data": data}
    return {"update_id": update_id, "callback_query": {**said, "message": about}}


async def bring(bus: LocalBus, *raws: object) -> None:
    """Bring updates, as Telegram does."""
    for raw in raws:
        body = raw if isinstance(raw, str) else json.dumps(raw)
        await bus.ask(TakeUpdate(secret=SECRET, body=body))


async def work(worker: Worker) -> int:
    """Answer all that is due; return how many updates that were."""
    answered = 0
    while await worker.work():
        answered += 1
    return answered


async def texts(engine: AsyncEngine) -> list[str]:
    """Return what is to be sent, in its order."""
    async with transaction(engine) as tx:
        rows = await tx.execute(select(calls.calls.c.body).order_by(calls.calls.c.id))
        return [json.loads(row.body).get("text", "") for row in rows]


async def open_updates(engine: AsyncEngine) -> int:
    """Count the updates that are not done."""
    left = select(func.count()).select_from(updates.updates)
    async with transaction(engine) as tx:
        found = await tx.execute(left.where(updates.updates.c.done_at.is_(None)))
        return int(found.scalar_one())


async def test_only_telegram_brings_updates(bus: LocalBus, given: Settings, api: BotApi) -> None:
    body = json.dumps(message(1, "/start"))
    with pytest.raises(Denied):
        await bus.ask(TakeUpdate(secret="another-secret-of-it", body=body))
    await room.open(settings_for(api))
    with pytest.raises(NotFound):
        await bus.ask(TakeUpdate(secret=SECRET, body=body))


async def test_what_cannot_be_kept_is_kept_as_it_can_or_passed_over(
    bus: LocalBus, engine: AsyncEngine, given: Settings
) -> None:
    nobody = {"update_id": True, "message": {"chat": {"id": 1}, "text": "x"}}
    far = message(7, "far", chat_id=2**63)
    await bring(bus, nobody, far, message(8, "\ud800 hi \x00"))
    assert await open_updates(engine) == 1


async def test_an_update_that_comes_again_counts_once(
    bus: LocalBus, engine: AsyncEngine, worker: Worker
) -> None:
    await bring(bus, message(1, "/help"), message(1, "/help"))
    assert await work(worker) == 1
    await bring(bus, message(1, "/help"))
    assert await work(worker) == 0
    assert len(await texts(engine)) == 1


@pytest.mark.parametrize(
    "odd",
    [
        "",
        "no JSON",
        "[" * 5000,
        "[1]",
        "null",
        '{"update_id": "1"}',
        '{"update_id": -1}',
        '{"update_id": 99999999999999999999}',
        '{"update_id": 5}',
        '{"update_id": 6, "poll": {"id": "1"}}',
        '{"update_id": 7, "brand_new_kind": {"from": {"id": 4711}}}',
        '{"update_id": 8, "message": "text"}',
        '{"update_id": 9, "message": {"chat": {"id": 4711}}}',
        '{"update_id": 10, "message": {"chat": {"id": "x"}, "text": "\\u0000"}}',
    ],
)
async def test_what_is_no_update_holds_up_nothing(
    bus: LocalBus, engine: AsyncEngine, worker: Worker, odd: str
) -> None:
    await bring(bus, odd, message(100, "/start"))
    await work(worker)
    assert await open_updates(engine) == 0
    assert any("Hello" in one for one in await texts(engine))


async def test_who_is_not_linked_is_told_how(
    bus: LocalBus, engine: AsyncEngine, worker: Worker
) -> None:
    await bring(bus, message(1, "/today"), message(2, "ran 5 km"), press(3, "today"))
    assert await work(worker) == 3
    assert all("not linked" in one for one in await texts(engine))
    russian = message(4, "/today", chat_id=5)
    russian["message"]["from"]["language_code"] = "ru"
    await bring(bus, russian)
    await work(worker)
    assert "не привязан" in (await texts(engine))[-1]


async def linked(engine: AsyncEngine, who: Tracker, chat_id: int = CHAT) -> None:
    """Link a chat to somebody, without all the words."""
    async with transaction(engine) as tx:
        await owners.join(tx, who.who.user_id, chat_id, "Ann")


async def test_a_turn_that_is_begun_again_changes_nothing_twice(
    bus: LocalBus, engine: AsyncEngine, worker: Worker, ann: Tracker
) -> None:
    """The room dies after the other one has logged the day, before it could write that down."""
    water = await ann.begin("Water", measure="count", target={"value": 8})
    await linked(engine, ann)
    await bring(bus, press(1, pack(Press("plus", water.habit_id, day(0)))))
    for _ in range(3):
        dying = asyncio.create_task(worker.work())
        async with asyncio.timeout(30):
            while (await ann.on(water.habit_id)).value is None and not dying.done():
                await asyncio.sleep(0.001)
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
    await work(worker)
    assert (await ann.on(water.habit_id)).value == 1
    assert await open_updates(engine) == 0


async def test_updates_of_a_chat_keep_their_order_and_chats_do_not_wait(
    bus: LocalBus, engine: AsyncEngine, worker: Worker, ann: Tracker, given: Settings
) -> None:
    await linked(engine, ann)
    for number in range(1, 9):
        await bring(bus, message(number, f"/journal entry {number}"))
    await bring(bus, message(9, "/start", chat_id=5))
    bot = open_bot(given)
    own = RoomBus(bus, "telegram", engine)
    others = [Worker(engine, own, bot, dispatcher(given)) for _ in range(3)]
    assert sum(await asyncio.gather(*(work(one) for one in others))) <= 9
    await work(worker)
    await bot.session.close()
    async with transaction(engine) as tx:
        done = select(updates.updates.c.update_id).where(updates.updates.c.chat_id == CHAT)
        rows = await tx.execute(done.order_by(updates.updates.c.done_at))
        assert [row.update_id for row in rows] == list(range(1, 9))


async def test_buttons_that_were_made_up_do_nothing(
    bus: LocalBus, engine: AsyncEngine, worker: Worker, ann: Tracker, bob: Tracker
) -> None:
    """Bob presses the button of Ann's habit, and others that nobody ever drew."""
    read = await ann.begin("Read")
    await linked(engine, bob)
    foreign = pack(Press("done", read.habit_id, day(0)))
    made_up = ["", "done", "done.", "val...1", "x" * 64, "undo..1", f"stat.{'A' * 22}", "🔥"]
    await bring(bus, press(1, foreign))
    await bring(bus, *(press(2 + place, data) for place, data in enumerate(made_up)))
    await work(worker)
    assert await open_updates(engine) == 0
    assert (await ann.on(read.habit_id)).state is None


async def test_polling_confirms_only_what_is_written_down(
    engine: AsyncEngine, api: BotApi, bus: LocalBus
) -> None:
    settings = settings_for(api)
    bot = open_bot(settings)
    await api.say(CHAT, "/start")
    first = Poller(engine, bot)
    assert await first.fetch(0) == 1
    assert await Poller(engine, bot).fetch(0) == 0, "another poller is given it again"
    await api.say(CHAT, "/help")
    assert await first.fetch(0) == 1
    assert await first.fetch(0) == 0
    api.webhook = {"url": "http://127.0.0.1:1/"}
    await first.fetch(0)
    assert api.webhook is None
    await bot.session.close()


async def test_a_person_who_is_erased_leaves_nothing(
    bus: LocalBus, engine: AsyncEngine, worker: Worker, ann: Tracker, carry: Carry
) -> None:
    await linked(engine, ann)
    await bring(bus, message(1, "/journal private words"), message(2, "/today"))
    await work(worker)
    await ann.ask(DeleteMe())
    await carry()
    async with transaction(engine) as tx:
        for name in ("owners", "chats", "links", "calls", "updates", "pictures", "proofs"):
            table = metadata.tables[f"telegram.{name}"]
            rows = await tx.execute(select(func.count()).select_from(table))
            assert rows.scalar_one() == 0, name
