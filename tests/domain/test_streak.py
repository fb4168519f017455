"""Streaks: what lengthens, breaks or spares them."""

import pytest

from contracts.habit import Kind, StreakUnit, Target, Version
from contracts.keeping.cycle import Unit
from contracts.keeping.progress import begin, standing, streak_of, streaks
from contracts.keeping.promise import SKIPPED, Promise, Rests
from contracts.quantity import in_words
from contracts.schedule import EveryNDays, MonthDays, Rule, Schedule, Times, Weekdays
from tests.domain.making import day, days, done, promise, version


def streak(habit: Promise, entries: dict[int, int], today: int, rests: Rests = ()) -> int:
    """Return the streak as shown on day number `today`."""
    return standing(begin(habit), habit, entries, rests, day(today)).streak


WORKDAYS = promise(version(schedule=Weekdays(days=("mon", "tue", "wed", "thu", "fri"))))
THRICE = promise(version(schedule=Times(times=3, per="week")))


def test_a_day_not_over_breaks_nothing() -> None:
    assert streak(promise(), done(0, 1, 2), 3) == 3
    assert streak(promise(), done(0, 1, 2, 3), 3) == 4
    assert streak(promise(), done(0, 1, 2), 4) == 0


def test_a_plain_no_breaks_at_once() -> None:
    assert streak(promise(), {**done(0, 1, 2), **days({3: 0})}, 3) == 0


def test_only_due_days_count() -> None:
    assert streak(WORKDAYS, done(0, 1, 2, 3, 4), 6) == 5
    assert streak(WORKDAYS, done(0, 1, 2, 3, 4, 5, 7), 7) == 6


def test_every_third_day_is_counted_from_the_start() -> None:
    habit = promise(version(schedule=EveryNDays(n=3)))
    assert streak(habit, done(0, 3, 6), 8) == 3
    assert streak(habit, done(0, 4, 6), 8) == 1


def test_a_skip_and_a_break_neither_break_nor_lengthen() -> None:
    entries = {**done(0, 1, 4, 8), **days({2: SKIPPED, 3: SKIPPED})}
    assert streak(promise(), entries, 4) == 3
    assert streak(promise(), entries, 8, [(day(5), day(7))]) == 4
    assert streak(promise(), done(*range(9)), 8, [(day(5), day(7))]) == 6


def test_whole_weeks_count() -> None:
    entries = done(0, 2, 4, 7, 8, 9, 14)
    assert streak(THRICE, entries, 6) == 1
    assert streak(THRICE, entries, 13) == 2
    assert streak(THRICE, entries, 20) == 2
    assert streak(THRICE, entries, 21) == 0


def test_a_week_counts_as_soon_as_it_is_kept() -> None:
    assert streak(THRICE, done(0, 1), 2) == 0
    assert streak(THRICE, done(0, 1, 2), 2) == 1


def test_the_week_starts_where_its_owner_says() -> None:
    weekly = Times(times=1, per="week")
    entries = done(0, 6, 13)
    assert streak(promise(version(schedule=weekly)), entries, 13) == 2
    assert streak(promise(version(schedule=weekly, week_start="sun")), entries, 13) == 3


def test_a_piece_of_a_week_at_the_start_cannot_fail() -> None:
    habit = promise(version(5, schedule=Times(times=3, per="week")))
    assert streak(habit, done(5, 7, 8, 9), 14) == 1


def test_rest_takes_its_share_of_a_week() -> None:
    week = done(0, 1, 2, 14, 15, 16)
    assert streak(THRICE, {**week, **done(7, 8)}, 16) == 1
    assert streak(THRICE, {**week, **done(7, 8), **days({9: SKIPPED})}, 16) == 2
    assert streak(THRICE, week, 16, [(day(7), day(13))]) == 2


def test_months_and_blocks_of_days() -> None:
    monthly = promise(version(schedule=Times(times=2, per="month")))
    assert streak(monthly, done(3, 20, 31, 59), 60) == 2
    blocks = promise(version(schedule=Times(times=1, per="days", days=10)))
    assert streak(blocks, done(9, 10, 29), 35) == 3


