"""Calendars of others over the bus: from a file or from an address, as habits."""

import pytest

from actors.habits.room import room
from actors.runtime.settings import Settings
from contracts.habits import ListHabits
from contracts.imports import FetchImport, GetImport, Import, RunImport, UndoImport
from contracts.schedule import EveryDay, Rule
from tests.calendar_server import calendar_server
from tests.domain.test_calendar_file import event, ics
from tests.rooms.people import Carry, code_of
from tests.rooms.tracking import TODAY, Tracker, day

pytestmark = pytest.mark.asyncio


def basic(number: int) -> str:
    return f"{day(number):%Y%m%d}"


FORTNIGHT = "FREQ=WEEKLY;INTERVAL=2"


def mine() -> bytes:
    """Write a calendar: a run, done twice; something of every other week; one that is over."""
    begin = f"DTSTART;VALUE=DATE:{basic(-30)}"
    done = [f"RECURRENCE-ID;VALUE=DATE:{basic(n)}\nSUMMARY:✓ Run" for n in (-2, -1)]
    return ics(
        event("SUMMARY:Run", "DESCRIPTION:round the lake", "RRULE:FREQ=DAILY", begin=begin),
        *(event(one, begin=f"DTSTART;VALUE=DATE:{basic(-2)}") for one in done),
        event(
            "SUMMARY:Bins",
            f"RRULE:{FORTNIGHT}",
            uid="bins",
            begin=f"DTSTART;TZID=Europe/Berlin:{basic(-7)}T193000",
        ),
        event("SUMMARY:Every second", "RRULE:FREQ=SECONDLY", uid="bad"),
        event("SUMMARY:Over", "RRULE:FREQ=DAILY;COUNT=2", uid="over", begin=begin),
    )


async def run(ann: Tracker, carry: Carry, url: str, *, dry: bool = False) -> Import:
    begun = await ann.ask(FetchImport(url=url))
    await ann.ask(RunImport(import_id=begun.import_id, dry_run=dry, kind="calendar"))
    await carry()
    return await ann.ask(GetImport(import_id=begun.import_id))


async def test_a_calendar_at_an_address_becomes_habits(ann: Tracker, carry: Carry) -> None:
    await room.open(Settings(allow_private_webhooks=True))
    with calendar_server() as server:
        server.files["/mine.ics"] = mine()
        server.leads["/short"] = "/mine.ics"
        tried = await run(ann, carry, f"{server.url}/short", dry=True)
        assert (await ann.ask(ListHabits())).habits == ()
        done = await run(ann, carry, f"{server.url}/short")
        again = await run(ann, carry, f"{server.url}/mine.ics")
    assert [one.outcome for one in tried.habits] == [one.outcome for one in done.habits]
    made = {one.name: one for one in done.habits}
    assert (made["Run"].read, made["Run"].imported, made["Run"].outcome) == (2, 2, "created")
    assert [one.code for one in made["Bins"].remarks] == ["time_dropped"]
    refused = made["Every second"].refused
    assert refused is not None
    assert refused.code == "import_habit_unfit"
    assert done.left_out == {"series that have ended": 1}
    habits = {one.name: one for one in (await ann.ask(ListHabits())).habits}
    assert habits.keys() == {"Run", "Bins"}
    assert (habits["Run"].schedule, habits["Run"].start_day) == (EveryDay(), day(-2))
    assert habits["Run"].streak == 2
    # Every other week is counted from where it was begun there, not from today.
    assert habits["Bins"].schedule == Rule(rrule=FORTNIGHT)
    bins = habits["Bins"].habit_id
    assert habits["Bins"].start_day == TODAY
    asked = [number for number in range(22) if (await ann.on(bins, day(number))).due]
    assert asked == [7, 21]
    assert [one.outcome for one in again.habits] == ["unchanged"] * 3
    await ann.ask(UndoImport(import_id=done.import_id))
    await carry()
    assert (await ann.ask(ListHabits())).habits == ()


async def test_what_cannot_be_fetched_is_said(ann: Tracker) -> None:
    with calendar_server() as server:
        assert await code_of(ann.ask(FetchImport(url=server.url))) == "calendar_address"
        await room.open(Settings(allow_private_webhooks=True))
        server.statuses["/closed"] = 403
        server.leads["/round"] = "/round"
        server.leads["/away"] = "file:///etc/passwd"
        server.files["/huge"] = b"x" * (6 << 20)
        for path, code in (
            ("/nothing", "calendar_gone"),
            ("/closed", "calendar_forbidden"),
            ("/round", "calendar_redirects"),
            ("/away", "calendar_address"),
            ("/huge", "calendar_too_large"),
        ):
            assert await code_of(ann.ask(FetchImport(url=server.url + path))) == code
        assert server.asked.count("/round") == 4
    assert await code_of(ann.ask(FetchImport(url=server.url))) == "calendar_away"
