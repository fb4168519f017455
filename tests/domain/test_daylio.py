"""The reader of Daylio's exports and backups: every generation, its traps, and hostile files."""

import io
import json
import re
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.journal.daylio import EntryKeys, Labels, Noted, Reason, Skipped, noted
from actors.journal.daylio_backup import lists_of
from actors.journal.daylio_clock import NOON, time_of
from actors.journal.daylio_dates import DateInWords
from actors.journal.daylio_notes import markdown_of
from actors.journal.importers import Diary, open_diary
from actors.journal.imports import SAYS, lived, zone_of
from contracts.message import Invalid
from contracts.speech import catalog
from tests.daylio_files import (
    GENERATIONS,
    ISO,
    OLD,
    PIN,
    SCALED,
    TITLED,
    backup_of,
    daylio_backup,
    daylio_csv,
    moment,
    row,
)

LATEST = date(2031, 5, 6)


def opened(data: bytes) -> Diary:
    return open_diary(io.BytesIO(data), LATEST)


def entries_of(data: bytes) -> list[Noted]:
    """Read a file of which every row is an entry, twice: it says the same again."""
    diary = opened(data)
    found = list(diary.entries())
    assert found == list(diary.entries())
    assert all(isinstance(one, Noted) for one in found), found
    return [one for one in found if isinstance(one, Noted)]


def entry_of(**cells: str) -> Noted:
    (only,) = entries_of(daylio_csv([row(**cells)]))
    return only


def skipped_of(data: bytes) -> list[tuple[int, str]]:
    return [(one.number, one.reason) for one in opened(data).entries() if isinstance(one, Skipped)]


def refusal(data: bytes) -> Invalid:
    with pytest.raises(Invalid) as caught:
        list(opened(data).entries())
    return caught.value


@pytest.mark.parametrize("header", GENERATIONS, ids=len)
@pytest.mark.parametrize("bom", [True, False])
def test_every_generation_says_the_same(header: tuple[str, ...], bom: bool) -> None:
    rows = [
        row(activities="friends | good meal", note="A walk", time="9:15 PM"),
        row(time="08:05", mood="Так себе", activities=""),
        row(time="12:10 am"),
    ]
    first, second, third = entries_of(daylio_csv(rows, header, bom=bom))
    assert (first.number, first.shown) == (2, datetime(2024, 3, 1, 21, 15))
    assert (first.label, first.tags, first.text) == ("good", ("friends", "good meal"), "A walk")
    assert (second.shown.hour, second.label, second.tags) == (8, "Так себе", ())
    assert (third.shown, third.number) == (datetime(2024, 3, 1, 0, 10), 4)


def test_titles_and_scales_are_kept() -> None:
    said = entry_of(
        note_title="Harbour", note="Gulls", scales="Energy: 8/10 points | Sleep Time: 7:30"
    )
    assert (said.title, said.text) == (
        "Harbour",
        "Gulls\n\n- Energy: 8/10 points\n- Sleep Time: 7:30",
    )


def test_columns_are_found_by_name() -> None:
    turned = daylio_csv([row(note="x", note_title="t", mood="bad")], tuple(reversed(TITLED)))
    (said,) = entries_of(turned)
    assert (said.label, said.text, said.title) == ("bad", "x", "t")
    (semicolons,) = entries_of(daylio_csv([row(note="a, b")], TITLED, delimiter=";"))
    assert semicolons.text == "a, b"


@pytest.mark.parametrize(
    ("text", "hour", "minute"),
    [
        ("9:15 pm", 21, 15),
        ("9:15PM", 21, 15),
        ("9:15 PM", 21, 15),
        ("9:15 p.m.", 21, 15),
        ("12:00 am", 0, 0),
        ("12:00 pm", 12, 0),
        ("00:05", 0, 5),
        ("23:59", 23, 59),
        ("7.45", 7, 45),
        ("18:50:07", 18, 50),
        ("6:50:07 PM", 18, 50),
        ("6:50\u202fPM", 18, 50),
        ("21h15", 21, 15),
        ("21 h 15", 21, 15),
        ("下午9:15", 21, 15),
        ("上午 12:05", 0, 5),
        ("오후 9:15", 21, 15),
        ("9:15 μ.μ.", 21, 15),
        ("9:15 π.μ.", 9, 15),
        ("9:15 p. m.", 21, 15),
        ("9:15 م", 21, 15),
    ],
)
def test_clocks_of_many_kinds(text: str, hour: int, minute: int) -> None:
    assert time_of(text) == time(hour, minute)


