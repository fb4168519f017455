"""Strength: what is asked and done counts, however the plan is put, as long as it is asked.

Day 0 is Monday, 1 January 2024.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.habit import Kind, Measure, Target, Version
from contracts.keeping.due import due_days
from contracts.keeping.progress import advance, begin, standing
from contracts.keeping.promise import SKIPPED, Promise, Rests
from contracts.schedule import (
    EveryDay,
    EveryNDays,
    MonthDays,
    NthWeekday,
    Rule,
    Schedule,
    Times,
    Weekdays,
    Yearly,
)
from tests.domain.making import day, days, done, promise, version
from tests.examples import examples

YEAR = 366
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def scores(habit: Promise, entries: dict[int, int], last: int, rests: Rests = ()) -> list[float]:
    """Return the score after each day until day number `last`."""
    found: list[float] = []
    advance(begin(habit), habit, entries, rests, day(last), scores=found)
    return found


def due(schedule: Schedule, last: int, begin_: int = 0) -> list[int]:
    """List the numbers of the due days of a schedule that began on day number `begin_`."""
    first = day(0).toordinal()
    asked = due_days(schedule, day(begin_), first, first + last)
    return [number for number in range(last + 1) if first + number in asked]


def falls(values: Iterable[float]) -> bool:
    """Tell whether a score falls anywhere."""
    listed = list(values)
    return any(after < before - 1e-12 for before, after in zip(listed, listed[1:], strict=False))


# -- whoever does all that is asked reaches full strength ------------------------------------------

BY_DAY: list[Schedule] = [
    EveryNDays(n=2),
    EveryNDays(n=17),
    EveryNDays(n=366),
    Weekdays(days=("mon",)),
    Weekdays(days=("mon", "tue")),
    Weekdays(days=("tue", "thu", "sat", "sun")),
    MonthDays(days=(31,)),
    MonthDays(days=(1, 2, -1)),
    NthWeekday(weekday="mon", nth=5),
    NthWeekday(weekday="sun", nth=-1),
    Yearly(month=2, day=29),
    Rule(rrule="FREQ=DAILY;INTERVAL=2"),
    Rule(rrule="FREQ=WEEKLY;INTERVAL=2"),
    Rule(rrule="FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,SA"),
    Rule(rrule="FREQ=DAILY;BYMONTH=6,7,8"),
    Rule(rrule="FREQ=WEEKLY;BYDAY=MO,WE;BYMONTH=1,2,12"),
    Rule(rrule="FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"),
    Rule(rrule="FREQ=YEARLY;INTERVAL=2"),
]


@pytest.mark.parametrize("schedule", BY_DAY, ids=lambda one: one.to_rrule())
def test_all_that_is_asked_makes_full_strength(schedule: Schedule) -> None:
    habit = promise(version(schedule=schedule))
    asked = due(schedule, 60 * YEAR)
    # So many due days that a daily habit, however it is spaced, has had time to grow.
    enough = asked[:100]
    found = scores(habit, done(*enough), enough[-1])
    assert not falls(found)
    assert found[-1] > 0.99


@given(
    st.sampled_from(BY_DAY),
    st.integers(0, 400),
    st.sampled_from([None, 1, 5]),
    st.sampled_from(["build", "quit"]),
    st.integers(30, 1500),
)
@settings(max_examples=examples(35))
def test_while_all_is_done_it_never_falls(
    schedule: Schedule, start: int, value: int | None, kind: Kind, length: int
) -> None:
    at: Literal["least", "most"] = "most" if kind == "quit" else "least"
    target = Target(value=value, at=at) if value else None
    habit = promise(version(start, schedule, target), kind=kind, measure="count")
    wanted = (value or 1) * 1000 if kind == "build" else 0
    entries = days(dict.fromkeys(due(schedule, start + length, start), wanted))
    found = scores(habit, entries, start + length)
    assert not falls(found)
    # What is more than asked, or done when nothing is due, changes nothing.
    if kind == "build":
        more = {**days(dict.fromkeys(range(start, start + length), wanted)), **entries}
        assert scores(habit, more, start + length) == found


@pytest.mark.parametrize(
    ("rule", "daily"),
    [("FREQ=DAILY;COUNT=30", 30), ("FREQ=DAILY;UNTIL=20240130", 30), ("FREQ=DAILY", 200)],
)
def test_thirty_days_weigh_as_thirty_days_of_a_daily_habit(rule: str, daily: int) -> None:
    entries = done(*range(min(daily, 200)))
    planned = scores(promise(version(schedule=Rule(rrule=rule))), entries, 199)
    plainly = scores(promise(), entries, 199)
    assert planned[:daily] == plainly[:daily]
    # After its end a plan neither rises nor falls.
    assert set(planned[daily:]) <= {planned[daily - 1]}


@pytest.mark.parametrize("kept", [1.0, 0.5])
def test_out_of_season_nothing_moves(kept: float) -> None:
    season = Rule(rrule="FREQ=DAILY;BYMONTH=6,7,8")
    habit = promise(version(schedule=season))
    asked = due(season, 3 * YEAR)
    entries = done(*(number for at, number in enumerate(asked) if kept == 1 or at % 2))
    found = scores(habit, entries, asked[-1] + 60)
    # The seasons follow one another as if they were one.
    plainly = scores(promise(), done(*range(len(asked)) if kept == 1 else range(1, 999, 2)), 275)
    assert [found[number] for number in asked] == plainly[: len(asked)]
    moves = {at for at in range(1, len(found)) if found[at] != found[at - 1]}
    assert moves <= set(asked)


def test_the_pace_is_that_of_how_often_it_is_asked() -> None:
    # Loop's weekly habit, done each week, keeps 0.5 ** (sqrt(1 / 7) / 13 * 7) of what lacks.
    found = scores(promise(version(schedule=Weekdays(days=("mon",)))), done(*range(0, 70, 7)), 69)
    weekly = 0.5 ** (7**0.5 / 13)
    assert found[69] == pytest.approx(1 - weekly**10)
    assert found[0] == pytest.approx(1 - weekly)
    assert found[6] == found[0]


def test_amounts_out_of_season_ask_for_nothing() -> None:
    season = Rule(rrule="FREQ=DAILY;BYMONTH=6,7,8")
    for per in ("week", "month"):
        target = Target.model_validate({"value": 10, "per": per})
        habit = promise(version(schedule=season, target=target), measure="count")
        entries = days(dict.fromkeys(range(0, 3 * YEAR, 7), 10_000))
        found = scores(habit, entries, 3 * YEAR)
        september = (day(0).replace(year=2025, month=10) - day(0)).days
        assert found[september] > 0.75
        assert len(set(found[september : september + 200])) == 1
        assert not falls(found[september : september + 250])


# -- two ways to say the same ----------------------------------------------------------------------

SAME: list[tuple[Schedule, Schedule]] = [
    (EveryNDays(n=1), EveryDay()),
    (EveryNDays(n=2), Rule(rrule="FREQ=DAILY;INTERVAL=2")),
    (EveryNDays(n=14), Rule(rrule="FREQ=WEEKLY;INTERVAL=2")),
    (EveryNDays(n=7), Rule(rrule="FREQ=WEEKLY")),
    (Weekdays(days=WEEK), EveryDay()),
    (Weekdays(days=WEEK), Rule(rrule="FREQ=DAILY")),
    (Weekdays(days=("mon", "tue")), Rule(rrule="FREQ=WEEKLY;BYDAY=TU,MO")),
    (Weekdays(days=("sat",)), Rule(rrule="FREQ=DAILY;BYDAY=SA")),
    (MonthDays(days=(5, -1)), Rule(rrule="FREQ=MONTHLY;BYMONTHDAY=5,-1")),
    (MonthDays(days=tuple(range(1, 32))), EveryDay()),
    (MonthDays(days=(31,)), Rule(rrule="FREQ=DAILY;BYMONTHDAY=31")),
    (NthWeekday(weekday="tue", nth=2), Rule(rrule="FREQ=MONTHLY;BYDAY=2TU")),
    (NthWeekday(weekday="fri", nth=-5), Rule(rrule="FREQ=MONTHLY;BYDAY=-5FR")),
    (Yearly(month=3, day=1), Rule(rrule="FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=1")),
    (Yearly(month=2, day=29), Rule(rrule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1")),
    (Rule(rrule="FREQ=WEEKLY;BYDAY=MO,FR"), Rule(rrule="FREQ=DAILY;BYDAY=FR,MO;WKST=SU")),
]


@given(
    st.sampled_from(SAME),
    st.integers(0, 800),
    st.integers(0, 40),
    st.dictionaries(st.integers(0, 300), st.sampled_from([SKIPPED, 0, 500, 1000, 4000])),
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 30)), max_size=2),
    st.sampled_from([None, "day", "week", "month", "rolling"]),
    st.sampled_from(["build", "quit"]),
)
@settings(max_examples=examples(70))
def test_two_ways_to_say_the_same_score_the_same(
    same: tuple[Schedule, Schedule],
    start: int,
    later: int,
    logged: dict[int, int],
    away: list[tuple[int, int]],
    per: str | None,
    kind: Kind,
) -> None:
    words = {"value": 3, "per": per, "at": "most" if kind == "quit" else "least"}
    target = None if per is None else Target.model_validate(
        words | ({"days": 4} if per == "rolling" else {})
    )  # fmt: skip
    measure: Measure = "yes_no" if target is None else "count"
    entries = days({start + number: value for number, value in logged.items()})
    rests = [(day(start + first), day(start + first + length)) for first, length in away]
    shown = []
    for schedule in same:
        habit = promise(version(start, schedule, target), kind=kind, measure=measure)
        settled = advance(begin(habit), habit, entries, rests, day(start + 300))
        shown.append(
            (
                settled,
                scores(habit, entries, start + 300, rests),
                standing(begin(habit), habit, entries, rests, day(start + later)),
            )
        )
    assert shown[0] == shown[1]


@pytest.mark.parametrize(
    "schedule",
    [Times(times=7, per="week"), Times(times=31, per="month"), Times(times=5, per="days", days=5)],
)
@given(ticks=st.sets(st.integers(0, 90)))
def test_as_often_as_there_are_days_is_daily(schedule: Schedule, ticks: set[int]) -> None:
    entries = done(*ticks)
    often = scores(promise(version(schedule=schedule)), entries, 95)
    assert often == scores(promise(), entries, 95)


def test_n_in_31_days_are_loops() -> None:
    """Against Loop's formula, written out: num and den doubled, as for any yes/no below daily."""
    ticks = {at for at in range(200) if at % 7 in (0, 3)}
    habit = promise(version(schedule=Times(times=9, per="days", days=31)))
    found = scores(habit, done(*ticks), 199)
    memory, score = 0.5 ** ((9 / 31) ** 0.5 / 13), 0.0
    for today in range(200):
        part = min(1.0, sum(at in ticks for at in range(today - 61, today + 1)) / 18)
        score = memory * score + (1 - memory) * part
        assert found[today] == pytest.approx(score, abs=1e-9)


