"""Which promises were asked for and kept, against what a person would count on a calendar.

Day 0 is a Monday; so the first week is 0 to 6, the second 7 to 13.
"""

from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.analytics.asked import asked_of
from actors.analytics.history import reach_of
from contracts.habit import Kind, Target
from contracts.keeping.progress import begin, standing, streaks
from contracts.keeping.promise import SKIPPED, Promise, Rests
from contracts.keeping.risk import ends_today
from contracts.schedule import EveryNDays, MonthDays, Schedule, Times, Weekdays
from tests.domain.making import MONDAY, day, days, done, promise, version
from tests.domain.tracking import habit

THRICE = Times(times=3, per="week")
Counted = tuple[list[int], list[int], bool]
"""Day numbers that asked, those that were kept, and whether today waits."""


def told(
    plan: Promise,
    entries: Mapping[int, int],
    today: int,
    *,
    rests: Rests = (),
    first: int = 0,
    last: int | None = None,
    until: int | None = None,
) -> Counted:
    """Count what a habit asked for, by default on all days until day number `today`."""
    base = MONDAY.toordinal()
    found = asked_of(
        habit("Read", plan, entries, rests, until),
        base + first,
        base + (today if last is None else last),
        base + today,
    )
    asked, kept = ([one - base for one in sorted(some)] for some in (found.asked, found.kept))
    return asked, kept, found.waiting


def of(*schedules: Schedule, begin: int = 0) -> Promise:
    """Make a habit with one schedule."""
    return promise(*(version(begin, schedule) for schedule in schedules))


# -- due days -------------------------------------------------------------------------------------


def test_today_asks_once_it_is_decided() -> None:
    assert told(promise(), done(0, 1, 3), 4) == ([0, 1, 2, 3], [0, 1, 3], True)
    assert told(promise(), done(0, 1, 3, 4), 4) == ([0, 1, 2, 3, 4], [0, 1, 3, 4], False)
    no = {**done(0), **days({1: 0})}
    assert told(promise(), no, 1) == ([0, 1], [0], False)
    half = {**done(0), **days({1: 500})}
    assert told(promise(), half, 1) == ([0], [0], True)
    assert told(promise(), half, 2) == ([0, 1], [0], True)


def test_skips_and_breaks_ask_for_nothing() -> None:
    entries = {**done(0, 4, 6), **days({1: SKIPPED})}
    assert told(promise(), entries, 6, rests=[(day(3), day(4))]) == ([0, 2, 5, 6], [0, 6], False)
    assert told(promise(), days({0: SKIPPED}), 0) == ([], [], False)


def test_only_due_days_ask() -> None:
    workouts = of(Weekdays(days=("mon", "thu")))
    assert told(workouts, done(0, 1, 10), 10) == ([0, 3, 7, 10], [0, 10], False)
    assert told(of(EveryNDays(n=3)), done(3), 5) == ([0, 3], [3], False)
    assert told(of(MonthDays(days=(1, -1))), done(0), 31) == ([0, 30], [0], True)


def test_quitting_needs_no_word() -> None:
    quitting = promise(kind="quit")
    assert told(quitting, days({2: 1000}), 4) == ([0, 1, 2, 3, 4], [0, 1, 3, 4], False)
    assert told(quitting, days({2: 1000, 4: 1000}), 4) == ([0, 1, 2, 3, 4], [0, 1, 3], False)


def test_a_target_of_some_days_asks_each_day() -> None:
    # At least 10 in any 3 days: the sums are 4, 4, 10, 6, 6.
    rolling = promise(version(target=Target(value=10, per="rolling", days=3)), measure="count")
    assert told(rolling, days({0: 4000, 2: 6000}), 5) == ([0, 1, 2, 3, 4], [2], True)


# -- so many times --------------------------------------------------------------------------------


