"""Calendars of others: what recurs becomes habits, and whatever else there is does no harm."""

import io
import sys
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from actors.calendar.domain import LoggedDay, PlannedHabit, ReminderTimes, series_of
from actors.calendar.ics import Style, calendar_file
from actors.habits.calendar_file import plan_of
from actors.habits.found import FoundHabit, HabitFile
from actors.runtime.calendars.busy_times import busy_in
from actors.runtime.calendars.client import CalendarReader
from actors.runtime.calendars.faults import MAX_COMPONENTS, CalendarUnusable
from actors.runtime.calendars.series import found_in
from contracts.habit import Version
from contracts.message import Invalid
from contracts.schedule import EveryDay, EveryNDays, MonthDays, Rule, Schedule, Weekdays
from contracts.time import LAST_DAY
from tests.habit_files import read

BEGIN = datetime(2031, 5, 12, tzinfo=UTC)
ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


def ics(*parts: str, end: str = "\r\n") -> bytes:
    """Write a calendar of these parts, each of lines without their ends."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN"]
    for part in parts:
        lines += part.split("\n")
    return end.join([*lines, "END:VCALENDAR", ""]).encode()


def event(*lines: str, kind: str = "VEVENT", uid: str = "one", begin: str = "") -> str:
    """Write an event, or a to-do."""
    begin = begin or "DTSTART;VALUE=DATE:20310505"
    return "\n".join([f"BEGIN:{kind}", f"UID:{uid}", begin, *lines, f"END:{kind}"])


def habits_of(data: bytes, last: date = LAST_DAY) -> tuple[FoundHabit, ...]:
    return opened(data, last).habits


def opened(data: bytes, last: date = LAST_DAY) -> HabitFile:
    file = read(io.BytesIO(data), last)
    assert file.tracker == "calendar"
    return file


RULES: list[tuple[str, str, Schedule]] = [
    ("FREQ=DAILY", "", EveryDay()),
    ("freq=daily;interval=3", "", EveryNDays(n=3)),
    ("FREQ=WEEKLY", "", Weekdays(days=("mon",))),
    ("FREQ=WEEKLY;WKST=SU;BYDAY=MO,TH", "", Weekdays(days=("mon", "thu"))),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "", Rule(rrule="FREQ=WEEKLY;INTERVAL=2;BYDAY=TU")),
    ("FREQ=MONTHLY", "", MonthDays(days=(5,))),
    ("FREQ=MONTHLY;BYMONTHDAY=-1", "", MonthDays(days=(-1,))),
    ("FREQ=MONTHLY;BYDAY=2TU", "", Rule(rrule="FREQ=MONTHLY;BYDAY=2TU")),
    # By the clock there: in Auckland the last one is on the day after.
    (
        "FREQ=DAILY;UNTIL=20310601T190000Z;BYHOUR=7;BYMINUTE=0",
        "DTSTART;TZID=Pacific/Auckland:20310505T070000",
        Rule(rrule="FREQ=DAILY;UNTIL=20310602"),
    ),
    ("FREQ=DAILY", "DTSTART;TZID=W. Europe Standard Time:20310505T233000", EveryDay()),
    ("FREQ=DAILY", "DTSTART;TZID=Mars/Olympus:20310505T070000", EveryDay()),
    ("FREQ=DAILY", "DTSTART:20310505T070000", EveryDay()),
    ("FREQ=DAILY", "DTSTART:20310505T070000Z", EveryDay()),
]


@pytest.mark.parametrize(("rule", "begin", "schedule"), RULES)
def test_a_rule_becomes_a_plan(rule: str, begin: str, schedule: Schedule) -> None:
    given = event("SUMMARY:Run", f"RRULE:{rule}", begin=begin)
    series = found_in(ics(given))["series"]
    assert [(one["name"], one["first"], one["why"]) for one in series] == [
        ("Run", "2031-05-05", "")
    ]
    assert plan_of(series[0]) == (date(2031, 5, 5), schedule)


WRONG = (
    *("FREQ=SECONDLY", "FREQ=MINUTELY", "FREQ=HOURLY;INTERVAL=2", "FREQ=FORTNIGHTLY", "FREQ="),
    *("FREQ=DAILY;BYHOUR=7,19", "FREQ=DAILY;BYSECOND=0", "FREQ=DAILY;COUNT=0", "INTERVAL=2"),
    *("FREQ=DAILY;COUNT=99999", "FREQ=YEARLY;BYMONTH=13", "FREQ=DAILY;UNTIL=yesterday", "never"),
    *("FREQ=WEEKLY;BYDAY=XX", "FREQ=MONTHLY;BYMONTHDAY=0", "FREQ=WEEKLY;BYDAY=1MO"),
)


def test_rules_that_no_habit_can_have_are_refused_one_by_one() -> None:
    given = [event(f"SUMMARY:{at}", f"RRULE:{rule}", uid=str(at)) for at, rule in enumerate(WRONG)]
    given.append(event("SUMMARY:Good", "RRULE:FREQ=DAILY", uid="good"))
    given.append(event("RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY", "SUMMARY:Two", uid="two"))
    given.append(event("RRULE:FREQ=DAILY", uid="old", begin="DTSTART:19691231T000000"))
    given.append(event("RRULE:FREQ=DAILY", uid="none", begin="DTSTART:tomorrow"))
    found = habits_of(ics(*given))
    assert len(found) == len(given)
    assert [one.name for one in found if one.create is not None] == ["Good"]
    assert {one.refused.code for one in found if one.refused} == {"import_habit_unfit"}


def test_what_does_not_recur_or_has_ended_is_counted() -> None:
    file = opened(
        ics(
            event("SUMMARY:Once"),
            event("SUMMARY:Days", "RDATE;VALUE=DATE:20310601", uid="days"),
            event("SUMMARY:Over", "RRULE:FREQ=DAILY;COUNT=3", uid="over"),
            event("SUMMARY:Over", "RRULE:FREQ=DAILY;UNTIL=20310510", uid="until"),
            event("SUMMARY:Bell", "RRULE:FREQ=DAILY", "BEGIN:VALARM", "END:VALARM", uid="bell"),
            event(kind="VJOURNAL", uid="journal"),
        ),
        date(2031, 6, 1),
    )
    assert [one.name for one in file.habits] == ["Bell"]
    assert file.left_out == {
        "events and to-dos that do not recur": 2,
        "series that have ended": 2,
        "alarms": 1,
        "journals": 1,
    }


def test_our_own_feed_comes_back_with_its_days() -> None:
    first = date(2031, 3, 3)
    plan = Version(effective_from=first, anchor=first, schedule=Weekdays(days=("mon", "fri")))
    of = PlannedHabit(ID, "Пробежка; «утро»", "build", "yes_no", "", (), (plan,))
    done = [LoggedDay(BEGIN.date() - timedelta(days=days), 1000, "done") for days in (0, 7)]
    times = ReminderTimes((450,), frozenset(range(7)))
    for form in ("events", "todos"):
        style = Style("Ritmo", "ru", "Europe/Berlin", form)
        items = series_of(of, done, [], times, BEGIN.date(), timed=True)
        (one,) = habits_of(calendar_file(style, items, {}, BEGIN).file.encode())
        assert one.create is not None
        assert (one.create.name, one.create.schedule) == (of.name, plan.schedule)
        assert one.anchor == first
        found = [entry.day for chunk in one.entries() for entry in chunk]
        assert found == sorted(day.day for day in done)


BROKEN: list[tuple[bytes, str]] = [
    (b"", "calendar_none"),
    (b"<html>BEGIN:VCALENDAR</html>", "calendar_none"),
    (b"BEGIN:VCALENDAR", "calendar_broken"),
    (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\n", "calendar_broken"),
    (ics(event("RRULE:FREQ=DAILY"))[:-30], "calendar_broken"),
    (ics(event("SUMMARY:a\x00b", "RRULE:FREQ=DAILY")), "calendar_not_text"),
    (ics(event("SUMMARY:a")).replace(b"SUMMARY:a", b"SUMMARY:\xff\xfe"), "calendar_not_text"),
    (ics(event("SUMMARY:a")).decode().encode("utf-16"), "calendar_not_text"),
    (ics(*["BEGIN:VALARM\nEND:VALARM"] * (MAX_COMPONENTS + 1)), "calendar_too_large"),
    (b"BEGIN:VCALENDAR\r\n" + b"X:" + b"a" * (5 << 20) + b"\r\n", "calendar_too_large"),
]


@pytest.mark.parametrize(("data", "code"), BROKEN)
def test_what_is_no_calendar_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(CalendarUnusable) as refused:
        found_in(data)
    assert refused.value.code == code


def test_a_line_that_was_folded_wrongly_loses_no_more_than_itself() -> None:
    (one,) = found_in(
        ics(event("SUMMARY:Run", "DESCRIPTION:long", "and broken", "RRULE:FREQ=DAILY"))
    )["series"]
    assert (one["name"], one["rule"]) == ("Run", "FREQ=DAILY")
    for end in ("\n", "\r\n"):
        folded = ics(event("SUMMARY:Ru", " n", "RRULE:FREQ=DA", "\tILY"), end=end)
        assert [one["name"] for one in found_in(folded)["series"]] == ["Run"]


def test_a_bomb_is_ended() -> None:
    # So deep that no reader comes to its end: the process does, and Ritmo says so.
    deep = ics(*["BEGIN:VEVENT"] * 15_000)
    with pytest.raises(Invalid) as refused:
        habits_of(deep)
    assert refused.value.code in ("calendar_broken", "calendar_too_slow")


def busy(*parts: str, zone: str = "Europe/Berlin", days: int = 2) -> list[tuple[str, str]]:
    found = busy_in(ics(*parts), zone, BEGIN, BEGIN + timedelta(days=days))
    return [(begins[5:16], ends[5:16]) for begins, ends in found]


def test_busy_time_is_what_takes_it() -> None:
    at = "DTSTART;TZID=Europe/Berlin:20310505T090000"
    hour = "DTEND;TZID=Europe/Berlin:20310505T100000"
    assert busy(event(hour, "RRULE:FREQ=DAILY", begin=at)) == [
        ("05-12T07:00", "05-12T08:00"),
        ("05-13T07:00", "05-13T08:00"),
    ]
    # Without a zone, or in one that nobody knows: the person's own. Whole days, too.
    for begin in ("DTSTART:20310512T090000", "DTSTART;TZID=Mars/Olympus:20310512T090000"):
        assert busy(event("DURATION:PT1H", begin=begin)) == [("05-12T07:00", "05-12T08:00")]
    whole = event(begin="DTSTART;VALUE=DATE:20310513")
    assert busy(whole, days=3) == [("05-12T22:00", "05-13T22:00")]
    for free in ("TRANSP:TRANSPARENT", "STATUS:CANCELLED"):
        assert busy(event(free, hour, "RRULE:FREQ=DAILY", begin=at)) == []


def test_rules_without_mercy_are_passed_over() -> None:
    hour, plain = "DURATION:PT1H", event("DURATION:PT1H", uid="b", begin="DTSTART:20310512T090000")
    for freq in ("SECONDLY", "MINUTELY", "HOURLY", "DAILY;BYSECOND=1,2", "NEVER"):
        bomb = event(hour, f"RRULE:FREQ={freq}", begin="DTSTART:20000101T000000")
        assert busy(bomb, plain) == [("05-12T07:00", "05-12T08:00")]
    old = event(hour, "RRULE:FREQ=DAILY", begin="DTSTART:00010101T000000")
    assert busy(old, plain) == [("05-12T07:00", "05-12T08:00")]


def test_a_process_that_does_not_end_is_killed() -> None:
    endless = (sys.executable, "-c", "while True: pass")
    with pytest.raises(Invalid, match="takes too long"):
        CalendarReader(command=endless, patience=0.3).find(b"")
