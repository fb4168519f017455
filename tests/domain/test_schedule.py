"""Which days are due, and which schedules make no sense."""

import re
from datetime import date, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from contracts.keeping.due import due_days, never_due
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
from tests.examples import examples

WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
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


CYCLES = 7600
"""Years by which dateutil is asked later: the calendar repeats itself every 400, and near the year
9999 it soon gives up on a rule that never comes true."""


def plainly(rule: str, anchor: date, last: date) -> set[int]:
    """Expand a rule by dateutil alone, from its anchor."""
    ahead = date(2000 + CYCLES, 1, 1).toordinal() - date(2000, 1, 1).toordinal()
    begin, end = (datetime(at.year + CYCLES, at.month, at.day) for at in (anchor, last))
    rule = re.sub(r"(?<=UNTIL=)\d{4}", lambda year: str(int(year[0]) + CYCLES), rule)
    moments = rrulestr(rule, dtstart=begin).between(begin, end, inc=True)
    return {moment.toordinal() - ahead for moment in moments}


def due(schedule: Schedule, anchor: date, first: date, last: date) -> set[int]:
    """List the due days."""
    span = range(first.toordinal(), last.toordinal() + 1)
    days = due_days(schedule, anchor, span[0], span[-1])
    return {day for day in span if day in days}


@given(st.sampled_from(DAY_BASED), DAYS)
@settings(max_examples=examples(20))
def test_a_schedule_and_its_rule_agree(schedule: DayBased, anchor: date) -> None:
    last = anchor + timedelta(days=1500)
    assert due(schedule, anchor, anchor, last) == plainly(schedule.to_rrule(), anchor, last)


@given(st.sampled_from(DAY_BASED), DAYS, st.integers(-30, 900))
def test_due_days_are_the_same_whenever_one_asks(
    schedule: DayBased, anchor: date, ahead: int
) -> None:
    first = anchor + timedelta(days=ahead)
    last = max(anchor, first + timedelta(days=40))
    every = plainly(schedule.to_rrule(), anchor, last)
    assert due(schedule, anchor, first, last) == {day for day in every if day >= first.toordinal()}


@given(st.sampled_from(RULES), DAYS, st.integers(0, 5000))
@settings(max_examples=examples(35))
def test_a_rule_gives_the_same_days_however_late_one_asks(
    rule: str, anchor: date, ahead: int
) -> None:
    first = anchor + timedelta(days=ahead)
    last = first + timedelta(days=400)
    expected = {day for day in plainly(rule, anchor, last) if day >= first.toordinal()}
    assert due(Rule(rrule=rule), anchor, first, last) == expected


