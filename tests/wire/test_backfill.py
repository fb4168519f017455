"""A room is told what there is while life goes on, within the process and over RabbitMQ."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.edge import Edge
from actors.runtime.local import LocalBus
from contracts.check_ins import CheckIn
from contracts.habit import Habit
from ops.platform import room_of
from storage.replica import backfills
from storage.session import transaction
from tests import databases
from tests.bus_room import until
from tests.rooms.following import lay_out, watch
from tests.rooms.test_backfill import KEPT, TRUE, read
from tests.rooms.tracking import Tracker, newcomer
from tests.wire.place import Wire, over_rabbit, within_process

pytestmark = pytest.mark.asyncio

OWNERS = ("users", "habits", "journal")
HABITS = 13
"""More than there are on a page of days."""


async def log(ann: Tracker, habit: Habit, back: int, **said: object) -> None:
    """Log a day some days ago."""
    day = datetime.now(UTC).date() - timedelta(days=back)
    words = {"habit_id": habit.habit_id, "day": day, **said}
    await ann.ask(CheckIn.model_validate(words))


@pytest.mark.parametrize("carrier", ["local", "rabbit"])
async def test_a_room_is_told_in_the_middle_of_what_goes_on(
    carrier: str, engine: AsyncEngine, wire: Wire
) -> None:
    watching = watch()
    await lay_out(engine, watching.known)
    await databases.empty(engine)
    # The owners are asked within the process; what they tell goes by the carrier.
    asked = LocalBus()
    owners = [room_of(name) for name in OWNERS]
    for owner in owners:
        asked.open_room(Edge(owner, engine, asked, 4))
    ann = await newcomer(asked, engine)
    habits = [await ann.begin(f"Habit {number}") for number in range(HABITS)]
    for number, habit in enumerate(habits):
        await log(ann, habit, number)
    await ann.told()
    rooms = [*owners, watching.room]
    opened = (
        within_process(engine, rooms) if carrier == "local" else over_rabbit(engine, wire, rooms)
    )
    async with opened as place:
        async with transaction(engine) as tx:
            await watching.known.backfill(tx)
        place.courier.ring()
        for number, habit in enumerate(habits):
            await log(ann, habit, number, state="skipped")
            await log(ann, habit, number + 1)

        async def all_is_kept() -> bool:
            async with transaction(engine) as tx:
                told = await backfills.find(tx, "watch")
            done = all(one.done_at for one in told)
            return done and await read(engine, KEPT) == await read(engine, TRUE)

        await until(all_is_kept)
        assert not await place.parked()
    async with transaction(engine) as tx:
        days = await tx.execute(text("SELECT count(*) FROM watch.days"))
        assert days.scalar_one() >= 2 * HABITS
