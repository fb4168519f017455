"""Two telegram rooms share one bot: within a process and over RabbitMQ it is one bot to people."""

import asyncio
from collections.abc import AsyncIterator

import aio_pika
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.auth.handlers import room as auth
from actors.habits.handlers import room as habits
from actors.runtime.delegation import RoomBus
from actors.runtime.settings import Settings
from actors.telegram.attendance import attend
from actors.telegram.handlers import room as telegram
from actors.users.handlers import room as users
from contracts.accounts import Register
from contracts.bus import deadline_in
from contracts.check_ins import CheckIn, GetToday
from contracts.habits import CreateHabit
from contracts.message import NotFound
from contracts.principal import Principal
from contracts.telegram import ConfirmLink, OfferLink
from contracts.users import GetProfile
from tests.bus_room import until
from tests.telegram_server import TOKEN, BotApi
from tests.wire.conftest import tidy
from tests.wire.place import Place, Wire, over_rabbit, within_process

CHAT = 4711
ROOMS = (auth, users, habits, telegram)
PATIENCE = 60.0


@pytest_asyncio.fixture
async def api() -> AsyncIterator[BotApi]:
    """Run a Bot API server."""
    server = BotApi()
    await server.start()
    yield server
    await server.stop()
    assert server.broken == []


async def opened(api: BotApi) -> Settings:
    """Open the rooms."""
    given = {"telegram_token": TOKEN, "telegram_api": api.url}
    settings = Settings.model_validate(given)
    for room in ROOMS:
        await room.open(settings)
    return settings


@pytest_asyncio.fixture
async def local_place(engine: AsyncEngine) -> AsyncIterator[Place]:
    """Open the rooms within the process."""
    async with within_process(engine, ROOMS) as place, tidy():
        yield place


@pytest_asyncio.fixture
async def rabbit_place(engine: AsyncEngine, wire: Wire) -> AsyncIterator[Place]:
    """Open the rooms over RabbitMQ; their queues go with them."""
    async with over_rabbit(engine, wire, ROOMS) as place, tidy():
        yield place
    async with await aio_pika.connect(wire.node.url) as connection:
        channel = await connection.channel()
        for room in ROOMS:
            for kind in ("facts", "jobs", "asks"):
                await channel.queue_delete(f"{kind}.{room.name}")


@pytest.fixture(params=["local_place", "rabbit_place"])
def place(request: pytest.FixtureRequest) -> Place:
    """Open the rooms on each bus in turn."""
    found: Place = request.getfixturevalue(request.param)
    return found


async def test_two_rooms_are_one_bot(place: Place, engine: AsyncEngine, api: BotApi) -> None:
    settings, own = await opened(api), place.inside or place.bus
    replicas = [
        asyncio.ensure_future(attend(engine, settings, RoomBus(own, "telegram", engine)))
        for _ in range(2)
    ]
    try:
        await a_morning(place, api)
    finally:
        for task in replicas:
            task.cancel()
        await asyncio.gather(*replicas, return_exceptions=True)


async def a_morning(place: Place, api: BotApi) -> None:
    """Link a chat, look at today, press a button, check in elsewhere."""
    by = deadline_in(PATIENCE)
    words = {"email": "ann@example.org", "password": "correct horse battery", "zone": "UTC"}
    tokens = await place.bus.ask(Register.model_validate(words), deadline=by)
    who = Principal(
        user_id=tokens.user_id,
        session_id=tokens.session_id,
        scopes=frozenset({"user"}),
        token=tokens.access_token,
    )

    async def known() -> bool:
        return bool(api.of("setMyCommands")) and len(api.of("setMyShortDescription")) == 2

    async def arrived() -> bool:
        try:
            await place.bus.ask(GetProfile(), who, deadline=by)
        except NotFound:
            return False
        return True

    await until(known)
    await until(arrived)
    read = await place.bus.ask(CreateHabit(name="Read"), who, deadline=by)
    run = await place.bus.ask(CreateHabit(name="Run"), who, deadline=by)
    await until(lambda: named(place))
    offered = await place.bus.ask(OfferLink(), who, deadline=by)
    await api.say(CHAT, f"/start {offered.url.partition('start=')[2]}")
    await api.until(lambda: api.shown(CHAT))
    await place.bus.ask(ConfirmLink(), who, deadline=by)
    await api.say(CHAT, "/today")
    await api.until(lambda: any("○ Read" in one for one in api.buttons(CHAT)))
    await api.press(CHAT, "○ Read")
    await api.until(lambda: any("✅ Read" in one for one in api.buttons(CHAT)))
    await place.bus.ask(CheckIn(habit_id=run.habit_id), who, deadline=by)
    place.courier.ring()
    await api.until(lambda: any("✅ Run" in one for one in api.buttons(CHAT)))
    today = await place.bus.ask(GetToday(), who, deadline=by)
    assert {one.habit_id: one.state for one in today.habits}[read.habit_id] == "done"
    texts = api.shown(CHAT)
    assert len(texts) == len(set(texts)), "nothing is said twice"
    assert len(api.of("setMyCommands")) == 2


async def named(place: Place) -> bool:
    """Tell whether the bot is known by name."""
    return bool(await place.rows("SELECT 1 FROM telegram.bots"))