# -- breaks and skips ------------------------------------------------------------------------------

PATTERNS: dict[Times, list[tuple[int, ...]]] = {
    Times(times=3, per="week"): [(0, 2, 4), (4, 5, 6), (0, 1, 2)],
    Times(times=1, per="week"): [(0,), (6,)],
    Times(times=2, per="days", days=5): [(0, 1), (3, 4)],
}
LENGTHS = {Times(times=2, per="days", days=5): 5}


@pytest.mark.parametrize("schedule", PATTERNS, ids=lambda one: one.model_dump_json())
@given(first=st.integers(380, 400), length=st.integers(1, 40), which=st.integers(0, 2))
@settings(max_examples=examples(20))
def test_a_break_costs_nothing(schedule: Times, first: int, length: int, which: int) -> None:
    pattern, week = PATTERNS[schedule], LENGTHS.get(schedule, 7)
    on = pattern[which % len(pattern)]
    habit = promise(version(schedule=schedule))
    away = range(first, first + length)
    entries = done(*(at for at in range(700) if at % week in on and at not in away))
    found = scores(habit, entries, 699, [(day(first), day(away[-1]))])
    assert not falls(found[100:])
    assert len(set(found[first - 1 : away[-1] + 1])) == 1


@given(first=st.integers(380, 400), length=st.integers(1, 40), second=st.integers(0, 20))
@settings(max_examples=examples(20))
def test_a_limit_is_not_passed_by_a_break(first: int, length: int, second: int) -> None:
    # Ten on each Monday, at most ten a week.
    target = Target(at="most", value=10, per="week")
    habit = promise(version(target=target), measure="count")
    again = first + length + 30 + second
    away = {*range(first, first + length), *range(again, again + 9)}
    entries = days({at: 10_000 if at % 7 == 0 else 0 for at in range(700) if at not in away})
    rests = [(day(first), day(first + length - 1)), (day(again), day(again + 8))]
    assert set(scores(habit, entries, 699, rests)) == {1.0}


