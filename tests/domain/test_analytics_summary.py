"""The summary of a range, against numbers worked out by hand.

Day 0 is Monday, 1 January 2024.
"""

from uuid import UUID

import pytest

from actors.analytics.asked import asked_of
from actors.analytics.history import PersonHistory, Tracked, history_of, last_in_use
from actors.analytics.summary import line_of, summarise
from contracts.analytics import HabitLine, Summary
from contracts.habit import Target
from contracts.keeping.progress import Progress, advance, begin
from contracts.keeping.promise import SKIPPED
from contracts.schedule import Times, Weekdays
from storage.analytics.histories import HabitDays, LoadedPerson, ReportPerson
from tests.domain.making import day, days, done, promise, version
from tests.domain.tracking import entry, habit, history

THRICE = Times(times=3, per="week")


def told(of: PersonHistory, first: int, last: int) -> Summary:
    """Sum up the days of these numbers."""
    return summarise(of, day(first), day(last))


def line(found: Summary, name: str) -> HabitLine:
    (one,) = [each for each in found.habits if each.name == name]
    return one


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


def a_week() -> PersonHistory:
    """Make that week, as of the Monday after."""
    mwf = Weekdays(days=("mon", "wed", "fri"))
    return history(
        habit(
            "Read",
            promise(version(-7)),
            {**done(-7, -6, -5, -4, -3, 0, 1, 2, 4, 6), **days({3: SKIPPED})},
        ),
        habit(
            "Run",
            promise(version(-7, THRICE)),
            done(-7, -5, -3, 0),
            rests=[(day(5), day(6))],
        ),
        habit("Smoke", promise(kind="quit"), days({2: 1000})),
        habit("Write", promise(version(-7, mwf), version(3)), done(0, 3, 4, 6)),
        today=7,
        entries=[
            entry(-3, 2),
            entry(0, 4, "home"),
            entry(0, 5),
            entry(2, None),
            entry(6, 3),
        ],
    )


def test_lines_say_what_a_streak_counts_and_what_waits() -> None:
    monthly = Target(value=20, per="month")
    found = told(
        history(
            habit("Daily", promise(), done(0, 1, 2)),
            habit("Weekly", promise(version(0, THRICE))),
            habit("Monthly", promise(version(0, target=monthly), measure="count")),
            habit("Block", promise(version(0, Times(times=2, per="days", days=5)))),
            habit("Later", promise(version(0), version(9, THRICE))),
            habit("Laid aside", promise(), done(0), until=1),
            today=3,
        ),
        0,
        6,
    )
    said = [(one.name, one.streak_unit, one.waiting, one.archived) for one in found.habits]
    assert said == [
        ("Daily", "day", 1, False),
        ("Weekly", "week", 0, False),
        ("Monthly", "month", 0, False),
        ("Block", "days", 0, False),
        ("Later", "day", 1, False),
        ("Laid aside", "day", 0, True),
    ]
    assert [(one.name, one.streak_unit) for one in found.at_risk] == [("Daily", "day")]


def test_streaks_are_told_since_when_and_the_oldest_at_risk_comes_first() -> None:
    fortnightly = promise(version(schedule=Times(times=1, per="days", days=14)))
    mondays = promise(version(schedule=Weekdays(days=("mon",))))
    found = told(
        history(
            habit("Daily", promise(version(20)), done(*range(20, 55))),
            habit("Fortnightly", fortnightly, done(3, 16, 30)),
            habit("Mondays", mondays, done(*range(7, 50, 7))),
            habit("None", promise(), done(0)),
            today=55,
        ),
        0,
        55,
    )
    assert [(one.name, one.streak, one.streak_since) for one in found.habits] == [
        ("Daily", 35, day(20)),
        ("Fortnightly", 3, day(0)),
        ("Mondays", 7, day(7)),
        ("None", 0, None),
    ]
    assert [one.name for one in found.at_risk] == ["Fortnightly", "Daily"]


