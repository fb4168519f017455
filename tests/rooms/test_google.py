"""Google Calendar both ways: the official client against a local server that speaks its API."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
import time_machine
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.local import LocalBus
from contracts.check_ins import CheckIn, RemoveCheckIn
from contracts.google import (
    ConnectGoogle,
    DisconnectGoogle,
    FinishGoogle,
    GetGoogle,
    ListBusy,
    ShowInGoogle,
)
from contracts.habits import DeleteHabit, UpdateHabit
from contracts.message import new_id
from contracts.passwords import PasswordChanged
from contracts.reminders import CreateReminder, ListReminders
from contracts.users import DeleteMe
from storage.outbox import tell
from storage.session import transaction
from tests.google_server import Fault, GoogleServer
from tests.rooms.google_storm import Storm
from tests.rooms.googling import Linked, open_syncer
from tests.rooms.people import NOON, Carry, code_of
from tests.rooms.tracking import Tracker, day

pytestmark = pytest.mark.asyncio

STORM = int(os.environ.get("RITMO_STORM", "60"))
"""Things that happen on both sides, with faults in between."""


@pytest_asyncio.fixture
async def server() -> AsyncIterator[GoogleServer]:
    """Run a server that speaks Google's Calendar API."""
    google = GoogleServer()
    await google.start()
    yield google
    await google.stop()


@pytest_asyncio.fixture
async def linked(
    server: GoogleServer, engine: AsyncEngine, bus: LocalBus, ann: Tracker, carry: Carry
) -> Linked:
    """Let Ann be about to link her calendar."""
    return Linked(server, ann, await open_syncer(engine, bus, server), carry)


async def test_habits_stand_there_and_follow_what_happens_here(linked: Linked) -> None:
    ann, server = linked.tracker, linked.server
    read = await ann.begin("Read", start_day=day(-3))
    await ann.begin("No sugar", kind="quit")
    await ann.log(read.habit_id, -1)
    assert (await ann.ask(GetGoogle())).state == "none"
    assert (await linked.link()).state == "linked"
    assert (await linked.sync()).events == 1
    assert server.shown() == ["Read", "✓ Read"]
    event = server.series("Read")
    assert (event["start"], event["transparency"]) == ({"date": f"{day(-3)}"}, "transparent")
    assert event["recurrence"] == ["RRULE:FREQ=DAILY"]
    await ann.log(read.habit_id, 0)
    await linked.sync()
    assert server.shown() == ["Read", "✓ Read", "✓ Read"]
    await ann.ask(RemoveCheckIn(habit_id=read.habit_id, day=day(0)))
    await ann.ask(UpdateHabit(habit_id=read.habit_id, name="Read a book"))
    await linked.sync()
    assert server.shown() == ["Read a book", "Read a book", "✓ Read a book"]
    await ann.ask(CheckIn(habit_id=read.habit_id, day=day(0), state="skipped"))
    await linked.sync()
    assert f"EXDATE;VALUE=DATE:{day(0):%Y%m%d}" in server.series("Read a book")["recurrence"]
    await ann.ask(DeleteHabit(habit_id=read.habit_id))
    assert (await linked.sync()).events == 0
    assert server.shown() == []
    assert server.doubles() == []


async def test_what_is_unchanged_costs_one_request(linked: Linked) -> None:
    for number in range(5):
        await linked.tracker.begin(f"Habit {number}")
    await linked.link()
    await linked.sync()
    before = len(linked.server.calls)
    await linked.sync()
    made = [one for one in linked.server.calls[before:] if "/events" in one]
    assert len(made) == 1


async def test_a_tick_there_is_a_check_in_here(linked: Linked) -> None:
    ann, server = linked.tracker, linked.server
    read = await ann.begin("Read", start_day=day(-3))
    await linked.link()
    await linked.sync()
    server.tick("Read", day(-1))
    server.edit(server.occurrence("Read", day(0)), colorId="10")
    await linked.sync()
    for at in (day(-1), day(0)):
        assert (await ann.on(read.habit_id, at)).state == "done"
    assert server.shown() == ["Read", "✓ Read", "✓ Read"]
    await ann.ask(RemoveCheckIn(habit_id=read.habit_id, day=day(0)))
    server.tick("Read", day(-1), done=False)
    await linked.sync()
    for at in (day(-1), day(0)):
        assert (await ann.on(read.habit_id, at)).state is None
    assert server.shown() == ["Read", "Read", "Read"]