def test_a_month_asks_for_no_more_days_than_it_has() -> None:
    habit = promise(version(31, schedule=Times(times=31, per="month")))
    assert streak(habit, done(*range(31, 60)), 60) == 1


@pytest.mark.parametrize(("minutes", "weeks"), [(50, 2), (49, 0)])
def test_a_weekly_amount_is_summed_up(minutes: int, weeks: int) -> None:
    habit = promise(version(target=Target(value=150, per="week")), measure="amount")
    entries = days(dict.fromkeys((0, 1, 2, 7, 8, 9), minutes * 1000))
    assert streak(habit, entries, 14) == weeks


def test_a_rolling_amount_is_judged_each_day() -> None:
    habit = promise(version(target=Target(value=3, per="rolling", days=3)), measure="count")
    assert streak(habit, days({0: 3000, 4: 1000}), 3) == 3
    assert streak(habit, days({0: 3000, 4: 1000}), 4) == 0


def test_quitting_counts_days_since_the_last_slip() -> None:
    habit = promise(kind="quit")
    assert streak(habit, {}, 9) == 10
    assert streak(habit, done(4), 9) == 5
    assert streak(habit, done(4), 4) == 0


def test_quitting_down_to_a_limit() -> None:
    habit = promise(
        version(target=Target(at="most", value=2, per="week")), kind="quit", measure="count"
    )
    assert streak(habit, days({1: 2000, 8: 3000}), 7) == 1
    assert streak(habit, days({1: 2000, 8: 3000}), 14) == 0


def test_at_most_wants_to_be_logged_when_it_is_to_be_built() -> None:
    habit = promise(version(target=Target(at="most", value=2)), measure="count")
    assert streak(habit, days({0: 0, 1: 2000}), 1) == 2
    assert streak(habit, days({0: 0, 1: 3000}), 1) == 0
    assert streak(habit, days({0: 0, 2: 1000}), 2) == 1


def test_the_past_keeps_its_schedule() -> None:
    thrice = version(14, schedule=Times(times=3, per="week"))
    habit = promise(version(), thrice)
    assert streak(habit, done(*range(14), 14, 15, 16), 16) == 15
    assert streak(habit, done(*range(13), 14, 15, 16), 16) == 1


def test_a_new_target_goes_on_with_the_week() -> None:
    first, second = Target(value=10, per="week"), Target(value=5, per="week")
    habit = promise(version(target=first), version(3, target=second, anchor=0), measure="amount")
    assert streak(habit, days({0: 3000, 4: 2000}), 7) == 1


def test_all_runs_are_listed() -> None:
    runs, seen = streaks(promise(), done(0, 1, 2, 5, 7, 8), (), day(9))
    assert [(run.start - day(0).toordinal(), run.length) for run in runs] == [
        (7, 2),
        (5, 1),
        (0, 3),
    ]
    assert (seen.run.length, seen.best.length) == (2, 3)


def test_of_two_equal_runs_the_earlier_is_the_best() -> None:
    _, seen = streaks(promise(), done(0, 1, 5, 6), (), day(6))
    assert seen.best.start == day(0).toordinal()


# -- limits, seasons, units ------------------------------------------------------------------------


def limited(value: int = 3) -> Version:
    """Set a limit for a week."""
    return version(target=Target(at="most", value=value, per="week"))


@pytest.mark.parametrize("kind", ["build", "quit"])
def test_a_limit_that_is_passed_ends_a_streak_at_once(kind: Kind) -> None:
    habit = promise(limited(), kind=kind, measure="count")
    entries = days({1: 2000, 8: 3000, 14: 3000})
    assert [streak(habit, entries, at) for at in (13, 14, 16)] == [1, 2, 2]
    passed = entries | days({15: 6000})
    assert [streak(habit, passed, at) for at in (14, 15, 16, 20, 21)] == [2, 0, 0, 0, 0]
    runs, now = streaks(habit, passed, (), day(15))
    assert [run.length for run in runs] == [2]
    assert (now.run.length, now.best.length) == (0, 2)
    # The week after begins anew.
    assert streak(habit, passed | days({22: 1000}), 28) == 1


