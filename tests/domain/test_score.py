"""The score is Loop's, to six decimals."""

import pytest

from contracts.habit import Target
from contracts.keeping.progress import Progress, advance, begin, standing
from contracts.keeping.promise import SKIPPED, Promise
from contracts.schedule import EveryNDays, MonthDays, Rule, Schedule, Times, Weekdays
from tests.domain.making import day, days, done, promise, version


def score_on(habit: Promise, entries: dict[int, int], number: int) -> float:
    """Return the score after day `number`."""
    return advance(begin(habit), habit, entries, (), day(number)).score


@pytest.mark.parametrize(
    ("repetitions", "score"),
    [(1, 0.051922), (2, 0.101149), (3, 0.147820), (7, 0.311495), (13, 0.5), (20, 0.655747)],
)
def test_daily_repetitions(repetitions: int, score: float) -> None:
    habit = promise()
    assert score_on(habit, done(*range(repetitions)), repetitions - 1) == pytest.approx(
        score, abs=1e-6
    )


def test_a_skip_freezes_and_an_empty_day_weakens() -> None:
    entries = {**done(0), **days({1: SKIPPED})}
    scores = [score_on(promise(), entries, number) for number in range(5)]
    assert scores == pytest.approx([0.051922, 0.051922, 0.049226, 0.046670, 0.044247], abs=1e-6)


@pytest.mark.parametrize(("asked", "kept"), [(3, 0.6667), (4, 0.5)])
def test_two_a_week_where_more_was_asked_for(asked: int, kept: float) -> None:
    habit = promise(version(schedule=Times(times=asked, per="week")))
    entries = done(*(7 * week + at for week in range(100) for at in (0, 3)))
    assert score_on(habit, entries, 699) == pytest.approx(kept, abs=1e-3)


@pytest.mark.parametrize(
    ("schedule", "step", "repetitions"),
    [
        (None, 1, 90),
        (Times(times=1, per="week"), 7, 39),
        (Times(times=1, per="month"), 30, 18),
    ],
)
def test_how_long_it_takes_to_be_strong(
    schedule: Schedule | None, step: int, repetitions: int
) -> None:
    habit = promise(version(schedule=schedule))
    entries = done(*range(0, step * repetitions, step))
    assert score_on(habit, entries, step * repetitions - 1) >= 0.99


def test_at_most_so_much_in_thirty_days() -> None:
    habit = promise(version(target=Target(at="most", value=12, per="month")), measure="amount")
    entries = days({0: 25_000, 1: 1_000, 2: 2_000})
    scores = [score_on(habit, entries, number) for number in range(3)]
    assert scores == pytest.approx([0.9903, 0.9807, 0.9712], abs=5e-5)


def test_three_in_a_fortnight() -> None:
    habit = promise(version(schedule=Times(times=3, per="days", days=14)))
    scores = [score_on(habit, {**done(0, 2), **days({1: 0})}, number) for number in range(3)]
    assert scores == pytest.approx([0.0041, 0.0080, 0.0160], abs=5e-5)


def test_an_amount_counts_in_part_but_never_more_than_whole() -> None:
    habit = promise(version(target=Target(value=2)), measure="amount")
    assert score_on(habit, days({0: 1000}), 0) == pytest.approx(0.051922 / 2, abs=1e-6)
    assert score_on(habit, days({0: 9000}), 0) == pytest.approx(0.051922, abs=1e-6)


def test_quitting_starts_at_the_top_and_a_slip_weakens_one_day() -> None:
    habit = promise(kind="quit")
    assert score_on(habit, {}, 50) == pytest.approx(1.0)
    slipped = score_on(habit, done(10), 10)
    assert slipped == pytest.approx(1 - 0.051922, abs=1e-6)
    assert slipped < score_on(habit, done(10), 30) < 1


def test_a_break_freezes() -> None:
    entries, rests = done(0, 1, 2), [(day(3), day(20))]
    before = score_on(promise(), entries, 2)
    assert advance(begin(promise()), promise(), entries, rests, day(20)).score == before
    assert advance(begin(promise()), promise(), entries, rests, day(21)).score < before


@pytest.mark.parametrize(
    ("rule", "plain"),
    [
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR", Weekdays(days=("mon", "wed", "fri"))),
        ("FREQ=DAILY", EveryNDays(n=1)),
        ("FREQ=MONTHLY;BYMONTHDAY=5", MonthDays(days=(5,))),
    ],
)
def test_a_rule_scores_like_the_plain_schedule(rule: str, plain: Schedule) -> None:
    entries = done(*range(0, 90, 3))
    ruled, plainly = (promise(version(schedule=each)) for each in (Rule(rrule=rule), plain))
    assert score_on(ruled, entries, 99) == score_on(plainly, entries, 99)


def test_today_counts_at_once() -> None:
    shown = standing(begin(promise()), promise(), done(0), (), day(0))
    assert shown.score == pytest.approx(0.051922, abs=1e-6)
    assert Progress.load(begin(promise()).dump()) == begin(promise())
