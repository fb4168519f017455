"""Where check-ins come from, over the bus: when they were done, through which door; also undone."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine

from contracts.check_ins import (
    CheckIn,
    DayEntry,
    GetHistory,
    HabitCheckedIn,
    Increment,
    ListCheckIns,
    Log,
    LogCheckIns,
    RemoveCheckIn,
    Undo,
)
from contracts.habit import Target
from contracts.habits import UpdateHabit
from contracts.message import Asked, new_id
from tests.rooms.people import NOON
from tests.rooms.tracking import TODAY, Tracker, day

pytestmark = pytest.mark.asyncio

EARLY = NOON - timedelta(hours=5)


async def listed(ann: Tracker, habit_id: UUID) -> list[DayEntry]:
    return list((await ann.ask(ListCheckIns(habit_id=habit_id))).check_ins)


async def test_of_a_day_logged_later_it_is_not_known_when_it_was_done(ann: Tracker) -> None:
    made = await ann.begin(measure="count")
    about = {"habit_id": made.habit_id}
    yesterday = EARLY - timedelta(days=3)
    with time_machine.travel(NOON, tick=False):
        await ann.ask(CheckIn(**about, day=day(-6), value=2))
        await ann.ask(Increment(**about, day=day(-5), by=3))
        await ann.ask(
            LogCheckIns(
                check_ins=(
                    Log(**about, day=day(-4), value=1),
                    Log(**about, day=day(-3), value=1, at=yesterday),
                    Log(**about, value=4),
                )
            )
        )
    shown = {one.day: one.at for one in await listed(ann, made.habit_id)}
    assert shown == {
        day(-6): None,
        day(-5): None,
        day(-4): None,
        day(-3): yesterday,
        TODAY: NOON,
    }
    told = {str(fact["day"]): fact["at"] for fact in await ann.told() if "day" in fact}
    assert {at: one is None for at, one in told.items()} == {
        at.isoformat(): one is None for at, one in shown.items()
    }


CHANGES: list[Callable[[UUID], Asked[Any]]] = [
    lambda one: CheckIn(habit_id=one, day=day(-1), value=9, note="more", source="web"),
    lambda one: CheckIn(habit_id=one, day=day(-1), value=4, at=NOON - timedelta(days=1)),
    lambda one: CheckIn(habit_id=one, day=day(-1), value=4, note=""),
    lambda one: Increment(habit_id=one, day=day(-1), by=2),
    lambda one: RemoveCheckIn(habit_id=one, day=day(-1)),
    lambda one: LogCheckIns(check_ins=(Log(habit_id=one, day=day(-1), value=7),)),
]


@pytest.mark.parametrize("change", CHANGES, ids=["put", "when", "note", "add", "delete", "many"])
async def test_a_day_comes_back_whole(ann: Tracker, change: Callable[[UUID], Asked[Any]]) -> None:
    made = await ann.begin(measure="count")
    at = EARLY - timedelta(days=1)
    await ann.ask(
        CheckIn(habit_id=made.habit_id, day=day(-1), value=4, note="x", at=at, source="telegram")
    )
    before = await listed(ann, made.habit_id)
    assert [(one.at, one.source) for one in before] == [(at, "telegram")]
    await ann.ask(change(made.habit_id))
    assert await listed(ann, made.habit_id) != before
    await ann.told()
    await ann.ask(Undo())
    assert await listed(ann, made.habit_id) == before
    fact = (await ann.told())[-1]
    assert (datetime.fromisoformat(str(fact["at"])), fact["source"]) == (at, "undo")


async def test_a_note_does_not_change_when_it_was_done(ann: Tracker) -> None:
    made = await ann.begin(measure="count")
    for number in (-1, 0):
        at = EARLY + timedelta(days=number)
        await ann.log(made.habit_id, number, value=2, at=at)
        await ann.log(made.habit_id, number, value=2, note="late", source="web")
    shown = [(one.at, one.source, one.note) for one in await listed(ann, made.habit_id)]
    assert shown == [(EARLY - timedelta(days=1), "web", "late"), (EARLY, "web", "late")]
    await ann.log(made.habit_id, -1, value=3)
    assert (await listed(ann, made.habit_id))[0].at is None


async def test_two_changes_of_one_batch_are_undone_one_by_one(ann: Tracker) -> None:
    made = await ann.begin(measure="count")
    first, second = EARLY, EARLY + timedelta(hours=2)
    many = (
        Log(habit_id=made.habit_id, value=3, at=first),
        Log(habit_id=made.habit_id, value=8, at=second),
    )
    await ann.ask(LogCheckIns(check_ins=many))
    assert [one.at for one in await listed(ann, made.habit_id)] == [second]
    await ann.ask(Undo())
    assert [(one.value, one.at) for one in await listed(ann, made.habit_id)] == [(3, first)]


async def test_what_changes_nothing_leaves_nothing_to_undo(ann: Tracker) -> None:
    made, other = await ann.begin(measure="count"), await ann.begin("Run")
    await ann.log(made.habit_id, -1, value=6, at=EARLY - timedelta(days=1))
    await ann.log(other.habit_id)
    before = await listed(ann, made.habit_id)
    for again in (
        CheckIn(habit_id=made.habit_id, day=day(-1), value=6, source="web"),
        CheckIn(habit_id=made.habit_id, day=day(-1), value=6, at=EARLY - timedelta(days=1)),
    ):
        await ann.ask(again)
    assert await listed(ann, made.habit_id) == before
    assert len((await ann.ask(GetHistory(habit_id=made.habit_id))).changes) == 1
    assert (await ann.ask(Undo())).habit_id == other.habit_id


async def test_a_new_target_does_not_change_when_it_was_done(ann: Tracker) -> None:
    made = await ann.begin(measure="count", target=Target(value=5))
    await ann.ask(CheckIn(habit_id=made.habit_id, value=5, at=EARLY))
    await ann.told()
    await ann.ask(UpdateHabit(habit_id=made.habit_id, target=Target(value=8)))
    (fact,) = [one for one in await ann.told() if "state" in one]
    assert fact["state"] == "partial"
    assert datetime.fromisoformat(str(fact["at"])) == EARLY


async def test_older_facts_mean_that_it_was_done_when_it_occurred() -> None:
    now = HabitCheckedIn(
        user_id=new_id(),
        version=1,
        habit_id=new_id(),
        day=TODAY,
        value=1,
        state="done",
        zone="UTC",
        source="api",
        at=None,
    )
    assert HabitCheckedIn.model_validate_json(now.model_dump_json()).at is None
    older = HabitCheckedIn.model_validate_json(now.model_dump_json(exclude={"at"}))
    assert older.at == older.occurred_at == now.occurred_at
