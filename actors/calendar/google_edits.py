"""What a person changed in Google Calendar, done here on their behalf.

What this Ritmo refuses is not followed; what is here is written there again. Each ask says what is
to be, not what to do to it: it may be asked twice.
"""

from datetime import date
from typing import Any
from uuid import UUID

import structlog

from actors.calendar.domain import LoggedDay, RecurringDays
from actors.calendar.google_events import RemoteEvent, moment_of
from actors.runtime.delegation import RoomBus
from contracts.check_ins import CheckIn, RemoveCheckIn
from contracts.habits import UpdateHabit
from contracts.message import Asked, Conflict, Denied, Gone, Invalid, NotFound
from contracts.reminders import CreateReminder, ListReminders, UpdateReminder
from contracts.schedule import WEEKDAYS, Weekdays
from storage.replica.replica import PersonRow

log = structlog.get_logger()

SOURCE = "calendar"

FINAL = (Conflict, Denied, Gone, Invalid, NotFound)
"""Refusals that asking again does not change."""


class PersonEdits:
    """Follows what a person changed."""

    def __init__(
        self,
        bus: RoomBus,
        person: PersonRow,
        logged: dict[tuple[UUID, date], LoggedDay],
        today: date,
    ) -> None:
        """Act on behalf of `person`; `logged` is what is logged of late."""
        self._bus, self._person, self._logged, self._today = bus, person, logged, today
        self.made = False
        """Something was asked for: what is here is otherwise than it was."""

    async def tick(self, habit_id: UUID, day: date, *, done: bool) -> None:
        """Check a day in, or take that back."""
        logged = self._logged.get((habit_id, day))
        is_done = logged is not None and logged.state == "done"
        if done and not is_done:
            await self._ask(CheckIn(habit_id=habit_id, day=day, source=SOURCE))
        elif is_done and not done:
            await self._ask(RemoveCheckIn(habit_id=habit_id, day=day, source=SOURCE))

    async def skip(self, habit_id: UUID, day: date) -> None:
        """Skip a day whose occurrence was deleted; what is logged stays."""
        if (habit_id, day) not in self._logged:
            await self._ask(CheckIn(habit_id=habit_id, day=day, state="skipped", source=SOURCE))

    async def follow(self, remote: RemoteEvent, item: RecurringDays) -> int:
        """Follow a series that was ticked or moved; return the version of the habit after it.

        0: the habit itself was not changed.
        """
        place = moment_of(remote.start, self._person.zone)
        if remote.ticked:
            await self.tick(item.habit.habit_id, self._today, done=True)
        if place is None:
            return 0
        day, minute = place
        if minute is not None and minute != item.at and minute >= self._person.day_start:
            await self._move_time(item, minute)
        return await self._move_day(item, day)

    async def _move_time(self, item: RecurringDays, minute: int) -> None:
        """Move the reminder at whose time a series stands; one that stood at none gets one."""
        habit_id, at = item.habit.habit_id, f"{minute // 60:02}:{minute % 60:02}"
        if item.at is None:
            if not item.alarms:
                await self._ask(
                    CreateReminder.model_validate({"habit_id": habit_id, "times": [at]})
                )
            return
        before = f"{item.at // 60:02}:{item.at % 60:02}"
        listed = await self._bus.ask(
            ListReminders(habit_id=habit_id), on_behalf_of=self._person.user_id
        )
        for one in listed.reminders:
            if one.enabled and one.kind in ("fixed", "smart") and before in map(str, one.times):
                times = tuple(sorted({at, *map(str, one.times)} - {before}))
                given = {"reminder_id": one.reminder_id, "times": times}
                await self._ask(UpdateReminder.model_validate(given))
                return

    async def _move_day(self, item: RecurringDays, day: date) -> int:
        """Move a habit that is due on one day of the week to another one."""
        version = item.habit.versions[-1]
        schedule = version.schedule
        is_last = item.uid == f"{item.habit.habit_id}-{version.effective_from:%Y%m%d}"
        weekday = WEEKDAYS[day.weekday()]
        if not is_last or item.until is not None or not isinstance(schedule, Weekdays):
            return 0
        if len(schedule.days) != 1 or schedule.days[0] == weekday:
            return 0
        wanted = UpdateHabit(habit_id=item.habit.habit_id, schedule=Weekdays(days=(weekday,)))
        habit = await self._ask(wanted)
        return 0 if habit is None else int(habit.version)

    async def _ask(self, message: Asked[Any]) -> Any:
        """Ask on behalf of the person; None: it was refused for good."""
        self.made = True
        try:
            return await self._bus.ask(message, on_behalf_of=self._person.user_id)
        except FINAL as no:
            log.info("change not followed", address=message.address, code=no.code)
            return None