def test_a_skip_is_loops() -> None:
    """A skipped day leaves the score as it is, and the window moves on over it."""
    habit = promise(version(schedule=Times(times=3, per="week")))
    ticks = [at for at in range(100) if at % 7 in (0, 2, 4)]
    entries = {**done(*ticks), **days(dict.fromkeys(range(98, 112), SKIPPED))}
    found = scores(habit, entries, 115)
    assert len(set(found[97:112])) == 1
    # Two weeks of skips later the window is empty.
    memory = 0.5 ** ((3 / 7) ** 0.5 / 13)
    assert found[112] == pytest.approx(found[111] * memory)


def test_what_is_done_in_a_break_is_not_asked() -> None:
    habit = promise(version(schedule=Times(times=3, per="week")))
    rests = [(day(70), day(83))]
    kept = done(*(at for at in range(120) if at % 7 in (0, 2, 4)))
    idle = {at: value for at, value in kept.items() if not 70 <= at - day(0).toordinal() < 84}
    assert scores(habit, kept, 119, rests) == scores(habit, idle, 119, rests)


@given(st.integers(20, 60), st.integers(1, 30))
def test_a_break_spares_a_rolling_target(first: int, length: int) -> None:
    habit = promise(version(target=Target(value=3, per="rolling", days=3)), measure="count")
    away = range(first, first + length)
    entries = days({at: 1000 for at in range(120) if at not in away})
    rests = [(day(first), day(away[-1]))]
    # The first two days are too short a window; the two after the break look back on it.
    streak = standing(begin(habit), habit, entries, rests, day(119)).streak
    assert streak == 120 - 2 - length - 2


