"""Which days are due, and which schedules make no sense."""

from datetime import date, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from contracts.keeping.due import due_days, frequency, never_due
from contracts.schedule import (
    DayBased,
    EveryDay,
    EveryNDays,
    MonthDays,
    NthWeekday,
    Rule,
    Schedule,
    Weekdays,
    Yearly,
)

DAYS = st.dates(date(2000, 1, 1), date(2060, 1, 1))
DAY_BASED: list[DayBased] = [
    EveryDay(),
    Weekdays(days=("mon", "sat")),
    EveryNDays(n=5),
    MonthDays(days=(1, 30, 31, -1, -31)),
    NthWeekday(weekday="fri", nth=5),
    NthWeekday(weekday="sun", nth=-1),
    Yearly(month=2, day=29),
    Yearly(month=12, day=31),
]
RULES = [
    "FREQ=DAILY;INTERVAL=5;BYMONTH=1,6",
    "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,TH;WKST=SU",
    "FREQ=WEEKLY",
    "FREQ=MONTHLY;INTERVAL=5;BYDAY=-1FR",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=MONTHLY;INTERVAL=2",
    "FREQ=YEARLY;INTERVAL=3",
    "FREQ=YEARLY;BYWEEKNO=1,53;BYDAY=MO",
    "FREQ=YEARLY;BYYEARDAY=-1,366",
    "FREQ=DAILY;INTERVAL=3;COUNT=40",
    "FREQ=DAILY;UNTIL=20200229",
]


def plainly(rule: str, anchor: date, last: date) -> set[int]:
    """Expand a rule by dateutil alone, from its anchor."""
    begin, end = (datetime(at.year, at.month, at.day) for at in (anchor, last))
    return {moment.toordinal() for moment in rrulestr(rule, dtstart=begin).between(
        begin, end, inc=True
    )}  # fmt: skip


def due(schedule: Schedule, anchor: date, first: date, last: date) -> set[int]:
    """List the due days."""
    span = range(first.toordinal(), last.toordinal() + 1)
    days = due_days(schedule, anchor, span[0], span[-1])
    return {day for day in span if day in days}


@given(st.sampled_from(DAY_BASED), DAYS)
@settings(max_examples=60, deadline=None)
def test_a_schedule_and_its_rule_agree(schedule: DayBased, anchor: date) -> None:
    last = anchor + timedelta(days=1500)
    assert due(schedule, anchor, anchor, last) == plainly(schedule.to_rrule(), anchor, last)


@given(st.sampled_from(DAY_BASED), DAYS, st.integers(-30, 900))
@settings(deadline=None)
def test_due_days_are_those_of_which_it_is_said(
    schedule: DayBased, anchor: date, ahead: int
) -> None:
    first = anchor + timedelta(days=ahead)
    days = due(schedule, anchor, first, first + timedelta(days=40))
    for step in range(41):
        day = first + timedelta(days=step)
        assert (day.toordinal() in days) == schedule.is_due(day, anchor)


@given(st.sampled_from(RULES), DAYS, st.integers(0, 5000))
@settings(max_examples=100, deadline=None)
def test_a_rule_gives_the_same_days_however_late_one_asks(
    rule: str, anchor: date, ahead: int
) -> None:
    first = anchor + timedelta(days=ahead)
    last = first + timedelta(days=400)
    expected = {day for day in plainly(rule, anchor, last) if day >= first.toordinal()}
    assert due(Rule(rrule=rule), anchor, first, last) == expected


def test_29_february_falls_on_the_28th_in_common_years() -> None:
    birthday = Yearly(month=2, day=29)
    years = {2023: 28, 2024: 29, 2025: 28, 2100: 28}
    for year, on in years.items():
        february = (date(year, 2, number) for number in range(1, on + 1))
        assert [day for day in february if birthday.is_due(day, date(2020, 1, 1))] == [
            date(year, 2, on)
        ]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYYEARDAY=366;BYMONTH=1",
        "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6",
        "FREQ=DAILY;UNTIL=20200101",
    ],
)
def test_a_rule_that_never_comes_true_is_found_out(rule: str) -> None:
    assert never_due(Rule(rrule=rule), date(2026, 5, 5))


def test_a_leap_day_comes_true_even_after_eight_years() -> None:
    rule = Rule(rrule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29")
    assert not never_due(rule, date(2096, 3, 1))


@pytest.mark.parametrize(
    ("rule", "times", "span"),
    [
        ("FREQ=DAILY", 1, 1),
        ("FREQ=DAILY;INTERVAL=2", 4, 7),
        ("FREQ=WEEKLY;BYDAY=MO,TH", 2, 7),
        ("FREQ=MONTHLY", 1, 30),
        ("FREQ=YEARLY", 1, 365),
        ("FREQ=YEARLY;INTERVAL=4", 1, 365),
    ],
)
def test_how_often_a_rule_comes_round(rule: str, times: int, span: int) -> None:
    assert frequency(Rule(rrule=rule), date(2026, 5, 5)) == (times, span)


@pytest.mark.parametrize(
    "written",
    [
        {"every": "weekdays", "days": []},
        {"every": "weekdays", "days": ["monday"]},
        {"every": "n_days", "n": 0},
        {"every": "n_days", "n": 367},
        {"every": "n_days", "n": True},
        {"every": "times", "times": 8, "per": "week"},
        {"every": "times", "times": 2, "per": "days"},
        {"every": "times", "times": 2, "per": "week", "days": 7},
        {"every": "month_days", "days": [0]},
        {"every": "month_days", "days": [32]},
        {"every": "nth_weekday", "weekday": "tue", "nth": 0},
        {"every": "year", "month": 2, "day": 30},
        {"every": "year", "month": 13, "day": 1},
        {"every": "rule", "rrule": "FREQ=HOURLY"},
        {"every": "rule", "rrule": "FREQ=DAILY;BYHOUR=3"},
        {"every": "rule", "rrule": "FREQ=DAILY;UNTIL=20261399"},
        {"every": "rule", "rrule": "FREQ=DAILY;COUNT=2;UNTIL=20260101"},
        {"every": "rule", "rrule": "FREQ=WEEKLY;BYDAY=2TU"},
        {"every": "rule", "rrule": "FREQ=DAILY;INTERVAL=0"},
        {"every": "rule", "rrule": "every day"},
        {"every": "rule", "rrule": "FREQ=DAILY\nRRULE:FREQ=WEEKLY"},
        {"every": "blue moon"},
        {},
    ],
)
def test_a_schedule_without_sense_is_refused(written: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[Schedule](Schedule).validate_python(written)


def test_a_rule_is_kept_in_one_plain_form() -> None:
    rule = Rule(rrule=" rrule:freq=daily;until=20300101T000000Z; ")
    assert rule.rrule == "FREQ=DAILY;UNTIL=20300101"