async def test_what_is_deleted_there_is_skipped_or_let_go(linked: Linked) -> None:
    ann, server = linked.tracker, linked.server
    read = await ann.begin("Read", start_day=day(-3))
    await ann.begin("Run")
    await ann.log(read.habit_id, -2)
    await linked.link()
    await linked.sync()
    for number in (-2, -1, 1):
        server.remove(server.occurrence("Read", day(number)))
    await linked.sync()
    states = [(await ann.on(read.habit_id, day(number))).state for number in (-2, -1, 1)]
    assert states == ["done", "skipped", None]
    assert server.shown() == ["Read", "Run", "✓ Read"]
    server.remove(server.series("Read")["id"])
    link = await linked.sync()
    assert link.hidden == (read.habit_id,)
    assert server.shown() == ["Run"]
    assert (await ann.look(read.habit_id)).archived is False
    await ann.ask(ShowInGoogle(habit_id=read.habit_id))
    link = await linked.sync()
    assert (link.hidden, link.events) == ((), 2)
    assert "✓ Read" in server.shown()
    assert server.doubles() == []


async def test_what_is_moved_there_is_moved_here(linked: Linked) -> None:
    ann, server = linked.tracker, linked.server
    read = await ann.begin("Read")
    run = await ann.begin("Run", schedule={"every": "weekdays", "days": ["mon"]})
    await linked.carry()
    times = {"habit_id": read.habit_id, "times": ("08:30", "20:00")}
    await ann.ask(CreateReminder.model_validate(times))
    await linked.link()
    await linked.sync()
    event = server.series("Read")
    assert event["start"]["dateTime"] == f"{day(0)}T08:30:00+00:00"
    assert [one["minutes"] for one in event["reminders"]["overrides"]] == [0]
    moved = {"dateTime": f"{day(0)}T09:15:00+00:00", "timeZone": "UTC"}
    server.edit(event["id"], start=moved)
    server.edit(server.series("Run")["id"], start={"date": f"{day(2)}"})
    await linked.sync()
    (reminder,) = (await ann.ask(ListReminders())).reminders
    assert [*map(str, reminder.times)] == ["09:15", "20:00"]
    schedule = (await ann.look(run.habit_id)).schedule
    assert getattr(schedule, "days", None) == ("wed",)
    assert server.series("Run")["recurrence"] == ["RRULE:FREQ=WEEKLY;BYDAY=WE"]
    assert server.series("Read")["start"]["dateTime"] == f"{day(0)}T09:15:00+00:00"
    assert server.doubles() == []
    server.edit(
        server.series("Run")["id"], start={"dateTime": f"{day(2)}T07:00:00Z", "timeZone": "UTC"}
    )
    await linked.sync()
    made = [
        one for one in (await ann.ask(ListReminders())).reminders if one.habit_id == run.habit_id
    ]
    assert [[*map(str, one.times)] for one in made] == [["07:00"]]
    assert server.series("Run")["start"]["dateTime"] == f"{day(2)}T07:00:00+00:00"


async def test_what_is_moved_and_then_ticked_there_is_both(linked: Linked) -> None:
    ann, server = linked.tracker, linked.server
    read = await ann.begin("Read", start_day=day(-3))
    walk = await ann.begin("Walk", start_day=day(-3))
    await linked.carry()
    times = {"habit_id": read.habit_id, "times": ("08:30",)}
    await ann.ask(CreateReminder.model_validate(times))
    await linked.link()
    await linked.sync()
    for title, clock in (("Read", "09:15"), ("Walk", "07:00")):
        series = server.series(title)
        place = {"dateTime": f"{day(-3)}T{clock}:00+00:00", "timeZone": "UTC"}
        server.edit(series["id"], start=place)
        server.tick(title, day(-1))
    await linked.sync()
    for habit_id in (read.habit_id, walk.habit_id):
        assert (await ann.on(habit_id, day(-1))).state == "done"
    assert server.shown() == ["Read", "Walk", "✓ Read", "✓ Walk"]


