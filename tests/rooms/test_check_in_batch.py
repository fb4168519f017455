"""Many check-ins at once: the same as one by one, each with its own outcome, and once by key."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.check_ins import (
    CheckIn,
    GetHistory,
    Increment,
    ListCheckIns,
    Log,
    LogCheckIns,
    Outcomes,
)
from contracts.habit import Habit, Target
from contracts.message import Invalid, new_id
from tests.examples import examples
from tests.rooms.people import NOON, code_of
from tests.rooms.tracking import TODAY, Tracker, day

pytestmark = pytest.mark.asyncio

KINDS: list[dict[str, Any]] = [
    {},
    {"measure": "count", "target": Target(value=3)},
    {"kind": "quit"},
    {"measure": "amount", "target": Target(value=7, per="week")},
    {"schedule": {"every": "times", "times": 2, "per": "week"}},
]


async def send(who: Tracker, *logs: dict[str, Any], key: str | None = None) -> Outcomes:
    return await who.ask(LogCheckIns(check_ins=tuple(Log(**one) for one in logs)), key)


async def state_of(who: Tracker, habit: Habit) -> dict[str, Any]:
    """Collect what can be seen of a habit, but for its id and when it was made."""
    shown = (await who.look(habit.habit_id)).model_dump(
        include={"start_day", "streak", "best_streak", "score", "versions"}
    )
    listed = await who.ask(ListCheckIns(habit_id=habit.habit_id))
    history = await who.ask(GetHistory(habit_id=habit.habit_id))
    entries = [(one.day, one.value, one.state, one.note) for one in listed.check_ins]
    changes = [(one.day, one.before, one.after, one.source) for one in history.changes]
    return {**shown, "entries": entries, "changes": changes}


SAID = st.one_of(
    st.fixed_dictionaries({"value": st.sampled_from([0.0, 1.0, 2.0, 3.0, 0.5])}),
    st.fixed_dictionaries({"state": st.sampled_from(["done", "skipped", "failed", "partial"])}),
    st.fixed_dictionaries({"by": st.sampled_from([1.0, -1.0, 2.0, -5.0])}),
    st.just({"note": "rain"}),
)


@settings(
    max_examples=examples(8),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    said=st.lists(
        st.tuples(st.integers(0, len(KINDS) - 1), st.integers(-45, 2), SAID),
        min_size=1,
        max_size=12,
    )
)
async def test_many_at_once_are_as_good_as_one_by_one(
    ann: Tracker, bob: Tracker, said: list[tuple[int, int, dict[str, Any]]]
) -> None:
    mine = [await ann.begin(**kind) for kind in KINDS]
    theirs = [await bob.begin(**kind) for kind in KINDS]
    logs = [{"habit_id": mine[at].habit_id, "day": day(on), **one} for at, on, one in said]
    outcomes = (await send(ann, *logs)).outcomes
    for (at, on, one), outcome in zip(said, outcomes, strict=True):
        where = {"habit_id": theirs[at].habit_id, "day": day(on)}
        command = Increment(**where, by=one["by"]) if "by" in one else CheckIn(**where, **one)
        assert await code_of(bob.ask(command)) == (outcome.refusal.code if outcome.refusal else "")
    for my, their in zip(mine, theirs, strict=True):
        assert await state_of(ann, my) == await state_of(bob, their)


async def test_each_has_its_own_outcome(ann: Tracker, bob: Tracker) -> None:
    read, run = await ann.begin(), await ann.begin(measure="count", target=Target(value=3))
    foreign = await bob.begin()
    await ann.told()
    sent = await send(
        ann,
        {"habit_id": read.habit_id},
        {"habit_id": foreign.habit_id},
        {"habit_id": run.habit_id, "value": 1.5},
        {"habit_id": run.habit_id, "by": 2.0},
        {"habit_id": new_id()},
        {"habit_id": run.habit_id, "day": day(2)},
        {"habit_id": run.habit_id, "by": 1.0},
    )
    codes = [one.refusal.code if one.refusal else "" for one in sent.outcomes]
    wrong = ["habit_not_found", "value_not_whole", "habit_not_found", "day_out_of_range"]
    assert codes == ["", wrong[0], wrong[1], "", wrong[2], wrong[3], ""]
    last = sent.outcomes[-1].check_in
    assert last is not None
    assert (last.value, last.state, last.streak) == (3, "done", 1)
    facts = await ann.told()
    assert [(fact["value"], fact["version"]) for fact in facts] == [(1, 2), (2, 2), (3, 3)]
    assert (await bob.on(foreign.habit_id)).value is None


async def test_a_key_makes_them_once(ann: Tracker) -> None:
    run = await ann.begin(measure="count")
    logs = [{"habit_id": run.habit_id, "by": 2.0}, {"habit_id": run.habit_id, "day": day(-3)}]
    first = await send(ann, *logs, key="week")
    assert await send(ann, *logs, key="week") == first
    assert (await ann.on(run.habit_id)).value == 2
    with pytest.raises(Invalid, match="used before"):
        await send(ann, *logs[:1], key="week")


async def test_a_week_of_all_habits_is_one_list(ann: Tracker, bob: Tracker) -> None:
    habits = [await ann.begin(name) for name in ("Read", "Run", "Rest")]
    await bob.log((await bob.begin()).habit_id)
    logs = [{"habit_id": one.habit_id, "day": day(-n)} for one in habits for n in range(5)]
    await send(ann, *logs, {"habit_id": habits[0].habit_id, "day": day(-1), "note": "rain"})
    week = await ann.ask(ListCheckIns(first=day(-3), last=TODAY))
    found = [(one.day, one.habit_id) for one in week.check_ins]
    assert found == sorted((day(-n), one.habit_id) for one in habits for n in range(4))
    noted = [one for one in week.check_ins if one.note]
    assert [(one.note, one.source, one.at) for one in noted] == [("rain", "api", None)]
    pages, cursor = [], None
    while True:
        page = await ann.ask(ListCheckIns(first=day(-3), limit=5, cursor=cursor))
        pages.append(len(page.check_ins))
        found = [one for one in found if one not in {(e.day, e.habit_id) for e in page.check_ins}]
        cursor = page.next
        if cursor is None:
            break
    assert (pages, found) == ([5, 5, 2], [])


async def test_taking_away_never_goes_below_nothing(ann: Tracker) -> None:
    for kind, left in (({}, None), ({"kind": "quit"}, 0)):
        habit = await ann.begin(measure="count", **kind)
        await ann.ask(Increment(habit_id=habit.habit_id))
        after = await ann.ask(Increment(habit_id=habit.habit_id, by=-3))
        assert after.value == left


FAR = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1733-02-01T10:00:00Z")


@pytest.mark.parametrize("at", FAR)
async def test_a_time_that_no_day_holds_holds_up_nothing(ann: Tracker, at: str) -> None:
    made = await ann.begin()
    sent = await send(ann, {"habit_id": made.habit_id, "at": at}, {"habit_id": made.habit_id})
    refused, logged = sent.outcomes
    assert refused.refusal is not None
    assert logged.check_in is not None
    assert refused.refusal.code == "at_out_of_range"
    assert [one.pointer for one in refused.refusal.fields] == ["/at"]
    alone = CheckIn.model_validate({"habit_id": made.habit_id, "at": at})
    assert await code_of(ann.ask(alone)) == "at_out_of_range"
    on_a_day = CheckIn.model_validate({"habit_id": made.habit_id, "at": at, "day": TODAY})
    assert await code_of(ann.ask(on_a_day)) in ("at_out_of_range", "at_not_on_day")


async def test_what_is_refused_is_the_field_that_was_sent(ann: Tracker) -> None:
    run = await ann.begin(measure="count", start_day=day(-3))
    rain = await ann.begin(measure="amount", start_day=day(-3))
    sent = await send(
        ann,
        {"habit_id": run.habit_id, "by": 0.25},
        {"habit_id": run.habit_id, "value": 0.25},
        {"habit_id": rain.habit_id, "by": 1e9},
        {"habit_id": rain.habit_id, "by": 1.0},
        {"habit_id": rain.habit_id, "day": day(-4)},
        {"habit_id": rain.habit_id, "value": 1.0, "at": NOON - timedelta(days=4)},
        {"habit_id": rain.habit_id, "value": 1.0, "day": day(-2), "at": NOON},
        {"habit_id": rain.habit_id, "state": "done"},
    )
    named = [
        [field.pointer for field in one.refusal.fields] if one.refusal else []
        for one in sent.outcomes
    ]
    assert named == [["/by"], ["/value"], [], ["/by"], ["/day"], ["/at"], ["/at"], ["/value"]]
    with pytest.raises(Invalid) as refused:
        await ann.ask(Increment(habit_id=run.habit_id, by=1.5))
    assert [field.pointer for field in refused.value.fields] == ["/by"]