# -- today, and the beginning ----------------------------------------------------------------------


def test_a_rare_day_that_is_not_over_lowers_little() -> None:
    for schedule in (Weekdays(days=("mon",)), Yearly(month=1, day=1), MonthDays(days=(1,))):
        habit = promise(version(schedule=schedule))
        asked = due(schedule, 15 * YEAR)[:10]
        entries = done(*asked[:-1])
        before = scores(habit, entries, asked[-1] - 1)[-1]
        progress = advance(begin(habit), habit, entries, (), day(asked[-1] - 1))
        morning = standing(progress, habit, entries, (), day(asked[-1])).score
        assert before * 0.94 < morning < before
        entries |= done(asked[-1])
        assert standing(progress, habit, entries, (), day(asked[-1])).score > before


def changed_on_the_first_day(first: Target | None, second: Target | None) -> tuple[float, float]:
    """Return the score after two days: of a target that was changed, and of one that was not."""
    before = promise(version(target=first), measure="count")
    after = promise(version(target=second), measure="count")
    changed = advance(begin(before), after, days({0: 1000}), (), day(1))
    return changed.score, advance(begin(after), after, days({0: 1000}), (), day(1)).score


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Target(value=5), Target(value=5, at="most")),
        (Target(value=5, at="most"), Target(value=5)),
        (None, Target(value=2, at="most", per="week")),
    ],
)
def test_a_target_turned_round_on_the_first_day(first: Target | None, second: Target) -> None:
    changed, begun_so = changed_on_the_first_day(first, second)
    assert changed == begun_so


def test_a_schedule_change_leaves_the_past() -> None:
    versions: tuple[Version, ...] = (version(), version(50, Weekdays(days=("mon",))))
    found = scores(promise(*versions), done(*range(50), *range(56, 200, 7)), 199)
    assert found[:50] == scores(promise(), done(*range(50)), 49)
    assert not falls(found)
    assert found[199] > 0.99
    assert (day(56) - timedelta(days=7)).weekday() == 0
