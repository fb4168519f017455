"""Which days a report speaks of, and which come before them."""

from datetime import date

import pytest

from actors.analytics.domain import (
    Period,
    Range,
    before,
    period_around,
    range_of,
    range_or_period,
    shown,
    steps_of,
)
from contracts.analytics import LONGEST
from contracts.message import Invalid
from contracts.schedule import Weekday
from contracts.time import FIRST_DAY, LAST_DAY

TODAY = date(2024, 3, 6)
"""A Wednesday."""


def code(first: date | None, last: date | None, period: Period | None, around: date | None) -> str:
    """Return the code with which a range or period is refused."""
    with pytest.raises(Invalid) as no:
        range_or_period(first, last, period, around, TODAY, "mon")
    return no.value.code


def test_what_is_not_said_is_usual() -> None:
    assert range_of(None, None, TODAY, 30) == (date(2024, 2, 6), TODAY)
    assert range_of(date(2024, 3, 1), None, TODAY, 30) == (date(2024, 3, 1), TODAY)
    assert range_of(None, date(2024, 1, 30), TODAY, 30) == (date(2024, 1, 1), date(2024, 1, 30))
    later = date(2024, 4, 1)
    assert range_of(later, None, TODAY, 30) == (later, later)
    assert range_of(None, FIRST_DAY, TODAY, 30) == (FIRST_DAY, FIRST_DAY)


def test_reversed_too_long_and_both() -> None:
    assert code(TODAY, date(2024, 3, 5), None, None) == "range_reversed"
    assert code(date(1900, 1, 1), date(2100, 1, 1), None, None) == "range_too_long"
    assert code(TODAY, None, "week", None) == "range_and_period"
    assert code(None, TODAY, None, TODAY) == "range_and_period"
    first = date(2014, 3, 1)
    last = date.fromordinal(first.toordinal() + LONGEST - 1)
    assert range_of(first, last, TODAY, 30).days == LONGEST
    with pytest.raises(Invalid):
        range_of(first, date.fromordinal(last.toordinal() + 1), TODAY, 30)


@pytest.mark.parametrize(
    ("period", "week_start", "first", "last"),
    [
        ("day", "mon", date(2024, 3, 6), date(2024, 3, 6)),
        ("week", "mon", date(2024, 3, 4), date(2024, 3, 10)),
        ("week", "sun", date(2024, 3, 3), date(2024, 3, 9)),
        ("week", "wed", date(2024, 3, 6), date(2024, 3, 12)),
        ("week", "thu", date(2024, 2, 29), date(2024, 3, 6)),
        ("month", "mon", date(2024, 3, 1), date(2024, 3, 31)),
        ("year", "mon", date(2024, 1, 1), date(2024, 12, 31)),
    ],
)
def test_periods(period: Period, week_start: Weekday, first: date, last: date) -> None:
    assert period_around(period, TODAY, week_start) == (first, last)
    assert range_or_period(None, None, period, None, TODAY, week_start) == (first, last)


def test_a_day_alone_is_a_period() -> None:
    leap = date(2024, 2, 29)
    assert range_or_period(None, None, None, leap, TODAY, "mon") == (leap, leap)
    assert range_or_period(None, None, "month", leap, TODAY, "mon") == (date(2024, 2, 1), leap)


@pytest.mark.parametrize(
    ("first", "last", "first_before", "last_before"),
    [
        (date(2024, 3, 6), date(2024, 3, 6), date(2024, 3, 5), date(2024, 3, 5)),
        (date(2024, 3, 4), date(2024, 3, 10), date(2024, 2, 26), date(2024, 3, 3)),
        (date(2024, 3, 1), date(2024, 3, 31), date(2024, 2, 1), date(2024, 2, 29)),
        (date(2024, 1, 1), date(2024, 1, 31), date(2023, 12, 1), date(2023, 12, 31)),
        (date(2025, 1, 1), date(2025, 12, 31), date(2024, 1, 1), date(2024, 12, 31)),
        (date(2024, 2, 6), date(2024, 3, 6), date(2024, 1, 7), date(2024, 2, 5)),
        (date(2024, 2, 1), date(2024, 3, 31), date(2023, 12, 3), date(2024, 1, 31)),
    ],
)
def test_the_range_before(first: date, last: date, first_before: date, last_before: date) -> None:
    assert before(Range(first, last)) == (first_before, last_before)


def test_the_ends_of_time() -> None:
    assert period_around("week", FIRST_DAY, "sun").first == FIRST_DAY
    assert period_around("week", LAST_DAY, "mon").last == LAST_DAY
    assert shown(before(Range(FIRST_DAY, FIRST_DAY))) == (FIRST_DAY, FIRST_DAY)
    steps = steps_of(Range(date(2200, 1, 1), LAST_DAY), "mon")
    assert (len(steps), steps[-1].last) == (12, LAST_DAY)
