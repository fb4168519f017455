"""Reports over the bus: what was done in the rooms, told as facts, and summed up by hand.

The tests begin at noon on Monday, 5 May 2031: day 0.
"""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine

from actors.analytics.reports import report
from actors.runtime.local import LocalBus
from contracts.analytics import (
    GetAssociations,
    GetHabitInsight,
    GetMoodReport,
    GetSummary,
    Summary,
)
from contracts.analytics_upkeep import ListFacts
from contracts.breaks import AddBreak
from contracts.check_ins import CheckIn
from contracts.habits import DeleteHabit, ReorderHabits, UpdateHabit
from contracts.journal import CreateEntry
from contracts.message import Invalid, NotFound, new_id
from contracts.schedule import EveryDay
from contracts.users import ChangeProfile, DeleteMe
from ops.platform import room_of
from storage import outbox
from storage.session import transaction
from tests.rooms.people import NOON, Carry, code_of
from tests.rooms.tracking import TODAY, Tracker, day

pytestmark = pytest.mark.asyncio

A_WEEK = GetSummary(first=day(-7), last=day(-1))
THRICE = {"every": "times", "times": 3, "per": "week"}
MWF = {"every": "weekdays", "days": ["mon", "wed", "fri"]}


async def logged(ann: Tracker, habit_id: UUID, *numbers: int) -> None:
    """Do a habit on some days."""
    for number in numbers:
        await ann.log(habit_id, number)


async def felt(ann: Tracker, number: int, mood: int | None, *tags: str) -> None:
    """Write an entry of a day."""
    await ann.ask(CreateEntry(text="x", day=day(number), mood=mood, tags=tags))


def line(found: Summary, name: str) -> tuple[int, int, int, float | None, float | None, int]:
    """Return what was asked, kept and skipped, the rate, its change, and the streak."""
    (one,) = [each for each in found.habits if each.name == name]
    return one.asked, one.kept, one.skipped, one.rate, one.change, one.streak


# -- a week by hand -------------------------------------------------------------------------------
#
#            Mon  Tue  Wed  Thu  Fri  Sat  Sun   asked kept   the week before
# Read        x    x    x   skip   x    -    x       6    5    7 asked, 5 kept
# Run         x              -        break          2    1    3 asked, 3 kept
# Smoke      ok   ok   slip  ok   ok   ok   ok       7    6    began on Monday
# Write       x         -    x    x    -    x        6    4    3 asked, 0 kept
# asked       4    2    3    2    4    3    3       21
# kept        4    2    1    2    3    1    3            16
#
# Run asks for 3 · 5 // 7 = 2 of 3, since a break takes two days; the miss is known on Friday.
# Write was due on Monday, Wednesday and Friday, and is due each day from Thursday on.


async def live_a_week(ann: Tracker, clock: time_machine.Traveller) -> dict[str, UUID]:
    """Let that week, from day -7 to day -1, be lived; return the habits by name."""
    clock.move_to(NOON - timedelta(days=4))
    made = {
        "Read": await ann.begin("Read", start_day=day(-14)),
        "Run": await ann.begin("Run", start_day=day(-14), schedule=THRICE),
        "Smoke": await ann.begin("Smoke", start_day=day(-7), kind="quit"),
        "Write": await ann.begin("Write", start_day=day(-14), schedule=MWF),
    }
    ids = {name: habit.habit_id for name, habit in made.items()}
    await ann.ask(UpdateHabit(habit_id=ids["Write"], schedule=EveryDay()))
    clock.move_to(NOON)
    await logged(ann, ids["Read"], -14, -13, -12, -11, -10, -7, -6, -5, -3, -1)
    await ann.ask(CheckIn(habit_id=ids["Read"], day=day(-4), state="skipped"))
    await logged(ann, ids["Run"], -14, -12, -10, -7)
    words = {"from": day(-2), "to": day(-1), "habit_id": ids["Run"]}
    await ann.ask(AddBreak.model_validate(words))
    await ann.log(ids["Smoke"], -5, value=1.0)
    await logged(ann, ids["Write"], -7, -4, -3, -1)
    await felt(ann, -10, 2)
    await felt(ann, -7, 4, "home")
    await felt(ann, -7, 5)
    await felt(ann, -5, None)
    await felt(ann, -1, 3)
    return ids


