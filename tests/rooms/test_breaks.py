"""Breaks over the bus: added, replaced, taken back, in the past as in the future."""

import asyncio
from typing import Any

import pytest

from contracts.breaks import AddBreak, Break, ListBreaks, RemoveBreak, UpdateBreak
from contracts.check_ins import GetStreaks, ListCheckIns
from contracts.habits import DeleteHabit
from contracts.message import Asked, Conflict, NotFound, new_id
from tests.rooms.people import code_of
from tests.rooms.tracking import TODAY, Tracker, day

pytestmark = pytest.mark.asyncio


async def rested(ann: Tracker, first: int, last: int, **given: object) -> Break:
    """Add a break between the days of these numbers."""
    words = {"first": day(first), "last": day(last), **given}
    return await ann.ask(AddBreak.model_validate(words))


async def test_a_break_in_the_past_mends_a_streak(ann: Tracker) -> None:
    made = await ann.begin(start_day=day(-100))
    for number in (*range(-100, -60), *range(-50, 1)):
        await ann.log(made.habit_id, number)
    before = await ann.look(made.habit_id)
    assert (before.streak, before.best_streak) == (51, 51)
    await ann.told()
    one = await rested(ann, -60, -51, reason="flu")
    after = await ann.look(made.habit_id)
    assert (after.streak, after.best_streak) == (91, 91)
    assert after.score > before.score
    (fact,) = await ann.told()
    assert fact["address"] == "habits.break_added"
    assert (fact["from"], fact["to"]) == (day(-60).isoformat(), day(-51).isoformat())
    await ann.ask(RemoveBreak(break_id=one.break_id))
    again = await ann.look(made.habit_id)
    assert (again.streak, again.best_streak, again.score) == (51, 51, before.score)
    (fact,) = await ann.told()
    assert (fact["address"], fact["version"]) == ("habits.break_removed", 2)


async def test_a_break_moves(ann: Tracker) -> None:
    made = await ann.begin(start_day=day(-100))
    for number in (*range(-100, -60), *range(-50, -20), *range(-10, 1)):
        await ann.log(made.habit_id, number)
    one = await rested(ann, -60, -51)
    assert (await ann.look(made.habit_id)).best_streak == 70
    change = UpdateBreak(break_id=one.break_id, first=day(-20), last=day(-11), expected_version=1)
    moved = await ann.ask(change)
    assert (moved.version, moved.first, moved.last) == (2, day(-20), day(-11))
    found = await ann.ask(GetStreaks(habit_id=made.habit_id))
    assert [run.length for run in found.streaks] == [41, 40]
    assert (await ann.look(made.habit_id)).streak == 41
    with pytest.raises(Conflict) as no:
        await ann.ask(change)
    assert no.value.code == "version_conflict"


async def test_a_break_is_for_one_for_a_tag_or_for_all(ann: Tracker) -> None:
    made = [await ann.begin(name, tags=[name], start_day=day(-30)) for name in ("a", "b", "c")]
    await rested(ann, -9, -9, habit_id=made[0].habit_id)
    await rested(ann, -8, -8, tag="B")
    everyone = await rested(ann, -7, -7)
    shown = [[(await ann.on(one.habit_id, day(n))).on_break for n in (-9, -8, -7)] for one in made]
    assert shown == [[True, False, True], [False, True, True], [False, False, True]]
    narrowed = UpdateBreak(
        break_id=everyone.break_id, first=day(-7), last=day(-7), habit_id=made[2].habit_id
    )
    await ann.ask(narrowed)
    assert [(await ann.on(one.habit_id, day(-7))).on_break for one in made] == [False, False, True]


async def test_a_break_begins_before_everything(ann: Tracker) -> None:
    made = await ann.begin(start_day=day(-5))
    for number in (-5, -1, 0):
        await ann.log(made.habit_id, number)
    await rested(ann, -3000, -2)
    after = await ann.look(made.habit_id)
    assert after.streak == (await ann.recomputed(made.habit_id, TODAY)).streak == 2


async def test_breaks_are_listed_by_their_days(ann: Tracker) -> None:
    for number in (-30, -20, -10, 10):
        await rested(ann, number, number + 5)
    for first, last, seen in (
        (None, None, [10, -10, -20, -30]),
        (day(-15), None, [10, -10, -20]),
        (None, day(-20), [-20, -30]),
        (day(-14), day(-11), []),
        (day(-5), day(-5), [-10]),
    ):
        found = await ann.ask(ListBreaks(first=first, last=last))
        assert [(one.first - TODAY).days for one in found.breaks] == seen


async def test_a_break_that_is_not_there(ann: Tracker) -> None:
    missing: tuple[tuple[str, Asked[Any]], ...] = (
        ("habit_not_found", AddBreak(first=TODAY, last=TODAY, habit_id=new_id())),
        ("break_not_found", UpdateBreak(break_id=new_id(), first=TODAY, last=TODAY)),
        ("break_not_found", RemoveBreak(break_id=new_id())),
    )
    for code, message in missing:
        assert await code_of(ann.ask(message)) == code
    one = await rested(ann, 0, 0)
    unknown = UpdateBreak(break_id=one.break_id, first=TODAY, last=TODAY, habit_id=new_id())
    with pytest.raises(NotFound):
        await ann.ask(unknown)


async def test_a_break_goes_with_its_habit(ann: Tracker) -> None:
    made = await ann.begin()
    await rested(ann, 0, 0, habit_id=made.habit_id)
    await ann.ask(DeleteHabit(habit_id=made.habit_id))
    assert (await ann.ask(ListBreaks())).breaks == ()


async def test_breaks_and_days_at_once(ann: Tracker) -> None:
    """Days are settled and unsettled side by side, and none works on what is no longer so."""
    made = await ann.begin(start_day=day(-90))
    for number in range(-90, -80):
        await ann.log(made.habit_id, number)
    numbers = range(-80, 1, 4)
    await asyncio.gather(
        *(ann.log(made.habit_id, number) for number in numbers),
        *(rested(ann, number + 1, number + 3) for number in numbers),
    )
    after, whole = await ann.look(made.habit_id), await ann.recomputed(made.habit_id, TODAY)
    assert (after.streak, after.best_streak, after.score) == (31, 31, whole.score)


async def test_a_range_that_ends_before_it_begins_is_refused(ann: Tracker) -> None:
    made = await ann.begin()
    turned = {"first": day(-2), "last": day(-3)}
    assert await code_of(ann.ask(ListBreaks(**turned))) == "range_reversed"
    for habit_id in (None, made.habit_id):
        query = ListCheckIns(habit_id=habit_id, **turned)
        assert await code_of(ann.ask(query)) == "range_reversed"
    assert await code_of(ann.ask(ListBreaks(first=day(-2), last=day(-2)))) == ""
