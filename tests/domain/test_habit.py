"""What a check-in means, what goes together, and how a plan changes."""

from datetime import date
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from actors.habits.domain import check_plan
from contracts.breaks import AddBreak
from contracts.habit import CheckInState, Kind, Measure, Name, Tag, Target, Version
from contracts.habits import CreateHabit
from contracts.keeping.entry import logged
from contracts.keeping.progress import advance, begin, entries_of, standing
from contracts.keeping.promise import SKIPPED, Amendment, Promise, amend, begin_earlier
from contracts.message import Invalid
from contracts.schedule import EveryDay, EveryNDays, Rule, Schedule, Times
from tests.domain.making import day, days, done, promise, version

READ = promise(version(target=Target(value=10)), measure="count")
RUN = promise(version(target=Target(value=20, per="week")), measure="amount")
COFFEE = promise(version(target=Target(at="most", value=2)), measure="count")
SMOKE = promise(kind="quit")


@pytest.mark.parametrize(
    ("habit", "value", "state", "means"),
    [
        (promise(), None, None, (1000, "done")),
        (promise(), None, "failed", (0, "failed")),
        (promise(), None, "partial", (500, "partial")),
        (promise(), 0.0, None, (0, "failed")),
        (promise(), 1.0, "done", (1000, "done")),
        (promise(), 0.0, "skipped", (0, "skipped")),
        (READ, None, None, (10_000, "done")),
        (READ, 4.0, "partial", (4000, "partial")),
        (READ, 12.0, None, (12_000, "done")),
        (RUN, 7.3504, None, (7350, "partial")),
        (COFFEE, None, "done", (0, "done")),
        (COFFEE, 2.0, None, (2000, "done")),
        (COFFEE, 3.0, None, (3000, "failed")),
        (SMOKE, None, "failed", (1000, "failed")),
        (SMOKE, None, "done", (0, "done")),
        (SMOKE, 3.0, None, (3000, "failed")),
    ],
)
def test_what_a_check_in_means(
    habit: Promise,
    value: float | None,
    state: CheckInState | None,
    means: tuple[int, CheckInState],
) -> None:
    assert logged(habit, day(0), value, state) == means


