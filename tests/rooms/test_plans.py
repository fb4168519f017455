"""A plan that changes, over the bus: what is planned stays, what is logged is judged by the terms
in force, and a habit begins where it did once what was logged before is gone.
"""

from typing import Any

import pytest

from contracts.check_ins import CheckedIn, Increment, ListCheckIns, RemoveCheckIn, Undo
from contracts.habit import Habit, Target
from contracts.habits import UpdateHabit
from contracts.message import Command, Conflict
from contracts.schedule import EveryNDays
from tests.rooms.people import Carry
from tests.rooms.tracking import TODAY, Tracker, day

pytestmark = pytest.mark.asyncio


async def patch(ann: Tracker, habit: Habit, **changed: Any) -> Habit:
    return await ann.ask(UpdateHabit(habit_id=habit.habit_id, **changed))


async def states(ann: Tracker, habit: Habit) -> list[str | None]:
    """Collect the verdict on today from every door that shows it."""
    shown = (await ann.ask(ListCheckIns(habit_id=habit.habit_id))).check_ins
    return [(await ann.on(habit.habit_id)).state, *(one.state for one in shown if one.day == TODAY)]


@pytest.mark.parametrize(
    ("target", "value", "now", "verdict"),
    [(5, 5, 10, "partial"), (8, 6, 6, "done"), (8, 0, 3, "failed"), (4, 4, None, "done")],
)
async def test_one_verdict_is_that_of_the_terms_in_force(
    ann: Tracker, carry: Carry, target: int, value: int, now: int | None, verdict: str
) -> None:
    habit = await ann.begin(measure="count", target=Target(value=target))
    logged = await ann.log(habit.habit_id, value=value)
    await ann.told()
    new = {"target": None if now is None else Target(value=now)}
    after = await patch(ann, habit, **new)
    assert await states(ann, habit) == [verdict, verdict]
    judged = [fact for fact in await ann.told() if "state" in fact]
    assert [(fact["state"], fact["previous_state"]) for fact in judged] == (
        [] if verdict == logged.state else [(verdict, logged.state)]
    )
    again = await ann.log(habit.habit_id, value=value)
    assert (again.state, again.streak, again.score) == (verdict, after.streak, after.score)


async def test_undo_brings_back_the_value_and_not_a_stale_verdict(ann: Tracker) -> None:
    habit = await ann.begin(measure="count", target=Target(value=5))
    await ann.log(habit.habit_id, value=5)
    await ann.log(habit.habit_id, value=9)
    await patch(ann, habit, target=Target(value=10))
    undone = await ann.ask(Undo(habit_id=habit.habit_id))
    assert (undone.value, undone.state) == (5, "partial")
    assert await states(ann, habit) == ["partial", "partial"]


async def test_what_is_planned_stays_planned(ann: Tracker) -> None:
    habit = await ann.begin(measure="count", target=Target(value=5))
    await patch(ann, habit, schedule=EveryNDays(n=2), effective_from=day(7))
    changed = await patch(ann, habit, target=Target(value=6))
    assert (changed.schedule.every, changed.target) == ("day", Target(value=6))
    assert [one.effective_from for one in changed.versions] == [TODAY, day(7)]
    assert changed.versions[1].schedule == EveryNDays(n=2)
    assert changed.versions[1].target == Target(value=6)


FORGET: list[Any] = [
    lambda habit, number: RemoveCheckIn(habit_id=habit.habit_id, day=day(number)),
    lambda habit, number: Undo(habit_id=habit.habit_id),
]


@pytest.mark.parametrize("forget", FORGET, ids=["delete", "undo"])
@pytest.mark.parametrize("kind", ["build", "quit"])
@pytest.mark.parametrize("number", [-3650, -1])
async def test_forgetting_a_day_before_the_start_moves_the_start_back(
    ann: Tracker, forget: Any, kind: str, number: int
) -> None:
    habit = await ann.begin(kind=kind, measure="count")
    before = await ann.look(habit.habit_id)
    await ann.log(habit.habit_id, number, value=1)
    assert (await ann.look(habit.habit_id)).start_day == day(number)
    command: Command[CheckedIn] = forget(habit, number)
    answered = await ann.ask(command)
    after = await ann.look(habit.habit_id)
    assert (after.start_day, after.versions) == (before.start_day, before.versions)
    assert (after.streak, after.best_streak, after.score) == (
        before.streak,
        before.best_streak,
        before.score,
    )
    assert (answered.streak, answered.best_streak) == (before.streak, before.best_streak)


async def test_a_habit_begins_with_the_first_day_that_is_left(ann: Tracker) -> None:
    habit = await ann.begin()
    for number in (-9, -20, -4):
        await ann.log(habit.habit_id, number)
    for number, begins in ((-20, -9), (-4, -9), (-9, 0)):
        await ann.ask(RemoveCheckIn(habit_id=habit.habit_id, day=day(number)))
        assert (await ann.look(habit.habit_id)).start_day == day(begins)


async def test_ticking_a_habit_and_editing_it_do_not_collide(ann: Tracker) -> None:
    habit = await ann.begin(measure="count")
    await ann.log(habit.habit_id, value=2)
    await ann.ask(Increment(habit_id=habit.habit_id))
    await ann.log(habit.habit_id, -30, value=1)
    edited = await patch(ann, habit, name="Walk", expected_version=habit.version)
    assert edited.version == habit.version + 1
    with pytest.raises(Conflict) as refused:
        await patch(ann, habit, name="Run", expected_version=habit.version)
    assert refused.value.code == "version_conflict"