def test_what_is_laid_aside_is_neither_best_nor_worst() -> None:
    found = told(
        history(
            habit("Kept", promise(), done(0, 1, 2, 3)),
            habit("Half", promise(), done(0, 1)),
            habit("Old, kept", promise(), done(0, 1, 2, 3), until=3),
            habit("Old, missed", promise(), {}, until=3),
            today=5,
        ),
        0,
        3,
    )
    assert (found.best, found.worst) == (line(found, "Kept"), line(found, "Half"))


def test_a_week() -> None:
    found = told(a_week(), 0, 6)
    assert (found.first, found.last, found.today, found.stamp) == (day(0), day(6), day(7), 7)
    assert (found.asked, found.kept, found.skipped) == (21, 16, 1)
    assert found.completion == pytest.approx(16 / 21, abs=1e-6)
    # Half or more was kept on all days but Wednesday (1 of 3) and Saturday (1 of 3).
    assert found.days_asked == 7
    assert found.consistency == pytest.approx(5 / 7, abs=1e-6)
    # Monday, Tuesday, Thursday, Sunday.
    assert found.perfect_days == 4
    # Read 5 and a skip, Run 1, the slip, Write 4.
    assert found.check_ins == 12
    assert found.waiting == 0
    assert found.at_risk == ()
    steps = [(step.first, step.last, step.asked, step.kept) for step in found.steps]
    assert steps == [
        (day(at), day(at), asked, kept)
        for at, (asked, kept) in enumerate([(4, 4), (2, 2), (3, 1), (2, 2), (4, 3), (3, 1), (3, 3)])
    ]


def test_the_habits_of_a_week() -> None:
    found = told(a_week(), 0, 6)
    shown = {
        one.name: (one.asked, one.kept, one.skipped, one.total, one.streak, one.best_streak)
        for one in found.habits
    }
    assert shown == {
        # Missed on Saturday, so one day; from Monday to Friday of the week before: five, and on.
        "Read": (6, 5, 1, 5, 1, 5),
        # The week before was kept; this one was not.
        "Run": (2, 1, 0, 1, 0, 1),
        # From Thursday on, and today as well.
        "Smoke": (7, 6, 0, 1, 5, 5),
        # Thursday and Friday were two in a row, then Sunday.
        "Write": (6, 4, 0, 4, 1, 2),
    }
    rates = {one.name: (one.rate, one.change) for one in found.habits}
    assert rates["Read"] == pytest.approx((5 / 6, 5 / 6 - 5 / 7), abs=1e-5)
    assert rates["Run"] == (0.5, -0.5)
    assert rates["Smoke"][0] == pytest.approx(6 / 7, abs=1e-6)
    assert rates["Smoke"][1] is None
    assert rates["Write"] == pytest.approx((4 / 6, 4 / 6), abs=1e-5)
    # Run was asked for twice only: neither best nor worst.
    assert (found.best, found.worst) == (line(found, "Smoke"), line(found, "Write"))


def test_what_changed_since_the_week_before() -> None:
    found = told(a_week(), 0, 6)
    # Read 5 of 7, Run 3 of 3, Write 0 of 3. Perfect: Tuesday and Thursday, when only Read was due.
    assert (found.before.first, found.before.last) == (day(-7), day(-1))
    assert found.before.completion == pytest.approx(8 / 13, abs=1e-6)
    assert found.before.completion_change == pytest.approx(16 / 21 - 8 / 13, abs=1e-5)
    assert found.before.perfect_days == 2
    # (4 + 5 + 3) / 3, one entry without a mood; before, a single 2.
    assert (found.mood, found.entries) == (4.0, 4)
    assert (found.before.mood, found.before.mood_change) == (2.0, 2.0)


