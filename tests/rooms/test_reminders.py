"""Reminders over the bus, with the clock struck by hand: when they come, and when they keep still.

Ann lives by UTC; the tests begin on Monday, 5 May 2031, at noon.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.local import LocalBus
from contracts.breaks import AddBreak
from contracts.check_ins import RemoveCheckIn
from contracts.habits import DeleteHabit, UpdateHabit
from contracts.journal import CreateEntry, DeleteEntry
from contracts.message import Asked, new_id
from contracts.reminders import (
    CreateReminder,
    DeleteReminder,
    GetReminder,
    GiveFeedback,
    ListReminders,
    Reminder,
    SnoozeReminder,
    UpdateReminder,
)
from contracts.schedule import Weekdays
from contracts.users import ChangeProfile
from storage.session import open_engine
from tests.rooms.people import Carry, code_of
from tests.rooms.reminding import Reminded, strike
from tests.rooms.tracking import Tracker, day, newcomer

pytestmark = pytest.mark.asyncio


@pytest.fixture
def me(ann: Tracker, carry: Carry, clock: time_machine.Traveller) -> Reminded:
    return Reminded(ann, carry, clock)


def at(rule: Reminder) -> str:
    """Write down when a reminder comes next, in UTC."""
    return "never" if rule.next_at is None else rule.next_at.strftime("%m-%d %H:%M")


async def came(me: Reminded, rule: Reminder) -> list[tuple[str, str]]:
    """List what became of a reminder, oldest first."""
    history = (await me.look(rule)).history
    return [
        (one.fire_at.strftime("%m-%d %H:%M"), one.reason or one.outcome) for one in history[::-1]
    ]


# -- what comes -----------------------------------------------------------------------------------


async def test_a_reminder_comes_at_its_minute_and_once(me: Reminded) -> None:
    read = await me.habit("Read")
    rule = await me.remind(habit_id=read, times=["18:30"], text="Ten pages")
    assert at(rule) == "05-05 18:30"
    await me.become("2031-05-05T18:29:59+00:00")
    assert await me.sent() == []
    for _ in range(3):
        await me.become("2031-05-05T18:30:00+00:00")
    (mail,) = await me.sent()
    assert (mail.channel, mail.template) == ("email", "reminder")
    (letter,) = await me.letters()
    assert (letter["recipient"], letter["language"]) == (f"{me.user_id}@example.org", "en")
    assert (letter["text"], letter["habit"], letter["late"]) == ("Ten pages", "Read", False)
    assert (mail.habit_id, mail.day) == (read, day(0))
    assert mail.useful_until == datetime(2031, 5, 5, 20, 30, tzinfo=UTC)
    assert await came(me, rule) == [("05-05 18:30", "sent")]
    assert at(await me.look(rule)) == "05-06 18:30"


async def test_several_times_a_day_until_it_is_done(me: Reminded) -> None:
    drink = await me.habit("Drink")
    rule = await me.remind(habit_id=drink, times=["20:00", "13:00", "16:00", "13:00"])
    assert rule.times == ("13:00", "16:00", "20:00")
    await me.become("2031-05-05T13:00:00+00:00")
    await me.log(drink)
    await me.become("2031-05-05T16:00:00+00:00")
    await me.ask(RemoveCheckIn_of(drink))
    await me.carry()
    await me.become("2031-05-05T20:00:00+00:00")
    assert await came(me, rule) == [
        ("05-05 13:00", "sent"),
        ("05-05 16:00", "done"),
        ("05-05 20:00", "sent"),
    ]
    assert len(await me.sent()) == 2


def RemoveCheckIn_of(habit_id: Any) -> RemoveCheckIn:  # noqa: N802 - reads as the command
    return RemoveCheckIn(habit_id=habit_id, day=day(0))


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({}, "done"),
        ({"state": "skipped"}, "skipped"),
        ({"state": "failed"}, "failed"),
        ({"state": "partial"}, "sent"),
    ],
)
async def test_silent_once_something_is_logged(
    me: Reminded, said: dict[str, object], reason: str
) -> None:
    read = await me.habit()
    rule = await me.remind(habit_id=read, times=["18:00"])
    await me.log(read, 0, **said)
    await me.become("2031-05-05T18:00:00+00:00")
    assert await came(me, rule) == [("05-05 18:00", reason)]
    assert len(await me.sent()) == (reason == "sent")


async def test_silent_on_breaks_and_archived_habits(me: Reminded) -> None:
    read = await me.habit(tags=["books"])
    rule = await me.remind(habit_id=read, times=["18:00"])
    await me.ask(AddBreak(first=day(0), last=day(0), tag="Books"))
    await me.carry()
    await me.become("2031-05-05T18:00:00+00:00")
    assert await came(me, rule) == [("05-05 18:00", "on_break")]
    await me.ask(UpdateHabit(habit_id=read, archived=True))
    await me.carry()
    resting = await me.look(rule)
    assert (resting.next_at, resting.never_because) == (None, "archived")
    await me.ask(UpdateHabit(habit_id=read, archived=False))
    await me.carry()
    assert at(await me.look(rule)) == "05-06 18:00"
    assert await me.sent() == []


async def test_it_follows_the_schedule_of_its_habit(me: Reminded) -> None:
    read = await me.habit(schedule={"every": "weekdays", "days": ["tue", "fri"]})
    rule = await me.remind(habit_id=read, times=["08:00"])
    assert at(rule) == "05-06 08:00"
    await me.ask(UpdateHabit(habit_id=read, schedule=Weekdays(days=("sun",))))
    await me.carry()
    assert at(await me.look(rule)) == "05-11 08:00"
    never = await me.remind(habit_id=read, times=["08:00"], weekdays=["mon"])
    assert (never.next_at, never.never_because) == (None, "no_occurrence")


async def test_some_times_a_week_are_enough(me: Reminded) -> None:
    run = await me.habit("Run", schedule={"every": "times", "times": 2, "per": "week"})
    rule = await me.remind(habit_id=run, times=["18:00"])
    for number in range(3):
        await me.become(f"2031-05-0{5 + number}T18:00:00+00:00")
        await me.log(run, number)
    await me.become("2031-05-08T18:00:00+00:00")
    await me.become("2031-05-12T18:00:00+00:00")
    reasons = dict(await came(me, rule))
    assert reasons["05-05 18:00"] == reasons["05-06 18:00"] == "sent"
    assert reasons["05-07 18:00"] == "done"
    assert reasons["05-08 18:00"] == "done"
    assert reasons["05-12 18:00"] == "sent"


async def test_a_deleted_habit_takes_its_reminders_along(me: Reminded) -> None:
    read = await me.habit()
    rule = await me.remind(habit_id=read)
    await me.ask(DeleteHabit(habit_id=read))
    await me.carry()
    assert await code_of(me.look(rule)) == "reminder_not_found"
    await me.become("2031-05-06T09:00:00+00:00")
    assert await me.sent() == []


async def test_a_reminder_of_the_diary(me: Reminded) -> None:
    rule = await me.remind(text="Write", times=["21:00"], unless_written=True)
    await me.become("2031-05-05T21:00:00+00:00")
    made = await me.ask(CreateEntry(text="Rain.", day=day(1)))
    await me.carry()
    await me.become("2031-05-06T21:00:00+00:00")
    await me.ask(DeleteEntry(entry_id=made.entry_id))
    await me.ask(CreateEntry(text="Sun.", day=day(2)))
    await me.carry()
    await me.become("2031-05-07T21:00:00+00:00")
    await me.become("2031-05-08T21:00:00+00:00")
    assert [reason for _, reason in await came(me, rule)] == ["sent", "written", "written", "sent"]


async def test_the_evening_before_a_streak_ends(me: Reminded) -> None:
    read = await me.habit(start_day=day(-10))
    rule = await me.remind(habit_id=read, kind="at_risk", times=["20:00"], streak=3)
    for number in (-3, -2, -1):
        await me.log(read, number)
    await me.become("2031-05-05T20:00:00+00:00")
    (mail,) = await me.sent()
    (letter,) = await me.letters()
    assert (mail.template, letter["streak"]) == ("at_risk", 3)
    await me.become("2031-05-06T20:00:00+00:00")
    await me.log(read, 1)
    await me.become("2031-05-07T20:00:00+00:00")
    assert [reason for _, reason in await came(me, rule)] == [
        "sent",
        "not_at_risk",
        "not_at_risk",
    ]


async def test_a_week_is_at_risk_when_every_day_left_is_needed(me: Reminded) -> None:
    run = await me.habit(
        "Run", start_day=day(-28), schedule={"every": "times", "times": 2, "per": "week"}
    )
    for number in (-28, -27, -21, -20, -14, -13, -7, -6):
        await me.log(run, number)
    rule = await me.remind(habit_id=run, kind="at_risk", times=["20:00"], streak=4)
    for number in range(5, 12):
        await me.become(f"2031-05-{number:02}T20:00:00+00:00")
    # On Saturday two days are left for two times; on Sunday it is lost already.
    assert [reason for _, reason in await came(me, rule)] == [
        *["not_at_risk"] * 5,
        "sent",
        "not_at_risk",
    ]


async def test_silence_is_broken_and_backs_off(me: Reminded) -> None:
    read = await me.habit(start_day=day(-1))
    await me.log(read, 0)
    rule = await me.remind(habit_id=read, kind="silence", after_days=2, times=["10:00"])
    assert at(rule) == "05-07 10:00"
    for number in range(1, 60):
        moment = datetime(2031, 5, 5, 10, tzinfo=UTC) + timedelta(days=number)
        await me.become(moment)
        await me.carry()
    # 2 days, then 4, 8, 16, and then 30 after each.
    assert [when for when, _ in await came(me, rule)] == [
        "05-07 10:00",
        "05-11 10:00",
        "05-19 10:00",
        "06-04 10:00",
    ]
    assert [letter["silent_days"] for letter in await me.letters()] == [2, 6, 14, 30]
    assert at(await me.look(rule)) == "07-04 10:00"
    await me.log(read, 59)
    assert at(await me.look(rule)) == "07-05 10:00"
    await me.become("2031-07-05T10:00:00+00:00")
    assert at(await me.look(rule)) == "07-09 10:00"


async def test_days_of_a_break_are_no_silence(me: Reminded) -> None:
    read = await me.habit()
    await me.log(read, 0)
    rule = await me.remind(habit_id=read, kind="silence", after_days=3, times=["10:00"])
    await me.ask(AddBreak(first=day(1), last=day(10)))
    await me.carry()
    await me.become("2031-05-15T12:00:00+00:00")
    assert await me.sent() == []
    await me.become("2031-05-18T10:00:00+00:00")
    assert len(await me.sent()) == 1
    assert (await me.last(rule)).day == day(13)


# -- late and missed ------------------------------------------------------------------------------


async def test_three_hours_without_a_clock(me: Reminded) -> None:
    read = await me.habit()
    rule = await me.remind(habit_id=read, times=["13:00", "14:00", "15:00", "16:00"])
    alone = await me.remind(text="Once", times=["13:30"])
    await me.become("2031-05-05T16:30:00+00:00")
    assert await came(me, rule) == [
        ("05-05 13:00", "missed"),
        ("05-05 14:00", "missed"),
        ("05-05 15:00", "missed"),
        ("05-05 16:00", "sent"),
    ]
    assert (await me.last(rule)).late
    assert await came(me, alone) == [("05-05 13:30", "missed")]
    (letter,) = await me.letters()
    assert letter["late"]
    assert at(await me.look(rule)) == "05-06 13:00"


async def test_the_grace_is_a_setting(me: Reminded) -> None:
    await me.settle(grace_minutes=15)
    rule = await me.remind(text="Now", times=["13:00", "14:00"])
    await me.become("2031-05-05T13:15:00+00:00")
    await me.become("2031-05-05T14:16:00+00:00")
    assert await came(me, rule) == [("05-05 13:00", "sent"), ("05-05 14:00", "missed")]


async def test_a_year_without_a_clock(me: Reminded) -> None:
    rules = [await me.remind(text="Often", times=["06:00", "12:00", "18:00"]) for _ in range(5)]
    await me.become("2032-05-05T12:30:00+00:00")
    for rule in rules:
        said = await came(me, rule)
        assert said[-1] == ("05-05 12:00", "sent")
        assert {reason for _, reason in said[:-1]} == {"missed"}
    assert len(await me.sent()) == 5


async def test_two_clocks_at_once_never_double(
    me: Reminded, database: str, engine: AsyncEngine
) -> None:
    many = 600  # more than one batch
    first = await me.remind(text="Stretch", times=["13:00"])
    async with engine.begin() as tx:
        await tx.execute(
            text(
                "INSERT INTO reminders.rules SELECT (r).* FROM (SELECT jsonb_populate_record("
                "r, jsonb_build_object('id', gen_random_uuid())) AS r"
                " FROM reminders.rules r, generate_series(2, :many)) s"
            ),
            {"many": many},
        )
    me.clock.move_to("2031-05-05T13:00:01+00:00")
    other = open_engine(database, 3)
    try:
        await asyncio.gather(*(strike(one) for one in (engine, other, engine, other)))
    finally:
        await other.dispose()
    mails = await me.sent()
    assert len(mails) == len({mail.reminder_id for mail in mails}) == many
    assert await came(me, first) == [("05-05 13:00", "sent")]
    rules = (await me.ask(ListReminders())).reminders
    assert {at(rule) for rule in rules} == {"05-06 13:00"}


async def test_a_rule_that_makes_no_sense_holds_up_no_other(
    me: Reminded, engine: AsyncEngine
) -> None:
    read = await me.habit()
    broken = await me.remind(habit_id=read, times=["13:00"])
    fine = await me.remind(text="Stretch", times=["13:00"])
    async with engine.begin() as tx:
        await tx.execute(text("UPDATE reminders.habits SET versions = '[]'"))
    await me.become("2031-05-05T13:00:00+00:00")
    assert await came(me, fine) == [("05-05 13:00", "sent")]
    async with engine.begin() as tx:
        reason = await tx.execute(
            text("SELECT reason FROM reminders.fires WHERE rule_id = :id"),
            {"id": broken.reminder_id},
        )
        assert reason.scalar_one() == "not_understood"


async def test_a_zone_that_is_gone_counts_as_utc(me: Reminded, engine: AsyncEngine) -> None:
    rule = await me.remind(text="Stretch", times=["13:00"])
    async with engine.begin() as tx:
        await tx.execute(text("UPDATE reminders.people SET zone = 'Mars/Olympus'"))
    await me.become("2031-05-05T13:00:00+00:00")
    assert await came(me, rule) == [("05-05 13:00", "sent")]


# -- how people live ------------------------------------------------------------------------------


async def test_who_moves_west_is_not_reminded_again(
    bob: Tracker, carry: Carry, clock: time_machine.Traveller
) -> None:
    bob_ = Reminded(bob, carry, clock)
    rule = await bob_.remind(text="Stretch", times=["15:00"])
    assert at(rule) == "05-05 13:00"
    await bob_.become("2031-05-05T13:00:00+00:00")
    await bob_.ask(ChangeProfile(zone="America/New_York"))
    await carry()
    assert at(await bob_.look(rule)) == "05-06 19:00"
    await bob_.ask(ChangeProfile(zone="Asia/Tokyo"))
    await carry()
    assert at(await bob_.look(rule)) == "05-06 06:00"
    assert len(await bob_.sent()) == 1


async def test_a_day_start_moves_the_night(me: Reminded) -> None:
    mondays = await me.remind(text="Late", times=["01:00"], weekdays=["mon"])
    assert at(mondays) == "05-12 01:00"
    await me.ask(ChangeProfile(day_start=180))
    await me.carry()
    assert at(await me.look(mondays)) == "05-06 01:00"


async def test_what_is_due_is_not_lost_when_somebody_moves(me: Reminded) -> None:
    rule = await me.remind(text="Stretch", times=["13:00"])
    me.clock.move_to("2031-05-05T13:05:00+00:00")
    await me.ask(ChangeProfile(zone="Europe/Berlin"))
    await me.carry()
    await me.become("2031-05-05T13:06:00+00:00")
    assert await came(me, rule) == [("05-05 13:00", "sent")]


async def test_quiet_hours(me: Reminded) -> None:
    early = await me.remind(text="Early", times=["06:00"])
    late = await me.remind(text="Late", times=["23:00"])
    await me.settle(quiet_hours={"from": "22:00", "to": "07:30"})
    assert at(await me.look(early)) == "05-06 07:30"
    swallowed = await me.look(late)
    assert (swallowed.next_at, swallowed.never_because) == (None, "quiet_hours")
    snoozed = await me.ask(SnoozeReminder(reminder_id=early.reminder_id, minutes=660))
    assert at(snoozed) == "05-06 07:30"
    await me.settle()
    assert at(await me.look(late)) == "05-05 23:00"


async def test_channels_are_a_choice(me: Reminded, engine: AsyncEngine) -> None:
    await me.settle(channels=["telegram"])
    usual = await me.remind(text="Chat", times=["13:00"])
    by_mail = await me.remind(text="Mail", times=["13:00"], channels=["email", "telegram"])
    await me.become("2031-05-05T13:00:00+00:00")
    assert await came(me, usual) == [("05-05 13:00", "no_channel")]
    assert await came(me, by_mail) == [("05-05 13:00", "sent")]


# -- snooze and feedback --------------------------------------------------------------------------


async def test_a_snooze_comes_again_and_then_all_is_as_before(me: Reminded) -> None:
    read = await me.habit()
    rule = await me.remind(habit_id=read, times=["13:00", "13:20", "18:00"])
    await me.become("2031-05-05T13:00:00+00:00")
    snoozed = await me.ask(SnoozeReminder(reminder_id=rule.reminder_id, minutes=30))
    assert at(snoozed) == "05-05 13:30"
    assert snoozed.snoozed_until == snoozed.next_at
    await me.become("2031-05-05T13:29:00+00:00")
    await me.become("2031-05-05T13:30:00+00:00")
    now = await me.look(rule)
    assert (at(now), now.snoozed_until) == ("05-05 18:00", None)
    assert [when for when, _ in await came(me, rule)] == ["05-05 13:00", "05-05 13:30"]


async def test_a_snooze_is_silent_if_it_was_done_meanwhile(me: Reminded) -> None:
    read = await me.habit()
    rule = await me.remind(habit_id=read, times=["13:00"])
    await me.become("2031-05-05T13:00:00+00:00")
    await me.ask(SnoozeReminder(reminder_id=rule.reminder_id, minutes=15))
    await me.log(read)
    assert at(await me.look(rule)) == "05-05 13:15"
    await me.become("2031-05-05T13:15:00+00:00")
    assert (await me.last(rule)).reason == "done"
    assert at(await me.look(rule)) == "05-06 13:00"


async def test_until_tomorrow(me: Reminded) -> None:
    rule = await me.remind(text="Stretch", times=["13:00", "18:00"])
    rested = await me.ask(SnoozeReminder(reminder_id=rule.reminder_id, until="tomorrow"))
    assert at(rested) == "05-06 13:00"
    assert rested.snoozed_until == datetime(2031, 5, 6, tzinfo=UTC)
    await me.ask(UpdateReminder(reminder_id=rule.reminder_id, enabled=False))
    asked = SnoozeReminder(reminder_id=rule.reminder_id, until="tomorrow")
    assert await code_of(me.ask(asked)) == "reminder_off"


async def test_feedback_is_obeyed(me: Reminded) -> None:
    rule = await me.remind(text="Stretch", times=["15:00"])

    async def say(feedback: str, **more: object) -> Reminder:
        words = {"reminder_id": rule.reminder_id, "feedback": feedback, **more}
        return await me.ask(GiveFeedback.model_validate(words))

    moved = await say("later")
    assert (at(moved), moved.shift_minutes, moved.times) == ("05-05 15:30", 30, ("15:00",))
    for shift in range(0, -181, -30):
        moved = await say("earlier")
        assert moved.shift_minutes == shift
    assert at(moved) == "05-06 12:00"
    assert await code_of(say("earlier")) == "reminder_at_limit"
    assert await me.look(rule) == moved.model_copy(update={"history": ()})
    mondays_off = await say("never", weekday="tue")
    assert at(mondays_off) == "05-07 12:00"
    off = await say("never")
    assert (off.enabled, off.next_at, off.never_because) == (False, None, "off")
    again = UpdateReminder(reminder_id=rule.reminder_id, enabled=True, times=("15:00",))
    back = await me.ask(again)
    assert (at(back), back.shift_minutes) == ("05-05 15:00", 0)


# -- rules as such --------------------------------------------------------------------------------


async def test_a_habit_of_which_no_fact_has_come_yet(me: Reminded) -> None:
    made = await me.tracker.begin(schedule={"every": "weekdays", "days": ["wed"]})
    rule = await me.remind(habit_id=made.habit_id, times=["08:00"])
    assert at(rule) == "05-07 08:00"
    await me.carry()
    assert at(await me.look(rule)) == "05-07 08:00"


async def test_what_makes_no_sense_is_refused(me: Reminded, bob: Tracker) -> None:
    read = await me.habit()
    theirs = await bob.begin()

    async def code(**words: object) -> str:
        return await code_of(me.remind(**words))

    assert await code(kind="smart", text="x") == "reminder_needs_habit"
    assert await code() == "reminder_text_missing"
    assert await code(habit_id=read, unless_written=True) == "unless_written_with_habit"
    assert await code(habit_id=new_id()) == "habit_not_found"
    assert await code(habit_id=theirs.habit_id) == "habit_not_found"
    rule = await me.remind(text="Mine")
    cleared = UpdateReminder(reminder_id=rule.reminder_id, text="")
    assert await code_of(me.ask(cleared)) == "reminder_text_missing"


async def test_nobody_elses_reminders(me: Reminded, bob: Tracker) -> None:
    rule = (await me.remind(text="Mine")).reminder_id
    asks: list[Asked[Any]] = [
        GetReminder(reminder_id=rule),
        UpdateReminder(reminder_id=rule, text="x"),
        DeleteReminder(reminder_id=rule),
        SnoozeReminder(reminder_id=rule, minutes=15),
        GiveFeedback(reminder_id=rule, feedback="never"),
    ]
    for asked in asks:
        assert await code_of(bob.ask(asked)) == "reminder_not_found"
    assert (await bob.ask(ListReminders())).reminders == ()
    assert (await me.look(rule)).version == 1


async def test_versions_guard_a_rule(me: Reminded) -> None:
    rule = await me.remind(text="Mine")
    change = UpdateReminder(reminder_id=rule.reminder_id, text="Changed", expected_version=1)
    assert (await me.ask(change)).version == 2
    assert await code_of(me.ask(change)) == "version_conflict"
    drop = DeleteReminder(reminder_id=rule.reminder_id, expected_version=1)
    assert await code_of(me.ask(drop)) == "version_conflict"
    await me.ask(DeleteReminder(reminder_id=rule.reminder_id, expected_version=2))
    assert (await me.ask(ListReminders())).reminders == ()


async def test_there_is_an_end_to_it(me: Reminded, engine: AsyncEngine) -> None:
    rule = await me.remind(text="One")
    async with engine.begin() as tx:
        await tx.execute(
            text(
                "INSERT INTO reminders.rules SELECT (r).* FROM (SELECT jsonb_populate_record("
                "r, jsonb_build_object('id', gen_random_uuid())) AS r"
                " FROM reminders.rules r, generate_series(2, 200)) s"
            )
        )
    assert await code_of(me.remind(text="More")) == "too_many_reminders"
    assert len((await me.ask(ListReminders())).reminders) == 200
    assert rule.version == 1


async def test_who_is_erased_is_not_reminded(
    bus: LocalBus, engine: AsyncEngine, me: Reminded
) -> None:
    from contracts.users import DeleteMe

    other = Reminded(await newcomer(bus, engine), me.carry, me.clock)
    await me.remind(text="Mine", times=["13:00"])
    await other.remind(text="Theirs", times=["13:00"])
    await me.settle(digests=["week"])
    await me.ask(DeleteMe())
    await me.carry()
    await me.become("2031-05-05T13:00:00+00:00")
    assert await me.sent() == []
    assert len(await other.sent()) == 1
    assert await code_of(me.ask(CreateReminder(text="Again"))) == "user_gone"
    async with engine.begin() as tx:
        for table in ("rules", "habits", "days", "breaks", "entries", "digests"):
            left = await tx.execute(
                text(f"SELECT count(*) FROM reminders.{table} WHERE user_id = :me"),
                {"me": me.user_id},
            )
            assert left.scalar_one() == 0
