"""What goes together is found, and what does not is not called so."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from actors.analytics.associations import MOST, associate, associate_loaded
from actors.analytics.circular_shift import (
    LEAST_P,
    compare,
    corrected,
    student_975,
    turning,
    waves,
)
from actors.analytics.series import Flags, Numbers, Series, daily_moods, series_of
from actors.analytics.texts import LESS, LEVEL, MORE
from contracts.analytics import Association, Associations
from contracts.habit import Target
from contracts.keeping.promise import SKIPPED, Promise
from contracts.language import Language
from contracts.schedule import Times, Weekdays
from contracts.speech import catalog
from storage.analytics.histories import DiaryRow, HabitDays, LoadedPerson, ReportPerson
from tests.domain.making import day, days, done, promise, version

YEAR = 365
TURN = turning(YEAR)
TODAY = date(2026, 1, 1)


def habit(kept: Flags, number: int = 1, known: Flags | None = None) -> Series:
    """Make a habit that was due whenever it was known."""
    known = np.ones(len(kept), np.bool_) if known is None else known
    return Series(UUID(int=number), f"Habit {number}", known, known, kept & known)


def report(
    habits: list[Series],
    moods: Numbers,
    language: Language = "en",
    only: UUID | None = None,
) -> Associations:
    """Look for associations in the days before TODAY."""
    first = TODAY - timedelta(days=len(moods))
    return associate(
        habits,
        moods,
        first=first,
        last=TODAY,
        today=TODAY,
        stamp=7,
        language=language,
        only=only,
    )


def no_moods(number: int = YEAR) -> Numbers:
    return np.full(number, np.nan)


def of_kind(found: Associations, kind: str) -> list[Association]:
    return [one for one in found.associations if one.kind == kind]


def phases(chance: np.random.Generator, rows: int, length: int, memory: float) -> Numbers:
    """Make series in which each day takes after the day before: AR(1) with variance 1."""
    noise = chance.normal(size=(rows, length)) * (1 - memory**2) ** 0.5
    noise[:, 0] = chance.normal(size=rows)
    for at in range(1, length):
        noise[:, at] += memory * noise[:, at - 1]
    return np.asarray(noise, dtype=np.float64)


# -- the statistics -------------------------------------------------------------------------------


def test_four_days_by_hand() -> None:
    # y on days with x: (5 + 4) / 2 = 4.5; without: (3 + 2) / 2 = 2.5. So the effect is 2.
    # r = 2 · 1/2 / √1.25 = 0.894; turned by one and by three days 0, by two days -0.894.
    # So one of three turns is as strong: p = (1 + 1) / (3 + 1).
    # link = r·√3 = 1.549; σ = √(0 + 1.549² + 0) / √3 = 0.894, ν = 2.4² / (2.4² / 3) = 3.
    # half the interval: t(0.975; 3) · σ · √(5 / 4 · 4 / 3) = 3.182 · 0.894 · 1.291 = 3.674.
    always = np.ones((1, 4), np.bool_)
    x, y = np.array([[1.0, 1, 0, 0]]), np.array([[5.0, 4, 3, 2]])
    found = compare(waves(x, always, 4), waves(y, always, 4), 4)
    assert found.effect[0] == pytest.approx(2)
    assert found.p[0] == pytest.approx(0.5)
    assert (found.high - found.effect)[0] == pytest.approx(3.674, rel=0.02)
    assert (found.effect - found.low)[0] == pytest.approx(3.674, rel=0.02)


def test_unknown_days_do_not_count() -> None:
    # Days 1, 3, 4 and 6 are known of both: with x 5 and 3, without 2 and 1; 4 - 1.5 = 2.5.
    x = np.array([[1.0, 1, 1, 0, 9, 0]])
    y = np.array([[5.0, 9, 3, 2, 9, 1]])
    x_known = np.array([[True, True, True, True, False, True]])
    y_known = np.array([[True, False, True, True, True, True]])
    found = compare(waves(x, x_known, 6), waves(y, y_known, 6), 6)
    assert found.effect[0] == pytest.approx(2.5)


@pytest.mark.parametrize(
    ("freedom", "point"), [(3, 3.182), (5, 2.571), (10, 2.228), (30, 2.042), (1000, 1.962)]
)
def test_points_of_student(freedom: float, point: float) -> None:
    assert student_975(np.array([float(freedom)]))[0] == pytest.approx(point, rel=0.012)


def test_correction_by_hand() -> None:
    # In order: 0.01·4/1 = 0.04; 0.03·4/2 = 0.06, but what follows is 0.04·4/3 = 0.0533; 0.5·4/4.
    q = corrected(np.array([0.01, 0.04, 0.03, 0.5]))
    assert q == pytest.approx([0.04, 0.16 / 3, 0.16 / 3, 0.5])
    assert len(corrected(np.zeros(0))) == 0


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.8])
def test_nineteen_intervals_of_twenty_hold_the_truth(memory: float) -> None:
    chance = np.random.default_rng(11)
    x = phases(chance, 400, YEAR, memory) > 0.3
    y = phases(chance, 400, YEAR, memory) + 0.6 * x
    felt = chance.random((400, YEAR)) < 0.8
    found = compare(waves(x, np.ones_like(x), TURN), waves(y, felt, TURN), TURN)
    holding = ((found.low <= 0.6) & (found.high >= 0.6)).mean()
    # Three standard errors of a share of 400: 0.033.
    assert holding >= 0.95 - 0.033


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.9, 0.97, 1.0])
def test_series_in_phases_that_have_nothing_to_do_with_each_other(memory: float) -> None:
    chance = np.random.default_rng(5)
    if memory == 1.0:
        x, y = np.cumsum(chance.normal(size=(2, 600, YEAR)), axis=2)
    else:
        x, y = phases(chance, 600, YEAR, memory), phases(chance, 600, YEAR, memory)
    kept = x > np.median(x, axis=1, keepdims=True)
    always = np.ones_like(kept)
    found = compare(waves(kept, always, TURN), waves(y, always, TURN), TURN)
    # Three standard errors of a share of 600: 0.027 around 0.05, and 0.004 around 0.001.
    assert (found.p < 0.05).mean() <= 0.05 + 0.027
    assert (found.p < 0.001).mean() <= 0.001 + 0.004


@pytest.mark.parametrize("due", [(0,), (0, 2, 4)])
def test_days_that_are_due_only_now_and_then(due: tuple[int, ...]) -> None:
    chance = np.random.default_rng(6)
    known = np.tile(np.isin(np.arange(YEAR) % 7, due), (600, 1))
    x, y = phases(chance, 600, YEAR, 0.5) > 0, phases(chance, 600, YEAR, 0.5) > 0
    found = compare(waves(x, known, TURN), waves(y, known, TURN), TURN)
    assert (found.p < 0.05).mean() <= 0.05 + 0.027


# -- reports --------------------------------------------------------------------------------------


def test_a_mood_that_is_higher_on_the_same_day() -> None:
    chance = np.random.default_rng(1)
    kept = chance.random(YEAR) < 0.4
    moods = np.clip(np.round(3 + 0.8 * kept + chance.normal(0, 0.8, YEAR)), 1, 5)
    found = report([habit(kept)], moods)
    same, following = of_kind(found, "mood_same_day")[0], of_kind(found, "mood_next_day")[0]
    assert found.tested == 2
    assert found.associations[0] == same
    effect = moods[kept].mean() - moods[~kept].mean()
    assert same.effect == pytest.approx(effect, abs=1e-6)
    assert (same.with_days, same.without_days) == (kept.sum(), (~kept).sum())
    assert same.likely
    assert same.low is not None
    assert same.low > 0
    assert same.text == (
        f"On days with “Habit 1” your mood was {effect:.1f} higher ({kept.sum()} days with, "
        f"{(~kept).sum()} without); that is unlikely to be chance."
    )
    assert not following.likely
    assert following.text.endswith("that may be chance.")


def test_a_mood_that_is_lower_on_the_next_day() -> None:
    chance = np.random.default_rng(1)
    kept = chance.random(YEAR) < 0.4
    moods = 3 + chance.normal(0, 0.5, YEAR)
    moods[1:] -= 0.5 * kept[:-1]
    found = report([habit(kept)], moods, "ru")
    first = found.associations[0]
    assert (first.kind, first.likely) == ("mood_next_day", True)
    # The last day has no next one.
    assert first.with_days + first.without_days == YEAR - 1
    assert first.text.startswith("На следующий день после привычки «Habit 1» настроение было ниже")
    assert first.text.endswith("вряд ли это случайность.")
    assert not of_kind(found, "mood_same_day")[0].likely


def test_two_habits_that_go_together() -> None:
    chance = np.random.default_rng(3)
    one = chance.random(YEAR) < 0.5
    other = np.where(one, chance.random(YEAR) < 0.9, chance.random(YEAR) < 0.6)
    rest = chance.random(YEAR) < 0.5
    found = report([habit(one, 1), habit(other, 2), habit(rest, 3)], no_moods())
    assert found.tested == 3  # each two once, and no moods
    first = found.associations[0]
    # The first was kept and left more evenly, so the other is compared on days with and without it.
    assert (first.name, first.other) == ("Habit 1", "Habit 2")
    share = other[one].mean() - other[~one].mean()
    assert first.effect == pytest.approx(share, abs=1e-6)
    assert first.text.startswith("On days with “Habit 1” you also kept “Habit 2” ")
    assert f" {100 * share:.0f} percentage points more often" in first.text
    assert [one.likely for one in found.associations] == [True, False, False]


@pytest.mark.parametrize("days_kept", [(0,), (0, 2, 4), (0, 1, 2, 3, 4)])
def test_a_rhythm_of_the_week_is_no_link(days_kept: tuple[int, ...]) -> None:
    chance = np.random.default_rng(4)
    monday = np.isin(np.arange(YEAR) % 7, days_kept)
    moods = 3 + 1.0 * monday + chance.normal(0, 0.3, YEAR)
    found = report([habit(monday)], moods)
    same = of_kind(found, "mood_same_day")[0]
    assert same.effect == pytest.approx(1.0, abs=0.2)
    assert not same.likely


def test_reports_on_chance_alone_hardly_ever_find_anything() -> None:
    chance = np.random.default_rng(8)
    finding = 0
    for _ in range(120):
        walks = np.cumsum(chance.normal(size=(2, YEAR)), axis=1)
        series = [*phases(chance, 4, YEAR, 0.8), *walks]
        moods = np.clip(np.round(3 + np.cumsum(chance.normal(0, 0.2, YEAR))), 1, 5)
        habits = [habit(one > np.median(one), at + 1) for at, one in enumerate(series)]
        finding += any(one.likely for one in report(habits, moods).associations)
    # Three standard errors of a share of 120: 0.06.
    assert finding / 120 <= 0.05 + 0.06


def test_not_enough_days() -> None:
    kept = np.zeros(30, np.bool_)
    kept[:9] = True
    found = report([habit(kept)], np.tile([2.0, 4.0, 3.0], 10))
    same = of_kind(found, "mood_same_day")[0]
    assert (found.tested, same.enough, same.likely) == (0, False, False)
    assert (same.effect, same.low, same.high, same.p, same.q) == (None,) * 5
    assert same.text == (
        "Not enough data yet: 9 days with “Habit 1” and 21 without; 10 of each are needed."
    )


@pytest.mark.parametrize(("number", "word"), [(1, "1 день"), (2, "2 дня"), (5, "5 дней")])
def test_russian_has_three_plurals(number: int, word: str) -> None:
    kept = np.arange(30) < number
    found = report([habit(kept)], np.tile([2.0, 4.0, 3.0], 10), "ru")
    assert f"с привычкой «Habit 1» — {word}, без неё — {30 - number}" in found.associations[0].text


def test_two_habits_of_which_one_lacks_days() -> None:
    seldom, often = np.arange(60) < 5, np.arange(60) % 2 == 0
    found = report([habit(often, 1), habit(seldom, 2)], no_moods(60))
    (only,) = found.associations
    assert (only.name, only.with_days, only.enough) == ("Habit 2", 5, False)


def test_what_never_changes_is_passed_over() -> None:
    always, often = np.ones(60, np.bool_), np.arange(60) % 2 == 0
    found = report([habit(always, 1), habit(often, 2)], np.full(60, 4.0))
    assert found.associations == ()


def test_days_at_rest_or_without_a_mood_are_left_out() -> None:
    kept, known = np.arange(60) % 2 == 0, np.arange(60) >= 10
    moods = np.tile([2.0, 4.0, 3.0], 20)
    moods[50:] = np.nan
    same = of_kind(report([habit(kept, known=known)], moods), "mood_same_day")[0]
    assert (same.with_days, same.without_days) == (20, 20)


def test_of_one_habit_only() -> None:
    chance = np.random.default_rng(9)
    habits = [habit(chance.random(100) < 0.5, number) for number in (1, 2, 3)]
    moods = chance.normal(3, 1, 100)
    found = report(habits, moods, only=UUID(int=2))
    assert found.tested == 4  # both moods, and two other habits
    assert all(UUID(int=2) in (one.habit_id, one.other_id) for one in found.associations)
    assert report(habits, moods).tested == 2 * 3 + 3


@pytest.mark.parametrize("number", [0, 1, 2])
def test_hardly_any_days(number: int) -> None:
    found = report([habit(np.ones(number, np.bool_))], np.full(number, 3.0))
    assert (found.associations, found.tested, found.stamp) == ((), 0, 7)
    assert report([], np.full(number, 3.0)).associations == ()


def test_many_habits() -> None:
    chance = np.random.default_rng(10)
    habits = [habit(chance.random(YEAR) < 0.6, number) for number in range(1, 101)]
    found = report(habits, np.round(chance.normal(3, 1, YEAR)))
    assert found.tested == 2 * 100 + 100 * 99 // 2
    assert len(found.associations) == MOST
    q = [one.q for one in found.associations]
    assert q == sorted(q, key=lambda one: one or 0)
    assert found == report(habits, np.round(_again(100)))


def _again(habits: int) -> Numbers:
    """Make the moods of the test before once more: the same report comes of the same days."""
    chance = np.random.default_rng(10)
    for _ in range(habits):
        chance.random(YEAR)
    return chance.normal(3, 1, YEAR)


def test_no_certainty_is_claimed() -> None:
    kept = np.random.default_rng(12).random(YEAR) < 0.5
    same = of_kind(report([habit(kept)], np.where(kept, 5.0, 1.0)), "mood_same_day")[0]
    assert same.p == LEAST_P
    assert (same.effect, same.high) == (4.0, 4.0)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_nothing_is_called_a_cause(language: Language) -> None:
    kept = np.random.default_rng(13).random(YEAR) < 0.5
    found = report([habit(kept, 1), habit(~kept, 2)], np.where(kept, 5.0, 1.0), language)
    said = " ".join(one.text for one in found.associations) + found.method
    assert not any(word in said.lower() for word in ("because", "потому", "из-за", "благодаря"))


def test_all_that_is_said_is_translated() -> None:
    said = {*MORE.values(), *LESS.values(), *LEVEL.values()}
    assert said <= set(catalog("ru").sentences)


# -- a habit laid out over days -------------------------------------------------------------------


def laid_out(plan: Promise, entries: dict[int, int], last: int = 6, **more: int) -> list[str]:
    """Lay a habit out over the days 0 to `last` and list the days that are known, due, kept."""
    rests = [(day(more["rest"]), day(more["rest"]))] if "rest" in more else []
    until = day(more["until"]) if "until" in more else None
    found = series_of(UUID(int=1), "", plan, entries, rests, day(0), day(last), until)
    return [
        "".join(str(at) for at in np.nonzero(flags)[0])
        for flags in (found.known, found.due, found.kept)
    ]


def test_rests_and_the_last_day_in_use() -> None:
    entries = {**done(0, 3), **days({1: SKIPPED})}
    assert laid_out(promise(), entries, rest=4) == ["02356", "02356", "03"]
    assert laid_out(promise(), entries, until=2) == ["02", "02", "03"]
    assert laid_out(promise(version(2)), done(3)) == ["23456", "23456", "3"]


def test_what_is_due_and_kept() -> None:
    weekdays = promise(version(schedule=Weekdays(days=("mon", "wed"))))
    assert laid_out(weekdays, done(0, 1)) == ["0123456", "02", "01"]
    often = promise(version(schedule=Times(times=2, per="week")))
    assert laid_out(often, done(0, 5)) == ["0123456", "0123456", "05"]
    assert laid_out(promise(kind="quit"), done(2)) == ["0123456", "0123456", "013456"]
    weekly = promise(version(target=Target(value=10, per="week")), measure="amount")
    assert laid_out(weekly, days({1: 500, 2: 0})) == ["0123456", "0123456", "1"]
    daily = promise(version(target=Target(value=10)), measure="amount")
    assert laid_out(daily, days({1: 500, 2: 10_000})) == ["0123456", "0123456", "2"]


def test_a_new_schedule_holds_from_its_day_on() -> None:
    plan = promise(version(), version(3, schedule=Weekdays(days=("sat",))))
    assert laid_out(plan, done(0)) == ["0123456", "0125", "0"]


def test_moods_of_a_day_are_averaged() -> None:
    moods = [(day(0), 1), (day(0), 2), (day(2), 5), (day(1), None), (day(-1), 3), (day(4), 3)]
    assert daily_moods(moods, day(0), day(3)).tolist()[::2] == [1.5, 5.0]
    assert np.isnan(daily_moods(moods, day(0), day(3))).tolist() == [False, True, False, True]
    assert np.isnan(daily_moods([], day(0), day(1))).all()
    assert len(daily_moods(moods, day(1), day(0))) == 0


def entry(number: int, mood: int) -> DiaryRow:
    at = datetime(2024, 1, 1, 20, tzinfo=UTC) + timedelta(days=number)
    return DiaryRow(UUID(int=number), day(number), at, "UTC", mood, None, [], [])


@pytest.mark.parametrize(("archived", "last"), [(None, 59), (41, 40), (40, 40)])
def test_what_is_loaded(archived: int | None, last: int) -> None:
    """Every other day was kept until today, the 60th; a habit laid aside counts no longer."""
    kept = [day(number).toordinal() for number in range(0, 61, 2)]
    at = None if archived is None else datetime.combine(day(archived), datetime.min.time(), UTC)
    row = HabitDays(
        habit_id=UUID(int=1),
        name="Run",
        unit="",
        colour="",
        tags=[],
        promise=promise(),
        archived_at=at,
        rests=[(day(0), day(1))],
        days=kept,
        values=[1000] * len(kept),
        states=[1] * len(kept),
    )
    entries = [entry(number, 1 + number % 5) for number in range(61)]
    loaded = LoadedPerson(ReportPerson(stamp=9), [row], entries)
    found = associate_loaded(loaded, first=day(0), last=day(60), today=day(60), language="en")
    same = of_kind(found, "mood_same_day")[0]
    assert same.with_days == sum(number % 2 == 0 for number in range(2, last + 1))
    assert same.with_days + same.without_days == last - 1
    assert (found.stamp, found.last, found.today) == (9, day(60), day(60))


def test_a_range_of_today_alone() -> None:
    loaded = LoadedPerson(ReportPerson(), [], [entry(0, 3)])
    found = associate_loaded(loaded, first=day(0), last=day(0), today=day(0), language="en")
    assert (found.associations, found.tested) == ((), 0)
