"""Laws: however the days are cut, progress is what a replay of the whole history gives."""

import json
from datetime import date
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.habit import Kind, Measure, Target, Version
from contracts.keeping.progress import Progress, advance, begin, standing, streaks, window_days
from contracts.keeping.promise import SKIPPED, Promise
from contracts.schedule import (
    EveryDay,
    EveryNDays,
    MonthDays,
    NthWeekday,
    Rule,
    Schedule,
    Times,
    Weekday,
    Weekdays,
    Yearly,
)
from tests.domain.making import day, days, promise, version
from tests.examples import examples

LENGTH = 150
SCHEDULES: list[Schedule] = [
    EveryDay(),
    Weekdays(days=("mon", "thu")),
    EveryNDays(n=3),
    Times(times=3, per="week"),
    Times(times=4, per="month"),
    Times(times=2, per="days", days=9),
    MonthDays(days=(1, 15, -1)),
    NthWeekday(weekday="tue", nth=2),
    Yearly(month=2, day=29),
    Rule(rrule="FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SA"),
    Rule(rrule="FREQ=DAILY;COUNT=40"),
    Rule(rrule="FREQ=DAILY;INTERVAL=2;BYMONTH=1,4,5"),
]
PERIODS: list[Literal["day", "week", "month", "rolling"]] = ["day", "week", "month", "rolling"]
WEEK_STARTS: list[Weekday] = ["mon", "sun", "sat"]


@st.composite
def targets(draw: st.DrawFn, kind: Kind, measure: Measure) -> Target | None:
    """Draw a target that the habit may have."""
    if measure == "yes_no" or draw(st.booleans()):
        return None
    per = draw(st.sampled_from(PERIODS))
    return Target(
        at="most" if kind == "quit" else draw(st.sampled_from(["least", "most"])),
        value=draw(st.integers(1, 6)),
        per=per,
        days=draw(st.integers(1, 10)) if per == "rolling" else None,
    )


@st.composite
def promises(draw: st.DrawFn) -> Promise:
    """Draw a habit with one to four versions."""
    kind: Kind = draw(st.sampled_from(["build", "quit"]))
    measure: Measure = draw(st.sampled_from(["yes_no", "count"]))
    starts = sorted({0, *draw(st.lists(st.integers(1, LENGTH), max_size=3))})
    versions: list[Version] = []
    for start in starts:
        week_start = draw(st.sampled_from(WEEK_STARTS))
        schedule, target = draw(st.sampled_from(SCHEDULES)), draw(targets(kind, measure))
        goes_on: bool = draw(st.booleans())
        anchor = versions[-1].anchor if versions and goes_on else day(start)
        made = version(start, schedule, target, week_start)
        versions.append(made.model_copy(update={"anchor": anchor}))
    return promise(*versions, kind=kind, measure=measure)


VALUES = st.one_of(st.just(SKIPPED), st.integers(0, 6).map(lambda number: number * 1000))
ENTRIES = st.dictionaries(st.integers(0, LENGTH), VALUES, max_size=LENGTH).map(days)
RESTS = st.lists(
    st.tuples(st.integers(0, LENGTH), st.integers(0, 20)).map(
        lambda rest: (day(rest[0]), day(rest[0] + rest[1]))
    ),
    max_size=3,
)
CUTS = st.lists(st.integers(-1, LENGTH), max_size=12).map(sorted)


def whole(habit: Promise, entries: dict[int, int], rests: list[tuple[date, date]]) -> Progress:
    """Work out the whole history at once."""
    return advance(begin(habit), habit, entries, rests, day(LENGTH))


@given(promises(), ENTRIES, RESTS, CUTS)
@settings(max_examples=examples(105))
def test_incremental_is_recomputed(
    habit: Promise,
    entries: dict[int, int],
    rests: list[tuple[date, date]],
    cuts: list[int],
) -> None:
    progress = begin(habit)
    for cut in [*cuts, LENGTH]:
        # Each step sees no more than it says that it needs, and keeps no more than its JSON.
        since = progress.settled + 1 - window_days(habit)
        seen = {at: value for at, value in entries.items() if at >= since}
        near = [rest for rest in rests if rest[1].toordinal() >= since]
        progress = advance(progress, habit, seen, near, day(cut))
        progress = Progress.load(json.loads(json.dumps(progress.dump())))
    assert progress == whole(habit, entries, rests)


@given(promises(), ENTRIES, RESTS, st.integers(0, LENGTH), VALUES)
@settings(max_examples=examples(50))
def test_an_edit_after_the_settled_day_costs_no_history(
    habit: Promise,
    entries: dict[int, int],
    rests: list[tuple[date, date]],
    edited: int,
    value: int,
) -> None:
    settled = advance(begin(habit), habit, entries, rests, day(edited - 1))
    after = {**entries, **days({edited: value})}
    assert advance(settled, habit, after, rests, day(LENGTH)) == whole(habit, after, rests)


@given(promises(), ENTRIES, RESTS, st.integers(0, LENGTH), st.integers(-1, LENGTH))
@settings(max_examples=examples(70))
def test_what_is_shown_does_not_depend_on_what_is_settled(
    habit: Promise,
    entries: dict[int, int],
    rests: list[tuple[date, date]],
    today: int,
    settled: int,
) -> None:
    known = advance(begin(habit), habit, entries, rests, day(min(settled, today - 1)))
    shown = standing(known, habit, entries, rests, day(today))
    assert shown == standing(begin(habit), habit, entries, rests, day(today))
    runs, seen = streaks(habit, entries, rests, day(today))
    assert (shown.streak, shown.best_streak) == (seen.run.length, seen.best.length)
    assert shown.best_streak == max((run.length for run in runs), default=0)
    assert 0 <= shown.score <= 1
    assert all(run.start <= run.end <= day(today).toordinal() for run in runs)


@given(promises(), ENTRIES, st.integers(0, LENGTH), st.integers(0, 40))
@settings(max_examples=examples(50))
def test_a_break_freezes_the_score(
    habit: Promise, entries: dict[int, int], first: int, length: int
) -> None:
    rests = [(day(first), day(first + length))]
    before = advance(begin(habit), habit, entries, rests, day(first - 1))
    after = advance(before, habit, entries, rests, day(first + length))
    assert after.score == before.score


@given(ENTRIES, st.integers(1, LENGTH), st.integers(0, 40))
def test_a_break_neither_breaks_nor_lengthens(
    entries: dict[int, int], first: int, length: int
) -> None:
    rests = [(day(first), day(first + length))]
    before = advance(begin(promise()), promise(), entries, rests, day(first - 1))
    after = advance(before, promise(), entries, rests, day(first + length))
    assert after.streaks == before.streaks


@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)), st.integers(0, 60))
def test_skipped_days_might_as_well_not_exist(ticks: set[int], skips: set[int], today: int) -> None:
    """Against a second, naive account of a daily streak."""
    entries = {**days(dict.fromkeys(ticks, 1000)), **days(dict.fromkeys(skips, SKIPPED))}
    expected = 0
    for at in range(today, -1, -1):
        if at in skips or (at == today and at not in ticks):
            continue
        if at not in ticks:
            break
        expected += 1
    assert standing(begin(promise()), promise(), entries, (), day(today)).streak == expected
