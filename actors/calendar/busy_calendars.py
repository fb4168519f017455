"""Calendars that say when a person is busy: added by address, and looked at every hour.

Each look is one process, which is killed when its seconds are over. What one says stays until it
says otherwise: a server that is away for a day makes nobody free, a week ahead at most.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import cast
from urllib.parse import urlsplit

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.calendar.google_errors import pause_after
from actors.calendar.room import TheSettings, known, room
from actors.runtime.calendars.client import CalendarReader
from actors.runtime.delegation import RoomBus
from actors.runtime.faults import Outage, faults
from actors.runtime.room import TheBus, Transaction, Who
from actors.runtime.settings import Settings
from contracts.busy import (
    AddBusyCalendar,
    BusyCalendar,
    BusyCalendars,
    BusyChanged,
    BusyProblem,
    ListBusyCalendars,
    RemoveBusyCalendar,
)
from contracts.google import Busy, BusyTime, ListBusy
from contracts.message import Conflict, Done, Invalid, NotFound, Refused, new_id
from storage.calendar import busy
from storage.calendar.busy import BusyCalendarRow, BusyRow
from storage.outbox import tell
from storage.session import transaction

log = structlog.get_logger()

MAX_CALENDARS = 10
"""Calendars of a person."""

AHEAD = timedelta(days=8)
"""How far ahead busy time is known."""

EVERY = timedelta(hours=1)
"""How often a calendar is looked at."""

LEASE = timedelta(minutes=2)
"""For how long a calendar is one replica's: longer than a look can take."""

IDLE = 5.0
"""Seconds between two looks for calendars that are due."""

PROBLEMS: dict[str, BusyProblem] = {
    "calendar_away": "away",
    "calendar_forbidden": "forbidden",
    "calendar_gone": "gone",
    "calendar_private": "private",
}
"""What a calendar that cannot be had is said to be; whatever else is unreadable."""


@room.before
async def try_calendar(command: AddBusyCalendar, given: TheSettings) -> None:
    """See whether a calendar can be had: it takes its time, and holds nothing meanwhile."""
    now = datetime.now(UTC)
    await _reader(given).busy(command.url, "UTC", now, now + AHEAD)


@room.answer
async def add_busy_calendar(
    command: AddBusyCalendar, who: Who, tx: Transaction, bus: TheBus
) -> BusyCalendar:
    """Have reminders go by a calendar."""
    await known.person(tx, bus, who, "lock")
    if await busy.count(tx, who.user_id) >= MAX_CALENDARS:
        text = "There are {most} calendars already."
        raise Conflict("too_many_calendars", text, most=MAX_CALENDARS)
    url = command.url.strip()
    host = urlsplit(url).hostname or ""
    row = BusyCalendarRow(new_id(), who.user_id, command.name, host, url, datetime.now(UTC))
    await busy.add(tx, row)
    return _shown(row)


@room.answer
async def list_busy_calendars(query: ListBusyCalendars, who: Who, tx: Transaction) -> BusyCalendars:
    """List a person's calendars."""
    rows = await busy.calendars_of(tx, who.user_id)
    return BusyCalendars(calendars=tuple(map(_shown, rows)))


@room.answer
async def remove_busy_calendar(command: RemoveBusyCalendar, who: Who, tx: Transaction) -> Done:
    """Look at a calendar no more; what it said is forgotten."""
    if not await busy.remove(tx, who.user_id, command.calendar_id):
        text = "There is no calendar {calendar_id}."
        raise NotFound("calendar_not_found", text, calendar_id=str(command.calendar_id))
    if await busy.replace(tx, who.user_id, str(command.calendar_id), []):
        await tell(tx, BusyChanged(user_id=who.user_id))
    return Done()


@room.answer
async def list_busy(query: ListBusy, who: Who, tx: Transaction) -> Busy:
    """List when the caller is busy."""
    rows = await busy.between(tx, who.user_id, query.first, query.last)
    return Busy(times=tuple(BusyTime(begins=one.begins, ends=one.ends) for one in joined(rows)))


def joined(rows: Sequence[BusyRow]) -> list[BusyRow]:
    """Join stretches that touch; they come by their begin."""
    found: list[BusyRow] = []
    for row in rows:
        if found and row.begins <= found[-1].ends:
            found[-1] = BusyRow(found[-1].begins, max(found[-1].ends, row.ends))
        else:
            found.append(row)
    return found


@room.working
async def look_at_calendars(engine: AsyncEngine, settings: Settings, bus: RoomBus) -> None:
    """Look at calendars that are due, for ever; while the database is away, at nothing."""
    viewer, outage = BusyViewer(engine, settings), Outage("database", "look at calendars")
    while True:
        try:
            with faults("calendar.look_at_calendars", passing=False):
                found = await viewer.look()
            outage.ends()
        except Refused as no:
            outage.begins(no.code)
            found = False
        if not found:
            await asyncio.sleep(IDLE)


class BusyViewer:
    """Looks at the calendars that are due, one after the other."""

    def __init__(self, engine: AsyncEngine, settings: Settings) -> None:
        """Open nothing yet."""
        self._engine, self._reader = engine, _reader(settings)

    async def look(self) -> bool:
        """Look at one calendar that is due; false if there is none."""
        now = datetime.now(UTC)
        async with transaction(self._engine) as tx:
            row = await busy.claim(tx, now, LEASE)
            person = await known.replica.find_person(tx, row.user_id) if row else None
        if row is None:
            return False
        if person is None or person.gone or person.disabled:
            await self._note(row, {"due_at": now + timedelta(hours=6)}, None)
            return True
        try:
            times = await self._reader.busy(row.url, person.zone, now - EVERY, now + AHEAD)
        except Invalid as no:
            problem = PROBLEMS.get(no.code, "unreadable")
            log.info("calendar not read", why=no.code, calendar=str(row.calendar_id))
            pause = max(EVERY, timedelta(seconds=60 * pause_after(row.attempts)))
            later = {"due_at": now + pause, "attempts": row.attempts + 1, "problem": problem}
            await self._note(row, later, None)
            return True
        said = {"due_at": now + EVERY, "attempts": 0, "problem": None, "read_at": now}
        await self._note(row, said, joined([BusyRow(*one) for one in times]))
        return True

    async def _note(
        self, row: BusyCalendarRow, values: dict[str, object], times: list[BusyRow] | None
    ) -> None:
        """Note how a look has gone, and what was seen."""
        async with transaction(self._engine) as tx:
            mine = await busy.note(tx, row, values)
            if mine and times is not None:
                await say_busy(tx, row, times)


async def say_busy(tx: AsyncConnection, row: BusyCalendarRow, times: Sequence[BusyRow]) -> None:
    """Say when a person is busy, and tell it if that is news."""
    if await busy.replace(tx, row.user_id, row.source, times):
        await tell(tx, BusyChanged(user_id=row.user_id))


def _reader(settings: Settings) -> CalendarReader:
    return CalendarReader(allow_private=settings.allow_private_webhooks)


def _shown(row: BusyCalendarRow) -> BusyCalendar:
    return BusyCalendar(
        calendar_id=row.calendar_id,
        name=row.name,
        host=row.host,
        read_at=row.read_at,
        problem=cast("BusyProblem | None", row.problem),
    )
