"""A snooze past the end of a day: the reminder comes, and is about the day it was snoozed on."""

import re
from datetime import date, timedelta

import pytest
import time_machine

from actors.notifications.link_token import Claim, Signing
from actors.runtime.local import LocalBus
from contracts.links import ActOnLink
from contracts.reminders import SnoozeReminder
from contracts.users import ChangeProfile
from storage.notifications import links
from storage.session import transaction
from tests.rooms.mailing import now
from tests.rooms.people import Carry
from tests.rooms.reminding import Reminded
from tests.rooms.tracking import Tracker, day

pytestmark = pytest.mark.asyncio

MONDAY = day(0)


@pytest.fixture
def me(ann: Tracker, carry: Carry, clock: time_machine.Traveller) -> Reminded:
    return Reminded(ann, carry, clock)


async def press(bus: LocalBus, me: Reminded, claim: Claim, **said: object) -> None:
    """Press a button of a mail."""
    async with transaction(me.engine) as tx:
        token = Signing("", await links.signing_key(tx), now()).to(claim).rpartition("/")[2]
    await bus.ask(ActOnLink.model_validate({"token": token, **said}))
    await me.carry()


@pytest.mark.parametrize(
    ("zone", "day_start", "snoozed_at", "minutes"),
    [
        ("UTC", 0, "2031-05-05T23:30:00+00:00", 60),
        ("UTC", 0, "2031-05-05T23:59:59+00:00", 15),
        ("UTC", 240, "2031-05-06T03:50:00+00:00", 30),
        ("Asia/Tokyo", 0, "2031-05-05T14:45:00+00:00", 180),
        ("America/Los_Angeles", 180, "2031-05-06T09:30:00+00:00", 1440),
    ],
)
async def test_it_comes_and_done_logs_the_day_that_it_was_snoozed_on(
    bus: LocalBus, me: Reminded, zone: str, day_start: int, snoozed_at: str, minutes: int
) -> None:
    await me.ask(ChangeProfile(zone=zone, day_start=day_start))
    await me.carry()
    # Only Mondays are asked for: on the day that has begun meanwhile nothing is due.
    read = await me.habit(schedule={"every": "weekdays", "days": ["mon"]})
    rule = await me.remind(habit_id=read, times=["20:00"])
    await me.become(snoozed_at)
    before = len(await me.sent())
    snoozed = await me.ask(SnoozeReminder(reminder_id=rule.reminder_id, minutes=minutes))
    assert snoozed.next_at is not None
    await me.become(snoozed.next_at)
    (last,) = (await me.sent())[before:]
    assert last.day == MONDAY
    assert (await me.last(rule)).outcome == "sent"
    await press(bus, me, Claim("done", me.user_id, "en", read, day=last.day))
    assert (await me.tracker.on(read, MONDAY)).state == "done"
    tuesday = await me.tracker.on(read, MONDAY + timedelta(days=1))
    assert tuesday.state is None


async def test_a_mail_that_is_snoozed_after_its_day_stays_about_its_day(
    bus: LocalBus, me: Reminded
) -> None:
    read = await me.habit()
    rule = await me.remind(habit_id=read, times=["23:55"])
    await me.become("2031-05-05T23:55:00+00:00")
    me.clock.move_to("2031-05-06T00:05:00+00:00")
    claim = Claim("snooze", me.user_id, "en", read, rule.reminder_id, MONDAY)
    await press(bus, me, claim, minutes=30)
    await me.become("2031-05-06T00:35:00+00:00")
    assert [one.day for one in await me.sent()] == [MONDAY, MONDAY]
    # The next day has its own reminder, as if nothing had been snoozed.
    await me.become("2031-05-06T23:55:00+00:00")
    assert [one.day for one in await me.sent()][2:] == [date(2031, 5, 6)]


async def test_what_was_done_meanwhile_is_not_asked_for_again(me: Reminded) -> None:
    read = await me.habit()
    rule = await me.remind(habit_id=read, times=["23:00"])
    await me.become("2031-05-05T23:00:00+00:00")
    await me.ask(SnoozeReminder(reminder_id=rule.reminder_id, minutes=90))
    await me.log(read)
    await me.become("2031-05-06T00:30:00+00:00")
    last = await me.last(rule)
    assert (last.day, last.reason) == (MONDAY, "done")


async def test_a_reminder_at_midnight_comes_as_well(me: Reminded) -> None:
    rule = await me.remind(text="Stretch", times=["00:10", "23:50"])
    await me.become("2031-05-05T23:50:00+00:00")
    await me.ask(SnoozeReminder(reminder_id=rule.reminder_id, minutes=15))
    await me.become("2031-05-06T00:05:00+00:00")
    await me.become("2031-05-06T00:10:00+00:00")
    history = [
        (f"{one.fire_at:%d %H:%M}", one.day.day) for one in (await me.look(rule)).history[::-1]
    ]
    assert history == [("05 23:50", 5), ("06 00:05", 5), ("06 00:10", 6)]


async def test_a_snooze_of_quiet_hours_is_about_the_day_before(me: Reminded) -> None:
    await me.settle(quiet_hours={"from": "22:00", "to": "07:00"})
    rule = await me.remind(text="Stretch", times=["21:30"])
    await me.become("2031-05-05T21:30:00+00:00")
    snoozed = await me.ask(SnoozeReminder(reminder_id=rule.reminder_id, minutes=60))
    assert re.match("2031-05-06T07:00", snoozed.next_at.isoformat() if snoozed.next_at else "")
    await me.become("2031-05-06T07:00:00+00:00")
    assert (await me.last(rule)).day == MONDAY