@pytest.mark.parametrize(
    "text", ["", "25:00", "13:00 pm", "noon", "9:15 zm", "9", "9:75", "9:15" * 40, "-1:-1"]
)
def test_an_entry_whose_clock_cannot_be_read_is_kept_on_its_day(text: str) -> None:
    said = entry_of(time=text, mood="rad")
    assert (said.shown, said.timed) == (datetime.combine(date(2024, 3, 1), NOON), False)
    late = lived(said, "Asia/Tokyo", 6 * 60)
    assert late.day == date(2024, 3, 1)


@pytest.mark.parametrize(
    ("shapes", "days"),
    [
        (["6/30/2021", "7/1/2021"], [date(2021, 6, 30), date(2021, 7, 1)]),
        (["30.06.2021", "01.07.2021"], [date(2021, 6, 30), date(2021, 7, 1)]),
        (["2021/06/30", "2021/7/1"], [date(2021, 6, 30), date(2021, 7, 1)]),
        (["06-30-21", "07-01-21"], [date(2021, 6, 30), date(2021, 7, 1)]),
        (["2021-06-30 00:00:00", "2021-7-1"], [date(2021, 6, 30), date(2021, 7, 1)]),
        (["30 Jun 2021", "July 1, 2021"], [date(2021, 6, 30), date(2021, 7, 1)]),
        (["30-juin-2021", "1. Juli 2021"], [date(2021, 6, 30), date(2021, 7, 1)]),
    ],
)
def test_dates_that_a_spreadsheet_rewrote(shapes: list[str], days: list[date]) -> None:
    rows = [row(full_date=shape, date="", weekday="") for shape in shapes]
    assert [one.shown.date() for one in entries_of(daylio_csv(rows))] == days


def test_words_beside_a_date_tell_month_from_day() -> None:
    (said,) = entries_of(daylio_csv([row(full_date="6/5/2021", date="5 June", weekday="Saturday")]))
    assert said.shown.date() == date(2021, 6, 5)
    unclear = daylio_csv([row(full_date="6/5/2021", date="", weekday="")])
    assert skipped_of(unclear) == [(2, Reason.DATE_AMBIGUOUS)]


def test_cells_that_are_missing_at_the_end_of_a_row_are_empty() -> None:
    data = ",".join(OLD).encode() + b'\n2017,29 August,Tuesday,23:33,good,""\n2017,30 August,,,bad'
    first, second = entries_of(data)
    assert (first.shown, first.label, first.text) == (datetime(2017, 8, 29, 23, 33), "good", "")
    assert (second.shown.date(), second.label, second.timed) == (date(2017, 8, 30), "bad", False)


def test_what_stands_in_columns_that_are_not_known_is_counted() -> None:
    header = (*TITLED, "weather")
    diary = opened(daylio_csv([row(weather="rain"), row(), row(weather="sun")], header))
    assert len(list(diary.entries())) == 3
    assert diary.left_out == {"column weather": 2}


@pytest.mark.parametrize(
    ("year", "text", "weekday", "day"),
    [
        (2017, "30 May", "Tuesday", date(2017, 5, 30)),
        (2017, "May 30", "Tuesday", date(2017, 5, 30)),
        (2017, "30 мая", "вторник", date(2017, 5, 30)),
        (2017, "30 maja", "wtorek", date(2017, 5, 30)),
        (2017, "30. Mai", "Dienstag", date(2017, 5, 30)),
        (2017, "5月30日", "火曜日", date(2017, 5, 30)),
        (2017, "4 listopada", "sobota", date(2017, 11, 4)),
        (2017, "4. listopada", "srijeda", date(2017, 10, 4)),
        (2017, "4/5", "Thursday", date(2017, 5, 4)),
        (2016, "29 February", "Monday", date(2016, 2, 29)),
    ],
)
def test_dates_in_words(year: int, text: str, weekday: str, day: date) -> None:
    assert DateInWords().read(year, text, weekday) == {day}
    (said,) = entries_of(daylio_csv([row(year=str(year), date=text, weekday=weekday)], OLD))
    assert said.shown.date() == day