def test_the_line_of_one_habit_is_that_of_the_summary() -> None:
    whole = a_week()
    for at, one in enumerate(told(whole, 0, 6).habits):
        alone = PersonHistory(whole.person, whole.today, (whole.habits[at],))
        assert line_of(alone, day(0), day(6)) == one


def test_settled_progress_saves_the_past_and_changes_nothing() -> None:
    whole = a_week()

    def settled(one: Tracked) -> Progress:
        return advance(begin(one.promise), one.promise, one.entries, one.rests, day(4))

    rows = [[_row(one, first, last) for one in whole.habits] for first, last in ((-7, 1), (2, 7))]
    spans = [
        LoadedPerson(whole.person, rows[0], list(whole.entries)),
        LoadedPerson(whole.person, rows[1], []),
    ]
    progress = {one.habit_id: settled(one) for one in whole.habits}
    again = history_of(whole.person, spans, progress, whole.today)
    assert told(again, 0, 6) == told(whole, 0, 6)


def _row(one: Tracked, first: int, last: int) -> HabitDays:
    """Write a habit down as it is loaded: with the days from `first` to `last`."""
    span = range(day(first).toordinal(), day(last).toordinal() + 1)
    logged = [(at, value) for at, value in sorted(one.entries.items()) if at in span]
    return HabitDays(
        one.habit_id,
        one.name,
        "",
        "",
        [],
        one.promise,
        None,
        list(one.rests),
        [at for at, _ in logged],
        [max(value, 0) for _, value in logged],
        [3 if value == SKIPPED else 1 for _, value in logged],
    )


# -- today ----------------------------------------------------------------------------------------


def test_a_morning_is_no_failure() -> None:
    two = history(habit("Read", entries=done(0, 1)), habit("Run", entries=done(0)), today=1)
    found = told(two, 0, 1)
    assert (found.asked, found.kept, found.waiting) == (3, 3, 1)
    # Today is neither perfect nor asked for yet: Run waits.
    assert (found.completion, found.perfect_days, found.days_asked) == (1.0, 1, 1)
    assert [(step.asked, step.kept) for step in found.steps] == [(2, 2), (1, 1)]
    both = history(habit("Read", entries=done(0, 1)), habit("Run", entries=done(0, 1)), today=1)
    assert (told(both, 0, 1).perfect_days, told(both, 0, 1).waiting) == (2, 0)


def test_half_of_a_day_is_enough_to_be_consistent() -> None:
    two = history(habit("Read", entries=done(0)), habit("Run"), today=1)
    assert told(two, 0, 0).consistency == 1.0
    three = history(habit("Read", entries=done(0)), habit("Run"), habit("Swim"), today=1)
    assert told(three, 0, 0).consistency == 0.0


def test_days_to_come_ask_for_nothing() -> None:
    found = told(history(habit(entries=done(0, 1)), today=1), 0, 6)
    assert (found.last, found.asked, len(found.steps)) == (day(6), 2, 7)
    assert [step.asked for step in found.steps] == [1, 1, 0, 0, 0, 0, 0]
    later = told(history(habit(entries=done(0, 1)), today=1), 20, 26)
    assert (later.asked, later.completion, later.before.completion) == (0, None, None)
    # A week on, with the present one as the one before.
    assert told(history(habit(entries=done(0)), today=2), 7, 13).before.completion == 0.5


# -- little, much, and gone -----------------------------------------------------------------------


def test_nothing_at_all() -> None:
    found = told(history(today=3), 0, 6)
    assert (found.completion, found.consistency, found.mood) == (None, None, None)
    assert (found.best, found.worst, found.habits, found.at_risk) == (None, None, (), ())
    assert (found.asked, found.perfect_days, found.days_asked, found.entries) == (0, 0, 0, 0)
    assert (found.before.completion, found.before.completion_change) == (None, None)
    assert len(found.steps) == 7


def test_one_day() -> None:
    found = told(history(habit(entries=done(0)), today=0), 0, 0)
    assert (found.completion, found.consistency, found.perfect_days) == (1.0, 1.0, 1)
    assert (found.before.first, found.before.last) == (day(-1), day(-1))
    assert line(found, "Read").streak == 1


