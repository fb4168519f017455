"""Pictures: legible, whole and the same each time; and tables that do no harm."""

import asyncio
import csv
import io
import itertools
import re
import struct
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from actors.analytics.drawing import text_metrics, theme
from actors.analytics.drawing.board import Board
from actors.analytics.drawing.gallery import draw, of_own_days, paint
from actors.analytics.drawing.moods import DOTS, thinned
from actors.analytics.drawing.squares import bands
from actors.analytics.files import PICTURES, File, Shelf, check_picture, content_of, drawn
from actors.analytics.reports import AnyAnswer
from actors.analytics.tables import table_of
from contracts.analytics import GetHabitInsight, GetMoodReport, GetSummary
from contracts.habit import StreakUnit
from contracts.language import Language
from contracts.message import Invalid
from contracts.pictures import Picture, RenderReport
from tests.domain import reports
from tests.domain.reports import HABIT, NAMES

KNOWN: dict[str, list[AnyAnswer]] = {
    "summary": [
        reports.summary(7, 3),
        reports.summary(1, 1),
        reports.summary(30, 15),
        reports.summary(90, 6),
        reports.summary(3650, 100),
        reports.summary(7, 0),
    ],
    "habit": [
        reports.insight(365),
        reports.insight(1),
        reports.insight(30, name=NAMES[5]),
        reports.insight(3650, name=NAMES[1]),
        reports.insight(365, empty=True),
    ],
    "associations": [
        reports.associations(),
        reports.associations(300, 20),
        reports.associations(0, 9),
        reports.associations(0, 0),
    ],
    "moods": [
        reports.moods(),
        reports.moods(1, 1),
        reports.moods(30, 2),
        reports.moods(3650, 60),
        reports.moods(365, empty=True),
    ],
}
READ = [
    # Russian words are the longer ones: English is looked at in the first report and the last.
    pytest.param(report, picture, language, id=f"{kind}-{place}-{picture}-{language}")
    for kind, found in KNOWN.items()
    for place, report in enumerate(found)
    for picture in PICTURES[kind]
    for language in (("en", "ru") if report in (found[0], found[-1]) else ("ru",))
]


Written = tuple[str, tuple[float, float, float, float]]
"""Words, with their left, bottom, right and top edge in pixels."""


def words_on(board: Board) -> Iterator[Written]:
    """List what is written on a board."""
    board.finish()
    renderer = FigureCanvasAgg(board.figure).get_renderer()  # type: ignore[no-untyped-call]
    for text in (one for axes in board.figure.axes for one in axes.texts):
        if text.get_text():
            box = text.get_window_extent(renderer)
            yield text.get_text(), (box.x0, box.y0, box.x1, box.y1)


@pytest.mark.parametrize(("report", "picture", "language"), READ)
def test_every_picture_is_legible_whole_and_harmless(
    report: AnyAnswer, picture: Picture, language: Language
) -> None:
    board = paint(report, picture, "dark", language)
    written = list(words_on(board))
    assert len(written) >= 2
    check_words_have_room(written, board.height)
    check_the_font_has_every_letter(written)
    if language == "en":  # an SVG is made of shapes, whose words they are
        check_svg(board.svg().decode())


def check_words_have_room(written: list[Written], height: float) -> None:
    """Refuse words that are cut off, or written over others."""
    for words, (left, bottom, right, top) in written:
        assert left >= 0, words
        assert right <= 720, words
        assert bottom >= 0, words
        assert top <= height, words
    for (one, a), (two, b) in itertools.combinations(written, 2):
        beside = a[2] <= b[0] + 1 or b[2] <= a[0] + 1
        apart = a[3] <= b[1] + 3 or b[3] <= a[1] + 3
        assert beside or apart, (one, two)


def check_the_font_has_every_letter(written: list[Written]) -> None:
    for words, _ in written:
        assert text_metrics.plain(words) == words.strip()


def check_svg(svg: str) -> None:
    """Refuse a picture that is malformed, runs something, or looks elsewhere."""
    root = ElementTree.fromstring(svg)
    allowed = {"svg", "title", "defs", "style", "g", "path", "use", "clipPath", "rect", "metadata"}
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        if "rdf" not in element.tag and "cc#" not in element.tag:
            assert name in allowed
        for attribute, value in element.attrib.items():
            assert not attribute.startswith("on")
            assert "href" not in attribute or value.startswith("#")
    assert root.attrib["width"] == "720"
    view = [float(one) for one in root.attrib["viewBox"].split()]
    assert view[2] == 720
    assert view[3] == float(root.attrib["height"])
    assert not re.search(r"20\d\d-\d\d-\d\dT", svg), "no time of drawing"


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_a_png_is_as_large_as_was_asked(scale: int) -> None:
    picture = draw(reports.summary(), "overview", "dark", "en", "png", scale)
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", picture[16:24])
    assert width == 720 * scale
    assert height % scale == 0
    assert b"matplotlib" not in picture


