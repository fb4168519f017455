"""When a rule comes due: every zone, every transition, quiet hours, moving, rare days."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.reminders.occurrences import (
    DAY,
    EVERY_DAY,
    Coming,
    Life,
    Plan,
    begin_of,
    catch_up,
    coming,
    following,
    instant,
    is_asked,
    known_zone,
    loud,
    place_of,
)
from contracts.schedule import EveryNDays, MonthDays, Rule, Schedule, Weekdays, Yearly
from contracts.time import day_of
from tests.domain.making import MONDAY, day, promise, version
from tests.examples import examples

FIRST, LAST = date(2020, 1, 1), date(2035, 12, 31)
ZONES = sorted(available_timezones())
UTC_LIFE = Life("UTC")
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def shown(fire: Coming | None, zone: str = "UTC") -> str:
    assert fire is not None
    return fire.at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def some(plan: Plan, life: Life, after: datetime, number: int) -> list[str]:
    return [shown(one, life.zone) for one in islice(coming(plan, life, 0, after), number)]


WEEK = 7


def transitions(zone: str) -> list[date]:
    """List the local days on which the clocks of a zone change, or on the day before.

    Only weeks at whose ends the clocks differ are gone through day by day.
    """
    info, found = ZoneInfo(zone), []
    noon = datetime(2019, 12, 31, 12, tzinfo=UTC)

    def offset(number: int) -> timedelta | None:
        return (noon + timedelta(days=number)).astimezone(info).utcoffset()

    days = (LAST - FIRST).days + 2
    for begin in range(0, days, WEEK):
        end = min(begin + WEEK, days)
        if offset(begin) == offset(end):
            continue
        for number in range(begin + 1, end + 1):
            if offset(number) != offset(number - 1):
                found.append((noon + timedelta(days=number)).date())
    return found


def test_exactly_one_fire_a_local_day_around_every_transition_of_every_zone() -> None:
    times = tuple(sorted({*range(0, DAY, 30), *range(5, 240, 25), 1, 1379, 1381, 1439}))
    seen, checked = set[tuple[object, ...]](), 0
    for zone in ZONES:
        changes = transitions(zone)
        info = ZoneInfo(zone)
        sort = tuple(
            (
                one,
                info.utcoffset(datetime(2020, 1, 1)),
                info.utcoffset(datetime(one.year, one.month, one.day, 20)),
            )
            for one in changes
        )
        if sort in seen:
            continue
        seen.add(sort)
        for change in changes:
            for number in range(-2, 3):
                here = (change + timedelta(days=number)).toordinal()
                for minute in times:
                    fire = instant(here, minute, zone, 0)
                    assert fire.astimezone(info).date().toordinal() == here, (zone, change, minute)
                    checked += 1
    assert checked > 100_000


@given(
    st.sampled_from(ZONES),
    st.dates(FIRST, LAST - timedelta(days=10)),
    st.integers(0, DAY - 1),
    st.integers(0, 720),
)
def test_each_logical_day_has_one_fire(zone: str, begin: date, minute: int, day_start: int) -> None:
    life = Life(zone, day_start)
    after = begin_of(begin.toordinal(), zone, day_start) - timedelta(microseconds=1)
    fires = list(islice(coming(Plan((minute,)), life, 0, after), 10))
    assert [one.day for one in fires] == [begin + timedelta(days=n) for n in range(10)]
    assert [day_of(one.at, zone, day_start) for one in fires] == [one.day for one in fires]
    assert [one.at for one in fires] == sorted({one.at for one in fires})


@given(
    st.sampled_from(ZONES),
    st.integers(0, 99),
    st.lists(st.integers(0, DAY - 1), min_size=2, max_size=6, unique=True),
    st.integers(0, 300),
)
@settings(max_examples=examples(105))
def test_each_time_fires_once_around_a_transition(
    zone: str, which: int, minutes: list[int], day_start: int
) -> None:
    changes = transitions(zone) or [FIRST + timedelta(days=100)]
    change = changes[which % len(changes)]
    # Near the hour that is left out or comes twice, too: most clocks change before four.
    times = tuple(sorted({one % 300 if at % 2 else one for at, one in enumerate(minutes)}))
    life, begin = Life(zone, day_start), change - timedelta(days=2)
    after = begin_of(begin.toordinal(), zone, day_start) - timedelta(microseconds=1)
    waiting, found = following(Plan(times), life, 0, after), list[Coming]()
    while waiting is not None and waiting.day < begin + timedelta(days=5):
        found.append(waiting)
        waiting = following(Plan(times), life, waiting.slot, waiting.at)
    expected = [begin + timedelta(days=n) for n in range(5) for _ in times]
    assert [one.day for one in found] == expected
    assert [day_of(one.at, zone, day_start) for one in found] == expected
    assert all(a.at < b.at for a, b in zip(found, found[1:], strict=False))


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ((150, 180), ["03:00", "03:30"]),
        ((120, 150, 179, 180, 210), ["03:00", "03:01", "03:30", "03:31", "03:59"]),
        ((90, 150), ["01:30", "03:30"]),
    ],
)
def test_several_times_around_the_hour_that_is_left_out(
    times: tuple[int, ...], expected: list[str]
) -> None:
    life = Life("Europe/Berlin")
    fires = some(Plan(times), life, at(2026, 3, 28, 23), len(times) + 1)
    assert fires[:-1] == [f"2026-03-29 {one}" for one in expected]
    assert fires[-1].startswith("2026-03-30")


@pytest.mark.parametrize(
    ("zone", "here", "minute", "expected"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 150, at(2026, 3, 29, 1, 30)),  # 02:30 as 03:30
        ("Europe/Berlin", date(2026, 10, 25), 150, at(2026, 10, 25, 0, 30)),  # the first 02:30
        ("America/Nuuk", date(2024, 3, 30), 1410, at(2024, 3, 31, 0, 59)),  # 23:30: before the jump
        ("America/Havana", date(2026, 3, 8), 30, at(2026, 3, 8, 5, 30)),  # 00:30 as 01:30
    ],
)
def test_gap_and_fold(zone: str, here: date, minute: int, expected: datetime) -> None:
    assert instant(here.toordinal(), minute, zone, 0) == expected


def test_a_day_start_inside_a_gap_keeps_fires_in_their_day() -> None:
    here = date(2026, 3, 29)
    for minute in range(0, 300, 5):
        fire = instant(here.toordinal(), minute, "Europe/Berlin", 150)
        assert day_of(fire, "Europe/Berlin", 150) == here


def test_times_are_of_logical_days() -> None:
    life = Life("UTC", day_start=180)
    mondays = Plan((60, 1200), weekdays=1)
    assert some(mondays, life, NOON, 3) == [
        "2024-01-01 20:00",
        "2024-01-02 01:00",
        "2024-01-08 20:00",
    ]


def test_weekdays_and_the_schedule_of_a_habit_both_hold() -> None:
    promised = promise(version(0, Weekdays(days=("mon", "wed", "fri"))))
    plan = Plan((480,), weekdays=0b0000101, promise=promised)
    assert some(plan, UTC_LIFE, NOON, 3) == [
        "2024-01-03 08:00",
        "2024-01-08 08:00",
        "2024-01-10 08:00",
    ]


def test_a_new_schedule_holds_from_its_day() -> None:
    promised = promise(version(0, EveryNDays(n=2)), version(5, Weekdays(days=("sun",))))
    assert some(Plan((480,), promise=promised), UTC_LIFE, NOON - timedelta(hours=5), 4) == [
        "2024-01-01 08:00",
        "2024-01-03 08:00",
        "2024-01-05 08:00",
        "2024-01-07 08:00",
    ]


def test_a_habit_that_has_not_begun() -> None:
    plan = Plan((480,), promise=promise(version(400)))
    assert following(plan, UTC_LIFE, 0, NOON) == Coming(
        day(400).toordinal() * DAY + 480, at(2025, 2, 4, 8)
    )


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Yearly(month=2, day=29), ["2024-02-29 08:00", "2025-02-28 08:00"]),
        (
            Rule(rrule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"),
            ["2024-02-29 08:00", "2028-02-29 08:00"],
        ),
        (MonthDays(days=(31,)), ["2024-01-31 08:00", "2024-03-31 08:00"]),
        (Rule(rrule="FREQ=DAILY;COUNT=1"), ["2024-01-01 08:00"]),
        (Rule(rrule="FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"), []),
    ],
)
def test_rare_days(schedule: Schedule, expected: list[str]) -> None:
    plan = Plan((480,), promise=promise(version(0, schedule)))
    assert some(plan, UTC_LIFE, at(2024, 1, 1), 2) == expected
    assert is_asked(plan, MONDAY.toordinal()) == bool(expected)


def test_the_next_leap_day_may_be_eight_years_away() -> None:
    leap = promise(version(0, Rule(rrule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29")))
    assert some(Plan((480,), promise=leap), UTC_LIFE, at(2096, 3, 1), 1) == ["2104-02-29 08:00"]


def test_weekdays_that_a_habit_never_asks_for() -> None:
    plan = Plan((480,), weekdays=2, promise=promise(version(0, Weekdays(days=("mon",)))))
    assert following(plan, UTC_LIFE, 0, NOON) is None
    assert not is_asked(plan, MONDAY.toordinal())


# -- quiet hours ----------------------------------------------------------------------------------


def test_quiet_hours_move_to_their_end_or_drop() -> None:
    life = Life("UTC", 0, (22 * 60, 7 * 60))
    plan = Plan((30, 390, 420, 1320, 1439))
    assert some(plan, life, at(2024, 1, 1), 3) == [
        "2024-01-01 07:00",
        "2024-01-01 07:00",
        "2024-01-01 07:00",
    ]
    only_late = Plan((1320, 1439))
    assert following(only_late, life, 0, NOON) is None
    assert is_asked(only_late, MONDAY.toordinal())


def test_a_late_evening_stays_on_its_logical_day() -> None:
    life = Life("UTC", 8 * 60, (22 * 60, 7 * 60))
    assert some(Plan((1320,)), life, NOON, 1) == ["2024-01-02 07:00"]


@given(st.sampled_from(ZONES), st.dates(FIRST, LAST), st.integers(0, 1439), st.data())
def test_nothing_comes_in_quiet_hours(
    zone: str, here: date, minute: int, data: st.DataObject
) -> None:
    quiet = (data.draw(st.integers(0, 1439)), data.draw(st.integers(0, 1439)))
    moved = loud(instant(here.toordinal(), minute, zone, 0), Life(zone, 0, quiet))
    clock = moved.astimezone(ZoneInfo(zone))
    shows = clock.hour * 60 + clock.minute
    # Where the clocks change at the end of quiet hours, it comes when they show the end first.
    assert (
        (shows - quiet[0]) % DAY >= (quiet[1] - quiet[0]) % DAY or clock.fold or shows == quiet[1]
    )


# -- slots ----------------------------------------------------------------------------------------


def test_who_moves_west_is_not_reminded_twice() -> None:
    plan = Plan((480,))
    berlin, new_york = Life("Europe/Berlin"), Life("America/New_York")
    first = following(plan, berlin, 0, at(2024, 6, 3, 0))
    assert shown(first, "Europe/Berlin") == "2024-06-03 08:00"
    assert first is not None
    moved = following(plan, new_york, first.slot, first.at + timedelta(hours=1))
    assert shown(moved, "America/New_York") == "2024-06-04 08:00"


def test_who_moves_east_is_reminded_of_the_next_day() -> None:
    plan = Plan((480,))
    first = following(plan, Life("America/New_York"), 0, at(2024, 6, 3, 0))
    assert first is not None
    moved = following(plan, Life("Asia/Tokyo"), first.slot, first.at + timedelta(hours=1))
    assert shown(moved, "Asia/Tokyo") == "2024-06-04 08:00"


def test_feedback_after_a_fire_does_not_repeat_it_and_stays_in_the_day() -> None:
    first = following(Plan((480,)), UTC_LIFE, 0, at(2024, 1, 1))
    assert first is not None
    later = Plan((480,), shift=30)
    assert shown(following(later, UTC_LIFE, first.slot, first.at)) == "2024-01-02 08:30"
    assert some(Plan((10, 1430), shift=-30), UTC_LIFE, at(2023, 12, 31, 23, 59), 2) == [
        "2024-01-01 00:00",
        "2024-01-01 23:20",
    ]


def test_learned_times_stand_in_on_their_weekdays_once_a_day() -> None:
    plan = Plan((600,), learned=(420, None, 430, None, None, None, None), once=True)
    assert some(plan, UTC_LIFE, at(2024, 1, 1), 3) == [
        "2024-01-01 07:00",
        "2024-01-02 10:00",
        "2024-01-03 07:10",
    ]
    first = following(plan, UTC_LIFE, 0, at(2024, 1, 1))
    assert first is not None
    relearned = Plan((600,), learned=(1200, None, None, None, None, None, None), once=True)
    assert shown(following(relearned, UTC_LIFE, first.slot, first.at)) == "2024-01-02 10:00"


def test_the_slot_of_an_instant() -> None:
    life = Life("UTC", 180)
    assert place_of(at(2024, 1, 2, 1), life) == MONDAY.toordinal() * DAY + 22 * 60


def test_an_unknown_zone_is_utc() -> None:
    zones = [known_zone(zone) for zone in ("Europe/Berlin", "Mars/Olympus", None, "../etc", "")]
    assert zones == ["Europe/Berlin", *["UTC"] * 4]


# -- catching up ----------------------------------------------------------------------------------


def due(plan: Plan, after: datetime) -> Coming:
    found = following(plan, UTC_LIFE, 0, after)
    assert found is not None
    return found


def test_a_little_late_is_decided() -> None:
    plan = Plan((480,))
    one = due(plan, at(2024, 1, 1))
    caught = catch_up(one, plan, UTC_LIFE, at(2024, 1, 1, 10), timedelta(hours=2))
    assert (caught.missed, caught.current) == ((), one)
    assert shown(caught.upcoming) == "2024-01-02 08:00"
    caught = catch_up(one, plan, UTC_LIFE, at(2024, 1, 1, 10, 1), timedelta(hours=2))
    assert (caught.missed, caught.current) == ((one,), None)


def test_three_hours_send_one_late_and_miss_the_rest() -> None:
    plan = Plan((480, 540, 600, 660))
    caught = catch_up(
        due(plan, at(2024, 1, 1)), plan, UTC_LIFE, at(2024, 1, 1, 10, 50), timedelta(hours=2)
    )
    assert [shown(one) for one in caught.missed] == ["2024-01-01 08:00", "2024-01-01 09:00"]
    assert shown(caught.current) == "2024-01-01 10:00"


def test_after_years_only_the_last_days_are_recounted() -> None:
    plan = Plan((480, 1200))
    caught = catch_up(due(plan, at(2024, 1, 1)), plan, UTC_LIFE, at(2034, 1, 1), timedelta(hours=2))
    assert caught.current is None
    assert len(caught.missed) == 1 + 14
    assert [shown(one) for one in caught.missed][:2] == ["2024-01-01 08:00", "2033-12-25 08:00"]


@given(
    st.lists(st.integers(0, 1439), min_size=1, max_size=5, unique=True),
    st.integers(1, EVERY_DAY),
    st.lists(st.integers(1, 5000), min_size=1, max_size=20),
)
def test_however_time_is_cut_each_fire_is_told_once(
    times: list[int], weekdays: int, pauses: list[int]
) -> None:
    plan, now = Plan(tuple(sorted(times)), weekdays), at(2024, 1, 1)
    waiting, told = due(plan, now), list[Coming]()
    for pause in pauses:
        now += timedelta(minutes=pause)
        if waiting.at > now:
            continue
        caught = catch_up(waiting, plan, UTC_LIFE, now, timedelta(hours=2))
        told += [*caught.missed, *([caught.current] if caught.current else [])]
        assert caught.upcoming is not None
        waiting = caught.upcoming
    whole = [one for one in islice(coming(plan, UTC_LIFE, 0, at(2024, 1, 1)), 400) if one.at <= now]
    assert told == whole
