"""Busy time over the bus: calendars that are looked at by address, and reminders that wait."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import pytest_asyncio
import time_machine
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.calendar.busy_calendars import MAX_CALENDARS, BusyViewer
from actors.calendar.handlers import room
from actors.runtime.settings import Settings
from contracts.busy import AddBusyCalendar, BusyCalendar, ListBusyCalendars, RemoveBusyCalendar
from contracts.reminder_notices import DescribeReminder
from contracts.reminder_proposals import ExplainReminder
from contracts.reminders import Reminder
from contracts.users import ChangeProfile
from tests.calendar_server import CalendarServer, calendar_server
from tests.domain.test_calendar_file import event, ics
from tests.rooms.people import Carry, code_of
from tests.rooms.reminding import Reminded
from tests.rooms.tracking import Tracker

pytestmark = pytest.mark.asyncio

PRIVATE = Settings(allow_private_webhooks=True)


@pytest.fixture
def server() -> Iterator[CalendarServer]:
    with calendar_server() as server:
        yield server


@pytest_asyncio.fixture
async def me(ann: Tracker, carry: Carry, clock: time_machine.Traveller) -> Reminded:
    await room.open(PRIVATE)
    return Reminded(ann, carry, clock)


def meeting(day: int, begins: str, ends: str) -> str:
    """Write a meeting on a day of May 2031, by a clock without a zone."""
    at = f"DTSTART:203105{day:02d}T{begins}00"
    return event(f"DTEND:203105{day:02d}T{ends}00", uid=f"{day} {begins}", begin=at)


async def added(me: Reminded, server: CalendarServer, *parts: str) -> BusyCalendar:
    """Add a calendar, and have it looked at."""
    server.files["/work.ics?key=secret"] = ics(*parts)
    made = await me.ask(AddBusyCalendar(url=f"{server.url}/work.ics?key=secret", name="Work"))
    assert await BusyViewer(me.engine, PRIVATE).look()
    (shown,) = (await me.ask(ListBusyCalendars())).calendars
    assert shown.problem is None
    await me.carry()
    return made


async def smart(me: Reminded) -> Reminder:
    """Have a smart reminder that comes at nine."""
    return await me.remind(habit_id=await me.habit(), kind="smart", times=["09:00"])


async def why(me: Reminded, rule: Reminder) -> str:
    return " ".join((await me.ask(ExplainReminder(reminder_id=rule.reminder_id))).words)


async def test_a_smart_reminder_waits_until_its_person_is_free(
    me: Reminded, server: CalendarServer
) -> None:
    rule = await smart(me)
    fixed = await me.remind(text="Stand up", times=["09:00"])
    await added(me, server, meeting(6, "0830", "1000"), meeting(6, "1000", "1130"))
    await me.become("2031-05-06T09:00:00+00:00")
    assert [one.reminder_id for one in await me.sent()] == [fixed.reminder_id]
    waits = await me.look(rule)
    assert str(waits.next_at) == "2031-05-06 11:30:00+00:00"
    assert waits.history == ()
    assert "It waits until 11:30: your calendar calls you busy." in await why(me, rule)
    # What is news meanwhile does not make it lose its time.
    await me.ask(ChangeProfile(language="ru"))
    await me.carry()
    assert (await me.look(rule)).next_at == waits.next_at
    await me.become("2031-05-06T11:30:00+00:00")
    assert [one.reminder_id for one in await me.sent()] == [fixed.reminder_id, rule.reminder_id]
    asked = DescribeReminder(reminder_id=rule.reminder_id, day=datetime(2031, 5, 6).date())
    for language, said in (
        (
            "en",
            "You get this now because at 09:00, when it was due, your calendar called you busy.",
        ),
        (
            "ru",
            "Вы получили это письмо сейчас, потому что в 09:00, когда ему было время прийти, "
            "по календарю вы были заняты.",
        ),
    ):
        query = asked.model_copy(update={"language": language})
        assert (await me.ask(query)).bearings.why == said
    assert "ждало с 09:00 до 11:30" in await why(me, rule)
    assert (await me.look(rule)).next_at == datetime.fromisoformat("2031-05-07T09:00:00+00:00")


async def test_it_does_not_wait_for_ever(me: Reminded, server: CalendarServer) -> None:
    rule = await smart(me)
    await me.settle(quiet_hours={"from": "14:00", "to": "15:00"})
    await added(
        me,
        server,
        meeting(6, "0830", "1630"),  # too long
        meeting(7, "0830", "1430"),  # ends in quiet hours
        meeting(8, "0830", "1000"),
        meeting(8, "1015", "1100"),
    )
    for day in (6, 7):
        at = datetime.fromisoformat(f"2031-05-0{day}T09:00:00+00:00")
        await me.become(at)
        assert (await me.last(rule)).fire_at == at
    # Done while it waited: it keeps silent.
    await me.become("2031-05-08T09:00:00+00:00")
    assert rule.habit_id is not None
    await me.log(rule.habit_id, 3)
    await me.become("2031-05-08T10:00:00+00:00")
    assert (await me.last(rule)).reason == "done"


async def test_a_calendar_that_fails_stays_and_says_so(
    me: Reminded, server: CalendarServer, clock: time_machine.Traveller
) -> None:
    viewer = BusyViewer(me.engine, PRIVATE)
    made = await added(me, server, meeting(6, "0830", "1000"))
    assert (made.host, made.read_at, made.problem) == ("127.0.0.1", None, None)
    assert not await viewer.look()
    server.statuses["/work.ics?key=secret"] = 500
    clock.shift(timedelta(hours=1, minutes=1))
    assert await viewer.look()
    (shown,) = (await me.ask(ListBusyCalendars())).calendars
    assert (shown.problem, shown.read_at is not None) == ("away", True)
    assert not await viewer.look()
    # What it said still stands, until it is removed.
    rule = await smart(me)
    await me.become("2031-05-06T09:00:00+00:00")
    assert (await me.look(rule)).history == ()
    await me.ask(RemoveBusyCalendar(calendar_id=made.calendar_id))
    gone = RemoveBusyCalendar(calendar_id=made.calendar_id)
    assert await code_of(me.ask(gone)) == "calendar_not_found"
    await me.carry()
    await me.become("2031-05-06T10:00:00+00:00")
    assert (await me.last(rule)).outcome == "sent"


async def test_calendars_are_few_and_can_be_had(
    me: Reminded, bob: Tracker, server: CalendarServer, engine: AsyncEngine
) -> None:
    server.files["/a.ics"] = ics()
    add = AddBusyCalendar(url=f"{server.url}/a.ics")
    for _ in range(MAX_CALENDARS):
        await me.ask(add)
    assert await code_of(me.ask(add)) == "too_many_calendars"
    server.files["/a.ics"] = b"<html>"
    assert await code_of(me.ask(add)) == "calendar_none"
    (mine, *_) = (await me.ask(ListBusyCalendars())).calendars
    assert (await bob.ask(ListBusyCalendars())).calendars == ()
    gone = RemoveBusyCalendar(calendar_id=mine.calendar_id)
    assert await code_of(bob.ask(gone)) == "calendar_not_found"
    async with engine.connect() as tx:
        urls = (await tx.exec_driver_sql("SELECT url FROM calendar.busy_calendars")).scalars()
        assert not any("127.0.0.1" in url for url in urls)