def test_an_archived_habit_asks_until_it_was_laid_aside() -> None:
    swam = habit("Swim", entries=done(0, 1, 4), until=2)
    found = told(history(swam, habit("Walk"), today=9), 0, 6)
    swim = line(found, "Swim")
    # What was logged afterwards is counted, but was not asked for.
    assert (swim.asked, swim.kept, swim.total) == (3, 2, 3)
    assert [one.name for one in told(history(swam, today=9), 3, 4).habits] == ["Swim"]
    assert told(history(swam, today=9), 5, 9).habits == ()
    assert told(history(swam, today=9), 0, 2).check_ins == 2


def test_a_habit_is_laid_aside_on_a_day_of_its_person() -> None:
    row = HabitDays(UUID(int=1), "Swim", "", "", [], promise(), entry(3, None).at, [], [], [], [])
    assert last_in_use(row, ReportPerson(), {}) == day(2)
    assert last_in_use(row, ReportPerson(), done(3)) == day(3)
    # 20:00 UTC is the day after in Tokyo, unless days begin at six.
    assert last_in_use(row, ReportPerson(zone="Asia/Tokyo"), {}) == day(3)
    assert last_in_use(row, ReportPerson(zone="Asia/Tokyo", day_start=360), {}) == day(2)


def test_a_habit_to_come_is_not_listed() -> None:
    found = told(history(habit("Later", promise(version(20))), today=9), 0, 9)
    assert found.habits == ()


def test_of_equals_the_one_that_was_asked_more_is_best() -> None:
    short = habit("A", promise(version(4)), done(4, 5, 6))
    long = habit("B", entries=done(*range(7)))
    found = told(history(short, long, today=7), 0, 6)
    assert found.best == line(found, "B")
    assert found.worst is None
    one = told(history(long, habit("C", promise(version(5))), today=7), 0, 6)
    # C was asked for twice.
    assert (one.best, one.worst) == (line(one, "B"), None)


@pytest.mark.parametrize(
    ("last", "number", "first_step", "second"),
    [
        (30, 31, (0, 0), (1, 1)),
        (31, 5, (0, 6), (7, 13)),
        (182, 27, (0, 6), (7, 13)),
        (183, 7, (0, 30), (31, 59)),
    ],
)
def test_steps_are_days_weeks_or_months(
    last: int, number: int, first_step: tuple[int, int], second: tuple[int, int]
) -> None:
    found = told(history(habit(entries=done(*range(200))), today=200), 0, last)
    assert len(found.steps) == number
    shown = [(step.first, step.last) for step in found.steps[:2]]
    assert shown == [(day(a), day(b)) for a, b in (first_step, second)]
    assert sum(step.asked for step in found.steps) == last + 1
    assert found.steps[-1].last == day(last)


def test_weeks_begin_on_the_persons_day() -> None:
    sunday = history(today=60, week_start="sun")
    steps = told(sunday, 0, 40).steps
    assert [(step.first, step.last) for step in steps[:2]] == [(day(0), day(5)), (day(6), day(12))]


# -- streaks at risk ------------------------------------------------------------------------------


def risks(one: Tracked, today: int) -> list[tuple[int, float]]:
    """List streak and what is left of the habit, if it is at risk on a day."""
    found = told(history(one, today=today), 0, today)
    return [(each.streak, each.left) for each in found.at_risk]