def test_dates_in_words_that_mean_nothing_or_too_much() -> None:
    rows = [
        row(year="2017", date="31 February", weekday="Friday"),
        row(year="2017", date="4 listopada", weekday=""),
        row(year="2017", date="30 May", weekday="Friday"),
        row(year="twenty", date="30 May"),
        row(year="2017", date="x" * 500),
    ]
    assert [reason for _, reason in skipped_of(daylio_csv(rows, OLD))] == [
        Reason.DATE_UNREADABLE,
        Reason.DATE_AMBIGUOUS,
        Reason.DATE_UNREADABLE,
        Reason.DATE_UNREADABLE,
        Reason.DATE_UNREADABLE,
    ]


def test_rows_that_make_no_sense_are_skipped_by_their_number() -> None:
    rows = [
        row(full_date="2024-02-30"),
        row(full_date="yesterday"),
        row(full_date="2031-05-07"),
        row(full_date="0001-01-01"),
        row(full_date="2031-05-06"),
    ]
    data = daylio_csv(rows) + b"2024-03-01,,,,,,,,,one more\n\n"
    assert skipped_of(data) == [
        (2, Reason.DATE_UNREADABLE),
        (3, Reason.DATE_UNREADABLE),
        (4, Reason.DAY_OUT_OF_RANGE),
        (5, Reason.DAY_OUT_OF_RANGE),
        (7, Reason.COLUMN_COUNT),
    ]


def test_a_text_that_is_too_long_is_cut() -> None:
    said = entry_of(note="word " * 12_000, mood="rad")
    assert (said.cut, len(said.text) <= 50_000, said.text[-5:]) == (True, True, "word…")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no entries"),
        (b"\xef\xbb\xbf", "no entries"),
        (daylio_csv([]), "no entries"),
        (b"full_date,time,note\n", "no column “mood”"),
        (b"full_date,mood,note\n", "no column “time”"),
        (b"date,time,mood\n", "no column “full_date”"),
        (b"full_date,time,mood,mood\n", "a column twice"),
        (daylio_csv([row()]) + b'2024-03-01,,,8:00,"open,,,,\n', "Row 3 is broken"),
        (daylio_csv([row(), row()]) + b'2024-03-01,,,8:00,"a"b,,,,\n', "Row 4 is broken"),
        (daylio_csv([row()]) + b"x" * 200_000, "Row 3 is broken"),
        (daylio_csv([row(note="ж")]).decode("utf-8-sig").encode("cp1251"), "not UTF-8"),
        (daylio_csv([row()])[:2] + daylio_csv([row()], bom=False), "not UTF-8"),
        (daylio_backup(backup_of([]))[:-20], "not a whole zip"),
    ],
)
def test_files_that_are_broken(data: bytes, words: str) -> None:
    refused = refusal(data)
    assert words in str(refused)
    assert refused.code.startswith("import_")


@pytest.mark.parametrize(
    ("note", "text"),
    [
        ("a<br>b<br/><BR>c", "a\nb\n\nc"),
        ("<b>Too long</b> a day", "**Too long** a day"),
        ("<b> so </b>and <i>so</i>", "**so** and *so*"),
        ("<b>one<br>two</b>", "**one**\n**two**"),
        ("<ul><li>tea</li><li><b>milk</b></li></ul>then", "- tea\n- **milk**\nthen"),
        ("<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"),
        ("I <3 you &amp; me &lt;b&gt;", "I <3 you & me <b>"),
        ("<script>alert(1)</script> is <name>", "<script>alert(1)</script> is <name>"),
        ("<b>never ended", "**never ended**"),
        ("<span style='color:red'>red</span>&nbsp;x", "red x"),
        ("a\r\nb\x00\x07", "a\nb"),
        ("", ""),
    ],
)
def test_notes_become_markdown(note: str, text: str) -> None:
    assert markdown_of(note).strip() == text


@given(st.lists(st.sampled_from(["<b>", "</b>", "<i>", "</i>", "<br>", "<li>", "a", " ", "&amp;"])))
def test_no_word_of_a_note_gets_lost(pieces: list[str]) -> None:
    assert markdown_of("".join(pieces)).count("a") == pieces.count("a")


