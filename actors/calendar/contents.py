"""What stands in a feed: gathered from what the room follows, and from reminders."""

import asyncio
from datetime import date, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.calendar.domain import (
    DONE_DAYS,
    HISTORY_DAYS,
    LoggedDay,
    PlannedHabit,
    RecurringDays,
    ReminderTimes,
    Single,
    diary_of,
    history_of,
    series_of,
    shown,
)
from actors.runtime.delegation import RoomBus
from contracts.calendar import FeedForm, FeedShows, FeedWords
from contracts.check_ins import ListCheckIns
from contracts.habit import Kind, Measure
from contracts.reminders import ListReminders
from contracts.schedule import WEEKDAYS
from contracts.time import day_of
from storage.calendar import plans
from storage.calendar.feeds import FeedRow
from storage.replica.nouns import STATES
from storage.replica.replica import PersonRow
from storage.replica.rows import versions_of
from storage.session import transaction


async def items_of(
    tx: AsyncConnection, bus: RoomBus, row: FeedRow, person: PersonRow, today: date
) -> list[RecurringDays | Single]:
    """Gather what stands in a feed."""
    user_id, since = person.user_id, today - timedelta(days=HISTORY_DAYS)
    if row.shows == "journal":
        return [*diary_of(await plans.entries_of(tx, user_id, since), today)]
    habits = shown(words_of(row), await _habits(tx, person))
    days = await plans.days_of(tx, user_id, since)
    breaks = await plans.breaks_of(tx, user_id)
    rings = row.shows == "habits" and (row.alarms or row.timed)
    times = await _plans(bus, user_id) if rings else {}

    def gathered() -> list[RecurringDays | Single]:
        logged: dict[UUID, list[LoggedDay]] = {}
        for day in days:
            one = LoggedDay(day.day, day.value, STATES[day.state - 1])
            logged.setdefault(day.habit_id, []).append(one)
        items: list[RecurringDays | Single] = []
        for habit in habits:
            if row.shows == "history":
                items += history_of(habit, logged.get(habit.habit_id, ()), today)
                continue
            covering = (one for one in breaks if one.covers(habit.habit_id, habit.tags))
            items += series_of(
                habit,
                logged.get(habit.habit_id, ()),
                [(one.first, one.last) for one in covering],
                times.get(habit.habit_id),
                today,
                timed=row.timed,
                alarms=row.alarms,
                day_start=person.day_start,
            )
        return items

    # A thousand habits with a year of days take longer than the event loop may wait.
    return await asyncio.to_thread(gathered)


async def series_for(
    engine: AsyncEngine, bus: RoomBus, person: PersonRow, words: FeedWords, today: date
) -> tuple[list[RecurringDays], dict[tuple[UUID, date], LoggedDay]]:
    """Gather the series of a person's plan, and what is logged of late.

    That is asked of who owns it: what was just changed there may not have been told here yet.
    """
    user_id, since = person.user_id, today - timedelta(days=DONE_DAYS)
    fresh = await _logged(bus, user_id, since)
    times = await _plans(bus, user_id)
    async with transaction(engine) as tx:
        older = await plans.days_of(tx, user_id, today - timedelta(days=HISTORY_DAYS))
        breaks = await plans.breaks_of(tx, user_id)
        habits = shown(words, await _habits(tx, person))

    def gathered() -> list[RecurringDays]:
        logged: dict[UUID, list[LoggedDay]] = {}
        for row in older:
            if row.day < since:
                one = LoggedDay(row.day, row.value, STATES[row.state - 1])
                logged.setdefault(row.habit_id, []).append(one)
        for (habit_id, _), one in fresh.items():
            logged.setdefault(habit_id, []).append(one)
        series: list[RecurringDays] = []
        for habit in habits:
            covering = (one for one in breaks if one.covers(habit.habit_id, habit.tags))
            series += series_of(
                habit,
                logged.get(habit.habit_id, ()),
                [(one.first, one.last) for one in covering],
                times.get(habit.habit_id),
                today,
                timed=words.timed,
                day_start=person.day_start,
            )
        return series

    return await asyncio.to_thread(gathered), fresh


async def _logged(bus: RoomBus, user_id: UUID, since: date) -> dict[tuple[UUID, date], LoggedDay]:
    """Return what is logged since a day, asked of who owns it."""
    found: dict[tuple[UUID, date], LoggedDay] = {}
    cursor: str | None = None
    while True:
        wanted = ListCheckIns(first=since, cursor=cursor, limit=500)
        said = await bus.ask(wanted, on_behalf_of=user_id)
        for one in said.check_ins:
            if one.habit_id is not None and one.state is not None:
                value = round((one.value or 0) * 1000)
                found[one.habit_id, one.day] = LoggedDay(one.day, value, one.state)
        cursor = said.next
        if cursor is None:
            return found


async def _habits(tx: AsyncConnection, person: PersonRow) -> list[PlannedHabit]:
    """Return a person's habits; one whose versions cannot be read (any more) is left out."""
    found = []
    for row in await plans.habits_of(tx, person.user_id):
        ended = None
        if row.archived_at is not None:
            ended = day_of(row.archived_at, person.zone, person.day_start)
        try:
            versions = versions_of(row.versions)
        except ValueError:
            continue
        found.append(
            PlannedHabit(
                habit_id=row.habit_id,
                name=row.name,
                kind=cast(Kind, row.kind),
                measure=cast(Measure, row.measure),
                unit=row.unit or "",
                tags=tuple(row.tags or ()),
                versions=versions,
                ended=ended,
                version=row.version,
            )
        )
    return found


async def _plans(bus: RoomBus, user_id: UUID) -> dict[UUID, ReminderTimes]:
    """Return the times of reminders, by habit: those at fixed times that are on."""
    listed = await bus.ask(ListReminders(), on_behalf_of=user_id)
    times: dict[UUID, set[int]] = {}
    weekdays: dict[UUID, frozenset[int]] = {}
    for one in listed.reminders:
        if one.habit_id is None or not one.enabled or one.kind not in ("fixed", "smart"):
            continue
        minutes = {int(at[:2]) * 60 + int(at[3:]) for at in map(str, one.times)}
        times.setdefault(one.habit_id, set()).update(minutes)
        days = frozenset(WEEKDAYS.index(day) for day in one.weekdays)
        weekdays[one.habit_id] = weekdays.get(one.habit_id, days) & days
    return {
        habit_id: ReminderTimes(tuple(sorted(times[habit_id])), weekdays[habit_id])
        for habit_id in times
    }


def words_of(row: FeedRow) -> FeedWords:
    """Say what a feed shows, and how."""
    return FeedWords(
        shows=cast(FeedShows, row.shows),
        habit_id=row.habit_id,
        tag=row.tag,
        form=cast(FeedForm, row.form),
        timed=row.timed,
        alarms=row.alarms,
    )
