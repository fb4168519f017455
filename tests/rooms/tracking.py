"""People who keep habits in the tests of rooms, and what they look at."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from actors.habits.rows import entries_from, promise_of
from actors.runtime.courier import Courier, Delivered
from actors.runtime.local import LocalBus
from contracts.bus import deadline_in
from contracts.check_ins import CheckedIn, CheckIn, GetToday, HabitToday
from contracts.habit import Habit
from contracts.habits import CreateHabit, GetHabit
from contracts.keeping.progress import Standing, begin, standing
from contracts.message import Asked, Reply, new_id
from contracts.principal import Principal
from contracts.time import FIRST_DAY, LAST_DAY
from contracts.users import CreateProfile
from storage import breaks, check_ins, habits
from storage.auth import accounts
from storage.outbox import Waiting
from tests.rooms.people import NOON, PATIENCE

R = TypeVar("R", bound=Reply)
TODAY = NOON.date()


def day(number: int) -> date:
    """Return the day that comes `number` days after the day on which the tests begin."""
    return TODAY + timedelta(days=number)


@dataclass(frozen=True)
class Tracker:
    """Somebody who keeps habits."""

    bus: LocalBus
    engine: AsyncEngine
    who: Principal

    async def ask(self, message: Asked[R], key: str | None = None) -> R:
        """Ask for something."""
        return await self.bus.ask(
            message, self.who, deadline=deadline_in(PATIENCE), idempotency_key=key
        )

    async def begin(self, name: str = "Read", **given: object) -> Habit:
        """Begin a habit; times long ago are easiest to test with `start_day`."""
        return await self.ask(CreateHabit.model_validate({"name": name, **given}))

    async def log(self, habit_id: UUID, number: int = 0, **said: object) -> CheckedIn:
        """Log the day of this number."""
        words = {"habit_id": habit_id, "day": day(number), **said}
        return await self.ask(CheckIn.model_validate(words))

    async def look(self, habit_id: UUID) -> Habit:
        """Look at a habit."""
        return await self.ask(GetHabit(habit_id=habit_id))

    async def on(self, habit_id: UUID, at: date | None = None) -> HabitToday:
        """Look at a habit on a day."""
        shown = (await self.ask(GetToday(day=at))).habits
        return next(one for one in shown if one.habit_id == habit_id)

    async def told(self) -> list[dict[str, object]]:
        """Take what waits to be told, as the courier does: facts with their addresses, in order."""
        facts: list[dict[str, object]] = []

        async def keep(waiting: Sequence[Waiting]) -> Delivered:
            facts.extend({"address": one.address, **json.loads(one.body)} for one in waiting)
            return Delivered(heard=[*waiting])

        courier = Courier(self.engine, keep)
        while await courier.carry():
            pass
        return facts

    async def addresses(self) -> list[str]:
        """Take what waits to be told: what happened, without the room's name."""
        return [str(fact["address"]).removeprefix("habits.") for fact in await self.told()]

    async def recomputed(self, habit_id: UUID, at: date) -> Standing:
        """Work out where a habit stands from all that is stored of it."""
        async with self.engine.begin() as tx:
            row = await habits.find(tx, self.who.user_id, habit_id)
            assert row is not None
            entries = await check_ins.between(tx, habit_id, FIRST_DAY, LAST_DAY)
            rests = await breaks.covering(tx, self.who.user_id, habit_id, row.tags)
        promise = promise_of(row)
        return standing(begin(promise), promise, entries_from(entries), rests, at)


async def newcomer(bus: LocalBus, engine: AsyncEngine, zone: str = "UTC") -> Tracker:
    """Let somebody come, with an account, a profile and nothing else."""
    who = Principal(user_id=new_id(), session_id=new_id(), scopes=frozenset({"user"}))
    email = f"{who.user_id}@example.org"
    async with engine.begin() as tx:
        await accounts.add(tx, who.user_id, email, "no password")
    await bus.ask(CreateProfile(email=email, zone=zone), who)
    tracker = Tracker(bus, engine, who)
    await tracker.told()
    return tracker