def test_a_week_asks_for_its_times() -> None:
    # Two of three done; the third could be made up until Sunday.
    assert told(of(THRICE), done(0, 2), 7) == ([0, 2, 6], [0, 2], False)
    # More than was asked for counts for nothing; the second week is lost on Saturday and Sunday.
    assert told(of(THRICE), done(0, 1, 2, 3, 8), 14) == ([0, 1, 2, 8, 12, 13], [0, 1, 2, 8], False)


@pytest.mark.parametrize(
    ("today", "asked"), [(3, [0]), (5, [0]), (6, [0, 5]), (7, [0, 5, 6]), (8, [0, 5, 6])]
)
def test_a_miss_falls_on_the_day_that_lost_it(today: int, asked: list[int]) -> None:
    # One of three done: on Saturday two places and two days are left, on Sunday one day is.
    assert told(of(THRICE), done(0), today) == (asked, [0], False)


def test_rest_takes_its_share() -> None:
    # Four days at rest leave 3 · 3 // 7 = 1; what was done beyond that counts all the same.
    rests = [(day(0), day(3))]
    assert told(of(THRICE), done(5, 6), 7, rests=rests) == ([5, 6], [5, 6], False)
    assert told(of(THRICE), {}, 7, rests=rests) == ([6], [], False)
    # One skip leaves min(3 · 6 // 7, 3 - 1) = 2; five leave nothing.
    assert told(of(THRICE), {**done(0), **days({1: SKIPPED})}, 7) == ([0, 6], [0], False)
    five = days(dict.fromkeys(range(1, 6), SKIPPED))
    assert told(of(THRICE), five, 7) == ([], [], False)
    assert told(of(THRICE), {**done(0), **five}, 7) == ([0], [0], False)
    # Two skips in a month leave min(5 · 29 // 31, 5 - 2) = 3.
    monthly = of(Times(times=5, per="month"))
    assert told(monthly, days({1: SKIPPED, 2: SKIPPED}), 31) == ([28, 29, 30], [], False)
    # A break to come on Saturday and Sunday: 3 · 5 // 7 = 2 until Friday.
    assert told(of(THRICE), {}, 4, rests=[(day(5), day(6))]) == ([3], [], False)


def test_what_is_done_in_a_week_of_rest_was_not_asked_for() -> None:
    rests = [(day(7), day(13))]
    entries = done(0, 2, 4, 8, 9, 11, 14, 15, 16)
    kept = [0, 2, 4, 14, 15, 16]
    assert told(of(THRICE), entries, 21, rests=rests) == (kept, kept, False)
    _, now = streaks(of(THRICE), entries, rests, day(21))
    assert now.run.length == 2


def test_a_piece_asks_for_what_was_done() -> None:
    assert told(of(THRICE, begin=4), done(5), 7) == ([5], [5], False)
    assert told(of(THRICE, begin=4), done(5), 14) == ([5, 11, 12, 13], [5], False)
    assert told(of(THRICE), done(0, 7), 14, until=12) == ([0, 5, 6, 7], [0, 7], False)


def test_months_and_blocks() -> None:
    assert told(of(Times(times=2, per="month")), done(3), 31) == ([3, 30], [3], False)
    blocks = of(Times(times=1, per="days", days=10))
    assert told(blocks, done(3, 25), 30) == ([3, 19, 25], [3, 25], False)


def test_each_version_asks_by_itself() -> None:
    # Three times a week until Wednesday, daily from Thursday on.
    changed = promise(version(schedule=THRICE), version(3))
    assert told(changed, done(0, 3, 4), 7) == ([0, 3, 4, 5, 6], [0, 3, 4], True)
    # More times of the same week: what holds when it ends decides, and the week is whole.
    more = promise(version(schedule=THRICE), version(3, Times(times=5, per="week")))
    assert told(more, done(0, 1, 2, 3), 7) == ([0, 1, 2, 3, 6], [0, 1, 2, 3], False)
    # The new schedule is known, but not in force.
    assert told(changed, done(0), 2) == ([0], [0], False)


