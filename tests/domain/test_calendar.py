"""Calendars: whoever reads a file sees the days that are due, as two other programs judge."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import recurring_ical_events
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from actors.calendar.domain import (
    LoggedDay,
    PlannedHabit,
    RecurringDays,
    ReminderTimes,
    Single,
    diary_of,
    series_of,
    shown,
)
from actors.calendar.ics import ComponentVersion, Style, calendar_file, clock_changes
from contracts.calendar import FeedForm, FeedWords
from contracts.habit import Version as HabitVersion
from contracts.keeping.due import due_days, never_due
from contracts.schedule import (
    WEEKDAYS,
    EveryDay,
    EveryNDays,
    MonthDays,
    NthWeekday,
    Rule,
    Schedule,
    Times,
    Weekdays,
    Yearly,
)
from tests.examples import examples

TODAY = date(2031, 5, 12)
NOW = datetime(2031, 5, 12, 12, tzinfo=UTC)
ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
ALL_WEEK = frozenset(range(7))
STYLE = Style("Ritmo", "en", "Europe/Berlin", "events")

RULES = (
    "FREQ=DAILY;INTERVAL=2;COUNT=40",
    "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,SA;WKST=SU",
    "FREQ=WEEKLY;INTERVAL=2;UNTIL=20310601",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=MONTHLY;INTERVAL=5",
    "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR",
    "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
    "FREQ=YEARLY;BYYEARDAY=100,-1",
    "FREQ=YEARLY;COUNT=3",
)
SCHEDULES: st.SearchStrategy[Schedule] = st.one_of(
    st.just(EveryDay()),
    st.sets(st.sampled_from(WEEKDAYS), min_size=1).map(lambda days: Weekdays(days=tuple(days))),
    st.integers(1, 40).map(lambda n: EveryNDays(n=n)),
    st.integers(1, 7).map(lambda times: Times(times=times)),
    st.sets(st.sampled_from([1, 15, 29, 31, -1, -30]), min_size=1).map(
        lambda days: MonthDays(days=tuple(days))
    ),
    st.builds(
        NthWeekday, weekday=st.sampled_from(WEEKDAYS), nth=st.sampled_from([1, 3, 5, -1, -5])
    ),
    st.sampled_from([(2, 29), (12, 31), (6, 1)]).map(lambda on: Yearly(month=on[0], day=on[1])),
    st.sampled_from(RULES).map(lambda rule: Rule(rrule=rule)),
)
DAYS = st.integers(-800, 100).map(lambda number: TODAY + timedelta(days=number))
ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"])
TIMES = st.sampled_from([None, 1, 150, 1380])
"""Whole days, and minutes after midnight: clocks leave out 02:30 in spring."""


def parsed(text: str) -> Any:
    """Read a file; the library says of few values what they are."""
    return Calendar.from_ical(text)


def habit(*versions: HabitVersion, **given: Any) -> PlannedHabit:
    """Make a habit with these versions."""
    words: dict[str, Any] = {
        "habit_id": ID,
        "name": "Read",
        "kind": "build",
        "measure": "yes_no",
        "unit": "",
        "tags": (),
    }
    return PlannedHabit(**{**words, **given}, versions=versions)


def since(schedule: Schedule, first: date) -> HabitVersion:
    """Let a schedule hold from a day on, counted from there."""
    return HabitVersion(effective_from=first, anchor=first, schedule=schedule)


def written(
    items: Sequence[RecurringDays | Single], zone: str = "Europe/Berlin", form: FeedForm = "events"
) -> str:
    """Write a file."""
    return calendar_file(Style("Ritmo", "en", zone, form), items, {}, NOW).file


def occurrences(text: str, first: date, last: date, form: str = "VEVENT") -> list[date]:
    """Return the days on which another program sees something."""
    calendar = parsed(text)
    assert [one.errors for one in calendar.walk() if one.errors] == []
    found = recurring_ical_events.of(calendar, components=[form])
    starts = [one["DTSTART"].dt for one in found.between(first, last + timedelta(days=1))]
    days = [one.date() if isinstance(one, datetime) else one for one in starts]
    return sorted(day for day in days if first <= day <= last)


def due(of: PlannedHabit, first: date, last: date) -> list[date]:
    """Return the days on which a habit is due, version by version, as promises count them."""
    found = list[date]()
    ends = [one.effective_from - timedelta(days=1) for one in of.versions[1:]] + [last]
    for version, end in zip(of.versions, ends, strict=True):
        begin, end = max(first, version.effective_from), min(end, last)
        if begin <= end:
            ordinals = range(begin.toordinal(), end.toordinal() + 1)
            days = due_days(version.schedule, version.anchor, ordinals[0], ordinals[-1])
            found += [date.fromordinal(day) for day in ordinals if day in days]
    return found


@settings(max_examples=examples(50))
@given(
    SCHEDULES, SCHEDULES, DAYS, st.integers(1, 500), ZONES, st.sampled_from([None, 1, 150, 1380])
)
@example(Rule(rrule=RULES[0]), EveryDay(), TODAY, 60, "Europe/Berlin", None)
@example(Weekdays(days=("sun",)), EveryDay(), date(2031, 3, 1), 40, "Europe/Berlin", 150)
def test_others_see_the_days_that_are_due(
    first: Schedule, second: Schedule, begin: date, later: int, zone: str, at: int | None
) -> None:
    assume(not never_due(first, begin) and not never_due(second, begin))
    change = begin + timedelta(days=later)
    of = habit(since(first, begin), since(second, change))
    plan = None if at is None else ReminderTimes((at,), ALL_WEEK)
    items = series_of(of, [], [], plan, TODAY, timed=at is not None)
    low, high = TODAY - timedelta(days=400), TODAY + timedelta(days=700)
    assert occurrences(written(items, zone), low, high) == due(of, low, high)


def test_a_count_goes_on_where_a_target_changed() -> None:
    rule = Rule(rrule="FREQ=DAILY;INTERVAL=2;COUNT=10")
    begin = TODAY - timedelta(days=9)
    of = habit(
        since(rule, begin),
        HabitVersion(effective_from=TODAY, anchor=begin, schedule=rule),
    )
    text = written(series_of(of, [], [], None, TODAY))
    assert "COUNT=5" in text
    assert occurrences(text, begin, TODAY + timedelta(days=60)) == [
        begin + timedelta(days=2 * number) for number in range(10)
    ]


def test_breaks_and_skips_take_days_out() -> None:
    of = habit(since(EveryNDays(n=2), TODAY))
    away = (TODAY + timedelta(days=10), TODAY + timedelta(days=20))
    skipped = LoggedDay(TODAY + timedelta(days=2), 0, "skipped")
    seen = occurrences(
        written(series_of(of, [skipped], [away], None, TODAY)), TODAY, TODAY + timedelta(days=24)
    )
    assert [(day - TODAY).days for day in seen] == [0, 4, 6, 8, 22, 24]


@pytest.mark.parametrize("form", ["events", "todos"])
def test_done_days_are_marked(form: FeedForm) -> None:
    of = habit(since(EveryDay(), TODAY - timedelta(days=90)), measure="amount", unit="km")
    days = [TODAY - timedelta(days=number) for number in (80, 3, 0)]
    logged = [LoggedDay(day, 5500, "done") for day in days]
    calendar = parsed(written(series_of(of, logged, [], None, TODAY), form=form))
    marked = {
        one["RECURRENCE-ID"].dt: str(one["SUMMARY"])
        for one in calendar.walk()
        if "RECURRENCE-ID" in one
    }
    assert marked == dict.fromkeys(sorted(days[1:]), "✓ Read: 5.5\N{NO-BREAK SPACE}km")
    if form == "todos":
        assert {str(one["STATUS"]) for one in calendar.walk("VTODO") if "STATUS" in one} == {
            "COMPLETED"
        }


def test_alarms_ring_at_the_times_of_reminders() -> None:
    of = habit(since(Weekdays(days=("mon", "fri")), TODAY))
    for weekdays, rings in ((ALL_WEEK, [480, 1200]), (frozenset({0}), [])):
        (series,) = series_of(of, [], [], ReminderTimes((480, 1200), weekdays), TODAY)
        alarms = parsed(written([series])).walk("VALARM")
        assert [one["TRIGGER"].dt.total_seconds() / 60 for one in alarms] == rings
    (series,) = series_of(of, [], [], ReminderTimes((480, 1200), ALL_WEEK), TODAY, timed=True)
    (event,) = parsed(written([series])).walk("VEVENT")
    assert event["DTSTART"].dt == datetime(2031, 5, 12, 8, tzinfo=ZoneInfo("Europe/Berlin"))
    assert [one["TRIGGER"].dt.total_seconds() / 60 for one in event.walk("VALARM")] == [0, 720]


def test_a_time_of_the_night_after_is_a_whole_day() -> None:
    of = habit(since(EveryDay(), TODAY))
    (series,) = series_of(
        of, [], [], ReminderTimes((60,), ALL_WEEK), TODAY, timed=True, day_start=240
    )
    assert series.at is None


def test_what_is_the_same_stays_the_same_and_a_change_counts() -> None:
    of = habit(since(EveryDay(), TODAY))
    first = calendar_file(STYLE, series_of(of, [], [], None, TODAY), {}, NOW)
    later = NOW + timedelta(days=1)
    again = calendar_file(STYLE, series_of(of, [], [], None, TODAY), first.versions, later)
    assert again == first
    done = [LoggedDay(TODAY, 1000, "done")]
    changed = calendar_file(STYLE, series_of(of, done, [], None, TODAY), again.versions, later)
    assert changed.versions == {
        f"{ID}-20310512": ComponentVersion(changed.versions[f"{ID}-20310512"].digest, 1, later)
    }
    event = parsed(changed.file).walk("VEVENT")[0]
    assert (int(event["SEQUENCE"]), event["LAST-MODIFIED"].dt) == (1, later)


def test_a_file_says_what_its_readers_ask_for() -> None:
    name = "Бег <b>; «длинное» имя, " + "я" * 80
    of = habit(since(EveryDay(), TODAY), name=name)
    text = written(series_of(of, [], [], ReminderTimes((480,), ALL_WEEK), TODAY, timed=True))
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    assert text.endswith("END:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", "")
    calendar = parsed(text)
    assert {
        "VERSION": "2.0",
        "METHOD": "PUBLISH",
        "NAME": "Ritmo",
        "X-WR-TIMEZONE": "Europe/Berlin",
        "X-PUBLISHED-TTL": "PT1H",
    }.items() <= {key: str(value) for key, value in calendar.items()}.items()
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in text
    (event,) = calendar.walk("VEVENT")
    assert (str(event["SUMMARY"]), str(event["TRANSP"])) == (name, "TRANSPARENT")
    (zone,) = calendar.walk("VTIMEZONE")
    assert max(part["DTSTART"].dt.year for part in zone.subcomponents) >= 2041
    # Some readers see only the first date of a list, and a rule here would be a promise.
    assert not any(part.keys() & {"RDATE", "RRULE"} for part in zone.subcomponents)


def test_a_zone_is_written_as_the_clock_goes() -> None:
    changes = clock_changes("Europe/Berlin", 2031, 2033)
    assert [(f"{one.at:%Y-%m-%d %H:%M}", one.name, one.summer) for one in changes] == [
        ("2031-01-01 01:00", "CET", False),
        ("2031-03-30 02:00", "CEST", True),
        ("2031-10-26 03:00", "CET", False),
        ("2032-03-28 02:00", "CEST", True),
        ("2032-10-31 03:00", "CET", False),
    ]
    assert [one.name for one in clock_changes("Asia/Kathmandu", 2031, 2033)] == ["+0545"]
    for zone in ("America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia"):
        here = ZoneInfo(zone)
        for one in clock_changes(zone, 2026, 2038)[1:]:
            at = (one.at - one.before).replace(tzinfo=UTC)
            offsets = [(at - timedelta(seconds=s)).astimezone(here).utcoffset() for s in (1, 0)]
            assert offsets == [one.before, one.after], (zone, one)


def test_what_is_left_stands_in_no_plan_unless_it_is_named() -> None:
    quits = habit(since(EveryDay(), TODAY), kind="quit", tags=("health",))
    assert shown(FeedWords(), [quits]) == []
    assert shown(FeedWords(tag="Health"), [quits]) == []
    assert shown(FeedWords(habit_id=ID), [quits]) == [quits]
    assert shown(FeedWords(shows="history", tag="Health"), [quits]) == [quits]


def test_archived_habits_end() -> None:
    of = habit(since(EveryDay(), TODAY - timedelta(days=5)), ended=TODAY)
    seen = occurrences(
        written(series_of(of, [], [], None, TODAY)), TODAY - timedelta(9), TODAY + timedelta(9)
    )
    assert seen == [TODAY - timedelta(days=number) for number in (5, 4, 3, 2, 1)]


def test_a_day_of_the_diary_stands_once() -> None:
    old = TODAY - timedelta(days=500)
    entries = [(old, 3), (TODAY, 4), (TODAY, None), (TODAY, 5)]
    (one,) = diary_of(entries, TODAY)
    assert (one.day, one.moods) == (TODAY, (4, 5))
    assert "SUMMARY:Diary: mood 4.5 of 5" in written([one])