@pytest.mark.parametrize("piece", ["<", "<a ", "<!--", "<b>", "<div>", "&", "<![", "</b>", "<a='"])
def test_hostile_notes_cost_little(piece: str) -> None:
    """Quadratic work on half a million characters would not end before the test is given up."""
    assert markdown_of(piece * (500_000 // len(piece)) + " end").count("end") == 1


def test_what_does_not_fit_goes_to_the_text() -> None:
    many = [f"tag {n}" for n in range(22)]
    said = entry_of(activities=" | ".join([*many, "x" * 51, "Tag 1"]), note_title="t" * 201)
    assert said.tags == tuple(many[:20])
    assert said.title == ""
    assert said.text == "\n\n".join(["t" * 201, f"- tag 20\n- tag 21\n- {'x' * 51}"])


def test_moods_are_known_by_name() -> None:
    labels = Labels({"Fantastisch": 5, "meh": 1}, {"Grau": 2, "good": 3})
    moods = [labels.mood_of(entry_of(mood=name)) for name in ("FANTASTISCH", "meh", "Grau", "good")]
    assert moods == [5, 1, 2, 3]
    usual = Labels({}, {})
    for name, mood in {"rad": 5, "Good": 4, "ХОРОШО": 4, "плохо": 2, "awful": 1, "?": None}.items():
        assert usual.mood_of(entry_of(mood=name)) == mood


def test_unknown_moods_are_counted() -> None:
    labels = Labels({}, {})
    for name in ("rad", "blau", "rad", "blau", "rot", "blau", ""):
        labels.see(entry_of(mood=name))
    assert list(labels.found()) == [("blau", 3, None), ("rad", 2, 5), ("rot", 1, None)]
    assert labels.unknown() == ["blau", "rot"]


def test_a_file_full_of_moods_is_none() -> None:
    labels = Labels({}, {})
    with pytest.raises(Invalid, match="500 different moods"):
        for number in range(501):
            labels.see(entry_of(mood=f"mood {number}"))


def test_keys_tell_entries_apart_and_know_them_again() -> None:
    said = [entry_of(note="x"), entry_of(note="y"), entry_of(note="x", time="9:16 pm")]
    keys = EntryKeys()
    first = [keys.of(one) for one in (*said, said[0])]
    assert len(set(first)) == 4
    again = EntryKeys()
    assert [again.of(one) for one in (*said, said[0])] == first


def test_a_csv_and_a_backup_know_the_same_entry() -> None:
    (written,) = entries_of(daylio_csv([row(note="A <b>walk</b><br>home", note_title="T")]))
    entry = moment(note="A <b>walk</b><br> home", note_title="T")
    (kept,) = entries_of(daylio_backup(backup_of([entry])))
    assert EntryKeys().of(written) == EntryKeys().of(kept)


def test_a_backup_is_read() -> None:
    entries = [
        moment(1, mood=7, tags=[11, 12, 99], note="A <b>walk</b>", note_title="T", assets=[1, 2]),
        moment(2, mood=9, month=11, day=31, isFavorite=True, timeZoneOffset=None),
        moment(3, mood=1),
        moment(4, mood=None),
    ]
    diary = opened(daylio_backup(backup_of(entries)))
    walk, last, usual, none = (one for one in diary.entries() if isinstance(one, Noted))
    assert (walk.shown, walk.offset) == (datetime(2024, 3, 1, 21, 15), timedelta(hours=2))
    assert (walk.label, walk.mood, walk.tags) == ("Fantastisch", 5, ("reading", "Чтение"))
    assert (walk.title, walk.text) == ("T", "A **walk**")
    assert (last.shown.date(), last.offset, last.favourite) == (date(2024, 12, 31), None, True)
    assert (last.label, last.mood) == ("Grau", 1)
    assert (usual.label, usual.mood) == ("rad", 5)
    assert (none.label, none.mood) == ("", None)
    assert diary.left_out == {"photo": 2, "goal": 1, "goal_reached": 2}


def test_what_was_said_of_a_mood_comes_before_its_group() -> None:
    (said,) = entries_of(daylio_backup(backup_of([moment(mood=7)])))
    assert Labels({}, {"fantastisch": 1}).mood_of(said) == 5
    assert Labels({"fantastisch": 4}, {}).mood_of(said) == 4


def test_a_backup_that_is_not_encoded_is_read() -> None:
    assert len(entries_of(daylio_backup(backup_of([moment()]), encoded=False))) == 1


def test_broken_entries_of_a_backup_harm_no_other() -> None:
    broken: list[Any] = [
        {},
        None,
        7,
        moment(month=12),
        moment(day=31, month=1),
        moment(year=10**12),
        moment(year=2099),
        moment(timeZoneOffset=10**9),
        moment(),
    ]
    data = daylio_backup(backup_of(broken, tags=[{"id": "x"}, None], customMoods=[{}, 7]))
    assert [reason for _, reason in skipped_of(data)] == [
        Reason.ENTRY_UNREADABLE,
        Reason.ENTRY_UNREADABLE,
        Reason.ENTRY_UNREADABLE,
        Reason.DATE_UNREADABLE,
        Reason.DATE_UNREADABLE,
        Reason.DATE_UNREADABLE,
        Reason.DAY_OUT_OF_RANGE,
    ]


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        # 2024-03-01 19:15 UTC, two hours ahead
        ({}, datetime(2024, 3, 1, 21, 15)),
        ({"day": 29, "month": 1}, datetime(2024, 2, 29, 12)),
        ({"timeZoneOffset": None}, datetime(2024, 3, 1, 12)),
        ({"datetime": None}, datetime(2024, 3, 1, 12)),
        ({"datetime": 10**30}, datetime(2024, 3, 1, 12)),
        ({"hour": 25, "minute": 0}, datetime(2024, 3, 1, 21, 15)),
    ],
)
def test_an_entry_of_a_backup_without_a_time_is_kept_on_its_day(
    fields: dict[str, Any], shown: datetime
) -> None:
    (said,) = entries_of(daylio_backup(backup_of([moment(**{"hour": -1, "minute": -1, **fields})])))
    assert (said.shown, said.timed) == (shown, False)
    assert lived(said, "Asia/Tokyo", 12 * 60).day == shown.date()