def test_a_limit_that_will_be_raised_within_the_week_is_not_passed_for_good() -> None:
    raised = version(17, target=Target(at="most", value=10, per="week"), anchor=0)
    habit = promise(limited(), raised, measure="count")
    entries = days({1: 2000, 8: 3000, 14: 9000})
    assert [streak(habit, entries, at) for at in (14, 17, 21)] == [2, 2, 3]
    # Passed on Monday, and raised for the week after: that week is lost.
    later = promise(limited(), raised.model_copy(update={"effective_from": day(21)}),
                    measure="count")  # fmt: skip
    assert [streak(later, entries, at) for at in (14, 17, 21)] == [0, 0, 0]


def test_what_is_kept_early_is_kept_by_the_terms_that_close_the_week() -> None:
    more = version(17, Times(times=5, per="week"), anchor=0)
    habit = promise(version(schedule=Times(times=3, per="week")), more)
    assert streak(habit, done(0, 1, 2, 7, 8, 9, 14, 15, 16), 16) == 2
    assert streak(THRICE, done(0, 1, 2, 7, 8, 9, 14, 15, 16), 16) == 3


def test_weeks_that_ask_for_nothing_leave_a_streak_alone() -> None:
    season = Rule(rrule="FREQ=DAILY;BYMONTH=1,12")
    habit = promise(version(schedule=season, target=Target(value=5, per="week")), measure="count")
    entries = days({3: 5000, 10: 5000, 17: 5000, 24: 5000, 29: 5000})
    # Five weeks in January; the next one that asks begins at the end of November.
    assert [streak(habit, entries, at) for at in (35, 100, 320)] == [5, 5, 5]
    assert streak(habit, entries, 345) == 0


def test_a_streak_has_its_unit() -> None:
    def unit(schedule: Schedule | None = None, target: Target | None = None) -> Unit:
        habit = promise(version(schedule=schedule, target=target), measure="count")
        return standing(begin(habit), habit, {}, (), day(3)).unit

    assert unit() == unit(Weekdays(days=("mon",))) == unit(MonthDays(days=(1,))) == Unit("day")
    assert unit(Times(times=3, per="week")) == Unit("week")
    assert unit(Times(times=3, per="month")) == Unit("month")
    assert unit(Times(times=3, per="days", days=10)) == Unit("days", 10)
    assert unit(target=Target(value=3, per="month")) == Unit("month")
    assert unit(target=Target(value=3, per="rolling", days=5)) == Unit("day")
    assert unit(EveryNDays(n=3), Target(value=3, per="week")) == Unit("week")


@pytest.mark.parametrize(
    ("length", "unit", "english", "russian"),
    [
        (1, "day", "1 day", "1 день"),
        (23, "day", "23 days", "23 дня"),
        (21, "week", "21 weeks", "21 неделя"),
        (14, "week", "14 weeks", "14 недель"),
        (3, "month", "3 months", "3 месяца"),
        (1_200, "day", "1,200 days", "1\xa0200 дней"),
        (6, "days", "6 periods", "6 отрезков"),
        (1, None, "1 time", "1 раз"),
        (3, None, "3 times", "3 раза"),
        (25, None, "25 times", "25 раз"),
    ],
)
def test_a_streak_is_said_with_its_unit(
    length: int, unit: StreakUnit | None, english: str, russian: str
) -> None:
    assert in_words("en", length, unit) == english
    assert in_words("ru", length, unit) == russian


def test_a_streak_keeps_the_unit_that_was_promised_then() -> None:
    habit = promise(version(), version(14, Times(times=1, per="week")))
    runs, _ = streaks(habit, done(0, 1, 2, 15, 22, 29), (), day(35))
    shown = [streak_of(habit, run) for run in runs]
    assert [(one.length, one.unit) for one in shown] == [(3, "week"), (3, "day")]
