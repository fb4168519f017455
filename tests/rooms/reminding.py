"""People who want to be reminded, in the tests of rooms; and the clock that strikes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import time_machine
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.reminders.handlers import room
from actors.runtime.edge import Edge
from actors.runtime.local import LocalBus
from contracts.deliveries import Delivery, ListDeliveries
from contracts.message import Asked, Reply
from contracts.reminder_settings import SetReminderSettings
from contracts.reminders import CreateReminder, Fire, GetReminder, Reminder
from tests.rooms.people import Carry
from tests.rooms.tracking import Tracker

R = TypeVar("R", bound=Reply)


@dataclass(frozen=True)
class Reminded:
    """Somebody who keeps habits and is reminded of them."""

    tracker: Tracker
    carry: Carry
    clock: time_machine.Traveller

    @property
    def engine(self) -> AsyncEngine:
        return self.tracker.engine

    @property
    def user_id(self) -> UUID:
        return self.tracker.who.user_id

    async def ask(self, message: Asked[R]) -> R:
        return await self.tracker.ask(message)

    async def habit(self, name: str = "Read", **given: object) -> UUID:
        """Begin a habit, and let the room hear of it."""
        made = await self.tracker.begin(name, **given)
        await self.carry()
        return made.habit_id

    async def log(self, habit_id: UUID, number: int = 0, **said: object) -> None:
        """Log a day, and let the room hear of it."""
        await self.tracker.log(habit_id, number, **said)
        await self.carry()

    async def remind(self, **words: object) -> Reminder:
        return await self.ask(CreateReminder.model_validate(words))

    async def settle(self, **words: object) -> None:
        await self.ask(SetReminderSettings.model_validate(words))

    async def look(self, rule: Reminder | UUID) -> Reminder:
        rule_id = rule if isinstance(rule, UUID) else rule.reminder_id
        return await self.ask(GetReminder(reminder_id=rule_id))

    async def last(self, rule: Reminder) -> Fire:
        """Return what became of the last time."""
        return (await self.look(rule)).history[0]

    async def become(self, at: str | datetime) -> None:
        """Let it be that time, and the clock strike."""
        self.clock.move_to(at if isinstance(at, datetime) else datetime.fromisoformat(at))
        await strike(self.engine)

    async def sent(self) -> list[Delivery]:
        """Return what is sent, or is to be, in the order in which it was made."""
        await self.carry()
        found: list[Delivery] = []
        cursor: str | None = None
        while True:
            page = await self.ask(ListDeliveries(limit=200, cursor=cursor))
            found += [one for one in page.deliveries if one.template != "welcome"]
            cursor = page.next
            if cursor is None:
                return found[::-1]

    async def letters(self) -> list[dict[str, Any]]:
        """Return what mails are made of, which only the sender reads, in the order of `sent`."""
        await self.carry()
        async with self.engine.begin() as tx:
            rows = await tx.execute(
                text(
                    "SELECT recipient, language, data FROM notifications.deliveries"
                    " WHERE user_id = :me ORDER BY id"
                ),
                {"me": self.user_id},
            )
            return [{**row._mapping, **json.loads(row.data)} for row in rows]


async def strike(
    engine: AsyncEngine, names: Sequence[str] = ("reminders.claim", "reminders.digests")
) -> None:
    """Strike ticks of the room in this order, as the clock has it done."""
    edge = Edge(room, engine, LocalBus(), 4)
    ticks = {tick.name: tick for tick in room.ticks}
    for name in names:
        await edge.strike(ticks[name])