async def test_a_week(
    ann: Tracker, bob: Tracker, carry: Carry, clock: time_machine.Traveller
) -> None:
    await live_a_week(ann, clock)
    await carry()
    found = await ann.ask(A_WEEK)
    assert (found.first, found.last, found.today) == (day(-7), day(-1), TODAY)
    assert (found.asked, found.kept, found.skipped, found.check_ins) == (21, 16, 1, 12)
    assert found.completion == pytest.approx(16 / 21, abs=1e-6)
    assert found.consistency == pytest.approx(5 / 7, abs=1e-6)
    assert (found.perfect_days, found.days_asked) == (4, 7)
    assert [(step.asked, step.kept) for step in found.steps] == [
        (4, 4),
        (2, 2),
        (3, 1),
        (2, 2),
        (4, 3),
        (3, 1),
        (3, 3),
    ]
    read = line(found, "Read")
    assert (*read[:4], read[5]) == (6, 5, 1, 0.833333, 1)
    assert read[4] == pytest.approx(5 / 6 - 5 / 7, abs=1e-5)
    assert line(found, "Run") == (2, 1, 0, 0.5, -0.5, 0)
    assert line(found, "Smoke") == (7, 6, 0, 0.857143, None, 5)
    assert line(found, "Write") == (6, 4, 0, 0.666667, 0.666667, 1)
    assert (found.best and found.best.name, found.worst and found.worst.name) == ("Smoke", "Write")
    assert found.before.completion == pytest.approx(8 / 13, abs=1e-6)
    assert (found.before.perfect_days, found.before.mood) == (2, 2.0)
    assert (found.mood, found.entries, found.before.mood_change) == (4.0, 4, 2.0)
    assert found.stamp > 0
    # The same by its name; and nobody else sees any of it.
    by_name = await ann.ask(GetSummary(period="week", day=day(-3)))
    assert by_name == found
    other = await bob.ask(A_WEEK)
    assert (other.habits, other.asked, other.entries, other.mood) == ((), 0, 0, None)


async def test_streaks_and_scores_are_those_that_the_habits_show(
    ann: Tracker, carry: Carry, clock: time_machine.Traveller
) -> None:
    ids = await live_a_week(ann, clock)
    await carry()
    for later in (0, 9, 40):
        clock.move_to(NOON + timedelta(days=later))
        found = await ann.ask(A_WEEK)
        for one in found.habits:
            shown = await ann.look(ids[one.name])
            assert (one.streak, one.best_streak) == (shown.streak, shown.best_streak)
            assert one.score == pytest.approx(shown.score, abs=1e-6)
        assert (found.asked, found.kept) == (21, 16)
        assert line(found, "Read")[:4] == (6, 5, 1, 0.833333)


async def test_one_habit(
    ann: Tracker, bob: Tracker, carry: Carry, clock: time_machine.Traveller
) -> None:
    ids = await live_a_week(ann, clock)
    await carry()
    summary = await ann.ask(A_WEEK)
    for one in summary.habits:
        words = GetHabitInsight(habit_id=one.habit_id, first=day(-7), last=day(-1))
        found = await ann.ask(words)
        assert found.line == one
        assert (found.today, found.stamp) == (summary.today, summary.stamp)
    whole = await ann.ask(GetHabitInsight(habit_id=ids["Read"]))
    assert (whole.first, whole.last) == (day(-364), day(0))
    assert [streak.length for streak in whole.streaks] == [1, 4, 5]
    assert whole.scores[-1].value == pytest.approx((await ann.look(ids["Read"])).score, abs=1e-6)
    asked = GetHabitInsight(habit_id=ids["Read"])
    with pytest.raises(NotFound) as no:
        await bob.ask(asked)
    assert no.value.code == "habit_not_found"
    assert await code_of(ann.ask(GetHabitInsight(habit_id=new_id()))) == "habit_not_found"
    await ann.ask(DeleteHabit(habit_id=ids["Read"]))
    await carry()
    assert await code_of(ann.ask(asked)) == "habit_not_found"
    assert [one.name for one in (await ann.ask(A_WEEK)).habits] == ["Run", "Smoke", "Write"]


