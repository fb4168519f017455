"""Days of habits over the bus: logged, added to, emptied, taken back, looked at."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from contracts.breaks import AddBreak
from contracts.check_ins import (
    CheckIn,
    GetHistory,
    GetStreaks,
    GetToday,
    Increment,
    ListCheckIns,
    RemoveCheckIn,
    Undo,
)
from contracts.habit import Target
from contracts.message import Conflict, Invalid, NotFound, new_id
from contracts.schedule import Times, Weekdays
from contracts.users import ChangeProfile
from tests.rooms.people import NOON, Carry, code_of
from tests.rooms.tracking import TODAY, Tracker, day

pytestmark = pytest.mark.asyncio


async def test_a_day_is_logged_once_however_often(ann: Tracker) -> None:
    made = await ann.begin()
    await ann.told()
    first = await ann.ask(CheckIn(habit_id=made.habit_id))
    assert (first.day, first.value, first.state, first.note) == (TODAY, 1, "done", "")
    assert (first.streak, first.best_streak) == (1, 1)
    assert first.score == pytest.approx(0.051922, abs=1e-6)
    assert await ann.log(made.habit_id) == first
    (fact,) = await ann.told()
    assert fact["address"] == "habits.habit_checked_in"
    assert (fact["value"], fact["state"], fact["previous_state"]) == (1, "done", None)
    assert (fact["day"], fact["zone"], fact["source"]) == (TODAY.isoformat(), "UTC", "api")
    assert len((await ann.ask(GetHistory(habit_id=made.habit_id))).changes) == 1


async def test_a_key_makes_it_once(ann: Tracker) -> None:
    made = await ann.begin(measure="count")
    more = Increment(habit_id=made.habit_id)
    first = await ann.ask(more, key="tick")
    assert await ann.ask(more, key="tick") == first
    assert (await ann.on(made.habit_id)).value == 1


async def test_logging_again_replaces_and_keeps_the_note(ann: Tracker) -> None:
    made = await ann.begin(measure="count")
    await ann.log(made.habit_id, value=3, note="hard")
    assert (await ann.log(made.habit_id, value=4)).note == "hard"
    await ann.told()
    after = await ann.log(made.habit_id, value=2, note="")
    assert (after.value, after.note) == (2, "")
    (fact,) = await ann.told()
    assert (fact["value"], fact["previous_value"], fact["version"]) == (2, 4, 4)
    kept = await ann.ask(Increment(habit_id=made.habit_id, by=5))
    assert kept.value == 7


LEAST, MOST = Target(value=10), Target(at="most", value=2)
SAID: list[tuple[dict[str, Any], dict[str, Any], tuple[float, str] | str]] = [
    ({}, {}, (1, "done")),
    ({}, {"value": 0}, (0, "failed")),
    ({}, {"value": 0.5}, (0.5, "partial")),
    ({}, {"value": 0, "state": "done"}, "state_contradicts_value"),
    ({}, {"state": "partial"}, (0.5, "partial")),
    ({}, {"state": "failed"}, (0, "failed")),
    ({}, {"state": "skipped", "value": 1}, "state_contradicts_value"),
    ({}, {"state": "skipped", "value": 0}, (0, "skipped")),
    ({}, {"value": 1.001}, "value_not_yes_no"),
    ({"measure": "count"}, {}, (1, "done")),
    ({"measure": "count"}, {"value": 1.5}, "value_not_whole"),
    ({"measure": "count"}, {"state": "partial"}, "value_missing"),
    ({"measure": "count", "target": LEAST}, {}, (10, "done")),
    ({"measure": "count", "target": LEAST}, {"value": 9}, (9, "partial")),
    ({"measure": "count", "target": LEAST}, {"value": 0}, (0, "failed")),
    ({"measure": "count", "target": MOST}, {}, "value_missing"),
    ({"measure": "count", "target": MOST}, {"state": "done"}, (0, "done")),
    ({"measure": "count", "target": MOST}, {"value": 2}, (2, "done")),
    ({"measure": "count", "target": MOST}, {"value": 3}, (3, "failed")),
    ({"measure": "amount"}, {}, "value_missing"),
    ({"measure": "amount"}, {"value": 7.3504}, (7.35, "done")),
    ({"measure": "amount", "target": LEAST}, {}, (10, "done")),
    ({"measure": "amount", "target": LEAST}, {"state": "failed"}, (0, "failed")),
    ({"measure": "amount", "target": Target(value=9, per="week")}, {}, "value_missing"),
    ({"measure": "duration"}, {"value": 90}, (90, "done")),
    ({"measure": "duration"}, {"value": 0.5}, "value_not_whole"),
    ({"measure": "duration"}, {"state": "done"}, "value_missing"),
    ({"kind": "quit"}, {}, "value_missing"),
    ({"kind": "quit"}, {"state": "done"}, (0, "done")),
    ({"kind": "quit"}, {"state": "failed"}, (1, "failed")),
    ({"kind": "quit"}, {"value": 3}, (3, "failed")),
    ({"kind": "quit"}, {"value": 0.5}, "value_not_whole"),
    ({"kind": "quit", "measure": "count", "target": MOST}, {"value": 2}, (2, "done")),
    ({"kind": "quit", "measure": "amount"}, {"value": 0.5}, (0.5, "failed")),
    ({"kind": "quit", "measure": "amount"}, {"state": "failed"}, "value_missing"),
]


async def test_what_a_day_says(ann: Tracker) -> None:
    for habit, said, meant in SAID:
        made = await ann.begin(**habit)
        if isinstance(meant, str):
            assert await code_of(ann.log(made.habit_id, **said)) == meant, (habit, said)
            assert (await ann.on(made.habit_id)).value is None, (habit, said)
        else:
            logged = await ann.log(made.habit_id, **said)
            assert (logged.value, logged.state) == meant, (habit, said)
            shown = await ann.on(made.habit_id)
            assert (shown.value, shown.state) == meant, (habit, said)


async def test_fifty_at_once_add_up(ann: Tracker) -> None:
    made = await ann.begin(measure="count", start_day=day(-100))
    by = [1.0, 2.0] * 25
    outcomes = await asyncio.gather(
        *(ann.ask(Increment(habit_id=made.habit_id, by=one)) for one in by)
    )
    assert max(one.value or 0 for one in outcomes) == 75
    assert (await ann.on(made.habit_id)).value == 75
    history = await ann.ask(GetHistory(habit_id=made.habit_id, limit=500))
    assert len(history.changes) == 50
    versions = [fact["version"] for fact in await ann.told() if "value" in fact]
    assert len(set(versions)) == 50


async def test_many_days_at_once_are_all_kept(ann: Tracker) -> None:
    made = await ann.begin(start_day=day(-100))
    await ann.log(made.habit_id)
    numbers = list(range(-100, 0))
    logged = (ann.log(made.habit_id, number) for number in numbers[::-1])
    await asyncio.gather(*logged)
    after = await ann.look(made.habit_id)
    assert (after.streak, after.best_streak) == (101, 101)
    assert after.score == (await ann.recomputed(made.habit_id, TODAY)).score


async def test_two_pasts_at_once_become_one(ann: Tracker) -> None:
    """What one change found settled is no longer so when the other is done."""
    made = await ann.begin(start_day=day(-100))
    await ann.log(made.habit_id)
    for number in range(10):
        far, near = number - 100, number - 13
        await asyncio.gather(*(ann.log(made.habit_id, n) for n in (far, near, far + 40)))
        after, whole = await ann.look(made.habit_id), await ann.recomputed(made.habit_id, TODAY)
        assert (after.best_streak, after.score) == (whole.best_streak, whole.score)


async def test_a_sum_has_an_end(ann: Tracker) -> None:
    made = await ann.begin(measure="amount")
    await ann.log(made.habit_id, value=1e9)
    with pytest.raises(Invalid) as no:
        await ann.ask(Increment(habit_id=made.habit_id, by=0.001))
    assert no.value.code == "value_too_large"
    assert (await ann.on(made.habit_id)).value == 1e9
    yes_no = await ann.begin()
    await ann.ask(Increment(habit_id=yes_no.habit_id, by=0.5))
    await ann.ask(Increment(habit_id=yes_no.habit_id, by=0.5))
    more = Increment(habit_id=yes_no.habit_id, by=0.5)
    assert await code_of(ann.ask(more)) == "value_not_yes_no"


async def test_an_earlier_day_moves_the_beginning(ann: Tracker) -> None:
    made = await ann.begin()
    await ann.told()
    await ann.log(made.habit_id, -3)
    await ann.log(made.habit_id, -70)
    after = await ann.look(made.habit_id)
    assert (after.start_day, after.versions[0].effective_from) == (day(-70), day(-70))
    assert (after.streak, after.best_streak) == (0, 1)
    assert after.score == (await ann.recomputed(made.habit_id, TODAY)).score
    facts = await ann.told()
    starts = [fact["start_day"] for fact in facts if fact["address"] == "habits.habit_changed"]
    assert starts == [day(-3).isoformat(), day(-70).isoformat()]
    assert await code_of(ann.log(made.habit_id, -50 * 365 - 1)) == "day_out_of_range"


async def test_a_given_beginning_stays(ann: Tracker) -> None:
    made = await ann.begin(start_day=day(-2))
    with pytest.raises(Invalid) as no:
        await ann.log(made.habit_id, -3)
    assert no.value.code == "day_out_of_range"
    assert no.value.params["earliest"] == day(-2).isoformat()
    assert (await ann.log(made.habit_id, -2)).state == "done"


async def test_tomorrow_is_the_last_day(ann: Tracker) -> None:
    made = await ann.begin()
    # Logged for tomorrow, and answered as of today, as the habit is shown.
    tomorrow, shown = await ann.log(made.habit_id, 1), await ann.look(made.habit_id)
    assert tomorrow.state == "done"
    assert (tomorrow.streak, tomorrow.score) == (shown.streak, shown.score) == (0, 0.0)
    for later in (2, 3000):
        assert await code_of(ann.log(made.habit_id, later)) == "day_out_of_range"
    assert (await ann.look(made.habit_id)).streak == 0
    assert (await ann.log(made.habit_id, 0)).streak == 1


async def test_a_day_is_emptied(ann: Tracker) -> None:
    made = await ann.begin()
    await ann.log(made.habit_id, note="psst")
    await ann.told()
    empty = await ann.ask(RemoveCheckIn(habit_id=made.habit_id))
    assert (empty.value, empty.state, empty.note, empty.streak, empty.score) == (
        (None, None, "", 0, 0.0)
    )
    (fact,) = await ann.told()
    assert fact["address"] == "habits.check_in_removed"
    assert (fact["previous_value"], fact["previous_state"]) == (1, "done")
    assert "psst" not in str(fact)
    assert await ann.ask(RemoveCheckIn(habit_id=made.habit_id)) == empty
    before = RemoveCheckIn(habit_id=made.habit_id, day=day(-5))
    assert (await ann.ask(before)).value is None
    assert await ann.told() == []
    assert (await ann.look(made.habit_id)).start_day == TODAY


async def test_what_was_done_is_undone(ann: Tracker) -> None:
    made, other = await ann.begin(measure="count"), await ann.begin("Run")
    await ann.log(made.habit_id, value=2, note="x")
    await ann.log(made.habit_id, value=5)
    await ann.log(other.habit_id)
    await ann.told()
    back = await ann.ask(Undo(habit_id=made.habit_id))
    assert (back.value, back.note, back.habit_id) == (2, "x", made.habit_id)
    assert (await ann.ask(Undo())).habit_id == other.habit_id
    assert (await ann.ask(Undo())).value is None
    assert await code_of(ann.ask(Undo())) == "change_not_found"
    facts = await ann.told()
    assert [str(one["address"])[7:] for one in facts] == [
        "habit_checked_in",
        "check_in_removed",
        "check_in_removed",
    ]
    assert {one["source"] for one in facts} == {"undo"}
    history = (await ann.ask(GetHistory(habit_id=made.habit_id))).changes
    assert [one.undone for one in history] == [False, False, True, True]


async def test_a_change_is_undone_by_its_id_once(ann: Tracker) -> None:
    made = await ann.begin()
    for number in (-2, -1, 0):
        await ann.log(made.habit_id, number)
    changes = (await ann.ask(GetHistory(habit_id=made.habit_id))).changes
    back = await ann.ask(Undo(change_id=changes[1].change_id))
    assert (back.day, back.value, back.streak) == (day(-1), None, 1)
    assert await code_of(ann.ask(Undo(change_id=changes[1].change_id))) == "change_not_found"
    await ann.log(made.habit_id, 0, state="skipped")
    with pytest.raises(Conflict) as no:
        await ann.ask(Undo(change_id=changes[0].change_id))
    assert no.value.code == "changed_since"
    undo = (await ann.ask(GetHistory(habit_id=made.habit_id, day=day(-1)))).changes[0]
    again = await ann.ask(Undo(change_id=undo.change_id))
    assert (again.day, again.state) == (day(-1), "done")


async def test_one_of_many_undoes(ann: Tracker) -> None:
    made = await ann.begin()
    await ann.log(made.habit_id)
    outcomes = await asyncio.gather(*(ann.ask(Undo()) for _ in range(6)), return_exceptions=True)
    assert sum(not isinstance(one, Exception) for one in outcomes) == 1
    refused = [one for one in outcomes if isinstance(one, Exception)]
    assert all(isinstance(one, (Conflict, NotFound)) for one in refused)


async def test_an_earlier_beginning_is_undone_too(ann: Tracker) -> None:
    made = await ann.begin(kind="quit", schedule=Weekdays(days=("mon", "thu")))
    before = await ann.look(made.habit_id)
    assert before.streak == 1
    await ann.log(made.habit_id, -40, value=2)
    assert (await ann.look(made.habit_id)).streak > 1
    back = await ann.ask(Undo())
    assert (back.value, back.streak, back.score) == (None, 1, 1.0)
    after = await ann.look(made.habit_id)
    assert (after.start_day, after.versions) == (before.start_day, before.versions)
    assert after.score == (await ann.recomputed(made.habit_id, TODAY)).score
    await ann.log(made.habit_id, -40, value=2)
    await ann.log(made.habit_id, -20, value=2)
    first = (await ann.ask(GetHistory(habit_id=made.habit_id))).changes[1]
    await ann.ask(Undo(change_id=first.change_id))
    assert (await ann.look(made.habit_id)).start_day == day(-20)


async def test_days_come_in_pages(ann: Tracker) -> None:
    made = await ann.begin(start_day=day(-9))
    for number in range(-9, 1):
        await ann.log(made.habit_id, number, note=f"n{number}")
    pages = []
    cursor = None
    while True:
        asked = ListCheckIns(
            habit_id=made.habit_id, first=day(-8), last=day(-1), cursor=cursor, limit=3
        )
        page = await ann.ask(asked)
        pages.append([(one.day - TODAY).days for one in page.check_ins])
        cursor = page.next
        if cursor is None:
            break
    assert pages == [[-8, -7, -6], [-5, -4, -3], [-2, -1]]
    assert (await ann.ask(ListCheckIns(habit_id=made.habit_id))).check_ins[0].note == "n-9"


async def test_history_tells_who_changed_what(ann: Tracker) -> None:
    made = await ann.begin(measure="count")
    await ann.log(made.habit_id, value=1, source="web")
    await ann.log(made.habit_id, value=2, note="x", source="telegram")
    await ann.log(made.habit_id, -1, value=9)
    await ann.ask(RemoveCheckIn(habit_id=made.habit_id, source="web"))
    page = await ann.ask(GetHistory(habit_id=made.habit_id, day=TODAY, limit=2))
    rest = await ann.ask(GetHistory(habit_id=made.habit_id, day=TODAY, cursor=page.next))
    seen = [*page.changes, *rest.changes]
    assert [
        (one.before and one.before.value, one.after and one.after.value, one.source) for one in seen
    ] == [(2, None, "web"), (1, 2, "telegram"), (None, 1, "web")]
    assert seen[0].before is not None
    assert seen[0].before.note == "x"
    assert {one.made_by for one in seen} == {"user"}
    assert rest.next is None


async def test_streaks_are_all_there(ann: Tracker) -> None:
    made = await ann.begin(start_day=day(-20))
    for number in (-20, -19, -18, -10, -9, -1, 0):
        await ann.log(made.habit_id, number)
    await ann.log(made.habit_id, -8, state="skipped")
    await ann.log(made.habit_id, -7)
    found = await ann.ask(GetStreaks(habit_id=made.habit_id))
    assert (found.streak, found.best_streak) == (2, 3)
    runs = [(one.start - TODAY, one.end - TODAY, one.length) for one in found.streaks]
    assert [(start.days, end.days, length) for start, end, length in runs] == [
        (-1, 0, 2),
        (-10, -7, 3),
        (-20, -18, 3),
    ]
    assert {one.unit for one in found.streaks} == {"day"}
    weekly = await ann.begin("Run", schedule=Times(times=1, per="week"), start_day=day(-30))
    await ann.log(weekly.habit_id, -14)
    found = await ann.ask(GetStreaks(habit_id=weekly.habit_id))
    assert [(one.length, one.unit) for one in found.streaks] == [(1, "week")]


async def test_any_day_can_be_looked_at(ann: Tracker) -> None:
    made = await ann.begin("Read", start_day=day(-70), measure="count", target=Target(value=2))
    other = await ann.begin("Run", schedule=Weekdays(days=("tue",)), start_day=day(-3))
    for number in range(-70, 1):
        await ann.log(made.habit_id, number, value=2, note=f"n{number}")
    for number in (-71, -70, -35, -3, -1, 0):
        shown = await ann.ask(GetToday(day=day(number)))
        assert shown.day == day(number)
        read = next(one for one in shown.habits if one.habit_id == made.habit_id)
        assert read.streak == max(0, number + 71)
        assert read.due == (number >= -70)
        assert read.note == ("" if number < -70 else f"n{number}")
        assert read.score == (await ann.recomputed(made.habit_id, day(number))).score
    assert [(await ann.on(other.habit_id, day(n))).due for n in (-6, -1, 0, 1)] == (
        [False, False, False, True]
    )
    ahead = await ann.on(made.habit_id, day(1))
    assert (ahead.streak, ahead.due, ahead.value, ahead.needed) == (71, True, None, 2)


async def test_a_break_shows_on_its_days(ann: Tracker) -> None:
    made = await ann.begin()
    await ann.ask(AddBreak(first=TODAY, last=TODAY))
    shown = await ann.on(made.habit_id)
    assert (shown.due, shown.on_break) == (False, True)
    assert (await ann.on(made.habit_id, day(1))).due


async def test_the_day_is_theirs(ann: Tracker, carry: Carry, clock: time_machine.Traveller) -> None:
    made = await ann.begin(start_day=day(-3))
    clock.move_to("2031-05-05T23:30:00+00:00")
    assert (await ann.ask(GetToday())).day == TODAY
    await ann.log(made.habit_id)
    await ann.ask(ChangeProfile(zone="Asia/Tokyo"))
    await carry()
    assert (await ann.ask(GetToday())).day == day(1)
    assert (await ann.ask(CheckIn(habit_id=made.habit_id))).day == day(1)
    await ann.ask(ChangeProfile(day_start=720))
    await carry()
    assert (await ann.ask(GetToday())).day == TODAY
    await ann.ask(ChangeProfile(zone="Pacific/Pago_Pago", day_start=0))
    await carry()
    assert (await ann.ask(GetToday())).day == TODAY
    days = (await ann.ask(ListCheckIns(habit_id=made.habit_id))).check_ins
    assert [one.day for one in days] == [TODAY, day(1)]
    assert (await ann.look(made.habit_id)).streak == 1


async def test_a_flight_west_is_no_trouble(
    ann: Tracker, carry: Carry, clock: time_machine.Traveller
) -> None:
    await ann.ask(ChangeProfile(zone="Pacific/Kiritimati"))
    made = await ann.begin()
    assert made.start_day == day(1)
    await carry()
    await ann.ask(ChangeProfile(zone="Pacific/Pago_Pago", day_start=720))
    await carry()
    assert (await ann.ask(GetToday())).day == day(-1)
    assert (await ann.look(made.habit_id)).streak == 0
    assert (await ann.on(made.habit_id)).due is False
    assert (await ann.ask(RemoveCheckIn(habit_id=made.habit_id))).value is None
    logged = await ann.ask(CheckIn(habit_id=made.habit_id))
    assert (logged.day, logged.streak) == (day(-1), 1)


async def test_what_is_not_there_cannot_be_logged(ann: Tracker) -> None:
    for message in (CheckIn(habit_id=new_id()), Undo(change_id=new_id()), Undo(habit_id=new_id())):
        with pytest.raises(NotFound):
            await ann.ask(message)


async def test_a_client_that_was_offline_says_when_it_was_done(ann: Tracker) -> None:
    made = await ann.begin(start_day=day(-7))
    await ann.told()
    evening = NOON - timedelta(days=3) + timedelta(hours=9)
    logged = await ann.ask(CheckIn(habit_id=made.habit_id, at=evening))
    assert logged.day == day(-3), "the time names the day"
    (fact,) = await ann.told()
    assert datetime.fromisoformat(str(fact["occurred_at"])) == evening
    for wrong in (NOON + timedelta(hours=1), NOON - timedelta(days=5)):
        late = CheckIn(habit_id=made.habit_id, day=day(-3), at=wrong)
        assert await code_of(ann.ask(late)) == "at_not_on_day"
    assert await ann.told() == []


async def test_a_skip_later_in_a_week_counts_for_what_the_week_asked(
    ann: Tracker, clock: time_machine.Traveller
) -> None:
    made = await ann.begin(schedule=Times(times=2))
    monday = TODAY
    clock.shift(timedelta(days=21))
    for number in range(1, 7):
        skip = CheckIn(habit_id=made.habit_id, day=monday + timedelta(days=number), state="skipped")
        await ann.ask(skip)
    seen, then = await ann.on(made.habit_id, monday), await ann.recomputed(made.habit_id, monday)
    assert (seen.needed, seen.due) == (then.needed, then.due) == (0, False)
