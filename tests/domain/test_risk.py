"""Which streaks end today unless something is done, against every way that it could go."""

from collections.abc import Iterator
from datetime import date
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from actors.analytics.summary import at_risk, standings_of
from actors.reminders.domain import Conditions, Seen, decide
from contracts.habit import Kind, Measure, Target, Version
from contracts.keeping.cycle import cycle_of
from contracts.keeping.progress import advance, begin, standing
from contracts.keeping.promise import SKIPPED, Promise, Rests
from contracts.keeping.risk import ends_today
from contracts.keeping.streak import Run
from contracts.schedule import EveryDay, EveryNDays, Rule, Schedule, Times, Weekday, Weekdays
from tests.domain.making import day, days, done, promise, version
from tests.domain.tracking import habit as tracked
from tests.domain.tracking import history
from tests.examples import examples

THRICE = Times(times=3, per="week")
LONG = 28


def ends(plan: Promise, entries: dict[int, int], today: int, rests: Rests = ()) -> bool:
    """Tell whether a streak ends today unless something is done."""
    return ends_today(begin(plan), plan, entries, rests, day(today))


# -- by brute force --------------------------------------------------------------------------------

SCHEDULES: list[Schedule] = [
    EveryDay(),
    Weekdays(days=("mon", "wed", "sat")),
    EveryNDays(n=2),
    THRICE,
    Times(times=1, per="week"),
    Times(times=2, per="days", days=4),
    Rule(rrule="FREQ=DAILY;COUNT=20"),
]
WEEK_STARTS: list[Weekday] = ["mon", "sun", "thu"]


@st.composite
def plans(draw: st.DrawFn) -> Promise:
    """Draw a habit that is counted in days, short blocks or weeks, with changes of plan."""
    kind: Kind = draw(st.sampled_from(["build", "build", "quit"]))
    measure: Measure = draw(st.sampled_from(["yes_no", "count"]))
    versions: list[Version] = []
    for start in sorted({0, *draw(st.lists(st.integers(1, LONG), max_size=2))}):
        target = None
        if measure == "count" and draw(st.booleans()):
            at = "most" if kind == "quit" else draw(st.sampled_from(["least", "most"]))
            per = draw(st.sampled_from(["day", "week", "rolling"]))
            words = {"at": at, "value": draw(st.integers(1, 4)), "per": per}
            extra = {"days": 3} if per == "rolling" else {}
            target = Target.model_validate(words | extra)
        schedule = draw(st.sampled_from(SCHEDULES))
        week_start = draw(st.sampled_from(WEEK_STARTS))
        versions.append(version(start, schedule, target, week_start))
    return promise(*versions, kind=kind, measure=measure)


VALUES = st.sampled_from([SKIPPED, 0, 1000, 1000, 2000, 4000])
LOGGED = st.dictionaries(st.integers(0, LONG), VALUES, min_size=8, max_size=LONG)
RESTS = st.lists(
    st.tuples(st.integers(0, LONG), st.integers(0, 4)).map(lambda r: (day(r[0]), day(sum(r)))),
    max_size=2,
)


def ways(plan: Promise, entries: dict[int, int], days_: list[int]) -> Iterator[dict[int, int]]:
    """Go through what may come to be logged on some days beside what is: nothing, little, much."""
    for chosen in product((None, 0, 1000, 4000), repeat=len(days_)):
        more = zip(days_, chosen, strict=True)
        yield {
            **entries,
            **{at: max(value, entries.get(at, 0)) for at, value in more if value is not None},
        }


def survives(plan: Promise, entries: dict[int, int], rests: Rests, today: int, last: int) -> bool:
    """Tell whether the streak of the eve can live until the end of the period; today is over."""
    eve = advance(begin(plan), plan, entries, rests, day(today - 1))
    base = day(0).toordinal()
    at_rest = {at for first, end in rests for at in range(first.toordinal(), end.toordinal() + 1)}
    ahead = [base + at for at in range(today + 1, last + 1)]
    free = [at for at in ahead if at not in at_rest and entries.get(at) != SKIPPED]
    for way in ways(plan, entries, free):
        ended: list[Run] = []
        advance(eve, plan, way, rests, day(last), ended)
        if not ended:
            return True
    return False


