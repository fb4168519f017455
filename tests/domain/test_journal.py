"""The rules of the diary: when an entry was lived, looks back, pages, prompts, harmless HTML."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.journal.domain import (
    PAGE_TEXT,
    Lived,
    check_says_something,
    fitting,
    lived,
    month_of,
    moved,
    prompt_of,
    same_days,
)
from actors.journal.entry_html import harmless_html
from actors.journal.moods import USUAL
from actors.journal.prompts import BUILT_IN as PROMPTS
from actors.journal.templates import BUILT_IN as TEMPLATES
from contracts.message import Invalid
from contracts.speech import catalog
from contracts.time import day_of

NOW = datetime(2031, 5, 5, 12, tzinfo=UTC)
TODAY = NOW.date()
BERLIN = "Europe/Berlin"


def test_an_entry_is_of_now() -> None:
    assert lived(None, None, "UTC", 0, NOW) == Lived(TODAY, NOW, "UTC")
    late = datetime(2031, 5, 5, 1, tzinfo=UTC)
    assert lived(None, None, "UTC", 180, late).day == date(2031, 5, 4)
    assert lived(TODAY, None, "UTC", 0, NOW) == Lived(TODAY, NOW, "UTC")


def test_an_earlier_day_is_noon_of_it() -> None:
    then = lived(date(2030, 1, 2), None, BERLIN, 0, NOW)
    assert then == Lived(date(2030, 1, 2), datetime(2030, 1, 2, 11, tzinfo=UTC), BERLIN)


@given(st.dates(date(1900, 1, 3), TODAY - timedelta(days=1)), st.integers(0, 720))
def test_noon_lies_on_its_day_whenever_it_begins(day: date, day_start: int) -> None:
    assert day_of(lived(day, None, BERLIN, day_start, NOW).at, BERLIN, day_start) == day


def test_an_instant_names_its_day() -> None:
    at = datetime(2031, 5, 1, 23, 30, tzinfo=UTC)
    assert lived(None, at, BERLIN, 0, NOW).day == date(2031, 5, 2)
    assert lived(date(2031, 5, 1), at, BERLIN, 0, NOW).day == date(2031, 5, 1)


@pytest.mark.parametrize(
    ("day", "at", "code"),
    [
        (TODAY + timedelta(days=2), None, "day_out_of_range"),
        (None, NOW + timedelta(hours=1), "at_out_of_range"),
        (None, datetime(1, 1, 1, tzinfo=UTC), "at_out_of_range"),
        (None, datetime.max.replace(tzinfo=UTC), "at_out_of_range"),
        (date(2031, 5, 1), NOW, "at_not_on_day"),
    ],
)
def test_times_that_cannot_be(day: date | None, at: datetime | None, code: str) -> None:
    with pytest.raises(Invalid) as no:
        lived(day, at, "UTC", 0, NOW)
    assert no.value.code == code
    assert no.value.fields


def test_tomorrow_can_be_today_elsewhere() -> None:
    assert lived(TODAY + timedelta(days=1), None, "UTC", 0, NOW).at == NOW


def test_a_new_day_keeps_the_time_on_the_clock() -> None:
    old = Lived(date(2031, 3, 29), datetime(2031, 3, 29, 8, tzinfo=UTC), BERLIN)  # 9:00, winter
    new = moved(old, date(2031, 3, 31), None, None, 0, NOW)
    assert new == Lived(date(2031, 3, 31), datetime(2031, 3, 31, 7, tzinfo=UTC), BERLIN)
    assert moved(old, None, None, None, 0, NOW) == old
    assert moved(old, None, None, "UTC", 0, NOW) == Lived(old.day, old.at, "UTC")
    assert moved(old, None, NOW, None, 0, NOW) == Lived(TODAY, NOW, BERLIN)
    assert moved(old, TODAY, None, None, 0, NOW - timedelta(hours=6)).at == NOW - timedelta(hours=6)
    with pytest.raises(Invalid):
        moved(old, TODAY + timedelta(days=2), None, None, 0, NOW)


def test_an_entry_says_something() -> None:
    check_says_something("", "", None, 1, ())
    with pytest.raises(Invalid):
        check_says_something("", "", None, None, ())


def test_a_look_back_on_leap_days() -> None:
    assert same_days(date(2031, 2, 28)) == (2, (28, 29))
    assert same_days(date(2032, 2, 28)) == (2, (28,))
    assert same_days(date(2032, 2, 29)) == (2, (29,))
    assert same_days(date(2031, 12, 31)) == (12, (31,))


def test_a_range_is_a_month_where_it_is_open() -> None:
    assert month_of(None, None, TODAY) == (date(2031, 5, 1), date(2031, 5, 31))
    assert month_of(date(2031, 2, 1), None, TODAY) == (date(2031, 2, 1), date(2031, 2, 28))
    assert month_of(date(2031, 2, 10), None, TODAY) == (date(2031, 2, 10), date(2031, 3, 12))
    assert month_of(None, date(2031, 3, 12), TODAY) == (date(2031, 2, 10), date(2031, 3, 12))
    assert month_of(None, date(1900, 1, 2), TODAY)[0] == date(1900, 1, 1)


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (date(2031, 5, 2), date(2031, 5, 1), "range_reversed"),
        (date(1900, 1, 1), date(2100, 1, 1), "range_too_long"),
    ],
)
def test_ranges_that_cannot_be(first: date, last: date, code: str) -> None:
    with pytest.raises(Invalid) as no:
        month_of(first, last, TODAY)
    assert no.value.code == code


def test_the_last_month_of_all_days() -> None:
    last = date(2200, 12, 31)
    assert month_of(date(2200, 12, 1), None, TODAY) == (date(2200, 12, 1), last)


@given(st.lists(st.integers(0, 60_000), max_size=120), st.integers(1, 100))
def test_a_page_holds_so_much_text_and_one_entry_always(sizes: list[int], limit: int) -> None:
    count = fitting(sizes, limit)
    assert count <= limit
    assert sum(sizes[:count]) <= PAGE_TEXT or count == 1
    full = count == min(limit, len(sizes))
    assert full or sum(sizes[: count + 1]) > PAGE_TEXT


@given(st.uuids(), st.integers(1, 60))
def test_each_prompt_comes_once_in_a_round(user_id: UUID, count: int) -> None:
    days = [TODAY + timedelta(days=number) for number in range(count)]
    assert sorted(prompt_of(user_id, day, count) for day in days) == list(range(count))


def test_what_comes_with_ritmo_is_said_in_russian() -> None:
    said = {*PROMPTS.values(), *(name for name, _ in USUAL), "Evening", "Three good things"}
    said |= {body for _, body in TEMPLATES.values() if any(c.isalpha() for c in body)}
    assert said - catalog("ru").sentences.keys() == set()


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a *b* **c** ~~d~~", "<p>a <em>b</em> <strong>c</strong> <s>d</s></p>\n"),
        ("a\nb", "<p>a<br>\nb</p>\n"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
        ('<img src=x onerror="a()">', '<p>&lt;img src=x onerror="a()"&gt;</p>\n'),
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>\n"),
        ("[a](data:text/html;base64,x)", "<p>[a](data:text/html;base64,x)</p>\n"),
        (
            "[a](https://example.org)",
            '<p><a href="https://example.org" rel="noopener noreferrer nofollow">a</a></p>\n',
        ),
        ("![a <b> pixel](https://example.org/x.png)", "<p>a &lt;b&gt; pixel</p>\n"),
        ("[a](x:y)", '<p><a rel="noopener noreferrer nofollow">a</a></p>\n'),
    ],
)
def test_html_does_no_harm(text: str, html: str) -> None:
    assert harmless_html(text) == html


def test_a_table_of_a_size_that_people_read_is_drawn_and_no_other() -> None:
    def table(rows: int) -> str:
        return "a|b\n-|-\n" + "c|d\n" * rows

    assert "<td>" in harmless_html(table(2_000))
    assert "<td>" not in harmless_html(table(20_000))
    assert "c|d" in harmless_html(table(20_000))


@given(st.text(alphabet="<>()[]!`*_\"'&#;:/ axj\n|-~\\", max_size=200))
def test_no_text_makes_a_tag_that_is_not_allowed(text: str) -> None:
    html = harmless_html(text + "<script>x</script>").lower()
    assert "<script" not in html
    assert "<img" not in html
