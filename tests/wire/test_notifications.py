"""While notifications is away reminders claims as ever, and nothing is lost; on either bus."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import cast

import aio_pika
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.notifications.handlers import room as notifications
from actors.reminders.handlers import room as reminders
from actors.runtime.edge import Edge
from actors.runtime.local import LocalBus
from actors.runtime.settings import Settings
from contracts.accounts import UserRegistered
from contracts.principal import Principal
from contracts.reminders import CreateReminder
from contracts.users import Profile, ProfileChanged
from tests.bus_people import auth, person
from tests.bus_room import until
from tests.wire.conftest import tidy
from tests.wire.place import CONCURRENCY, Place, Wire, open_room, over_rabbit, within_process

Open = Callable[[], Awaitable[None]]
House = tuple[Place, Open]
"""A place without notifications, and how that room is opened."""


@pytest_asyncio.fixture
async def local_house(engine: AsyncEngine) -> AsyncIterator[House]:
    """Open reminders within the process."""
    async with within_process(engine, (auth, reminders)) as place, tidy():

        async def arrive() -> None:
            bus = cast(LocalBus, place.bus)
            bus.open_room(Edge(notifications, engine, bus, CONCURRENCY))

        yield place, arrive


@pytest_asyncio.fixture
async def rabbit_house(engine: AsyncEngine, wire: Wire) -> AsyncIterator[House]:
    """Open reminders over RabbitMQ; notifications was there, and is gone."""
    rooms = (auth, reminders, notifications)
    async with over_rabbit(engine, wire, rooms) as place, tidy():
        await place.brokers.pop().stop()

        async def arrive() -> None:
            assert place.inside is not None
            broker = open_room(wire.node.url, notifications, engine, place.inside)
            place.brokers.append(broker)
            await broker.start()

        yield place, arrive
    async with await aio_pika.connect(wire.node.url) as connection:
        channel = await connection.channel()
        for room in (reminders, notifications):
            for kind in ("facts", "jobs", "asks"):
                await channel.queue_delete(f"{kind}.{room.name}")


@pytest.fixture(params=["local_house", "rabbit_house"])
def house(request: pytest.FixtureRequest) -> House:
    """Open reminders without notifications, on each bus in turn."""
    opened: House = request.getfixturevalue(request.param)
    return opened


async def introduce(place: Place, who: Principal) -> None:
    """Tell the rooms of a person."""
    profile = Profile(name="Ann", zone="UTC", language="en", day_start=0, week_start="mon")
    address, words = f"{who.user_id}@example.org", {"zone": "UTC", "language": "en", "name": "Ann"}
    registered = UserRegistered.model_validate(
        {"user_id": who.user_id, "version": 1, "email": address, **words}
    )
    await place.tell(
        registered, ProfileChanged(user_id=who.user_id, version=1, profile=profile, email=address)
    )


async def count(place: Place, table: str) -> int:
    """Return how many rows a table has."""
    return int((await place.rows(f"SELECT count(*) FROM {table}"))[0][0])


async def test_notices_wait_for_the_room_that_sends_them(house: House) -> None:
    await reminders.open(Settings())
    await notifications.open(Settings())
    place, arrive = house
    ann = person()
    await introduce(place, ann)
    known = "SELECT 1 FROM reminders.people WHERE email IS NOT NULL AND version > 0"

    async def heard() -> bool:
        return bool(await place.rows(known))

    await until(heard)
    asked = CreateReminder(text="Stretch", times=("09:00", "21:00"))
    rule = await place.bus.ask(asked, ann)
    for at in (1, 2):
        await place.rows(
            "UPDATE reminders.rules SET next_fire_at = now() - interval '1 second' RETURNING id"
        )

        async def claimed(times: int = at) -> bool:
            await place.strike("reminders.claim")
            return await count(place, "reminders.fires WHERE outcome = 'sent'") == times

        await until(claimed)
    assert await count(place, "notifications.deliveries") == 0
    assert await count(place, "bus.outbox WHERE is_job") == 2

    await arrive()
    await introduce(place, ann)

    async def enqueued() -> bool:
        return await count(place, "notifications.deliveries") == 2

    await until(enqueued, 60)
    rows = await place.rows("SELECT * FROM notifications.deliveries")
    assert {(row.user_id, row.reminder_id) for row in rows} == {(ann.user_id, rule.reminder_id)}
    assert {row.recipient for row in rows} == {f"{ann.user_id}@example.org"}
    assert await place.parked() == []