@pytest.mark.parametrize(
    ("habit", "value", "state", "code"),
    [
        (RUN, None, None, "value_missing"),
        (READ, None, "partial", "value_missing"),
        (COFFEE, None, None, "value_missing"),
        (SMOKE, None, None, "value_missing"),
        (promise(), 2.0, None, "value_not_yes_no"),
        (READ, 1.5, None, "value_not_whole"),
    ],
)
def test_a_check_in_that_says_too_little_or_nonsense(
    habit: Promise, value: float | None, state: CheckInState | None, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        logged(habit, day(0), value, state)
    assert refused.value.code == code
    assert refused.value.fields[0].pointer == "/value"


@pytest.mark.parametrize(
    ("habit", "value", "state"),
    [
        (promise(), 1.0, "failed"),
        (promise(), 1.0, "skipped"),
        (promise(), 0.0, "done"),
        (READ, 4.0, "done"),
        (COFFEE, 3.0, "done"),
        (SMOKE, 0.0, "failed"),
    ],
)
def test_a_check_in_that_contradicts_itself(
    habit: Promise, value: float, state: CheckInState
) -> None:
    with pytest.raises(Invalid) as refused:
        logged(habit, day(0), value, state)
    assert refused.value.code == "state_contradicts_value"
    assert refused.value.fields[0].pointer == "/state"


@pytest.mark.parametrize(
    ("kind", "measure", "target", "schedule", "code"),
    [
        ("build", "yes_no", Target(value=1), EveryDay(), "target_not_allowed"),
        ("quit", "count", Target(value=1), EveryDay(), "target_not_at_most"),
        ("build", "count", Target(value=1.5), EveryDay(), "value_not_whole"),
        ("build", "yes_no", None, Rule(rrule="FREQ=DAILY;UNTIL=20000101"), "schedule_never_due"),
    ],
)
def test_what_does_not_go_together(
    kind: Kind, measure: Measure, target: Target | None, schedule: Schedule, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        check_plan(kind, measure, target, schedule, day(0))
    assert refused.value.code == code
    assert refused.value.fields


def test_what_goes_together() -> None:
    most = Target(at="most", value=1.5, per="week")
    check_plan("quit", "amount", most, EveryDay(), day(0))
    others: tuple[tuple[Kind, Measure, Target], ...] = (
        ("quit", "amount", most.model_copy(update={"at": "least"})),
        ("quit", "count", most),
        ("quit", "yes_no", most),
    )
    for kind, measure, target in others:
        with pytest.raises(Invalid):
            check_plan(kind, measure, target, EveryDay(), day(0))


def change(
    versions: tuple[Version, ...], schedule: Schedule, target: int, today: int, begin: int | None
) -> tuple[Version, ...]:
    """Amend versions, counting days by number."""
    return amend(
        versions,
        Amendment(schedule, Target(value=target)),
        today=day(today),
        effective_from=None if begin is None else day(begin),
        week_start="mon",
    )


def test_a_change_holds_from_its_day_on() -> None:
    first = change((version(),), EveryNDays(n=3), 5, 0, None)
    assert [each.effective_from for each in first] == [day(0)]
    second = change(first, EveryNDays(n=3), 7, 10, None)
    assert [(each.effective_from, each.anchor) for each in second] == [
        (day(0), day(0)),
        (day(10), day(0)),
    ]
    third = change(second, EveryDay(), 7, 11, 12)
    assert third[:2] == second
    assert third[2].anchor == day(12)
    assert change(third, EveryDay(), 7, 20, None) == third


def plan(
    versions: tuple[Version, ...], today: int, begin: int | None = None, **changed: Any
) -> tuple[Version, ...]:
    """Amend versions in one field or the other."""
    effective_from = None if begin is None else day(begin)
    amendment = Amendment(**changed)
    return amend(
        versions, amendment, today=day(today), effective_from=effective_from, week_start="mon"
    )


def shown(versions: tuple[Version, ...]) -> list[tuple[int, str, float]]:
    """Show versions: from which day on, which schedule, how much."""
    return [
        (
            (each.effective_from - day(0)).days,
            each.schedule.every,
            each.target.value if each.target else 0,
        )
        for each in versions
    ]


FIVE, SIX, NINE = Target(value=5), Target(value=6), Target(value=9)


def test_what_is_planned_for_one_field_stays_when_the_other_changes_today() -> None:
    planned = plan((version(target=FIVE),), 0, 7, schedule=EveryNDays(n=3))
    today = plan(planned, 0, target=NINE)
    assert shown(today) == [(0, "day", 9), (7, "n_days", 9)]
    assert today[1].anchor == day(7)
    planned = plan((version(target=FIVE),), 0, 7, target=NINE)
    today = plan(planned, 3, schedule=EveryNDays(n=3))
    assert shown(today) == [(0, "day", 5), (3, "n_days", 5), (7, "n_days", 9)]
    assert {each.anchor for each in today[1:]} == {day(3)}


def test_what_is_planned_for_a_field_stays_when_it_changes_before() -> None:
    planned = plan((version(target=FIVE),), 0, 30, target=NINE)
    assert shown(plan(planned, 0, 20, target=SIX)) == [
        (0, "day", 5),
        (20, "day", 6),
        (30, "day", 9),
    ]
    both = plan(planned, 0, 40, schedule=EveryNDays(n=2))
    assert shown(plan(both, 10, target=SIX)) == [
        (0, "day", 5),
        (10, "day", 6),
        (30, "day", 9),
        (40, "n_days", 9),
    ]


def test_a_plan_is_taken_back_by_planning_what_holds_until_then() -> None:
    planned = plan((version(target=FIVE),), 0, 30, target=NINE, schedule=EveryNDays(n=2))
    assert shown(plan(planned, 3, 30, target=FIVE)) == [(0, "day", 5), (30, "n_days", 5)]
    assert plan(planned, 3, 30, target=FIVE, schedule=EveryDay()) == planned[:1]
    dropped = plan(planned, 3, 30, drop_target=True)
    assert shown(dropped) == [(0, "day", 5), (30, "n_days", 0)]


def test_a_schedule_that_is_restored_on_the_same_day_keeps_its_rhythm() -> None:
    first = version(0, EveryNDays(n=3))
    moved = plan((first,), 10, schedule=EveryDay())
    assert plan(moved, 10, schedule=EveryNDays(n=3)) == (first,)


def test_the_past_cannot_be_changed() -> None:
    with pytest.raises(Invalid, match="the past stays"):
        change((version(),), EveryDay(), 2, 10, 9)


def test_an_earlier_start_keeps_the_rhythm() -> None:
    later = (version(10, EveryNDays(n=3)),)
    (earlier,) = begin_earlier(later, day(0))
    assert (earlier.effective_from, earlier.anchor) == (day(0), day(1))


def test_today_says_how_far_it_has_come() -> None:
    thrice = promise(version(schedule=Times(times=3, per="week")))
    shown = standing(begin(thrice), thrice, done(0, 1), (), day(2))
    assert (shown.due, shown.done, shown.needed, shown.state) == (True, 2, 3, None)
    shown = standing(begin(thrice), thrice, done(0, 1, 2), (), day(2))
    assert (shown.due, shown.done, shown.state) == (True, 3, "done")
    assert not standing(begin(thrice), thrice, done(0, 1, 2), (), day(3)).due
    shown = standing(begin(RUN), RUN, days({0: 7350}), (), day(1))
    assert (shown.due, shown.done, shown.needed) == (True, 7.35, 20)


def test_rest_takes_its_share_of_what_is_needed() -> None:
    four = promise(version(schedule=Times(times=4, per="week")))
    skipped = {**done(0), **days({1: SKIPPED, 2: SKIPPED})}
    shown = standing(begin(four), four, skipped, (), day(3))
    assert (shown.done, shown.needed, shown.due) == (1, 2, True)
    # A break to come is known: 4 · 3 // 7 = 1.
    ahead = [(day(3), day(6))]
    shown = standing(begin(four), four, done(0), ahead, day(2))
    assert (shown.done, shown.needed, shown.due) == (1, 1, False)
    shown = standing(begin(four), four, done(7), [(day(0), day(13))], day(9))
    assert (shown.done, shown.needed, shown.due) == (1, 0, False)
    weekly = promise(version(target=Target(value=21, per="week")), measure="count")
    shown = standing(begin(weekly), weekly, days({0: 9000}), [(day(5), day(6))], day(1))
    assert (shown.done, shown.needed) == (9, 15)
    at_most = promise(version(target=Target(at="most", value=21, per="week")), measure="count")
    assert standing(begin(at_most), at_most, {}, [(day(5), day(6))], day(1)).needed == 21
    rolling = promise(version(target=Target(value=8, per="rolling", days=4)), measure="count")
    shown = standing(begin(rolling), rolling, days({5: 4000}), [(day(6), day(6))], day(7))
    assert (shown.done, shown.needed) == (4, 6)


def test_today_in_a_break_asks_for_nothing() -> None:
    shown = standing(begin(READ), READ, {}, [(day(0), day(3))], day(2))
    assert (shown.due, shown.on_break) == (False, True)


def test_a_day_before_the_start_asks_for_nothing() -> None:
    assert not standing(begin(READ), READ, {}, (), day(-1)).due


def test_a_settled_day_cannot_be_shown_as_open() -> None:
    settled = advance(begin(READ), READ, {}, (), day(5))
    with pytest.raises(ValueError, match="beyond"):
        standing(settled, READ, {}, (), day(5))


def test_rows_become_entries() -> None:
    rows: list[tuple[date, int | None, CheckInState]] = [
        (day(0), 500, "partial"),
        (day(1), 0, "skipped"),
        (day(2), None, "failed"),
    ]
    assert entries_of(rows) == days({0: 500, 1: -1, 2: 0})


def test_a_name_is_enough() -> None:
    habit = CreateHabit(name="  قراءة 📚 ")
    assert (habit.name, habit.kind, habit.measure) == ("قراءة 📚", "build", "yes_no")
    assert habit.schedule == EveryDay()


@pytest.mark.parametrize("name", ["", "   ", "x" * 10_000, "a\x00b", "a\nb"])
def test_a_name_that_is_none(name: str) -> None:
    with pytest.raises(ValidationError):
        CreateHabit(name=name)


def test_a_break_is_in_order_and_has_one_scope() -> None:
    made = AddBreak.model_validate({"from": "2026-01-01", "to": "2026-01-02"})
    assert AddBreak.model_validate_json(made.model_dump_json()) == made
    with pytest.raises(ValidationError):
        AddBreak.model_validate({"from": "2026-01-02", "to": "2026-01-01"})


@pytest.mark.parametrize(
    "unseen", ["\u200b", "\u2800", " \u3164\t", "\xa0\u00ad\ufeff", "\u200d\u2060\uffa0", "\u115f"]
)
def test_a_name_is_something_that_can_be_seen(unseen: str) -> None:
    kinds: list[TypeAdapter[str]] = [TypeAdapter(Name), TypeAdapter(Tag)]
    for kind in kinds:
        with pytest.raises(ValidationError, match="at least 1 character"):
            kind.validate_python(unseen)
        assert kind.validate_python(f"{unseen}сон{unseen}") == "сон"


@pytest.mark.parametrize(
    "unseen", ["\U000e0062\U000e007f", "\ufe0e", "\U000e0123", "\u0327\u0308", "\u20e3", "\u0903"]
)
def test_a_mark_without_a_letter_is_no_name(unseen: str) -> None:
    kinds: list[TypeAdapter[str]] = [TypeAdapter(Name), TypeAdapter(Tag)]
    for kind in kinds:
        with pytest.raises(ValidationError, match="at least 1 character"):
            kind.validate_python(unseen)


@pytest.mark.parametrize(
    "name", ["1️⃣", "🇸🇪", "e\u0301", "กำ", "葛\U000e0100", "\u0601٣", "\U0001fbff"]
)
def test_a_name_is_what_a_script_or_an_emoji_makes_of_it(name: str) -> None:
    kind: TypeAdapter[str] = TypeAdapter(Name)
    assert kind.validate_python(name) == name
    assert kind.validate_python(f"{name} \U000e0062") == name


@pytest.mark.parametrize("name", ["❤️", "👩‍👩‍👧", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "नमस्ते", "a\u200db"])
def test_a_name_keeps_what_shapes_it(name: str) -> None:
    kind: TypeAdapter[str] = TypeAdapter(Name)
    assert kind.validate_python(name) == name
