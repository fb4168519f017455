"""A day that was marked in a mail is logged by the habits room, once, and harms nothing."""

from typing import Any
from uuid import UUID

import pytest
import time_machine

from contracts.check_ins import GetHistory
from contracts.habits import DeleteHabit
from contracts.marks import LogDay, WithdrawDay
from contracts.message import new_id
from storage.outbox import tell
from tests.rooms.people import Carry
from tests.rooms.reminding import Reminded
from tests.rooms.tracking import Tracker, day

pytestmark = pytest.mark.asyncio


@pytest.fixture
def me(ann: Tracker, carry: Carry, clock: time_machine.Traveller) -> Reminded:
    return Reminded(ann, carry, clock)


async def mark(me: Reminded, habit_id: UUID, number: int = 0, **said: Any) -> None:
    """Mark a day in a mail."""
    words = {"user_id": me.user_id, "habit_id": habit_id, "day": day(number), **said}
    async with me.engine.begin() as tx:
        await tell(tx, LogDay.model_validate({"state": "done", **words}))
    await me.carry()


async def test_done_is_logged_and_the_reminder_stays_silent(me: Reminded) -> None:
    read = await me.habit()
    rule = await me.remind(habit_id=read, times=["13:00", "14:00"])
    await me.become("2031-05-05T13:00:00+00:00")
    await mark(me, read)
    await me.become("2031-05-05T14:00:00+00:00")
    assert (await me.last(rule)).reason == "done"
    assert len(await me.sent()) == 1
    (change,) = (await me.ask(GetHistory(habit_id=read))).changes
    assert (change.source, change.made_by) == ("mail", "user")


async def test_skipped_late_and_with_a_value(me: Reminded) -> None:
    run = await me.habit("Run", measure="amount", unit="km", target={"value": 5}, start_day=day(-9))
    await mark(me, run, -5, state="skipped")
    assert (await me.tracker.on(run, day(-5))).state == "skipped"
    await mark(me, run, 0, value=7.5)
    assert (await me.tracker.on(run)).value == 7.5


async def test_more_than_was_asked_stays(me: Reminded) -> None:
    run = await me.habit("Run", measure="amount", unit="km", target={"value": 5})
    await me.log(run, 0, value=8.0)
    await mark(me, run)
    assert (await me.tracker.on(run)).value == 8


async def test_what_cannot_be_logged_changes_nothing(me: Reminded, bob: Tracker) -> None:
    gone = await me.habit("Gone")
    await me.ask(DeleteHabit(habit_id=gone))
    theirs = await bob.begin("Theirs")
    weigh = await me.habit("Weigh", measure="amount", unit="kg")
    for habit_id in (gone, theirs.habit_id, new_id(), weigh):
        await mark(me, habit_id)
    assert (await me.tracker.on(weigh)).state is None
    assert (await bob.on(theirs.habit_id)).state is None
    async with me.engine.begin() as tx:
        from storage import inbox

        assert await inbox.count_parked(tx) == 0


@pytest.mark.parametrize(
    ("said", "value", "state"),
    [
        ({"value": 8000.0}, 12000, "done"),
        ({"state": "skipped"}, 12000, "done"),
        ({}, 12000, "done"),
        ({"value": 13000.0}, 13000, "done"),
        ({"value": 8000.0, "replaces": {"value": 12000.0, "state": "done"}}, 8000, "done"),
        ({"value": 8000.0, "replaces": {"value": 11000.0, "state": "done"}}, 12000, "done"),
        ({"state": "skipped", "replaces": {"value": 12000.0, "state": "done"}}, 0, "skipped"),
    ],
)
async def test_a_mark_that_is_older_takes_nothing_away(
    me: Reminded, said: dict[str, Any], value: int, state: str
) -> None:
    walk = await me.habit("Walk", measure="count", target={"value": 8000})
    await me.tracker.log(walk, 0, value=12000.0)
    await mark(me, walk, **said)
    today = await me.tracker.on(walk)
    assert (today.value, today.state) == (value, state)


async def withdraw(me: Reminded, habit_id: UUID, **said: Any) -> None:
    """Take back a mark of today."""
    words = {"user_id": me.user_id, "habit_id": habit_id, "day": day(0), **said}
    async with me.engine.begin() as tx:
        await tell(tx, WithdrawDay.model_validate(words))
    await me.carry()


async def test_only_a_mark_is_withdrawn(me: Reminded, bob: Tracker) -> None:
    read, theirs = await me.habit(), (await bob.begin("Theirs")).habit_id
    await withdraw(me, read)
    await mark(me, read)
    await withdraw(me, read, source="telegram")
    assert (await me.tracker.on(read)).state == "done"
    await withdraw(me, read, user_id=bob.who.user_id)
    assert (await me.tracker.on(read)).state == "done"
    await withdraw(me, read)
    assert (await me.tracker.on(read)).state is None
    await me.log(read)
    await withdraw(me, read)
    assert (await me.tracker.on(read)).state == "done"
    await withdraw(me, theirs)
    changes = (await me.ask(GetHistory(habit_id=read))).changes
    assert [(one.source, one.undone) for one in changes[::-1]] == [
        ("mail", True),
        ("undo", False),
        ("api", False),
    ]