def test_a_streak_of_days_is_at_risk_until_done() -> None:
    assert risks(habit(entries=done(0, 1, 2)), 3) == [(3, 1.0)]
    assert risks(habit(entries=done(0, 1, 2, 3)), 3) == []
    assert risks(habit(entries={**done(0, 1, 2), **days({3: 250})}), 3) == [(3, 0.75)]
    assert risks(habit(entries={**done(0, 1, 2), **days({3: 0})}), 3) == []
    assert risks(habit(entries=done(2)), 3) == []
    assert risks(habit(entries=done(0, 1, 2), rests=[(day(3), day(5))]), 3) == []
    assert risks(habit(entries={**done(0, 1), **days({2: SKIPPED})}), 2) == []
    assert risks(habit(entries=done(0, 1, 2), until=2), 3) == []
    mondays = promise(version(schedule=Weekdays(days=("mon",))))
    assert risks(habit(plan=mondays, entries=done(0, 7)), 13) == []
    assert risks(habit(plan=mondays, entries=done(0, 7)), 14) == [(2, 1.0)]


def test_a_streak_of_weeks_is_at_risk_when_no_day_is_to_spare() -> None:
    plan = promise(version(schedule=THRICE))
    kept = done(0, 1, 2, 7, 8, 9, 14)
    assert risks(habit(plan=plan, entries=kept), 18) == []
    assert risks(habit(plan=plan, entries=kept), 19) == [(2, 2.0)]
    # On Sunday with two to go it is lost already.
    assert risks(habit(plan=plan, entries=kept), 20) == []
    assert risks(habit(plan=plan, entries={**kept, **done(19)}), 20) == [(2, 1.0)]
    # No work on Sunday: it is Saturday that decides. Rest leaves 3 · 6 // 7 = 2 of 3.
    rests = [(day(20), day(20))]
    assert risks(habit(plan=plan, entries=kept, rests=rests), 18) == []
    assert risks(habit(plan=plan, entries=kept, rests=rests), 19) == [(2, 1.0)]


def test_amounts_and_limits_at_risk() -> None:
    weekly = promise(version(target=Target(value=10, per="week")), measure="count")
    entries = days({0: 10_000, 7: 10_000, 14: 4000})
    assert risks(habit(plan=weekly, entries=entries), 19) == []
    assert risks(habit(plan=weekly, entries=entries), 20) == [(2, 6.0)]
    limit = promise(version(target=Target(at="most", value=2)), measure="count")
    entries = days({0: 1000, 1: 2000, 2: 0})
    # To log that it stayed below the limit is all that is left.
    assert risks(habit(plan=limit, entries=entries), 3) == [(3, 0.0)]
    assert risks(habit(plan=promise(kind="quit"), entries={}), 9) == []
    # What today has spoilt, today cannot mend.
    target = Target(at="most", value=10, per="week")
    spoilt = days({0: 10_000, 7: 10_000, 14: 4000, 15: 7000})
    for kind in ("build", "quit"):
        plan = promise(version(target=target), measure="count", kind=kind)
        assert risks(habit(plan=plan, entries=spoilt), 15) == []


def test_the_longest_streak_at_risk_comes_first() -> None:
    found = told(
        history(habit("A", entries=done(1, 2)), habit("B", entries=done(0, 1, 2)), today=3), 0, 3
    )
    assert [one.name for one in found.at_risk] == ["B", "A"]


def test_ten_years_add_up() -> None:
    years = history(
        habit("A", entries=done(*range(3653))),
        habit("B", entries=done(*range(0, 3653, 2))),
        today=3653,
    )
    found = told(years, 0, 3652)
    assert (found.asked, found.kept, found.check_ins) == (2 * 3653, 3653 + 1827, 3653 + 1827)
    assert found.perfect_days == 1827
    assert len(found.steps) == 120
    assert line(found, "A").streak == 3653


def test_it_asks_as_the_rules_do() -> None:
    # Each number of a habit's line is a count of the days of `asked_of`.
    whole = a_week()
    found = told(whole, 0, 6)
    for one, shown in zip(whole.habits, found.habits, strict=True):
        asked = asked_of(one, day(0).toordinal(), day(6).toordinal(), whole.at)
        assert (shown.asked, shown.kept) == (len(asked.asked), len(asked.kept))