def test_a_name_is_said_to_those_who_cannot_see_the_picture() -> None:
    report = reports.insight(30, name="<script>alert('x')</script> & \"co\" --> $a$")
    root = ElementTree.fromstring(draw(report, "overview", "light", "en", "svg", 1))
    title = root.findtext("{http://www.w3.org/2000/svg}title")
    assert title == report.name + ", Feb 7 – Mar 8, 2026"


@pytest.mark.parametrize("format", ["png", "svg"])
def test_the_same_picture_has_the_same_bytes(format: str) -> None:
    made = {
        draw(reports.insight(60), "overview", "light", "ru", "png" if format == "png" else "svg", 1)
        for _ in range(2)
    }
    assert len(made) == 1


def said_on(
    report: AnyAnswer, picture: Picture = "overview", language: Language = "en"
) -> set[str]:
    return {words for words, _ in words_on(paint(report, picture, "light", language))}


def test_a_young_habit_gets_its_own_span() -> None:
    year = reports.insight(365)
    young = year.model_copy(update={"scores": year.scores[-7:]})
    shown = of_own_days(young)
    assert (shown.first, shown.last) == (reports.TODAY - 6 * reports.ONE, reports.TODAY)
    assert [day.day for day in shown.heat] == reports.span(7)
    for picture in PICTURES["habit"]:
        assert "Mar 2 – 8, 2026" in said_on(young, picture), picture
    ahead = year.model_copy(update={"last": reports.TODAY + 30 * reports.ONE})
    assert of_own_days(ahead).last == reports.TODAY
    empty = reports.insight(365, empty=True)
    assert of_own_days(empty) == empty


@pytest.mark.parametrize(
    ("unit", "language", "said"),
    [
        ("day", "en", ["111 days", "3650 days", "1 day", "19 days"]),
        ("week", "ru", ["111 недель", "3650 недель", "1 неделя", "19 недель"]),
        ("month", "ru", ["111 месяцев", "3650 месяцев", "1 месяц", "19 месяцев"]),
        ("days", "en", ["111 periods", "3650 periods", "1 period"]),
    ],
)
def test_streaks_carry_their_unit(unit: StreakUnit, language: Language, said: list[str]) -> None:
    report = reports.insight(365)
    report = report.model_copy(
        update={
            "line": report.line.model_copy(update={"streak_unit": unit}),
            "streaks": tuple(
                one.model_copy(update={"unit": unit, "length": length})
                for one, length in zip(report.streaks, (1, 19), strict=False)
            ),
        }
    )
    found = said_on(report, "overview", language) | said_on(report, "streaks", language)
    # Digits are in groups, and a label beside its bar ends in the day.
    plain = re.sub(r"(?<=\d)[, ](?=\d{3})", "", " ".join(found))
    assert all(one in plain for one in said), (said, plain)


def test_an_open_day_is_drawn_as_open_and_not_as_missed() -> None:
    over = reports.summary(7, 5)
    lines = [one.model_copy(update={"asked": 0, "kept": 0, "rate": None}) for one in over.habits]
    lines[2] = lines[2].model_copy(update={"waiting": 1})
    today = over.model_copy(update={"waiting": 3, "habits": tuple(lines)})
    found = said_on(today)
    assert {"3 still open today", "still open", lines[2].name} <= found
    assert "0/0" not in found, "what asked for nothing has no row"
    assert "still open" not in said_on(over)
    png = [draw(one, "overview", "light", "en", "svg", 1) for one in (over, today)]
    assert png[0] != png[1]
    morning = today.model_copy(update={"asked": 0, "check_ins": 0, "entries": 0})
    assert "Nothing here yet" not in said_on(morning), "it shows what waits"
    assert content_of(over, RenderReport(of=GetSummary()), "en") != content_of(
        over.model_copy(update={"today": over.last - reports.ONE}),
        RenderReport(of=GetSummary()),
        "en",
    )


def test_a_range_that_is_not_over_is_not_said_to_be_worse() -> None:
    over = reports.summary(7, 5).model_copy(update={"perfect_days": 2})
    assert "▲ 2" in said_on(over)
    for under_way in ({"last": over.today + reports.ONE}, {"waiting": 1}):
        assert "▲ 2" not in said_on(over.model_copy(update=under_way))