async def test_moods(ann: Tracker, bob: Tracker, carry: Carry) -> None:
    for number, mood, *tags in ((-14, 4, "home"), (-14, 2), (-12, 5, "Home"), (-7, 3), (-6, None)):
        await felt(ann, int(number), mood if isinstance(mood, int) else None, *map(str, tags))
    await carry()
    found = await ann.ask(GetMoodReport(language="ru"))
    # 4, 2, 5, 3: average 3.5, squares 5 over 3. Mondays 4, 2, 3: average 3, spread 1.
    assert (found.entries, found.average, found.counts) == (4, 3.5, (0, 1, 1, 1, 1))
    assert found.spread == pytest.approx((5 / 3) ** 0.5, abs=1e-6)
    monday = found.by_weekday[0]
    assert (monday.name, monday.entries, monday.average, monday.spread) == (
        "понедельник",
        3,
        3.0,
        1.0,
    )
    assert [(tag.name, tag.entries, tag.average) for tag in found.by_tag] == [("Home", 2, 4.5)]
    assert (await ann.ask(GetMoodReport(tag="HOME"))).entries == 2
    assert (await ann.ask(GetMoodReport(tag="never heard of"))).entries == 0
    assert (await bob.ask(GetMoodReport())).entries == 0


async def test_associations(ann: Tracker, bob: Tracker, carry: Carry) -> None:
    run = await ann.begin("Run", start_day=day(-60))
    for number in range(-60, 0):
        if number % 3 == 0:
            await ann.log(run.habit_id, number)
        await felt(ann, number, 4 if number % 3 == 0 else 3)
    await carry()
    found = await ann.ask(GetAssociations(habit_id=run.habit_id))
    (same_day,) = [one for one in found.associations if one.kind == "mood_same_day"]
    assert (same_day.with_days, same_day.without_days, same_day.effect) == (20, 40, 1.0)
    assert await code_of(bob.ask(GetAssociations(habit_id=run.habit_id))) == "habit_not_found"
    assert (await bob.ask(GetAssociations())).associations == ()


async def test_habits_stand_in_the_order_of_their_person(ann: Tracker, carry: Carry) -> None:
    made = {name: await ann.begin(name) for name in ("Zen", "Art", "Mix")}
    for habit in made.values():
        await ann.log(habit.habit_id, 0)
    await carry()

    async def names() -> list[str]:
        return [one.name for one in (await ann.ask(GetSummary())).habits]

    assert await names() == ["Zen", "Art", "Mix"]
    await ann.ask(ReorderHabits(habit_ids=(made["Mix"].habit_id,)))
    await carry()
    assert await names() == ["Mix", "Zen", "Art"]
    await ann.log((await ann.begin("Abc")).habit_id, 0)
    await ann.ask(UpdateHabit(habit_id=made["Zen"].habit_id, name="Aaa"))
    await carry()
    assert await names() == ["Mix", "Aaa", "Art", "Abc"]


async def test_a_streak_at_risk(ann: Tracker, carry: Carry) -> None:
    read, run = await ann.begin(start_day=day(-9)), await ann.begin("Run", start_day=day(-9))
    await logged(ann, read.habit_id, *range(-9, 0))
    await logged(ann, run.habit_id, -2, -1, 0)
    await carry()
    found = await ann.ask(GetSummary(period="day"))
    assert [(one.name, one.streak, one.left) for one in found.at_risk] == [("Read", 9, 1.0)]
    assert (found.asked, found.kept, found.waiting) == (1, 1, 1)
    await ann.log(read.habit_id)
    await carry()
    again = await ann.ask(GetSummary(period="day"))
    assert (again.at_risk, again.waiting, again.perfect_days) == ((), 0, 1)
    assert again.stamp > found.stamp


# -- the edges ------------------------------------------------------------------------------------


async def test_nothing_yet(ann: Tracker, bus: LocalBus, carry: Carry) -> None:
    # Not even the profile has been told.
    nothing = await ann.ask(GetSummary())
    assert (nothing.first, nothing.last, nothing.completion) == (day(-29), TODAY, None)
    assert (nothing.stamp, len(nothing.steps)) == (0, 30)
    assert (await ann.ask(GetMoodReport())).average is None
    assert (await ann.ask(GetAssociations())).associations == ()
    habit = await ann.begin()
    await carry()
    one_day = await ann.ask(GetSummary())
    assert [(one.name, one.asked, one.rate) for one in one_day.habits] == [("Read", 0, None)]
    insight = await ann.ask(GetHabitInsight(habit_id=habit.habit_id))
    assert (insight.line.asked, insight.streaks) == (0, ())
    later = await ann.begin("Later", start_day=day(20))
    await carry()
    insight = await ann.ask(GetHabitInsight(habit_id=later.habit_id))
    assert (insight.scores, insight.line.asked) == ((), 0)
    assert (await ann.ask(GetSummary(first=day(30), last=day(50)))).asked == 0


