"""A storm over a linked calendar: changes here and there, faults, deaths; then both are compared.

What is random is drawn from a seed, which is shown when a comparison fails.
"""

import asyncio
import random
from datetime import date, timedelta
from uuid import UUID

import time_machine

from actors.calendar.google_attendance import GoogleSyncer
from contracts.check_ins import CheckIn, ListCheckIns, RemoveCheckIn
from contracts.google import GetGoogle, ShowInGoogle
from contracts.habits import DeleteHabit, ListHabits, UpdateHabit
from contracts.message import Refused
from contracts.reminders import CreateReminder, ListReminders, UpdateReminder
from tests.google_server import Fault, Raw
from tests.rooms.googling import Linked
from tests.rooms.tracking import day

FAULTS = (
    Fault(500),
    Fault(503, late=True),
    Fault(429, "rateLimitExceeded"),
    Fault(403, "userRateLimitExceeded"),
    Fault(0),
    Fault(0, late=True),
)

MAX_HABITS = 6


class Storm:
    """Changes, drawn one after the other."""

    def __init__(
        self,
        linked: Linked,
        replicas: tuple[GoogleSyncer, ...],
        clock: time_machine.Traveller,
        seed: int,
    ) -> None:
        self.linked, self.replicas, self.clock = linked, replicas, clock
        self.seed, self.dice, self.names = seed, random.Random(seed), 0
        self.happened: list[str] = []

    async def blow(self, operations: int, share: float = 0.05) -> None:
        """Let so many things happen; a share of all calls goes wrong."""
        server, dice = self.linked.server, self.dice
        server.page = 3

        def chance(method: str, path: str) -> Fault | None:
            return dice.choice(FAULTS) if dice.random() < share else None

        server.chance = chance
        for _ in range(operations):
            await self._happen()
        server.chance = lambda method, path: None

    async def _happen(self) -> None:
        """Let one thing happen."""
        dice = self.dice
        what = dice.choices(
            (self._log, self._rename, self._habit, self._remind, self._there, self._sync),
            (6, 1, 1, 1, 7, 8),
        )[0]
        self.happened.append(what.__name__)
        try:
            await what()
        except Refused as no:
            self.happened[-1] += f" {no.code}"

    async def _habits(self) -> list[UUID]:
        listed = await self.linked.tracker.ask(ListHabits(limit=100))
        return [one.habit_id for one in listed.habits]

    async def _log(self) -> None:
        """Log a day here, or forget it."""
        habits = await self._habits()
        if not habits:
            return
        habit_id, at = self.dice.choice(habits), day(self.dice.randint(-5, 0))
        ann = self.linked.tracker
        if self.dice.random() < 0.3:
            await ann.ask(RemoveCheckIn(habit_id=habit_id, day=at))
        elif self.dice.random() < 0.3:
            await ann.ask(CheckIn(habit_id=habit_id, day=at, state="skipped"))
        else:
            await ann.ask(CheckIn(habit_id=habit_id, day=at))

    async def _rename(self) -> None:
        habits = await self._habits()
        if habits:
            self.names += 1
            wanted = UpdateHabit(habit_id=self.dice.choice(habits), name=f"Habit {self.names}")
            await self.linked.tracker.ask(wanted)

    async def _habit(self) -> None:
        """Begin a habit here, or end one."""
        habits = await self._habits()
        if len(habits) >= MAX_HABITS or (len(habits) > 2 and self.dice.random() < 0.4):
            await self.linked.tracker.ask(DeleteHabit(habit_id=self.dice.choice(habits)))
            return
        self.names += 1
        await self.linked.tracker.begin(f"Habit {self.names}", start_day=day(-6))

    async def _remind(self) -> None:
        """Set a reminder here, or another time."""
        habits = await self._habits()
        at = f"{self.dice.randint(6, 22):02}:{self.dice.choice((0, 15, 30)):02}"
        listed = (await self.linked.tracker.ask(ListReminders())).reminders
        if listed and self.dice.random() < 0.5:
            given = {"reminder_id": self.dice.choice(listed).reminder_id, "times": [at]}
            await self.linked.tracker.ask(UpdateReminder.model_validate(given))
            return
        free = [one for one in habits if one not in {reminder.habit_id for reminder in listed}]
        if free:
            given = {"habit_id": self.dice.choice(free), "times": [at]}
            await self.linked.tracker.ask(CreateReminder.model_validate(given))

    async def _there(self) -> None:
        """Change something there."""
        server = self.linked.server
        if self.dice.random() < 0.05:
            server.forget()
            return
        if len(server.calendars) < 2:
            return
        own = server.own
        series = [one for one in own.events.values() if _is_series(one)]
        if not series:
            return
        one = self.dice.choice(series)
        drawn = self.dice.random()
        if drawn < 0.03:
            server.remove(one["id"])
        elif drawn < 0.1 and "dateTime" in one["start"]:
            clock = f"{self.dice.randint(6, 22):02}:45:00"
            moved = {"dateTime": f"{one['start']['dateTime'][:10]}T{clock}Z", "timeZone": "UTC"}
            server.edit(one["id"], start=moved)
        else:
            self._touch(one, drawn)

    def _touch(self, series: Raw, drawn: float) -> None:
        """Change an occurrence there."""
        server, at = self.linked.server, day(self.dice.randint(-5, 0))
        key = server.occurrence_of(series, at)
        known = server.own.events.get(key, {})
        if known.get("status") == "cancelled" or server.is_out(series, at):
            return
        if drawn < 0.2:
            server.remove(key)
        elif known.get("summary", "").startswith("✓"):
            server.edit(key, summary=series["summary"])
        else:
            server.edit(key, summary=f"✓ {series['summary']}")

    async def _sync(self) -> None:
        """Have one of the replicas look; it may die of it."""
        await self.linked.carry()
        if self.dice.random() < 0.5:
            self.clock.shift(timedelta(minutes=self.dice.choice((1, 6, 30))))
        looking = asyncio.ensure_future(self.dice.choice(self.replicas).look())
        if self.dice.random() < 0.05:
            server, before = self.linked.server, self.linked.server.chance
            left = self.dice.randint(1, 4)

            def die(method: str, path: str) -> Fault | None:
                nonlocal left
                left -= 1
                if left == 0:
                    looking.cancel()
                return before(method, path)

            server.chance = die
            await asyncio.gather(looking, return_exceptions=True)
            server.chance = before
        else:
            await looking

    async def settle(self) -> None:
        """Let everything calm down, and compare both sides."""
        for _ in range(3):
            self.clock.shift(timedelta(hours=3))
            await self.linked.sync()
        server, ann = self.linked.server, self.linked.tracker
        for habit_id in (await ann.ask(GetGoogle())).hidden:
            await ann.ask(ShowInGoogle(habit_id=habit_id))
        await self.linked.sync()
        before = server.count("PATCH") + server.count("POST calendar") + server.count("DELETE")
        await self.linked.sync()
        after = server.count("PATCH") + server.count("POST calendar") + server.count("DELETE")
        told = f"seed {self.seed}: {' '.join(self.happened)}"
        assert after == before, told
        assert server.doubles() == [], told
        assert len(server.calendars) == 2, told
        wanted = await self._wanted()
        assert self._shown() == wanted, f"{told}\n{self._shown()}\n{wanted}"

    def _shown(self) -> dict[str, tuple[str, list[str]]]:
        """Return what stands there: by title, its time, and the days that are ticked."""
        found: dict[str, tuple[str, list[str]]] = {}
        events = [
            one for one in self.linked.server.own.events.values() if one["status"] != "cancelled"
        ]
        for one in filter(_is_series, events):
            marks = [
                (other["originalStartTime"].get("date") or other["originalStartTime"]["dateTime"])[
                    :10
                ]
                for other in events
                if other.get("recurringEventId") == one["id"] and other["summary"].startswith("✓")
            ]
            clock = one["start"].get("dateTime", "")[11:16]
            found[one["summary"]] = (clock, sorted(marks))
        return found

    async def _wanted(self) -> dict[str, tuple[str, list[str]]]:
        """Return what is to stand there, by what is here."""
        ann = self.linked.tracker
        times = {
            one.habit_id: min(map(str, one.times))[:5]
            for one in (await ann.ask(ListReminders())).reminders
        }
        done: dict[UUID, list[date]] = {}
        for one in (await ann.ask(ListCheckIns(limit=500))).check_ins:
            if one.habit_id is not None and one.state == "done":
                done.setdefault(one.habit_id, []).append(one.day)
        habits = (await ann.ask(ListHabits(limit=100))).habits
        return {
            one.name: (
                times.get(one.habit_id, ""),
                sorted(str(at) for at in done.get(one.habit_id, ())),
            )
            for one in habits
        }


def _is_series(event: Raw) -> bool:
    return "recurrence" in event and event["status"] != "cancelled"