def test_reminders_and_templates_of_a_backup_are_counted() -> None:
    more = {"reminders": [{"id": 1}, {"id": 2}], "writingTemplates": [{"id": 1, "title": "T"}]}
    left = opened(daylio_backup(backup_of([moment()], goals=[], goalEntries=[], **more))).left_out
    assert left == {"reminder": 2, "writing_template": 1}


@pytest.mark.parametrize(
    "content", [b"", b"!!!", b"{", b"[]", b'{"dayEntries": 7}', b"[" * 100_000, b'"' + b"\xff" * 9]
)
@pytest.mark.parametrize("encoded", [True, False])
def test_backups_that_are_broken_say_nothing_of_what_is_in_them(
    content: bytes, encoded: bool
) -> None:
    refused = refusal(daylio_backup(content, encoded=encoded))
    assert refused.code == "import_unreadable"
    assert "backup cannot be read" in str(refused)


def test_the_pin_stays_where_it_is() -> None:
    diary = opened(daylio_backup(backup_of([moment(tags=[11])])))
    seen = [repr(vars(diary)), *(repr(one) for one in diary.entries())]
    assert not any(PIN in text for text in seen)
    broken = backup_of([moment()]) | {"dayEntries": PIN}
    assert PIN not in repr(refusal(daylio_backup(broken)).refusal())


def test_a_zip_of_something_else() -> None:
    assert "backup.daylio" in str(
        refusal(daylio_backup({}).replace(b"backup.daylio", b"backup.daylia"))
    )


@given(st.binary(max_size=300))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    try:
        list(opened(data).entries())
    except Invalid as no:
        assert no.code.startswith("import_")


CELL = st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"]), max_size=12)


@given(st.lists(st.lists(CELL, min_size=7, max_size=7), max_size=5))
def test_whatever_rows_say_each_is_counted(rows: list[list[str]]) -> None:
    cells = [dict(zip(ISO, cells, strict=True)) for cells in rows] + [row()]
    assert len(list(opened(daylio_csv(cells, ISO)).entries())) == len(cells)


def test_times_are_in_the_persons_zone() -> None:
    late = entry_of(time="1:30 am", full_date="2024-03-02")
    when = lived(late, "Europe/Berlin", 180)
    assert (when.day, when.at) == (date(2024, 3, 1), datetime(2024, 3, 2, 0, 30, tzinfo=UTC))
    gap = lived(entry_of(time="2:30 am", full_date="2024-03-31"), "Europe/Berlin", 0)
    assert (gap.day, gap.at) == (date(2024, 3, 31), datetime(2024, 3, 31, 1, 30, tzinfo=UTC))