@given(plans(), LOGGED, RESTS, st.integers(7, LONG))
@settings(max_examples=examples(140))
def test_it_is_what_every_way_to_go_on_says(
    plan: Promise, logged: dict[int, int], rests: list[tuple[date, date]], today: int
) -> None:
    cycle = cycle_of(plan.terms_on(day(today)))
    base = day(0).toordinal()
    last = cycle.bounds(base + today)[1] - base if cycle else today
    # Four days ahead in four ways each: 256 histories for each thing that today may say.
    assume(last - today <= 4)
    entries = days({at: value for at, value in logged.items() if at <= today})
    shown = standing(begin(plan), plan, entries, rests, day(today))
    at_rest = entries.get(base + today) == SKIPPED or any(f <= day(today) <= e for f, e in rests)
    dies = not survives(plan, entries, rests, today, last)
    lives = any(
        survives(plan, way, rests, today, last) for way in ways(plan, entries, [base + today])
    )
    # What a plain "no" has ended for today is not at risk any more.
    expected = bool(shown.streak) and not at_rest and dies and lives
    assert ends(plan, entries, today, rests) == expected


# -- one rule for all who ask ----------------------------------------------------------------------


@given(plans(), LOGGED, RESTS, st.integers(1, LONG))
@settings(max_examples=examples(70))
def test_reminders_and_summary_say_the_same(
    plan: Promise, logged: dict[int, int], rests: list[tuple[date, date]], today: int
) -> None:
    entries = days({at: value for at, value in logged.items() if at <= today})
    whole = history(tracked(plan=plan, entries=entries, rests=rests), today=today)
    listed = at_risk(whole, standings_of(whole))
    seen = Seen(plan, entries=entries, rests=rests)
    for least in (1, 2):  # one promise kept is not a streak yet, even for who asks for one
        said = decide(Conditions("at_risk", streak=least), seen, day(today))
        assert [one.streak for one in listed] == ([said.streak] if said.reason is None else [])


# -- by hand: day 0 is a Monday --------------------------------------------------------------------


def test_another_first_day_of_the_week_in_mid_week() -> None:
    # From Thursday on weeks begin on Sunday: the pieces of a week until then cannot fail.
    plan = promise(version(schedule=THRICE), version(17, THRICE, week_start="sun", anchor=0))
    kept = done(0, 1, 2, 7, 8, 9)
    assert [at for at in range(14, 28) if ends(plan, kept, at)] == [24]


def test_another_schedule_in_mid_week() -> None:
    kept = done(0, 1, 2, 7, 8, 9)
    # Daily from Friday on: what was left of the week is nobody's any more, Friday itself counts.
    plan = promise(version(schedule=THRICE), version(18))
    assert [at for at in range(14, 21) if ends(plan, kept, at)] == [18]
    # Five times instead of three from Thursday on, two done: three are left for Friday to Sunday.
    plan = promise(version(schedule=THRICE), version(17, Times(times=5, per="week"), anchor=0))
    assert not ends(plan, kept | done(14, 15), 17)
    assert ends(plan, kept | done(14, 15), 18)
    # It is known on Wednesday already: one done, four left, Thursday to Sunday.
    assert not ends(plan, kept | done(14), 16)
    assert ends(plan, kept, 16)


@pytest.mark.parametrize(("away", "today"), [((19, 20), 17), ((14, 15), 19), ((20, 20), 18)])
def test_a_break_within_the_week(away: tuple[int, int], today: int) -> None:
    # Rest leaves 3 · 5 // 7 = 2 of 3, or 3 · 6 // 7 = 2: the last day that still has a day after.
    plan, kept = promise(version(schedule=THRICE)), done(0, 1, 2, 7, 8, 9)
    rests = [(day(away[0]), day(away[1]))]
    first = next(at for at in range(14, 21) if ends(plan, kept, at, rests))
    assert first == today
    assert not any(ends(plan, kept, at, rests) for at in range(away[0], away[1] + 1))


def test_what_must_be_logged_to_stay_below_a_limit() -> None:
    daily = promise(version(target=Target(at="most", value=2)), measure="count")
    assert ends(daily, days({0: 1000, 1: 2000}), 2)
    assert not ends(daily, days({0: 1000, 1: 2000, 2: 1000}), 2)
    weekly = promise(version(target=Target(at="most", value=2, per="week")), measure="count")
    logged = days({3: 1000, 9: 2000})
    assert [at for at in range(14, 21) if ends(weekly, logged, at)] == [20]
    # Nothing need be said to leave something.
    assert not ends(promise(kind="quit"), {}, 9)


def test_after_the_end_of_a_plan_nothing_ends() -> None:
    plan = promise(
        version(schedule=Rule(rrule="FREQ=DAILY;COUNT=14"), target=Target(value=3, per="week")),
        measure="count",
    )
    kept = days({2: 3000, 9: 3000})
    assert not any(ends(plan, kept, at) for at in range(14, 60))
    assert standing(begin(plan), plan, kept, (), day(60)).streak == 2
