"""Moods, against numbers worked out by hand. Day 0 is Monday, 1 January 2024."""

import pytest

from actors.analytics.moods import MOST_TAGS, mood_report
from contracts.analytics import MoodLine, MoodReport
from contracts.language import Language
from contracts.message import new_id
from contracts.schedule import Weekday
from storage.analytics.histories import DiaryRow
from storage.replica.rows import KnownBreak
from tests.domain.making import day
from tests.domain.tracking import entry, history

DIARY = (
    entry(0, 4, "Home", "rest"),
    entry(0, 2, "work"),
    entry(2, 5, "home"),
    entry(3, None, "home"),
    entry(7, 3),
    entry(31, 1, "work"),
)


def told(
    *entries: DiaryRow,
    first: int = 0,
    last: int = 40,
    today: int = 40,
    tag: str | None = None,
    language: Language = "en",
    week_start: Weekday = "mon",
) -> MoodReport:
    """Report on entries."""
    whole = history(today=today, entries=entries, week_start=week_start)
    return mood_report(whole, day(first), day(last), language, tag)


def shown(lines: tuple[MoodLine, ...]) -> dict[str, tuple[int, float | None, float | None]]:
    return {line.key: (line.entries, line.average, line.spread) for line in lines if line.entries}


def test_all_entries() -> None:
    found = told(*DIARY)
    # 4, 2, 5, 3, 1: average 3; squares 1 + 1 + 4 + 0 + 4 = 10 over 4; its root is 1.581139.
    assert (found.entries, found.average, found.spread) == (5, 3.0, 1.581139)
    assert found.counts == (1, 1, 1, 1, 1)
    assert [(one.day, one.mood, one.entries) for one in found.days] == [
        (day(0), 3.0, 2),
        (day(2), 5.0, 1),
        (day(7), 3.0, 1),
        (day(31), 1.0, 1),
    ]


def test_by_weekday() -> None:
    # Mondays 4, 2, 3: average 3, spread 1. Wednesday 5. Thursday (day 31) 1.
    found = told(*DIARY)
    assert [line.key for line in found.by_weekday] == [
        "mon",
        "tue",
        "wed",
        "thu",
        "fri",
        "sat",
        "sun",
    ]
    assert shown(found.by_weekday) == {
        "mon": (3, 3.0, 1.0),
        "wed": (1, 5.0, None),
        "thu": (1, 1.0, None),
    }
    assert [line.name for line in found.by_weekday[:2]] == ["Monday", "Tuesday"]
    assert (found.by_weekday[1].average, found.by_weekday[1].spread) == (None, None)
    sunday = told(*DIARY, week_start="sun", language="ru")
    assert [line.name for line in sunday.by_weekday[:2]] == ["воскресенье", "понедельник"]
    assert shown(sunday.by_weekday) == shown(found.by_weekday)


def test_by_month() -> None:
    # January: 4, 2, 5, 3: average 3.5, squares 0.25 + 2.25 + 2.25 + 0.25 = 5 over 3.
    found = told(*DIARY)
    assert shown(found.by_month) == {
        "2024-01": (4, 3.5, pytest.approx((5 / 3) ** 0.5, abs=1e-6)),
        "2024-02": (1, 1.0, None),
    }
    assert [line.name for line in found.by_month] == ["January 2024", "February 2024"]
    assert told(*DIARY, language="ru").by_month[0].name.startswith("январь 2024")


def test_by_tag() -> None:
    # Tags are the same in any case, and written as they were last; without a mood nothing counts.
    found = told(*DIARY)
    assert shown(found.by_tag) == {
        "home": (2, 4.5, pytest.approx(0.5**0.5, abs=1e-6)),
        "work": (2, 1.5, pytest.approx(0.5**0.5, abs=1e-6)),
        "rest": (1, 4.0, None),
    }
    assert [line.name for line in found.by_tag] == ["home", "work", "rest"]
    many = told(*(entry(0, 3, f"tag {number}") for number in range(MOST_TAGS + 5)))
    assert len(many.by_tag) == MOST_TAGS


def test_of_one_tag() -> None:
    found = told(*DIARY, tag="HOME")
    assert (found.entries, found.average) == (2, 4.5)
    assert shown(found.by_tag) == {
        "home": (2, 4.5, pytest.approx(0.5**0.5, abs=1e-6)),
        "rest": (1, 4.0, None),
    }
    unknown = told(*DIARY, tag="nowhere")
    assert (unknown.entries, unknown.average, unknown.by_tag, unknown.days) == (0, None, (), ())


def test_nothing_and_one_day() -> None:
    nothing = told()
    assert (nothing.entries, nothing.average, nothing.spread) == (0, None, None)
    assert nothing.counts == (0, 0, 0, 0, 0)
    assert (nothing.by_tag, nothing.by_month, nothing.days) == ((), (), ())
    assert len(nothing.by_weekday) == 7
    without = told(entry(1, None, "home"))
    assert (without.entries, without.by_tag) == (0, ())
    once = told(entry(1, 5))
    assert (once.entries, once.average, once.spread, once.by_tag) == (1, 5.0, None, ())


def test_days_outside_the_range_or_to_come_do_not_count() -> None:
    assert told(*DIARY, first=1, last=7).entries == 2
    assert told(*DIARY, today=6).entries == 3
    later = told(*DIARY, first=8, last=9, today=6)
    assert (later.entries, later.first, later.last) == (0, day(8), day(9))


@pytest.mark.parametrize(
    ("here", "there"), [("Fu\u00dfball", "FUSSBALL"), ("E\u0301te\u0301", "été")]
)
def test_a_tag_is_one_however_it_is_composed(here: str, there: str) -> None:
    diary = (entry(0, 4, here), entry(1, 2, there), entry(2, 5, "x"))
    assert [one.entries for one in told(*diary).by_tag] == [2, 1]
    for tag in (here, there):
        assert told(*diary, tag=tag).entries == 2
    rest = KnownBreak(day(0), day(1), None, here)
    assert rest.covers(new_id(), [there])
    assert not rest.covers(new_id(), ["x"])