def test_the_offset_of_a_backup_counts() -> None:
    (said,) = entries_of(daylio_backup(backup_of([moment(hour=1, timeZoneOffset=9 * 3_600_000)])))
    when = lived(said, "Europe/Berlin", 180)
    assert when.at == datetime(2024, 2, 29, 16, 15, tzinfo=UTC)
    assert (when.zone, when.day) == ("Etc/GMT-9", date(2024, 2, 29))
    assert when.at.astimezone(UTC) == when.at


@pytest.mark.parametrize(
    ("offset", "zone"),
    [
        (timedelta(hours=1), "Europe/Berlin"),
        (timedelta(hours=2), "Etc/GMT-2"),
        (timedelta(hours=-5), "Etc/GMT+5"),
        (timedelta(0), "Etc/GMT"),
        (timedelta(hours=5, minutes=30), "Europe/Berlin"),
        (timedelta(hours=-20), "Europe/Berlin"),
    ],
)
def test_zones_of_an_offset(offset: timedelta, zone: str) -> None:
    assert zone_of(offset, datetime(2024, 1, 1, tzinfo=UTC), "Europe/Berlin") == zone


def test_whatever_is_said_of_rows_is_said_in_russian_too() -> None:
    assert set(SAYS.values()) <= set(catalog("ru").sentences)
    assert {*SAYS, Reason.MOOD_UNKNOWN, Reason.ALREADY_THERE} == set(Reason)


def test_scales_alone_are_an_entry() -> None:
    (said,) = entries_of(daylio_csv([row(mood="", scales="Energy: 3/10 points")], SCALED))
    assert (said.label, said.text) == ("", "- Energy: 3/10 points")


@pytest.mark.parametrize("unseen", ["\u2063", "\u3164", "\U000e0062", "\ufe0e", "\u0308"])
def test_an_activity_that_shows_nothing_is_none(unseen: str) -> None:
    found = entry_of(activities=f"walk | {unseen} | {unseen}{unseen} | Walk", note_title=unseen)
    assert (found.tags, found.title) == (("walk",), "")


def test_no_note_takes_longer_than_it_is_long() -> None:
    """What begins like a tag and never ends is looked for once, not at each of its signs."""
    for begun in ("<", "<b ", "<a href='", "&", "&#9", "&nbsp", "<!--", "</"):
        note = begun * (500_000 // len(begun))
        assert len(markdown_of(note[:100_000])) <= 100_000
        said = noted(1, datetime(2026, 1, 1), "good", (), "", note)
        assert EntryKeys().of(said).startswith("daylio:202601010000:")


@pytest.mark.parametrize(
    "note", ["a <b>c</b> d", "<< a >> b < c", "a > b", "<b", "x&nbsp;y <", "<\n>"]
)
def test_an_entry_is_known_again_by_what_is_not_a_tag(note: str) -> None:
    plain = re.sub(r"<[^>]*>|&nbsp;|\s+", "", f"\0{note}").encode()
    said = noted(1, datetime(2026, 1, 1), "good", (), "", note)
    assert blake2b(plain, digest_size=12).hexdigest() in EntryKeys().of(said)


def test_a_reference_to_no_character_stays() -> None:
    number = "9" * 5000
    assert markdown_of(f"a &amp; &#{number};") == f"a &amp; &#{number};"


PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
JSON = st.recursive(PLAIN, lambda one: st.lists(one, max_size=3), max_leaves=5)


@given(st.dictionaries(st.sampled_from("abc"), JSON), st.sampled_from([None, 2]))
def test_lists_are_read_as_json_has_them(document: dict[str, Any], indent: int | None) -> None:
    text = json.dumps(document, indent=indent)
    lists = {name: one for name, one in document.items() if isinstance(one, list) and name != "c"}
    assert lists_of(text, {"a": lambda one: one, "b": lambda one: one}) == lists
    for cut in range(1, min(len(text), 20)):
        with pytest.raises(ValueError):
            lists_of(text[:-cut], {})


@pytest.mark.parametrize(
    "text", ["", "[]", "7", '{"a"}', '{"a":}', '{"a":[1 2]}', '{"a":[1,]}', '{"a":1,,}', "{1"]
)
def test_what_is_no_object_of_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        lists_of(text, {"a": lambda one: one})


def test_lists_that_are_nested_too_deep_are_refused() -> None:
    with pytest.raises(RecursionError):
        lists_of('{"a":' + "[" * 200_000, {})