async def test_this_and_all_that_follow_is_a_move(linked: Linked) -> None:
    ann, server = linked.tracker, linked.server
    read = await ann.begin("Read")
    await linked.carry()
    await ann.ask(CreateReminder.model_validate({"habit_id": read.habit_id, "times": ["08:00"]}))
    await linked.link()
    await linked.sync()
    event = server.series("Read")
    copy = {
        **event,
        "id": "c0p1madeb0person0",
        "start": {"dateTime": f"{day(3)}T10:00:00Z", "timeZone": "UTC"},
    }
    server._insert(server.own, copy)
    server.edit(event["id"], recurrence=[f"RRULE:FREQ=DAILY;UNTIL={day(2):%Y%m%d}T080000Z"])
    await linked.sync()
    (reminder,) = (await ann.ask(ListReminders())).reminders
    assert [*map(str, reminder.times)] == ["10:00"]
    assert server.series("Read")["recurrence"] == ["RRULE:FREQ=DAILY"]
    assert server.doubles() == []


async def test_other_changes_there_are_put_back(linked: Linked) -> None:
    server = linked.server
    await linked.tracker.begin("Read")
    await linked.link()
    await linked.sync()
    server.edit(
        server.series("Read")["id"], summary="Something else", recurrence=["RRULE:FREQ=YEARLY"]
    )
    await linked.sync()
    assert server.series("Read")["recurrence"] == ["RRULE:FREQ=DAILY"]


async def test_both_at_once_end_alike(linked: Linked) -> None:
    ann, server = linked.tracker, linked.server
    read = await ann.begin("Read", start_day=day(-3))
    await linked.link()
    await linked.sync()
    server.tick("Read", day(0))
    await ann.ask(UpdateHabit(habit_id=read.habit_id, name="Read a book"))
    await ann.log(read.habit_id, -1)
    server.remove(server.occurrence("Read", day(-2)))
    await linked.sync()
    assert (await ann.on(read.habit_id, day(0))).state == "done"
    assert server.shown() == ["Read a book", "✓ Read a book", "✓ Read a book"]


async def test_a_token_that_is_too_old_begins_anew(linked: Linked) -> None:
    ann, server = linked.tracker, linked.server
    server.page = 2
    read = await ann.begin("Read", start_day=day(-3))
    for name in ("Run", "Write", "Sing"):
        await ann.begin(name)
    await linked.link()
    await linked.sync()
    server.tick("Read", day(0))
    server.remove(server.series("Run")["id"])
    server.forget()
    before = server.count("POST")
    link = await linked.sync()
    assert (await ann.on(read.habit_id, day(0))).state == "done"
    assert (len(link.hidden), link.events) == (1, 3)
    assert server.count("POST") == before
    assert server.doubles() == []


async def test_a_withdrawn_consent_ends_the_link_and_is_told(linked: Linked) -> None:
    ann, server = linked.tracker, linked.server
    await ann.begin("Read")
    await linked.link()
    await linked.sync()
    await linked.carry()
    server.revoke()
    await ann.begin("Run")
    await linked.carry()
    assert await linked.syncer.look()
    told = await ann.told()
    assert [(one["address"], one.get("template")) for one in told] == [
        ("notifications.send_notice", "google_lost")
    ]
    link = await ann.ask(GetGoogle())
    assert (link.state, link.problem) == ("lost", "revoked")
    before = len(server.calls)
    assert not await linked.syncer.look()
    assert len(server.calls) == before
    await linked.link()
    link = await linked.sync()
    assert (link.state, link.problem, link.events) == ("linked", None, 2)
    assert server.shown() == ["Read", "Run"]