async def test_ranges_that_make_no_sense(ann: Tracker) -> None:
    kinds: tuple[Any, ...] = (GetSummary, GetMoodReport, GetAssociations)
    for kind in kinds:
        with pytest.raises(Invalid) as no:
            await ann.ask(kind(first=day(0), last=day(-1)))
        assert no.value.code == "range_reversed"
        long = kind(first=date(1900, 1, 1), last=date(2099, 12, 31))
        assert await code_of(ann.ask(long)) == "range_too_long"
    both = GetSummary(first=day(-1), period="week")
    assert await code_of(ann.ask(both)) == "range_and_period"
    await ann.ask(GetSummary(first=date(1900, 1, 1), last=date(1900, 1, 7)))
    await ann.ask(GetSummary(period="week", day=date(2200, 12, 31)))
    await ann.ask(GetMoodReport(first=date(2200, 12, 1), last=date(2200, 12, 31)))


async def test_an_archived_habit(ann: Tracker, carry: Carry, clock: time_machine.Traveller) -> None:
    swim = await ann.begin("Swim", start_day=day(-7))
    await logged(ann, swim.habit_id, -7, -6)
    clock.move_to(NOON - timedelta(days=4))
    await ann.ask(UpdateHabit(habit_id=swim.habit_id, archived=True))
    clock.move_to(NOON)
    await carry()
    # In use from Monday to Wednesday, laid aside on Thursday.
    found = await ann.ask(A_WEEK)
    assert line(found, "Swim")[:3] == (3, 2, 0)
    assert found.at_risk == ()
    assert (await ann.ask(GetSummary(first=day(-4), last=day(0)))).habits == ()
    insight = await ann.ask(GetHabitInsight(habit_id=swim.habit_id, first=day(-7)))
    assert (insight.line.asked, insight.line.kept) == (3, 2)


@pytest.mark.parametrize("schedule", [{"every": "day"}, THRICE], ids=["daily", "thrice"])
async def test_what_was_kept_on_the_day_of_archiving_stays_kept(
    ann: Tracker, carry: Carry, clock: time_machine.Traveller, schedule: dict[str, object]
) -> None:
    made = [await ann.begin(name, start_day=day(-3), schedule=schedule) for name in ("Sew", "Row")]
    await logged(ann, made[0].habit_id, -3, -2, 0)
    await logged(ann, made[1].habit_id, -3)
    await carry()
    span = GetSummary(first=day(-3), last=day(0))
    before = [line(await ann.ask(span), name)[:3] for name in ("Sew", "Row")]
    for one in made:
        await ann.ask(UpdateHabit(habit_id=one.habit_id, archived=True))
    await carry()
    found = await ann.ask(span)
    assert [line(found, name)[:3] for name in ("Sew", "Row")] == before
    assert found.waiting == 0
    clock.shift(timedelta(days=1))
    await carry()
    later = GetSummary(first=day(-3), last=day(1))
    assert [line(await ann.ask(later), name)[:3] for name in ("Sew", "Row")] == before


async def test_it_is_another_day_elsewhere(
    bob: Tracker, carry: Carry, clock: time_machine.Traveller
) -> None:
    await bob.begin(start_day=day(-9))
    await bob.ask(ChangeProfile(name="Bob"))
    await carry()
    # 23:30 UTC is half past one in Berlin, and the day before again with a day start at three.
    clock.move_to(NOON.replace(hour=23, minute=30))
    assert (await bob.ask(GetSummary(period="day"))).today == day(1)
    await bob.ask(ChangeProfile(day_start=180))
    await carry()
    assert (await bob.ask(GetSummary(period="day"))).today == day(0)
    await bob.ask(ChangeProfile(zone="Pacific/Kiritimati", day_start=0, week_start="sun"))
    await carry()
    week = await bob.ask(GetSummary(period="week"))
    assert (week.today, week.first) == (day(1), day(-1))
    await bob.ask(ChangeProfile(zone="Pacific/Niue"))
    await carry()
    back = await bob.ask(GetSummary(first=day(-9), last=day(1)))
    # Days that were are what they were: nine asked until yesterday, and today waits.
    assert (back.today, back.asked, back.waiting) == (day(0), 9, 1)


