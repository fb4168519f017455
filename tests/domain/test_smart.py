"""Learning when something is usually done: around midnight, from few times, from noise."""

import random
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.reminders.occurrences import is_quiet
from actors.reminders.texts import usual_week
from actors.reminders.usual_time import (
    Habitual,
    Sample,
    direction,
    habitual,
    learned_of,
    quantile,
    sample_of,
    shifted,
    usual_times,
)

MORNING = [455, 460, 460, 465, 450, 470, 458, 462, 440, 480]


def whole(minutes: list[int], quiet: tuple[int, int] | None = None) -> Habitual:
    return habitual(minutes, 10, None, quiet)


def test_the_formulas_on_times_that_are_easy() -> None:
    east, north = direction([360, 360]), direction([0, 360])
    assert (round(east.mean), round(east.length, 6), round(east.deviation)) == (360, 1, 0)
    assert (round(north.mean, 6), round(north.length, 6)) == (180, 0.707107)
    # sqrt(-2 ln 0.7071) = 0.8326 radians
    assert round(north.deviation, 1) == 190.8
    assert direction([0, 720]).deviation > 1000


def test_a_morning_habit() -> None:
    found = whole(MORNING)
    assert found.enough
    assert (found.usual, found.times) == (460, 10)
    assert found.first <= 455 <= 465 <= found.last
    assert found.within >= 8
    assert found.proposed == 445
    assert found.deviation < 15


def test_around_midnight() -> None:
    found = whole([1430, 1435, 0, 5, 10, 1425, 1439, 3, 8, 1433])
    assert found.enough
    assert min(found.usual, 1440 - found.usual) <= 5
    assert found.first > 1400
    assert found.last < 30
    assert found.proposed is not None
    assert 1415 <= found.proposed <= 1435


def test_times_all_over_the_day_are_nothing_usual() -> None:
    spread = [n * 60 for n in range(24)]
    assert not whole(spread).enough
    assert not whole([420] * 20 + [1140] * 20).enough
    made = random.Random(7)
    assert not any(whole([made.randrange(1440) for _ in range(40)]).enough for _ in range(200))


def test_few_times_are_not_enough() -> None:
    found = whole(MORNING[:9])
    assert (found.enough, found.times, found.needed) == (False, 9, 10)
    assert found.proposed is None


def test_a_weekday_of_its_own() -> None:
    samples = [Sample(1, minute) for minute in MORNING[:8]]
    samples += [Sample(5, 600 + n) for n in range(7)]
    found = usual_times(samples, None)
    assert found[1].weekday == 1
    assert found[1].times == 8
    assert found[5].weekday is None
    assert found[5].times == 15
    assert found[5].enough
    assert learned_of(found)[1] == 445


def test_quiet_hours_hold_the_proposal_back() -> None:
    late = [1320 + n for n in range(10)]
    assert whole(late, (1380, 420)).proposed == 1310
    early = [440 + n for n in range(0, 40, 4)]
    assert whole(early, (1320, 450)).proposed == 450
    assert whole(early, (1320, 600)).proposed is None
    assert whole(early, (1320, 600)).enough


@given(
    st.integers(0, 1439),
    st.lists(st.integers(-90, 90), min_size=10, max_size=60),
    st.tuples(st.integers(0, 1439), st.integers(0, 1439)) | st.none(),
)
def test_wherever_on_the_circle(
    centre: int, away: list[int], quiet: tuple[int, int] | None
) -> None:
    here = whole([(centre + one) % 1440 for one in away], quiet)
    there = whole([(centre + 777 + one) % 1440 for one in away])
    assert here.enough
    assert abs((there.usual - here.usual - 777 + 720) % 1440 - 720) <= 1
    assert here.within >= 0.8 * (len(away) - 1)
    assert here.proposed is None or not is_quiet(here.proposed, quiet)
    if quiet is None:
        assert here.proposed is not None
        assert 10 <= (here.usual - here.proposed) % 1440 + 1 < 200


def test_quantiles_lie_between() -> None:
    assert [quantile([1, 2, 3, 4], share) for share in (0, 0.5, 1)] == [1, 2.5, 4]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2024, 1, 2, 6, 40, tzinfo=UTC), Sample(1, 460)),
        (datetime(2024, 1, 3, 0, 30, tzinfo=UTC), Sample(1, 90)),  # before the day's end at 3
        (datetime(2024, 1, 4, 6, 40, tzinfo=UTC), None),  # logged two days later
    ],
)
def test_only_what_was_logged_on_its_day_tells_a_time(
    at: datetime, expected: Sample | None
) -> None:
    assert sample_of(date(2024, 1, 2), at, "Europe/Berlin", 180) == expected


def test_a_zone_that_is_gone_tells_nothing() -> None:
    assert sample_of(date(2024, 1, 2), datetime(2024, 1, 2, tzinfo=UTC), "Mars/Base", 0) is None


def test_feedback_moves_within_bounds() -> None:
    shift = 0
    for _ in range(10):
        shift = shifted(shift, "later")
    assert shift == 180
    assert shifted(shift, "earlier") == 150
    assert shifted(0, "earlier") == -30


def _day(weekday: int | None, usual: int, proposed: int | None) -> Habitual:
    return Habitual(
        weekday=weekday,
        times=10,
        needed=8,
        enough=True,
        usual=usual,
        first=usual - 20,
        last=usual + 20,
        within=9,
        proposed=proposed,
    )


def test_days_that_are_alike_are_said_once() -> None:
    week = [_day(one, 450 + one, 435 + one // 5 * 5) for one in range(7)]
    assert usual_week("en", week) == (
        "You usually do this around 07:33 on all days (63 of 70 times between 07:10 and 07:56); "
        "07:15–07:20 is shortly before.",
    )
    week[6] = _day(6, 600, 585)
    first, second = usual_week("en", week)
    assert "on Fridays, and on Saturdays (54 of 60 times" in first
    assert second.startswith("You usually do this around 10:00 on Sundays (9 of 10 times")
    assert "по субботам" in usual_week("ru", week)[0]


def test_times_around_midnight_are_alike() -> None:
    week = [_day(one, (1435 + 2 * one) % 1440, 1420) for one in range(7)]
    (line,) = usual_week("en", week)
    assert "around 00:01 on all days (63 of 70 times between 23:35 and 00:27)" in line


def test_days_without_a_time_of_their_own_are_said_once() -> None:
    unknown = Habitual(weekday=None, times=3, needed=10)
    assert len(usual_week("en", [unknown] * 7)) == 1
    quiet = [_day(one, 450 + one, None) for one in range(7)]
    assert len(usual_week("en", quiet)) == 1
    assert len(usual_week("en", [*quiet[:6], _day(6, 456, 440)])) == 2