async def test_a_calendar_that_was_deleted_ends_the_link(linked: Linked) -> None:
    await linked.tracker.begin("Read")
    await linked.link()
    await linked.sync()
    (own,) = linked.server.calendars.keys() - {"primary"}
    del linked.server.calendars[own]
    link = await linked.sync()
    assert (link.state, link.problem) == ("lost", "calendar_gone")
    await linked.link()
    await linked.sync()
    assert linked.server.shown() == ["Read"]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(429, "rateLimitExceeded", "events", retry_after="7"),
        Fault(403, "userRateLimitExceeded", "events"),
        Fault(500, "backendError", "events"),
        Fault(503, "", "events", late=True),
        Fault(0, "", "events", "POST", late=True),
        Fault(500, "", "calendars", "POST", late=True),
        Fault(0, "", "calendars", "POST", late=True),
        Fault(403, "userRateLimitExceeded", "calendars", "POST"),
        Fault(404, "notFound", "events", "GET"),
        Fault(500, "", "token"),
    ],
    ids=lambda fault: f"{fault.status}{'-late' if fault.late else ''}-{fault.path}",
)
async def test_what_fails_is_tried_again_and_nothing_doubles(
    linked: Linked, clock: time_machine.Traveller, fault: Fault
) -> None:
    server = linked.server
    for name in ("Read", "Run"):
        await linked.tracker.begin(name)
    await linked.link()
    server.faults.append(fault)
    waits = await linked.sync()
    assert waits.state == "linked"
    assert server.faults == []
    # The library tries once more by itself where no token was given, or an event was cut off.
    # A calendar that was just made, and is not seen yet, is looked for again at once.
    again = fault.path == "token" or (fault.status, fault.path) in ((0, "events"), (404, "events"))
    assert waits.problem == (None if again else "away")
    clock.shift(timedelta(hours=2))
    link = await linked.sync()
    assert (link.problem, link.events) == (None, 2)
    assert server.shown() == ["Read", "Run"]
    assert len(server.calendars) == 2
    assert server.doubles() == []


async def test_a_change_between_looking_and_writing_is_not_written_over(linked: Linked) -> None:
    ann, server = linked.tracker, linked.server
    read = await ann.begin("Read")
    await linked.carry()
    await ann.ask(CreateReminder.model_validate({"habit_id": read.habit_id, "times": ["08:00"]}))
    await linked.link()
    await linked.sync()

    def meanwhile(method: str, path: str) -> Fault | None:
        """Let the person be faster than the write."""
        if method == "PATCH":
            server.chance = lambda method, path: None
            moved = {"dateTime": f"{day(0)}T09:00:00Z", "timeZone": "UTC"}
            server.edit(server.series("Read")["id"], start=moved)
        return None

    server.chance = meanwhile
    await ann.ask(UpdateHabit(habit_id=read.habit_id, name="Read a book"))
    await linked.carry()
    assert await linked.syncer.look()
    assert server.count("PATCH") == 1
    await linked.sync()
    (reminder,) = (await ann.ask(ListReminders())).reminders
    assert [*map(str, reminder.times)] == ["09:00"]
    assert server.series("Read a book")["start"]["dateTime"].startswith(f"{day(0)}T09:00")


async def test_two_replicas_share_links_and_one_that_died_is_succeeded(
    linked: Linked, engine: AsyncEngine, bus: LocalBus, clock: time_machine.Traveller
) -> None:
    ann, server = linked.tracker, linked.server
    other = await open_syncer(engine, bus, server)
    await ann.begin("Read")
    await linked.link()
    await linked.carry()
    syncing = asyncio.ensure_future(linked.syncer.look())

    def die(method: str, path: str) -> Fault | None:
        """End who syncs where the event is there, and not noted yet."""
        if method == "POST" and path.endswith("/events"):
            syncing.cancel()
        return None

    server.chance = die
    with pytest.raises(asyncio.CancelledError):
        await syncing
    server.chance = lambda method, path: None
    assert not await other.look()
    clock.shift(timedelta(minutes=6))
    assert await other.look()
    await linked.carry()
    assert server.shown() == ["Read"]
    assert len(server.calendars) == 2
    assert (await ann.ask(GetGoogle())).events == 1


async def test_only_who_began_can_finish_and_only_once(linked: Linked, bob: Tracker) -> None:
    begun = await linked.tracker.ask(ConnectGoogle())
    state, code = linked.server.consent(begun.url)
    for wrong in (
        FinishGoogle(state=state, proof="x" * 43, code=code),
        FinishGoogle(state="x" * 43, proof=begun.proof, code=code),
    ):
        assert await code_of(linked.tracker.bus.ask(wrong)) == "consent_not_found"
    right = FinishGoogle(state=state, proof=begun.proof, code=code)
    await linked.tracker.bus.ask(right)
    assert await code_of(linked.tracker.bus.ask(right)) == "consent_not_found"
    refused = await linked.tracker.ask(ConnectGoogle())
    state, _ = linked.server.consent(refused.url)
    no = FinishGoogle(state=state, proof=refused.proof, code="")
    assert await code_of(linked.tracker.bus.ask(no)) == "google_refused"
    wrong_code = FinishGoogle(state=state, proof=refused.proof, code="made-up")
    assert await code_of(linked.tracker.bus.ask(wrong_code)) == "google_refused"
    assert (await bob.ask(GetGoogle())).state == "none"