@pytest.mark.parametrize(("language", "word"), [("en", "Consistency:"), ("ru", "Постоянство:")])
def test_consistency_is_explained(language: Language, word: str) -> None:
    found = said_on(reports.summary(), "overview", language)
    explained = [words for words in found if words.startswith(word)]
    assert explained
    assert not explained[0].endswith("…")


def test_habits_stand_in_their_own_order_and_archived_ones_are_not_of_now() -> None:
    report = reports.summary(7, 5)
    names = ("Zebra", "Apple", "Mango", "Kiwi", "Plum")
    lines = tuple(
        one.model_copy(update={"name": name, "asked": 7, "archived": name == "Kiwi"})
        for name, one in zip(names, report.habits, strict=True)
    )
    board = paint(report.model_copy(update={"habits": lines}), "overview", "light", "en")
    places = {words: box[1] for words, box in words_on(board)}
    assert sorted(names, key=lambda name: -places[name]) == list(names)
    assert places["archived"] == pytest.approx(places["Kiwi"], abs=6)


def test_a_long_name_takes_a_second_line() -> None:
    name = "Практиковаться на фортепиано с метрономом медленно"
    assert name not in said_on(reports.insight(30, name=name))
    written = said_on(reports.insight(30, name=name))
    assert not any(words.endswith("…") for words in written if words.startswith("Практик"))


def test_themes_can_be_read() -> None:
    for one in (theme.LIGHT, theme.DARK):
        for words in (one.ink, one.soft):
            assert theme.contrast(words, one.ground) >= 4.5  # WCAG 2.2, criterion 1.4.3
            assert theme.contrast(words, one.panel) >= 4.5
        for drawn_ in (one.accent, one.warm):
            assert theme.contrast(drawn_, one.ground) >= 3.0
    assert theme.contrast("#ffffff", "#000000") == pytest.approx(21)


@pytest.mark.parametrize("colour", ["#ffffff", "#000000", "#ffee33", "#FF0000", "#12161c", ""])
def test_a_habits_own_colour_reads_on_both_themes(colour: str) -> None:
    for one in (theme.LIGHT, theme.DARK):
        assert theme.contrast(theme.legible(colour, one), one.ground) >= theme.LEAST_CONTRAST
    assert theme.legible("#ffffff", theme.DARK) == "#ffffff"


def test_words_hold_only_what_can_be_written() -> None:
    assert text_metrics.plain("Медитация 🧘\u200d♀️ утром") == "Медитация ♀ утром"
    assert text_metrics.plain("🏃") == "Runner"
    assert text_metrics.plain("早起き") == text_metrics.UNKNOWN
    assert text_metrics.plain("a\u202eb\u00adc") == "abc"
    assert text_metrics.plain("  two\n lines ") == "two lines"
    assert text_metrics.plain("") == ""


def test_words_are_shortened_to_their_room() -> None:
    assert text_metrics.shorten("Read", 100, 15) == "Read"
    short = text_metrics.shorten("Read ten pages", 60, 15)
    assert short.endswith("…")
    assert "Read ten pages".startswith(short[:-1])
    assert text_metrics.width(short, 15) <= 60
    assert text_metrics.shorten("Read", 0, 15) == "…"


def test_lines_are_broken_between_words() -> None:
    text = "one two three four five six seven eight nine ten"
    found = text_metrics.lines(text, 120, 15, most=3)
    assert len(found) == 3
    assert found[-1].endswith("…")
    assert all(text_metrics.width(line, 15) <= 120 for line in found)
    assert text_metrics.lines("short", 120, 15, most=3) == ["short"]


def test_a_picture_that_a_report_has_not_is_refused() -> None:
    check_picture(GetMoodReport(), "tags")
    with pytest.raises(Invalid) as no:
        check_picture(GetSummary(), "tags")
    assert no.value.code == "no_such_picture"
    with pytest.raises(Invalid):
        check_picture(GetHabitInsight(habit_id=HABIT), "months")


def test_years_are_bands_of_their_own_and_empty_ones_are_left_out() -> None:
    assert [title for title, _ in bands(reports.insight(365).heat)] == [""]
    assert [title for title, _ in bands(reports.insight(500).heat)] == ["2026", "2025", "2024"]
    assert bands(reports.insight(500, empty=True).heat) == []


def test_a_curve_of_moods_is_thinned_by_averages_of_entries() -> None:
    report = reports.moods(3650)
    found = thinned(report.days)
    assert len(found) <= DOTS + 1
    step = -(-3650 // DOTS)
    first = report.days[0].day.toordinal()
    # The first dot covers the days up to the next multiple of `step`.
    rest = report.days[: step - first % step]
    moods = sum(day.mood * day.entries for day in rest) / sum(day.entries for day in rest)
    assert found[0][1] == pytest.approx(moods)


# -- tables ---------------------------------------------------------------------------------------


def rows(table: bytes) -> list[dict[str, str]]:
    assert table.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline="")))