# -- amounts --------------------------------------------------------------------------------------


def amounts(at: str, per: str = "week", kind: Kind = "build") -> Promise:
    """Make a habit with a target of 10 a week."""
    target = Target.model_validate({"at": at, "value": 10, "per": per})
    return Promise(kind, "count", MONDAY, (version(target=target),))


def test_an_amount_is_one_promise() -> None:
    entries = days({1: 4000, 4: 6000, 5: 9000, 8: 5000, 14: 5000})
    assert told(amounts("least"), entries, 14) == ([4, 13], [4], False)
    assert told(amounts("least"), entries, 3) == ([], [], False)
    assert told(amounts("least"), entries, 4) == ([4], [4], False)
    # Rest leaves 10 · 5 // 7 = 7.142 of 10: 7.2 is enough not to be asked, 7 is not.
    rests = [(day(0), day(1))]
    assert told(amounts("least"), days({3: 7200}), 7, rests=rests) == ([], [], False)
    assert told(amounts("least"), days({3: 7000}), 7, rests=rests) == ([6], [], False)
    assert told(amounts("least"), {}, 7, rests=[(day(5), day(6))]) == ([4], [], False)


def test_a_limit_is_kept_when_the_week_is_over() -> None:
    entries = days({0: 10_000, 8: 6000, 9: 6000})
    assert told(amounts("most"), entries, 6) == ([], [], False)
    assert told(amounts("most"), entries, 7) == ([6], [6], False)
    assert told(amounts("most"), entries, 9) == ([6, 9], [6], False)
    # Nothing logged says nothing; when quitting it says all.
    assert told(amounts("most"), {}, 7) == ([6], [], False)
    assert told(amounts("most", kind="quit"), {}, 7) == ([6], [6], False)
    assert told(amounts("most", per="month"), {}, 31) == ([30], [], False)


# -- the edges ------------------------------------------------------------------------------------


def test_a_limit_in_a_week_without_a_word_is_judged_alike_everywhere() -> None:
    plan = promise(version(target=Target(at="most", value=6, per="week")), measure="count")
    logged, rests = days({2: 2000, 15: 0, 22: 6000}), [(day(28), day(30))]
    # What is to be built must be logged: nothing said is nothing kept. Rest excuses.
    assert told(plan, logged, 35, rests=rests) == ([6, 13, 20, 27], [6, 20, 27], False)
    runs, now = streaks(plan, logged, rests, day(35))
    assert [run.length for run in runs] == [2, 1]
    assert now.run.length == 2
    sunday = standing(begin(plan), plan, logged, rests, day(13))
    assert (sunday.streak, sunday.done, sunday.needed, sunday.due) == (1, 0, 6, True)
    assert ends_today(begin(plan), plan, logged, rests, day(13))
    assert not ends_today(begin(plan), plan, {**logged, **days({9: 0})}, rests, day(13))


@pytest.mark.parametrize(
    ("logged", "counted", "asked"), [((4,), 0, [4]), ((3, 4, 6), 1, [3, 4, 6]), ((), 0, [])]
)
def test_the_first_piece_of_a_week_is_judged_alike_everywhere(
    logged: tuple[int, ...], counted: int, asked: list[int]
) -> None:
    plan, entries = of(THRICE, begin=3), done(*logged, 8, 9, 10)
    assert told(plan, entries, 7) == (asked, asked, False)
    evening = standing(begin(plan), plan, entries, (), day(6))
    assert (evening.done, evening.needed) == (len(logged), 3)
    assert evening.streak == standing(begin(plan), plan, entries, (), day(7)).streak == counted
    assert not ends_today(begin(plan), plan, entries, (), day(6))
    assert standing(begin(plan), plan, entries, (), day(14)).streak == counted + 1