def numbers(most: int, size: int = 3) -> st.SearchStrategy[str]:
    """Write some numbers, from either end."""
    each = st.integers(-most, most).filter(bool)
    return st.lists(each, min_size=1, max_size=size).map(lambda some: ",".join(map(str, some)))


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Write any rule that Ritmo and dateutil read alike.

    dateutil takes `BYDAY=MO,2TU` for days that are both, and miscounts the weeks of the year
    before (2011-01-01 is in week 52 of 2010, not in a 53rd).
    """
    freq = draw(st.sampled_from(("DAILY", "WEEKLY", "MONTHLY", "YEARLY")))
    parts = {"FREQ": freq}
    if draw(st.booleans()):
        parts["INTERVAL"] = str(draw(st.integers(1, 14)))
    if draw(st.booleans()):
        parts["WKST"] = draw(st.sampled_from(("MO", "SU", "WE", "SA")))
    if draw(st.booleans()):
        nth = draw(st.sampled_from(("1", "2", "5", "-1", "-5"))) if freq[0] in "MY" else ""
        days = draw(st.lists(st.sampled_from(WEEK), min_size=1, max_size=4, unique=True))
        parts["BYDAY"] = ",".join((nth if draw(st.booleans()) else "") + day for day in days[:1])
        if parts["BYDAY"] in days:
            parts["BYDAY"] = ",".join(days)
    if draw(st.integers(0, 2)) == 0:
        parts["BYMONTH"] = draw(numbers(12)).replace("-", "")
    if draw(st.integers(0, 2)) == 0:
        parts["BYMONTHDAY"] = draw(numbers(31))
    if freq in ("DAILY", "YEARLY") and draw(st.integers(0, 3)) == 0:
        parts["BYYEARDAY"] = draw(numbers(366))
    numbered = any(c.isdigit() for c in parts.get("BYDAY", ""))
    if freq == "YEARLY" and not numbered and draw(st.integers(0, 2)) == 0:
        parts["BYWEEKNO"] = draw(st.sampled_from(("1", "2,51", "20,1", "-1", "-10")))
    if any(name.startswith("BY") for name in parts) and draw(st.booleans()):
        parts["BYSETPOS"] = draw(numbers(4))
    if draw(st.integers(0, 2)) == 0:
        parts["COUNT"] = str(draw(st.integers(1, 300)))
    return ";".join(f"{name}={value}" for name, value in parts.items())


@given(rules(), DAYS, st.integers(0, 2000))
@settings(max_examples=examples(50))
def test_any_rule_gives_the_days_of_dateutil(rule: str, anchor: date, ahead: int) -> None:
    parts = dict(part.split("=") for part in rule.split(";"))
    if parts["FREQ"] == "WEEKLY" and "BYSETPOS" in parts:
        # dateutil cuts the set of the first week at the anchor; the RFC has it begin with the week.
        anchor -= timedelta(days=(anchor.weekday() - WEEK.index(parts.get("WKST", "MO"))) % 7)
    first, last = anchor + timedelta(days=ahead), anchor + timedelta(days=ahead + 1100)
    expected = {day for day in plainly(rule, anchor, last) if day >= first.toordinal()}
    assert due(Rule(rrule=rule), anchor, first, last) == expected


@given(rules(), DAYS, st.integers(0, 2000), st.integers(1, 400))
def test_any_cut_of_the_days_gives_the_same(rule: str, anchor: date, ahead: int, cut: int) -> None:
    whole, first = Rule(rrule=rule), anchor + timedelta(days=ahead)
    middle, last = first + timedelta(days=cut), first + timedelta(days=800)
    both = due(whole, anchor, first, middle) | due(whole, anchor, middle, last)
    assert both == due(whole, anchor, first, last)


@pytest.mark.parametrize(
    ("rule", "anchor", "days"),
    [
        # From a Tuesday: the first of Monday and Thursday is Monday, in the first week, too.
        ("FREQ=WEEKLY;BYDAY=MO,TH;BYSETPOS=1", date(2026, 3, 3), [9, 16, 23, 30]),
        ("FREQ=MONTHLY;BYDAY=MO,2TU", date(2026, 3, 1), [2, 9, 10, 16, 23, 30]),
    ],
)
def test_where_dateutil_errs_the_standard_holds(rule: str, anchor: date, days: list[int]) -> None:
    found = due(Rule(rrule=rule), anchor, anchor, date(2026, 3, 31))
    assert sorted(date.fromordinal(day).day for day in found) == days


def test_weeks_are_numbered_as_in_the_iso_calendar() -> None:
    first, last = date(2000, 1, 1), date(2027, 12, 31)
    for number in range(1, 54):
        found = due(Rule(rrule=f"FREQ=YEARLY;BYWEEKNO={number}"), first, first, last)
        for day in range(first.toordinal(), last.toordinal() + 1):
            assert (day in found) == (date.fromordinal(day).isocalendar().week == number)


def test_29_february_falls_on_the_28th_in_common_years() -> None:
    birthday = Yearly(month=2, day=29)
    years = {2023: 28, 2024: 29, 2025: 28, 2100: 28}
    for year, on in years.items():
        first, last = date(year, 1, 1), date(year, 12, 31)
        assert due(birthday, date(2020, 1, 1), first, last) == {date(year, 2, on).toordinal()}


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
        {"every": "rule", "rrule": "FREQ=MONTHLY;BYDAY=0MO"},
        {"every": "rule", "rrule": "FREQ=YEARLY;BYDAY=99MO"},
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
