"""What is said about one habit, against numbers worked out by hand."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pandas as pd
import pytest

from actors.analytics.history import LoggedAt, Whole, whole_of
from actors.analytics.insight import POINTS, insight
from actors.analytics.milestones import FORESEEN
from contracts.analytics import HabitInsight, HabitLine, Milestone
from contracts.habit import Target
from contracts.keeping.due import due_days
from contracts.keeping.progress import advance, begin, standing
from contracts.keeping.promise import SKIPPED, Promise
from contracts.language import Language
from contracts.schedule import (
    EveryDay,
    MonthDays,
    Rule,
    Schedule,
    Times,
    Weekdays,
    Yearly,
)
from storage.analytics.histories import HabitDays, LoadedHabit, ReportPerson
from tests.domain.making import MONDAY, day, days, done, promise, version

LINE = HabitLine(
    habit_id=UUID(int=1),
    name="Run",
    asked=0,
    kept=0,
    skipped=0,
    rate=None,
    change=None,
    total=0,
    streak=0,
    best_streak=0,
    score=0,
)

Counts = Mapping[int, tuple[int, int]]
"""Promises asked and kept, by the number of the day."""


def frame(counts: Counts) -> pd.DataFrame:
    """Make the table of what was asked and kept."""
    return pd.DataFrame(
        {
            "day": pd.DatetimeIndex([day(number) for number in counts]),
            "asked": [asked for asked, _ in counts.values()],
            "kept": [kept for _, kept in counts.values()],
        }
    )


def daily(entries: Mapping[int, int], today: int, start: int = 0) -> dict[int, tuple[int, int]]:
    """Count the promises of a daily yes/no habit: an open today is not asked yet."""
    counts = {}
    for number in range(start, today + 1):
        value = entries.get(day(number).toordinal())
        if value != SKIPPED and (number < today or value):
            counts[number] = (1, int(bool(value)))
    return counts


def told(
    plan: Promise,
    entries: Mapping[int, int],
    today: int,
    counts: Counts | None = None,
    *,
    rests: tuple[tuple[date, date], ...] = (),
    logged: tuple[LoggedAt, ...] = (),
    day_start: int = 0,
    first: int = 0,
    last: int | None = None,
    language: Language = "en",
    unit: str = "",
    archived: bool = False,
) -> HabitInsight:
    """Report on a habit as of day number `today`, by default over all its days."""
    whole = Whole(plan, entries, rests, logged, day(today), day_start, unit, archived)
    return insight(
        whole,
        LINE,
        frame(daily(entries, today) if counts is None else counts),
        first=day(first),
        last=day(today if last is None else last),
        stamp=3,
        language=language,
    )


def milestone(found: HabitInsight, kind: str) -> Milestone:
    (one,) = [each for each in found.milestones if each.kind == kind]
    return one


# -- score ----------------------------------------------------------------------------------------


def test_scores_of_loop() -> None:
    # The golden vector of a daily habit, and a day without: 0.655747 · 0.948078 = 0.621699.
    found = told(promise(), done(*range(20)), 20)
    scores = {(point.day - MONDAY).days: point.value for point in found.scores}
    wanted = {0: 0.051922, 1: 0.101149, 2: 0.147820, 6: 0.311495, 12: 0.5, 19: 0.655747}
    assert {number: scores[number] for number in wanted} == pytest.approx(wanted, abs=1e-6)
    assert scores[20] == pytest.approx(0.655747 * 0.948078, abs=1e-6)


def test_a_skip_freezes_the_curve() -> None:
    found = told(promise(), {**done(0), **days({1: SKIPPED})}, 4)
    scores = [point.value for point in found.scores]
    assert scores == pytest.approx([0.051922, 0.051922, 0.049226, 0.046670, 0.044247], abs=1e-6)


def test_every_point_is_what_the_habit_showed_that_day() -> None:
    plan = promise(
        version(),
        version(20, Weekdays(days=("mon", "thu"))),
        version(45, Times(times=3, per="week"), anchor=45),
        version(70, target=Target(value=2, per="week")),
    )
    entries = {**done(*range(0, 100, 3)), **days({7: SKIPPED, 50: SKIPPED, 60: 0})}
    rests = ((day(30), day(36)), (day(72), day(74)))
    found = told(plan, entries, 99, {}, rests=rests)
    assert len(found.scores) == 100
    for number, point in enumerate(found.scores):
        past = {at: value for at, value in entries.items() if at <= day(number).toordinal()}
        alone = advance(begin(plan), plan, past, rests, day(number)).score
        shown = standing(begin(plan), plan, past, rests, day(number)).score
        assert point.day == day(number)
        assert point.value == pytest.approx(alone, abs=1e-9)
        # A day that is due more rarely than daily lowers nothing by much before it is over.
        weekly = 20 <= number < 45 and day(number).weekday() in (0, 3)
        assert point.value == pytest.approx(shown, abs=0.02 if weekly else 1e-9)


def test_a_long_curve_is_thinned_but_keeps_its_ends() -> None:
    found = told(promise(), done(*range(0, 3650, 2)), 3649)
    assert (len(found.scores), len(found.trend)) == (POINTS, POINTS)
    assert (found.scores[0].day, found.scores[-1].day) == (day(0), day(3649))
    gaps = {(b.day - a.day).days for a, b in zip(found.scores, found.scores[1:], strict=False)}
    assert gaps == {9, 10}
    assert len(found.heat) == 3650


def test_a_range_shows_its_own_days() -> None:
    found = told(promise(version(5)), done(*range(5, 40)), 40, first=0, last=9)
    assert [point.day for point in found.scores] == [day(number) for number in range(5, 10)]
    assert [point.day for point in found.trend] == [day(number) for number in range(5, 10)]
    assert [square.state for square in found.heat] == ["none"] * 5 + ["done"] * 5
    assert (found.first, found.last, found.today, found.stamp) == (day(0), day(9), day(40), 3)


# -- trend ----------------------------------------------------------------------------------------


def test_a_trend_over_28_days_by_hand() -> None:
    # Kept on the first ten days, then not: after day 9 10 / 10, after day 19 10 / 20, after day 27
    # 10 / 28, after day 28 the first day is out of sight: 9 / 28; after day 40 nothing is left.
    found = told(promise(), done(*range(10)), 41)
    trend = {(point.day - MONDAY).days: point.value for point in found.trend}
    wanted = {0: 1.0, 9: 1.0, 19: 0.5, 27: 10 / 28, 28: 9 / 28, 37: 0.0, 40: 0.0}
    assert {number: trend[number] for number in wanted} == pytest.approx(wanted, abs=1e-6)


def test_a_trend_looks_back_beyond_the_range() -> None:
    found = told(promise(), done(*range(10)), 41, first=19, last=19)
    assert [point.value for point in found.trend] == [0.5]


def test_no_trend_where_nothing_was_asked() -> None:
    found = told(promise(), {}, 60, {0: (1, 1)})
    assert [(point.day - MONDAY).days for point in found.trend] == list(range(28))


# -- streaks, weekdays, hours ---------------------------------------------------------------------


def test_streaks_newest_first() -> None:
    found = told(promise(), done(0, 1, 2, 5, 6, 8), 8)
    runs = [(run.start, run.end, run.length) for run in found.streaks]
    assert runs == [(day(8), day(8), 1), (day(5), day(6), 2), (day(0), day(2), 3)]
    many = told(promise(), done(*range(0, 300, 2)), 299)
    assert (len(many.streaks), many.streaks[0].start) == (50, day(298))


def test_weekdays_by_month() -> None:
    # 1 January 2024 is a Monday: days 0, 7, 28 are Mondays of January, 31 is Thursday 1 February;
    # 91 is Monday 1 April, and March is empty.
    found = told(promise(), done(0, 7, 28, 2, 31, 91), 91)
    assert [(month.month, month.counts) for month in found.weekdays] == [
        (date(2024, 1, 1), (3, 0, 1, 0, 0, 0, 0)),
        (date(2024, 2, 1), (0, 0, 0, 1, 0, 0, 0)),
        (date(2024, 3, 1), (0,) * 7),
        (date(2024, 4, 1), (1, 0, 0, 0, 0, 0, 0)),
    ]


def test_weekdays_of_other_promises() -> None:
    quitting = told(promise(kind="quit"), done(2), 6, rests=((day(4), day(4)),))
    assert quitting.weekdays[0].counts == (1, 1, 0, 1, 0, 1, 1)
    weekly = promise(version(target=Target(value=10, per="week")), measure="amount")
    assert told(weekly, days({0: 500, 1: 0}), 6).weekdays[0].counts == (1, 0, 0, 0, 0, 0, 0)
    enough = promise(version(target=Target(value=10)), measure="amount")
    assert told(enough, days({0: 500, 1: 10_000}), 6).weekdays[0].counts == (0, 1, 0, 0, 0, 0, 0)


def at(number: int, hour: int, zone: str = "UTC", late: int = 0) -> LoggedAt:
    """Log day `number` at an hour (UTC) of the day `late` days after."""
    when = datetime.combine(day(number + late), datetime.min.time(), UTC) + timedelta(hours=hour)
    return LoggedAt(day(number), when, zone)


def test_hours_are_local_and_of_the_day_itself() -> None:
    logged = (
        at(0, 7),
        at(1, 7),
        at(2, 7, "Asia/Tokyo"),  # 16:00 there
        at(3, 7, late=2),  # put down afterwards
        at(4, 23, "Europe/Berlin"),  # 0:00 of the next day there
    )
    found = told(promise(), done(0, 1, 2, 3, 4), 6, logged=logged)
    assert {hour: n for hour, n in enumerate(found.hours) if n} == {7: 2, 16: 1}
    assert found.hours_known == 3
    later = told(promise(), done(4), 6, logged=logged, day_start=180)
    assert later.hours[0] == 1  # a day that begins at three is not over at midnight
    assert told(promise(), done(0), 6, logged=logged, first=1, last=1).hours_known == 1


def test_an_hour_that_comes_twice() -> None:
    # On 27 October 2024 clocks in Berlin go back from 3:00 to 2:00, at 1:00 UTC.
    autumn = date(2024, 10, 27)
    logged = tuple(
        LoggedAt(autumn, datetime(2024, 10, 27, hour, 30, tzinfo=UTC), "Europe/Berlin")
        for hour in (0, 1)
    )
    number = (autumn - MONDAY).days
    assert told(promise(), done(number), number, logged=logged).hours[2] == 2


# -- heat map -------------------------------------------------------------------------------------


def squares(found: HabitInsight) -> list[tuple[str, float | None]]:
    return [(square.state, square.level) for square in found.heat]


def test_squares_of_a_daily_amount() -> None:
    plan = promise(version(1, target=Target(value=10)), measure="amount")
    entries = days({1: 10_000, 2: 2_500, 3: SKIPPED, 4: 0, 7: 25_000})
    counts = {1: (1, 1), 2: (1, 0), 4: (1, 0), 5: (1, 0), 7: (1, 1)}
    found = told(plan, entries, 8, counts, rests=((day(6), day(6)),))
    assert squares(found) == [
        ("none", None),  # not begun
        ("done", 1.0),
        ("partial", 0.25),
        ("skipped", None),
        ("failed", 0.0),
        ("missed", 0.0),
        ("none", None),  # on a break
        ("done", 1.0),
        ("open", None),
    ]


def test_squares_of_quitting() -> None:
    counts = {0: (1, 1), 1: (1, 0), 2: (1, 1)}
    found = told(promise(kind="quit"), done(1), 2, counts)
    assert squares(found) == [("done", 1.0), ("failed", 0.0), ("done", 1.0)]


def test_squares_of_some_days_a_week() -> None:
    # Two a week: one was done, so one is missed, put down to Sunday. The new week is open.
    plan = promise(version(schedule=Times(times=2, per="week")))
    found = told(plan, done(1), 7, {1: (1, 1), 6: (1, 0)})
    assert squares(found)[1] == ("done", 1.0)
    assert squares(found)[6:] == [("missed", 0.0), ("open", None)]
    assert {state for state, _ in squares(found)[2:6]} == {"none"}


def test_squares_of_an_amount_a_week() -> None:
    # 14 a week is 2 a day: 1 is half of it, 7 more than it.
    plan = promise(version(target=Target(value=14, per="week")), measure="amount")
    found = told(plan, days({0: 1_000, 1: 7_000}), 3, {})
    assert squares(found)[:3] == [("partial", 0.5), ("partial", 1.0), ("none", None)]


def test_squares_below_a_limit() -> None:
    # At most 2 a day: 3 is half way from the limit to double of it.
    plan = promise(version(target=Target(at="most", value=2)), kind="quit", measure="count")
    found = told(plan, days({0: 2_000, 1: 3_000, 2: 4_000}), 2, {})
    assert squares(found) == [("done", 1.0), ("failed", 0.5), ("failed", 0.0)]
    # At most 10 a week: after 8 and 7 the week stands at 15, half way to 20.
    plan = promise(version(target=Target(at="most", value=10, per="week")), measure="count")
    found = told(plan, days({0: 8_000, 1: 7_000}), 1, {})
    assert [level for _, level in squares(found)] == [1.0, 0.5]


# -- milestones -----------------------------------------------------------------------------------


def test_a_streak_that_goes_on() -> None:
    # Five in a row until yesterday; today would be the sixth, so seven are there tomorrow.
    found = milestone(told(promise(), done(*range(5)), 5), "streak")
    assert (found.goal, found.now, found.on) == (7, 5, day(6))
    assert found.text == "7 days in a row by 7 January 2024, if it goes on as in the last 28 days."
    # Done today as well: six, and the same day.
    assert milestone(told(promise(), done(*range(6)), 5), "streak").on == day(6)
    # A break moves it.
    resting = told(promise(), done(*range(5)), 5, rests=((day(6), day(8)),))
    assert milestone(resting, "streak").on == day(9)


def test_a_streak_that_is_not_in_sight() -> None:
    # Every other day: never more than one in a row.
    found = milestone(told(promise(), done(*range(0, 60, 2)), 60, language="ru"), "streak")
    assert (found.goal, found.on) == (7, None)
    assert found.text == "7 дней подряд: с темпом последних 28 дней не достичь."


def test_a_streak_after_one_slip() -> None:
    # 21 days, a miss, and 5 days until yesterday: two more are no more than were done lately.
    entries = done(*range(21), *range(22, 27))
    assert milestone(told(promise(), entries, 27), "streak").on == day(28)


def test_a_streak_of_due_days_and_of_weeks() -> None:
    # Mondays and Thursdays: days 0, 3, 7; still to come are 10, 14, 17 and 21.
    plan = promise(version(schedule=Weekdays(days=("mon", "thu"))))
    counts = {0: (1, 1), 3: (1, 1), 7: (1, 1)}
    assert milestone(told(plan, done(0, 3, 7), 8, counts), "streak").on == day(21)
    # Once a week, done in the first two and in the third, which is under way: four are lacking,
    # and the seventh week ends on day 48.
    plan = promise(version(schedule=Times(times=1, per="week")))
    counts = {1: (1, 1), 8: (1, 1), 15: (1, 1)}
    weekly = milestone(told(plan, done(1, 8, 15), 16, counts), "streak")
    assert weekly.text.startswith("7 weeks in a row")
    assert (weekly.now, weekly.on) == (3, day(48))
    # Without the third week: it is still open, so it counts as the first of five to come.
    counts = {1: (1, 1), 8: (1, 1)}
    assert milestone(told(plan, done(1, 8), 16, counts), "streak").on == day(48)


def test_a_long_streak_counts_in_years() -> None:
    found = milestone(told(promise(), done(*range(400)), 400), "streak")
    assert (found.goal, found.on) == (730, day(729))


def test_a_slip_today() -> None:
    found = told(promise(kind="quit"), done(40), 40, {n: (1, int(n < 40)) for n in range(41)})
    assert (milestone(found, "streak").now, milestone(found, "streak").on) == (0, day(47))


def test_a_score_is_foreseen_by_its_own_rule() -> None:
    # Daily, all done: 0.5 comes after 13 days (golden vector), so 8 days after the fifth.
    found = milestone(told(promise(), done(*range(5)), 5), "score")
    assert (found.goal, found.on) == (0.5, day(12))
    assert found.now == pytest.approx(0.233954 * 0.948078, abs=1e-4)
    assert found.text == (
        "A strength of 50% by 13 January 2024, if it goes on as in the last 28 days."
    )


def test_a_score_moves_with_the_average_of_28_days() -> None:
    # Three of four days are kept: p = 0.75. Run forward day by day until 0.5 is passed.
    entries = done(*(number for number in range(12) if number % 4))
    found = told(promise(), entries, 12)
    score, ahead = found.scores[11].value, 0
    while score < 0.5:
        score, ahead = 0.5 ** (1 / 13) * score + (1 - 0.5 ** (1 / 13)) * 0.75, ahead + 1
    assert milestone(found, "score").on == day(11 + ahead)


def test_a_score_that_cannot_be_reached() -> None:
    # Half of the days: the score tends to 0.5 and is lower on the days without.
    found = milestone(told(promise(), done(*range(0, 400, 2)), 399), "score")
    assert (found.goal, found.on) == (0.5, None)
    assert told(promise(kind="quit"), {}, 30).milestones[1].kind == "total"  # at the top already


@pytest.mark.parametrize(
    ("schedule", "target", "entries", "today"),
    [
        (Weekdays(days=("mon", "wed", "fri")), None, done(0, 2, 4), 5),
        (Weekdays(days=("mon",)), None, done(0), 3),
        (Times(times=3, per="week"), None, done(0, 2), 3),
        (MonthDays(days=(1,)), None, done(0), 9),
        (Yearly(month=1, day=1), None, done(0), 40),
        (Rule(rrule="FREQ=DAILY;INTERVAL=3"), None, done(0, 3), 5),
        (EveryDay(), Target(value=7, per="week"), days({0: 1000, 1: 1000, 2: 1000}), 3),
    ],
)
def test_a_flawless_new_habit_comes_to_be_strong(
    schedule: Schedule, target: Target | None, entries: dict[int, int], today: int
) -> None:
    habit = promise(
        version(schedule=schedule, target=target), measure="count" if target else "yes_no"
    )
    found = milestone(told(habit, entries, today), "score")
    assert found.on is not None
    # Done to the end as it was until now, it is that strong on that day, or some days before.
    last = (found.on - MONDAY).days
    first = day(0).toordinal()
    asked = due_days(schedule, day(0), first, first + last)
    days_ = [at for at in range(last + 1) if first + at in asked]
    if isinstance(schedule, Times):
        days_ = [at for at in days_ if at % 7 in (0, 2, 4)]
    whole = advance(begin(habit), habit, entries | done(*days_), (), found.on).score
    eve = advance(begin(habit), habit, entries | done(*days_), (), day(last - 1)).score
    assert whole >= found.goal - 0.02
    if not isinstance(schedule, Times) and target is None:
        assert whole >= found.goal > eve


def test_a_slip_in_a_month_is_no_end_of_hope() -> None:
    # 27 of the last 28 days were kept: p = 0.964.
    found = milestone(told(promise(kind="quit"), done(*range(20), 50), 60), "score")
    assert found.goal == 0.95
    assert found.on is not None


def test_a_strength_is_foreseen_by_what_will_be_asked() -> None:
    # January without a miss is 1 - 0.5 ** (31 / 13) = 0.808; 26 days of June make 0.95 of it.
    season = promise(version(schedule=Rule(rrule="FREQ=DAILY;BYMONTH=1,6")))
    found = milestone(told(season, done(*range(31)), 40), "score")
    assert (found.goal, found.on) == (0.95, date(2024, 6, 26))
    # A plan that has ended asks for nothing more.
    ended = promise(version(schedule=Rule(rrule="FREQ=DAILY;COUNT=10")))
    assert milestone(told(ended, done(*range(10)), 20), "score").on is None


def test_a_total_at_the_pace_of_28_days() -> None:
    # 30 days, one of two kept: 15 in all. 14 in 28 days; 35 to go at 0.5 a day are 70 days.
    found = milestone(told(promise(), done(*range(1, 30, 2)), 30), "total")
    assert (found.goal, found.now, found.on) == (50, 15, day(29 + 70))
    assert found.text == "50 times in all by 9 April 2024, if it goes on as in the last 28 days."


def test_totals_in_their_measure() -> None:
    amount = promise(version(target=Target(value=400)), measure="amount")
    found = milestone(told(amount, days({0: 400_000}), 0, unit="km", language="ru"), "total")
    assert (found.goal, found.on) == (500, day(1))
    assert found.text.startswith("500 km всего — к 2 января 2024")
    many = milestone(told(amount, days({0: 1_200_000}), 0, unit="m"), "total")
    assert (many.goal, many.text.split(" by")[0]) == (2500, "2,500 m in all")
    # 9 hours in three days: ten hours are there on the fourth.
    time = promise(version(target=Target(value=3600)), measure="duration")
    found = milestone(told(time, days(dict.fromkeys(range(3), 10_800_000)), 3), "total")
    assert (found.goal, found.now, found.on) == (36_000, 32_400, day(3))
    assert found.text.startswith("10 hours in all by 4 January 2024")
    counts = dict.fromkeys(range(5), (1, 1))
    kept = milestone(told(promise(kind="quit"), {}, 4, counts, language="ru"), "total")
    assert (kept.goal, kept.now, kept.on) == (10, 5, day(9))
    assert kept.text.startswith("10 удачных дней всего — к 10 января 2024")


def test_what_is_too_far_or_has_stopped() -> None:
    # 102 times, of which one in the last 28 days: 148 to go would take 4144 days.
    seldom = milestone(told(promise(), done(*range(101), 130), 135), "total")
    assert (seldom.goal, seldom.on, FORESEEN < 148 * 28) == (250, None, True)
    assert seldom.text == "250 times in all: not at the pace of the last 28 days."
    assert milestone(told(promise(), done(*range(5)), 60), "total").on is None
    assert told(promise(), done(0), 5, archived=True).milestones == ()


# -- bad input ------------------------------------------------------------------------------------


def test_an_empty_history() -> None:
    found = told(promise(), {}, 0)
    assert [point.value for point in found.scores] == [0.0]
    assert (found.trend, found.streaks, sum(found.hours)) == ((), (), 0)
    assert squares(found) == [("open", None)]
    assert {one.on for one in found.milestones if one.kind != "streak"} == {None}


def test_a_habit_that_begins_tomorrow() -> None:
    found = told(promise(version(3)), {}, 2)
    assert (found.scores, found.trend, found.weekdays, found.milestones) == ((), (), (), ())
    assert {state for state, _ in squares(found)} == {"none"}


def test_one_day() -> None:
    found = told(promise(), done(0), 0)
    assert [point.value for point in found.trend] == [1.0]
    assert found.scores[0].value == pytest.approx(0.051922, abs=1e-6)
    assert squares(found) == [("done", 1.0)]


def test_what_is_loaded_becomes_a_whole() -> None:
    """Skipped, imported and future days: each is taken for what it is."""
    at = int(datetime(2024, 1, 1, 7, tzinfo=UTC).timestamp())
    ordinals = [day(number).toordinal() for number in (0, 1, 2, 9)]
    row = HabitDays(
        habit_id=LINE.habit_id,
        name="Run",
        unit="km",
        colour="",
        tags=[],
        promise=promise(),
        archived_at=None,
        rests=[(day(4), day(5))],
        days=ordinals,
        values=[1000, 0, 1000, 1000],
        states=[1, 3, 1, 1],
    )
    person = ReportPerson(day_start=180)
    times = [at, at + 86_400, None, at + 9 * 86_400]
    whole = whole_of(LoadedHabit(person, row, times, ["UTC"] * 4), day(6))
    assert whole.entries == {**done(0, 2), **days({1: SKIPPED})}
    assert whole.logged == (LoggedAt(day(0), datetime(2024, 1, 1, 7, tzinfo=UTC), "UTC"),)
    assert (whole.day_start, whole.unit, whole.archived) == (180, "km", False)
    assert (whole.latest, whole.lately(4)) == (
        day(5).toordinal(),
        [day(number).toordinal() for number in (2, 3)],
    )
