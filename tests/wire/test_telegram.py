"""A person's day with the bot, of which there are two rooms: to people it is one.

Within a process updates are fetched, over RabbitMQ they are brought to the gateway; all else is the
same. What the bot did is looked at through REST.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aio_pika
import httpx
import pytest
import pytest_asyncio
import uvicorn
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.analytics.handlers import room as analytics
from actors.auth.handlers import room as auth
from actors.habits.handlers import room as habits
from actors.journal.handlers import room as journal
from actors.notifications.channels.telegram import TelegramChannel
from actors.notifications.handlers import room as notifications
from actors.reminders.handlers import room as reminders
from actors.runtime.delegation import RoomBus
from actors.runtime.identity import TokenVerifier
from actors.runtime.settings import Settings
from actors.telegram.attendance import serve
from actors.telegram.handlers import room as telegram
from actors.users.handlers import room as users
from gateway.app import open_gateway
from tests.bus_room import until
from tests.rooms.mailing import sender_over
from tests.telegram_server import TOKEN, BotApi
from tests.wire.conftest import tidy
from tests.wire.place import Place, Wire, open_room, over_rabbit, within_process

CHAT = 4711
ROOMS = (auth, users, habits, journal, analytics, reminders, notifications, telegram)
SECRET = "a-secret-of-a-webhook"


@pytest_asyncio.fixture
async def api() -> AsyncIterator[BotApi]:
    """Run a Bot API server that lets a chat be written to at any pace: that is tested elsewhere."""
    server = BotApi(limits=False)
    await server.start()
    yield server
    await server.stop()
    assert server.broken == []


@pytest_asyncio.fixture
async def local_place(engine: AsyncEngine) -> AsyncIterator[Place]:
    """Open the rooms within the process."""
    async with within_process(engine, ROOMS) as place, tidy():
        yield place


@pytest_asyncio.fixture
async def rabbit_place(engine: AsyncEngine, wire: Wire) -> AsyncIterator[Place]:
    """Open the rooms over RabbitMQ, that of the bot twice; their queues go with them."""
    async with over_rabbit(engine, wire, ROOMS) as place, tidy():
        assert place.inside is not None
        second = open_room(wire.node.url, telegram, engine, place.inside)
        place.brokers.append(second)
        await second.start()
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


@pytest_asyncio.fixture
async def rest(place: Place) -> AsyncIterator[httpx.AsyncClient]:
    """Open the gateway on the bus, on a free port, and a client of it."""
    app = open_gateway(place.bus, TokenVerifier(place.bus))
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        yield client
    server.should_exit = True
    await serving


@dataclass
class Day:
    """Ann, her chat, and what she has in REST."""

    place: Place
    api: BotApi
    rest: httpx.AsyncClient

    async def get(self, path: str) -> Any:
        """Get something by REST."""
        answer = await self.rest.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, **body: object) -> Any:
        """Post something by REST."""
        answer = await self.rest.post(path, json=body)
        assert answer.status_code in (200, 201, 202), answer.text
        return answer.json()

    async def says(self, words: str, answer: str) -> None:
        """Write to the bot, and wait for an answer that was not there before."""
        before = self.api.shown(CHAT).count(answer)
        await self.api.say(CHAT, words)
        await self.sees(answer, before)

    async def presses(self, label: str, answer: str) -> None:
        """Press a button as soon as it is there, and wait for what it brings."""
        await self.api.until(lambda: any(label in one for one in self.api.buttons(CHAT)))
        await self.api.press(CHAT, label)
        await self.sees(answer)

    async def sees(self, answer: str, before: int = 0) -> None:
        """Wait until a message or a button says something."""

        def shown() -> int:
            return sum(answer in one for one in (*self.api.shown(CHAT), *self.api.buttons(CHAT)))

        await self.api.until(lambda: shown() > before)

    async def until(self, true: Callable[[], Awaitable[bool]]) -> None:
        """Wait until something holds."""
        self.place.courier.ring()
        await until(true)


async def test_a_day_with_the_bot(
    place: Place, engine: AsyncEngine, api: BotApi, rest: httpx.AsyncClient
) -> None:
    """Two rooms work for the bot; whatever they did between them, nothing is said twice."""
    given: dict[str, object] = {"telegram_token": TOKEN, "telegram_api": api.url}
    if place.wire is not None:
        given |= {"telegram_webhook_secret": SECRET, "base_url": str(rest.base_url)}
    settings, own = Settings.model_validate(given), place.inside or place.bus
    for room in ROOMS:
        await room.open(settings)
    replicas = [
        asyncio.ensure_future(serve(engine, settings, RoomBus(own, "telegram", engine), 0.0))
        for _ in range(2)
    ]
    try:
        await a_day(Day(place, api, rest))
    finally:
        for task in replicas:
            task.cancel()
        await asyncio.gather(*replicas, return_exceptions=True)
    assert (api.webhook is not None) == (place.wire is not None)
    assert len(api.of("setMyCommands")) == 2, "one of two told the commands"


async def a_day(day: Day) -> None:
    """Live a day: each step is done through one door and seen through another."""
    await link(day)
    await morning(day)
    await reminded(day)
    await evening(day)
    await leave(day)


async def link(day: Day) -> None:
    """Register, make a link, open it in the chat, confirm it where it was made."""
    account = {"email": "ann@example.org", "password": "correct horse battery"}
    opened = await day.post("/v1/auth/register", **account)
    day.rest.headers["Authorization"] = f"Bearer {opened['access_token']}"

    async def known() -> bool:
        return bool(await day.place.rows("SELECT 1 FROM telegram.bots"))

    await day.until(known)
    await day.api.until(lambda: len(day.api.of("setMyShortDescription")) == 2)
    offered = await day.post("/v1/telegram/link")
    await day.says(f"/start {offered['url'].partition('start=')[2]}", "confirm that “Ann” is you")
    assert (await day.get("/v1/telegram"))["state"] == "opened"
    assert (await day.post("/v1/telegram/confirm"))["state"] == "linked"
    await day.sees("linked now")
    await day.presses("What does your clock say?", "Or write your zone")
    await day.says("Europe/Berlin", "Your time zone is Europe/Berlin")
    assert (await day.get("/v1/me"))["zone"] == "Europe/Berlin"


async def morning(day: Day) -> None:
    """Begin a habit, check in by a button, and by REST: the list shows both."""
    await day.says("/add Read every day", "“Read” begins today.")
    await day.presses("21:00", "I remind you at 21:00.")
    run = await day.post("/v1/habits", name="Run")
    await day.says("/today", "○ Read")
    await day.presses("○ Read", "✅ Read")
    states = {one["name"]: one["state"] for one in (await day.get("/v1/today"))["habits"]}
    assert states == {"Read": "done", "Run": None}
    answer = await day.rest.put(f"/v1/habits/{run['habit_id']}/check-ins/today", json={})
    assert answer.status_code == 200
    day.place.courier.ring()
    await day.sees("✅ Run")


async def reminded(day: Day) -> None:
    """Get a reminder in the chat, and put it off."""

    async def reached() -> bool:
        shown = {one["channel"]: one["on"] for one in (await day.get("/v1/channels"))["channels"]}
        return bool(shown["telegram"])

    await day.until(reached)
    (reminder,) = (await day.get("/v1/reminders"))["reminders"]
    await day.post(f"/v1/reminders/{reminder['reminder_id']}/test")
    engine = day.place.engine
    bus = day.place.inside or day.place.bus
    await sender_over(engine, TelegramChannel(engine), bus).send_due()
    day.place.courier.ring()
    await day.presses("In an hour", "I remind you again in an hour.")

    async def sent() -> bool:
        found = (await day.get("/v1/deliveries"))["deliveries"]
        return [one["state"] for one in found if one["channel"] == "telegram"] == ["sent"]

    await day.until(sent)
    (reminder,) = (await day.get("/v1/reminders"))["reminders"]
    assert reminder["snoozed_until"] is not None


async def evening(day: Day) -> None:
    """Say how it was, look at the week, and take some days of rest."""
    await day.says("/mood", "How are you?")
    face = day.api.buttons(CHAT)[4]
    await day.presses(face, "Write a few words")
    await day.says("A good day", "Kept in your diary.")
    (entry,) = (await day.get("/v1/journal/entries"))["entries"]
    assert (entry["mood"], entry["text"]) == (5, "A good day")
    await day.api.say(CHAT, "/stats")
    await day.api.until(lambda: day.api.of("sendPhoto"), 60)
    await day.says("/break", "How long?")
    await day.presses("3 days", "🌴")
    assert len((await day.get("/v1/breaks"))["breaks"]) == 1


async def leave(day: Day) -> None:
    """Unlink the chat, and erase the account: nothing is left of either."""
    await day.says("/unlink", "This chat is unlinked.")
    assert (await day.get("/v1/telegram"))["state"] == "none"
    texts = [one for one in day.api.shown(CHAT) if not one.startswith("How are you")]
    assert len(texts) == len(set(texts)), "nothing is said twice"
    answer = await day.rest.delete("/v1/me")
    assert answer.status_code == 204, answer.text

    async def erased() -> bool:
        left = "SELECT 1 FROM telegram.owners UNION ALL SELECT 1 FROM telegram.calls"
        return not await day.place.rows(left)

    await day.until(erased)
    open_ = "SELECT 1 FROM telegram.updates WHERE done_at IS NULL OR body <> ''"
    assert await day.place.rows(open_) == []