async def test_days_are_days_when_clocks_change(
    bob: Tracker, carry: Carry, clock: time_machine.Traveller
) -> None:
    await bob.ask(ChangeProfile(name="Bob"))
    # Clocks go ahead on 30 March 2031 in Berlin, and back on 26 October.
    for at in (date(2031, 3, 30), date(2031, 10, 26)):
        clock.move_to(NOON.replace(month=at.month, day=at.day))
        habit = await bob.begin(f"In month {at.month}", start_day=at - timedelta(days=2))
        await bob.ask(CheckIn(habit_id=habit.habit_id, day=at))
        await carry()
        found = await bob.ask(GetSummary(first=at - timedelta(days=2), last=at))
        shown = next(one for one in found.habits if one.habit_id == habit.habit_id)
        assert (shown.asked, shown.kept) == (3, 1)


async def test_a_range_of_long_ago_reads_only_what_it_needs(
    ann: Tracker, carry: Carry, clock: time_machine.Traveller
) -> None:
    clock.move_to(NOON - timedelta(days=1000))
    swim = await ann.begin("Swim", schedule=THRICE, start_day=day(-1050))
    for number in range(-1050, -999):
        await ann.log(swim.habit_id, number)
    await felt(ann, -1010, 5)
    clock.move_to(NOON)
    for number in range(-8, 1):
        await ann.log(swim.habit_id, number)
    await felt(ann, -1, 1)
    await carry()
    # Day -1015 is a Monday. Two weeks of three each; streaks as of today.
    found = await ann.ask(GetSummary(first=day(-1015), last=day(-1002)))
    assert day(-1015).weekday() == 0
    assert (found.asked, found.kept, found.mood, found.entries) == (6, 6, 5.0, 1)
    assert found.before.completion == 1.0
    shown = await ann.look(swim.habit_id)
    assert found.habits[0].streak == shown.streak == 1
    assert found.habits[0].best_streak == shown.best_streak
    # Asked for all at once it is the same.
    years = await ann.ask(GetSummary(first=day(-1050), last=day(0)))
    assert [one.streak for one in years.habits] == [1]
    assert years.entries == 2


async def test_who_is_gone_has_no_reports(ann: Tracker, carry: Carry) -> None:
    habit = await ann.begin(start_day=day(-3))
    await logged(ann, habit.habit_id, -3, -2)
    await felt(ann, -2, 4)
    await carry()
    assert (await ann.ask(GetSummary())).kept == 2
    await ann.ask(DeleteMe())
    await carry()
    gone = await ann.ask(GetSummary())
    assert (gone.habits, gone.entries, gone.kept) == ((), 0, 0)


async def test_what_is_drawn_is_what_is_answered(
    ann: Tracker, carry: Carry, clock: time_machine.Traveller
) -> None:
    ids = await live_a_week(ann, clock)
    await carry()
    queries: tuple[Any, ...] = (
        A_WEEK,
        GetHabitInsight(habit_id=ids["Run"]),
        GetAssociations(),
        GetMoodReport(),
    )
    for query in queries:
        answer = await ann.ask(query)
        async with transaction(ann.engine) as tx:
            assert await report(query, ann.who, tx) == answer


async def test_a_report_changes_nothing_that_is_folded(ann: Tracker, carry: Carry) -> None:
    habit = await ann.begin(start_day=day(-30))
    await logged(ann, habit.habit_id, *range(-30, 0))
    await carry()
    first = await ann.ask(GetSummary())
    assert await ann.ask(GetSummary()) == first
    async with transaction(ann.engine) as tx:
        waiting, _ = await outbox.backlog(tx)
    assert waiting == 0


async def test_what_computes_is_loaded_before_a_transaction_waits_for_it() -> None:
    room = room_of("analytics")
    light = {"analytics.ping", "analytics.export_rows", ListFacts.address}
    assert set(room.befores) == set(room.answers) - light