def test_a_summary_is_a_line_a_habit() -> None:
    found = rows(table_of(reports.summary(7, 5)))
    assert len(found) == 5
    assert found[3] | {"name": "", "habit_id": ""} == {
        "habit_id": "",
        "name": "",
        "unit": "",
        "asked": "7",
        "kept": "5",  # 3 * 7 % 8
        "skipped": "0",
        "rate": str(5 / 7),
        "change": "0.0",
        "total": "6172.5",
        "streak": "111",
        "best_streak": "3650",
        "score": str(5 / 7),
        "streak_unit": "day",
    }
    assert found[1]["name"] == NAMES[1]


def test_a_habit_is_a_line_a_day() -> None:
    found = rows(table_of(reports.insight(30)))
    assert [one["day"] for one in found][::29] == ["2026-02-07", "2026-03-08"]
    assert found[0]["state"] == "done"
    assert (found[0]["level"], found[-1]["level"]) == ("1.0", "")
    assert found[0]["score"] == "0.5"


def test_associations_and_moods_are_lines_too() -> None:
    found = rows(table_of(reports.associations(3, 1)))
    assert [one["enough"] for one in found] == ["true", "true", "true", "false"]
    assert found[3]["effect"] == ""
    assert found[0]["text"] == "'=They go together."
    groups = [one["group"] for one in rows(table_of(reports.moods(40, 2)))]
    expected = ["all", *["mood"] * 5, *["weekday"] * 7, *["tag"] * 2, *["month"] * 3]
    assert groups == [*expected, *["day"] * 40]


def test_empty_reports_are_headers_alone() -> None:
    for report in (reports.summary(7, 0), reports.associations(0, 0)):
        assert rows(table_of(report)) == []


# -- what was drawn before ------------------------------------------------------------------------


def test_content_is_what_is_shown_and_nothing_else() -> None:
    report = reports.summary()
    png = RenderReport(of=GetSummary())
    known = content_of(report, png, "en")
    later = report.model_copy(update={"stamp": 4, "today": reports.TODAY + reports.ONE})
    assert content_of(later, png, "en") == known
    others = [
        content_of(report.model_copy(update={"kept": 1}), png, "en"),
        content_of(report, png, "ru"),
        *(
            content_of(report, png.model_copy(update=other), "en")
            for other in ({"theme": "dark"}, {"scale": 1}, {"format": "svg"}, {"format": "csv"})
        ),
    ]
    assert known not in others
    assert len(set(others)) == len(others)


async def test_the_same_content_is_drawn_once() -> None:
    shelf, report = Shelf(), reports.summary(7, 1)
    asked = RenderReport(of=GetSummary(), scale=1)
    first = await drawn(report, asked, "en", shelf)
    again = await drawn(report.model_copy(update={"stamp": 9}), asked, "en", shelf)
    assert again is first
    assert shelf.size == len(first.data)
    dark = RenderReport(of=GetSummary(), scale=1, theme="dark")
    other = await drawn(report, dark, "en", shelf)
    assert other.etag != first.etag


async def test_many_may_ask_for_pictures_at_once() -> None:
    asked = RenderReport(of=GetHabitInsight(habit_id=HABIT), scale=1, format="svg")
    found = [reports.insight(days) for days in (5, 6, 7, 8)]
    together = await asyncio.gather(*(drawn(one, asked, "en", Shelf(0)) for one in found))
    one_by_one = [await drawn(one, asked, "en", Shelf(0)) for one in found]
    assert [one.etag for one in together] == [one.etag for one in one_by_one]


def test_a_shelf_holds_so_many_bytes() -> None:
    shelf = Shelf(10)
    for name in (b"a", b"b"):
        shelf.put(name, File(b"12345", "e"))
    assert shelf.find(b"a") is not None
    shelf.put(b"c", File(b"123", "e"))
    assert shelf.find(b"b") is None, "not asked for longest"
    assert shelf.find(b"a") is not None
    shelf.put(b"d", File(b"x" * 11, "e"))
    assert shelf.find(b"d") is None
    assert shelf.size == 8


def test_every_picture_is_drawn_in_every_theme() -> None:
    for kind, pictures in PICTURES.items():
        for picture in pictures:
            made = {draw(KNOWN[kind][0], picture, one, "en", "svg", 1) for one in theme.THEMES}
            assert len(made) == 2
