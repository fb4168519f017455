"""The logical day, in every zone and across every change of its clocks."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from contracts.time import ChosenZone, Day, Zone, day_of, instant_of

ZONES = sorted(available_timezones())
STARTS = (0, 180, 720)


def transitions(zone: str, first: int = 2024, last: int = 2026) -> list[datetime]:
    """Find the instants, to the minute, at which the offset of a zone changes."""
    info, found = ZoneInfo(zone), []
    at, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last, 1, 1, tzinfo=UTC)
    while at < end:
        later = at + timedelta(days=7)
        if at.astimezone(info).utcoffset() != later.astimezone(info).utcoffset():
            low, high = at, later
            while high - low > timedelta(minutes=1):
                middle = low + (high - low) / 2
                same = middle.astimezone(info).utcoffset() == at.astimezone(info).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            found.append(high.replace(second=0, microsecond=0))
        at = later
    return found


@pytest.mark.parametrize("start", STARTS)
def test_days_never_run_backwards_and_none_is_lost(start: int) -> None:
    for zone in ZONES:
        for moment in transitions(zone):
            hours = [moment + timedelta(minutes=30 * step) for step in range(-60, 61)]
            seen = [day_of(at, zone, start) for at in hours]
            assert seen == sorted(seen)
            gaps = {(later - earlier).days for earlier, later in zip(seen, seen[1:], strict=False)}
            assert gaps <= {0, 1}


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2000, 1, 1), datetime(2035, 12, 31)),
    st.integers(0, 1439),
)
def test_a_day_holds_its_instants(zone: str, naive: datetime, start: int) -> None:
    instant = naive.replace(tzinfo=UTC)
    today = day_of(instant, zone, start)
    assert instant_of(today, start, zone) <= instant
    assert instant < instant_of(today + timedelta(days=1), start, zone)


def test_a_time_that_is_left_out_takes_the_offset_before() -> None:
    at = instant_of(date(2026, 3, 29), time(2, 30), "Europe/Berlin")
    assert at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_time_that_comes_twice_is_the_first() -> None:
    at = instant_of(date(2026, 10, 25), time(2, 30), "Europe/Berlin")
    assert at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert at == instant_of(date(2026, 10, 25), time(2, 30, fold=1), "Europe/Berlin")


def test_the_night_belongs_to_yesterday_until_the_day_starts() -> None:
    night = datetime(2026, 1, 10, 1, 59, tzinfo=UTC)
    assert day_of(night, "Europe/Berlin", 180) == date(2026, 1, 9)
    assert day_of(night + timedelta(minutes=1), "Europe/Berlin", time(3)) == date(2026, 1, 10)


def test_a_day_that_a_country_left_out_stays_out() -> None:
    before = datetime(2011, 12, 30, 9, 59, tzinfo=UTC)
    assert day_of(before, "Pacific/Apia") == date(2011, 12, 29)
    assert day_of(before + timedelta(minutes=1), "Pacific/Apia") == date(2011, 12, 31)
    # The clocks show 31 December, but the 29th is not over before its day start comes round.
    assert day_of(before + timedelta(minutes=1), "Pacific/Apia", 180) == date(2011, 12, 29)


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "europe/berlin", "x" * 99])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Zone).validate_python(zone)


@pytest.mark.parametrize("zone", ["localtime", "Factory", "posixrules"])
def test_a_zone_that_is_no_place_cannot_be_chosen(zone: str) -> None:
    with pytest.raises(ValidationError, match="no such time zone"):
        TypeAdapter(ChosenZone).validate_python(zone)


@pytest.mark.parametrize("zone", ["UTC", "Etc/UTC", "America/Argentina/Ushuaia", "Japan"])
def test_a_place_can_be_chosen(zone: str) -> None:
    assert TypeAdapter(ChosenZone).validate_python(zone) == zone


def test_a_zone_that_was_kept_before_is_still_read() -> None:
    assert TypeAdapter(Zone).validate_python("Factory") == "Factory"


@pytest.mark.parametrize(
    "written", ["2025-02-29", "2026-13-01", "20260101", 1767225600, "1899-12-31", "9999-12-31", ""]
)
def test_an_impossible_day_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Day).validate_python(written)