async def test_who_began_before_the_password_was_changed_does_not_finish(
    linked: Linked, engine: AsyncEngine
) -> None:
    begun = await linked.tracker.ask(ConnectGoogle())
    state, code = linked.server.consent(begun.url)
    async with transaction(engine) as tx:
        await tell(tx, PasswordChanged(user_id=linked.tracker.who.user_id))
    await linked.carry()
    late = FinishGoogle(state=state, proof=begun.proof, code=code)
    assert await code_of(linked.tracker.bus.ask(late)) == "consent_not_found"


async def test_scopes_are_the_narrowest_and_tokens_are_sealed(
    linked: Linked, engine: AsyncEngine
) -> None:
    server = linked.server
    for wish, wanted in (
        ({}, {"calendar.app.created"}),
        ({"calendar_id": "primary"}, {"calendar.events"}),
        ({"busy_calendars": ["primary"]}, {"calendar.app.created", "calendar.freebusy"}),
    ):
        await linked.link(**wish)
        (token,) = server.granted
        scopes = {one.rpartition("/")[2] for one in server.granted[token].scopes}
        assert scopes == wanted
        async with engine.begin() as tx:
            kept = (
                await tx.execute(text("SELECT refresh_token FROM calendar.google_links"))
            ).scalar()
            assert str(kept).startswith("sealed:")
            assert token not in str(kept)
        await linked.tracker.ask(DisconnectGoogle())
        assert server.granted == {}


async def test_a_chosen_calendar_keeps_what_else_is_in_it(linked: Linked) -> None:
    server = linked.server
    primary = server.calendars["primary"]
    mine = {"id": "dentist00", "summary": "Dentist", "start": {"date": f"{day(1)}"}}
    strange = {**mine, "id": "strange00", "summary": "Read", "recurrence": ["RRULE:FREQ=DAILY"]}
    private = {"private": {"ritmo": f"{new_id()}-20260101"}}
    for event in (mine, {**strange, "extendedProperties": private}):
        server._insert(primary, event)
    await linked.tracker.begin("Run")
    await linked.link(calendar_id="primary")
    await linked.sync()
    server.edit("dentist00", primary, summary="✓ Dentist")
    await linked.sync()
    assert server.shown(primary) == ["Read", "Run", "✓ Dentist"]
    await linked.tracker.ask(DisconnectGoogle())
    await linked.link(calendar_id="primary")
    await linked.sync()
    assert server.shown(primary) == ["Read", "Run", "✓ Dentist"]


async def test_google_tells_of_changes_where_it_can_reach_ritmo(
    linked: Linked, engine: AsyncEngine, bus: LocalBus, clock: time_machine.Traveller
) -> None:
    from contracts.google import HearGoogle

    server = linked.server
    syncer = await open_syncer(engine, bus, server, base_url="https://ritmo.example.org")
    there = Linked(server, linked.tracker, syncer, linked.carry)
    await linked.tracker.begin("Read")
    await there.link()
    await there.sync()
    (channel,) = server.channels.values()
    assert channel["address"] == "https://ritmo.example.org/calendar/google/changes"
    await bus.ask(HearGoogle(channel_id=channel["id"], token="wrong"))
    assert not await syncer.look()
    await bus.ask(HearGoogle(channel_id=channel["id"], token=channel["token"]))
    assert await syncer.look()
    clock.shift(timedelta(days=6, hours=12))
    await there.sync()
    (renewed,) = server.channels.values()
    assert renewed["id"] != channel["id"]