def test_a_range_cuts_nothing_short() -> None:
    assert told(of(THRICE), done(0, 2), 10, first=3, last=6) == ([6], [], False)
    assert told(of(THRICE), done(0, 2), 10, first=0, last=4) == ([0, 2], [0, 2], False)
    assert told(promise(), {}, 5, first=7, last=9) == ([], [], False)
    assert told(promise(version(9)), {}, 5) == ([], [], False)
    assert told(promise(), done(0), 9, until=2) == ([0, 1, 2], [0], False)
    assert told(promise(), done(0), 9, until=-1) == ([], [], False)


SCHEDULES = st.sampled_from(
    [
        version().schedule,
        Weekdays(days=("mon", "thu", "sat")),
        EveryNDays(n=4),
        THRICE,
        Times(times=9, per="month"),
        Times(times=2, per="days", days=5),
    ]
)
ENTRIES = st.dictionaries(
    st.integers(0, 100), st.sampled_from([0, 500, 1000, 1000, 1000, SKIPPED]), max_size=80
)
RESTS = st.lists(
    st.tuples(st.integers(0, 110), st.integers(0, 9)).map(lambda r: (day(r[0]), day(r[0] + r[1]))),
    max_size=3,
)
PLANS = st.tuples(SCHEDULES, st.none() | st.tuples(st.integers(1, 99), SCHEDULES)).map(
    lambda two: promise(
        version(schedule=two[0]), *([version(two[1][0], two[1][1])] if two[1] else [])
    )
)


@given(plan=PLANS, entries=ENTRIES, rests=RESTS, cut=st.integers(0, 99), today=st.integers(0, 100))
def test_ranges_add_up(
    plan: Promise,
    entries: dict[int, int],
    rests: list[tuple[date, date]],
    cut: int,
    today: int,
) -> None:
    logged = days({number: value for number, value in entries.items() if number <= today})
    asked, kept, waiting = told(plan, logged, today, rests=rests)
    assert set(kept) <= set(asked) <= set(range(today + 1))
    reach = reach_of([plan])
    parts = [
        told(
            plan,
            {at: value for at, value in logged.items() if low <= at - MONDAY.toordinal() <= high},
            today,
            rests=rests,
            first=first,
            last=last,
        )
        for first, last in ((0, cut), (cut + 1, 100))
        for low, high in [(first - reach, last + reach)]
    ]
    assert parts[0][0] + parts[1][0] == asked
    assert parts[0][1] + parts[1][1] == kept
    assert parts[0][2] or parts[1][2] if waiting else not (parts[0][2] or parts[1][2])


@given(
    schedule=st.sampled_from([THRICE, Times(times=1, per="week"), Times(times=7, per="week")]),
    entries=ENTRIES,
    rests=RESTS,
    week=st.integers(0, 13),
)
def test_it_agrees_with_what_today_needs(
    schedule: Times, entries: dict[int, int], rests: list[tuple[date, date]], week: int
) -> None:
    """On the evening before a week ends something is missing if, and only if, a miss is counted."""
    plan, logged, sunday = of(schedule), days(entries), 7 * week + 6
    evening = standing(begin(plan), plan, logged, rests, day(sunday))
    asked, kept, _ = told(plan, logged, sunday + 1, rests=rests, first=sunday - 6, last=sunday)
    assert (evening.done >= evening.needed) == (asked == kept)


@given(plan=PLANS, entries=ENTRIES, rests=RESTS)
def test_it_agrees_with_streaks(
    plan: Promise, entries: dict[int, int], rests: list[tuple[date, date]]
) -> None:
    logged = days(entries)
    asked, kept, _ = told(plan, logged, 100, rests=rests)
    missed = set(asked) - set(kept)
    runs, now = streaks(plan, logged, rests, day(100))
    if not missed:
        # No streak has ended, so there is none but the present one.
        assert len(runs) == bool(now.run.length)
    elif not any(isinstance(one.schedule, Times) for one in plan.versions):
        assert now.run.length == sum(number > max(missed) for number in kept)
