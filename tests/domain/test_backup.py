"""Which backups are kept, and when the next is due."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.backup.domain import MadeBackup, Retention, begun_at, is_due, kept, named, stale_at

START = datetime(2026, 1, 1, 3, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def made(at: datetime, number: int, *, verified: bool = True) -> MadeBackup:
    return MadeBackup(at, named(at, f"{number:08x}"), verified)


@st.composite
def shelves(draw: st.DrawFn) -> list[MadeBackup]:
    """Backups of any days, by clocks that may be wrong."""
    hours = draw(st.lists(st.integers(0, 24 * 800), max_size=60))
    good = draw(st.lists(st.booleans(), min_size=len(hours), max_size=len(hours)))
    return [
        made(START + hour * HOUR, number, verified=fine)
        for number, (hour, fine) in enumerate(zip(hours, good, strict=True))
    ]


KEEPS = st.builds(Retention, st.integers(1, 9), st.integers(1, 6), st.integers(1, 14))


@given(shelves(), KEEPS)
def test_the_newest_and_the_newest_verified_stay(shelf: list[MadeBackup], keep: Retention) -> None:
    stay = kept(shelf, keep)
    assert stay <= {one.name for one in shelf}
    assert bool(stay) == bool(shelf)
    assert not shelf or max(shelf).name in stay
    good = [one for one in shelf if one.verified]
    assert not good or max(good).name in stay


@given(shelves(), KEEPS)
def test_what_was_dropped_is_not_missed_later(shelf: list[MadeBackup], keep: Retention) -> None:
    stay = kept(shelf, keep)
    left = [one for one in shelf if one.name in stay]
    assert kept(left, keep) == stay, "to drop twice drops no more"
    assert len(stay) <= keep.days + keep.weeks + keep.months + 2


@given(shelves(), KEEPS, st.integers(1, 3))
def test_to_keep_more_keeps_what_was_kept(
    shelf: list[MadeBackup], keep: Retention, more: int
) -> None:
    wider = Retention(keep.days + more, keep.weeks + more, keep.months + more)
    assert kept(shelf, keep) <= kept(shelf, wider)


def test_a_year_leaves_days_weeks_and_months() -> None:
    shelf: list[MadeBackup] = []
    for number in range(365):
        shelf.append(made(START + number * DAY, number))
        stay = kept(shelf, Retention())
        shelf = [one for one in shelf if one.name in stay]
    days = [(one.at - START).days for one in sorted(shelf, reverse=True)]
    assert days[:7] == [364, 363, 362, 361, 360, 359, 358]
    assert {one.at.month for one in shelf} == {*range(1, 13)}
    assert len(shelf) == 20, "7 days, two more weeks of four, and the ends of eleven months"


def test_a_verified_one_of_a_day_is_kept_before_a_newer_one_that_is_not() -> None:
    good, bad = made(START, 1), made(START + HOUR, 2, verified=False)
    later = [made(START + number * DAY, number) for number in range(2, 5)]
    assert good.name in kept([good, bad, *later], Retention())
    assert bad.name not in kept([good, bad, *later], Retention())


@pytest.mark.parametrize("name", ["", "ritmo-", "ritmo-20261399T000000Z-00000000", "../../etc"])
def test_what_is_no_backup_has_no_name_of_one(name: str) -> None:
    assert begun_at(name) is None


def test_a_backup_is_due() -> None:
    def due(now: datetime, last: datetime | None, failed: datetime | None = None) -> bool:
        return is_due(now, DAY, START, last, failed)

    assert not due(START + timedelta(minutes=59), None)
    assert due(START + HOUR, None)
    assert not due(START + 23 * HOUR, START)
    assert due(START + DAY, START)
    assert not due(START + DAY, START, START + DAY - timedelta(minutes=29))
    assert due(START + DAY, START, START + DAY - timedelta(minutes=30))
    assert due(START, START + 9 * DAY), "a clock that was set back is no reason to wait for it"
    assert stale_at(DAY, START, START) == START + timedelta(hours=26)
    assert stale_at(DAY, START, None) == START + timedelta(hours=26)