async def test_the_end_of_a_link_is_told(
    linked: Linked, engine: AsyncEngine, bus: LocalBus, clock: time_machine.Traveller
) -> None:
    ann, server = linked.tracker, linked.server
    syncer = await open_syncer(engine, bus, server, base_url="https://ritmo.example.org")
    there = Linked(server, ann, syncer, linked.carry)
    await ann.begin("Read")
    await there.link()
    await there.sync()
    (old,) = server.channels
    await there.link(calendar_id="primary")
    await there.sync()
    (new,) = server.channels
    assert new != old
    await ann.ask(DisconnectGoogle())
    assert (server.channels, server.granted) == ({}, {})
    await there.link()
    await there.sync()
    assert (len(server.channels), len(server.granted)) == (1, 1)
    # An erased person's consent is given back, though Google is away at first.
    await ann.ask(DeleteMe())
    await there.carry()
    server.faults.append(Fault(503, path="revoke"))
    assert await syncer.look()
    assert len(server.granted) == 1
    assert not await syncer.look()
    clock.shift(timedelta(minutes=11))
    assert await syncer.look()
    assert (server.channels, server.granted) == ({}, {})
    assert not await syncer.look()
    async with engine.connect() as tx:
        left = await tx.execute(text("SELECT count(*) FROM calendar.google_farewells"))
        assert left.scalar_one() == 0


async def test_a_large_calendar_is_gone_through_while_it_is_held(
    linked: Linked, engine: AsyncEngine, bus: LocalBus, clock: time_machine.Traveller
) -> None:
    ann, server = linked.tracker, linked.server
    primary = server.calendars["primary"]
    for number in range(12):
        event = {"id": f"dentist{number}", "summary": "Dentist", "start": {"date": f"{day(1)}"}}
        server._insert(primary, event)
    await ann.begin("Read")
    await linked.link(calendar_id="primary")
    await linked.carry()
    server.page = 2
    other = await open_syncer(engine, bus, server)
    looks: list[asyncio.Task[bool]] = []

    def slow(method: str, path: str) -> Fault | None:
        """Take four minutes for an answer, while another replica looks for what nobody holds."""
        if method == "GET" and path.endswith("/events"):
            clock.shift(timedelta(minutes=4))
            looks.append(asyncio.ensure_future(other.look()))
        return None

    server.chance = slow
    assert await linked.syncer.look()
    server.chance = lambda method, path: None
    assert len(looks) >= 6
    assert not any(await asyncio.gather(*looks))
    assert server.shown(primary).count("Read") == 1


async def test_what_is_long_past_is_let_go(
    linked: Linked, engine: AsyncEngine, clock: time_machine.Traveller
) -> None:
    ann, server = linked.tracker, linked.server
    read = await ann.begin("Read", start_day=day(-3))
    await ann.log(read.habit_id, -1)
    await linked.link()
    await linked.sync()
    clock.shift(timedelta(days=95))
    await linked.sync()
    async with engine.connect() as tx:
        kept = await tx.execute(
            text("SELECT count(*) FROM calendar.google_events WHERE day IS NOT NULL")
        )
        assert kept.scalar_one() == 0
    # What is changed there now is nobody's concern here; nothing is written, either.
    server.tick("Read", day(-2))
    server.tick("Read", day(-1), done=False)
    before = server.count("PATCH")
    await linked.sync()
    assert (await ann.on(read.habit_id, day(-2))).state is None
    assert (await ann.on(read.habit_id, day(-1))).state == "done"
    assert server.count("PATCH") == before


async def test_busy_time_is_known_by_the_calendars_chosen(linked: Linked) -> None:
    server = linked.server
    hours = [NOON + timedelta(hours=number) for number in range(6)]
    server.busy = [
        {"start": hours[1].isoformat(), "end": hours[2].isoformat()},
        {"start": hours[2].isoformat(), "end": hours[3].isoformat()},
    ]
    await linked.link(busy_calendars=["primary"])
    await linked.sync()
    wanted = ListBusy(first=hours[0], last=hours[5])
    (one,) = (await linked.tracker.ask(wanted)).times
    assert (one.begins, one.ends) == (hours[1], hours[3])
    await linked.tracker.ask(DisconnectGoogle())
    assert (await linked.tracker.ask(wanted)).times == ()


@pytest.mark.parametrize("seed", [1, 2])
async def test_both_sides_are_equal_after_a_storm(
    linked: Linked,
    engine: AsyncEngine,
    bus: LocalBus,
    clock: time_machine.Traveller,
    seed: int,
) -> None:
    other = await open_syncer(engine, bus, linked.server)
    for number in range(3):
        await linked.tracker.begin(f"Habit {number}!", start_day=day(-6))
    await linked.link()
    storm = Storm(linked, (linked.syncer, other), clock, seed)
    await storm.blow(STORM)
    await storm.settle()
