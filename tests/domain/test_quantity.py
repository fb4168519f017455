"""Quantities as people type them: what is meant is read, nothing is guessed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.habit import Measure
from contracts.quantity import (
    read,
    unit_of,
    write,
    write_duration,
    write_input,
    write_number,
    write_progress,
)

SPACES = ("\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}", "\N{THIN SPACE}", " ", "\t")


def said(text: str, *languages: str, measure: Measure = "amount") -> list[str]:
    return [format(one.normalize(), "f") for one in read(text, measure, languages or ("en",))]


@pytest.mark.parametrize(
    ("language", "text", "number"),
    [
        ("en", "10,000", "10000"),
        ("en", "1,234,567.5", "1234567.5"),
        ("en", "1,5", "1.5"),
        ("en", "2.5", "2.5"),
        ("en", "1 000", "1000"),
        ("en", "1'000", "1000"),
        ("en", "12,34,567", "1234567"),
        ("en", "1234.567", "1234.567"),
        ("en", "0.125", "0.125"),
        ("en", ".5", "0.5"),
        ("en", "+7", "7"),
        ("en", "007", "7"),
        ("ru", "1,5", "1.5"),
        ("ru", "1.5", "1.5"),
        ("ru", "0,125", "0.125"),
        ("ru", "12 345,678", "12345.678"),
        ("ru", "1.234.567", "1234567"),
        ("de", "10.000", "10000"),
        ("de", "1.234,5", "1234.5"),
        ("de", "1,5", "1.5"),
        ("de-CH", "1’000.50", "1000.5"),
        ("de-CH", "10'000", "10000"),
        ("fr", "1 234,5", "1234.5"),
        ("fr", "1,50", "1.5"),
        ("hi", "१२३", "123"),
        ("ar", "١٬٢٣٤٬٥٦٧٫٥", "1234567.5"),
        ("fa", "۱۲۳٫۴", "123.4"),
        ("ja", "１２，３４５．６", "12345.6"),
        ("xx-unknown", "10,000", "10000"),
        ("", "10,000", "10000"),
    ],
)
def test_a_number_is_read_as_its_writer_means_it(language: str, text: str, number: str) -> None:
    assert said(text, language) == [number]


@pytest.mark.parametrize(("text", "number"), [("5.", "5"), ("12,", "12"), ("1200.", "1200")])
def test_a_fraction_that_was_only_begun_is_none(text: str, number: str) -> None:
    for language in ("en", "ru", "de"):
        assert said(text, language) == [number]


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("language", ["en", "ru", "de", "fr"])
def test_any_space_parts_thousands(space: str, language: str) -> None:
    assert said(f" 1{space}234{space}567 ", language) == ["1234567"]


@pytest.mark.parametrize(
    ("languages", "text"),
    [
        (("ru",), "10,000"),
        (("ru",), "10.000"),
        (("fr",), "10,000"),
        (("de",), "10,000"),
        (("en",), "10.000"),
        (("en", "de"), "10,000"),
        (("en", "de"), "10.000"),
    ],
)
def test_thousands_that_may_be_thousandths_are_not_guessed(
    languages: tuple[str, ...], text: str
) -> None:
    assert said(text, *languages) == ["10", "10000"]


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "many", "-1", "−1", "- 5", "5-", "--5", "1e3", "1E99", "nan", "inf", "0x10", "½",
        "5²", "1 2", "10 00", "1,2,3", "1.2.3", "1,234.5.6", "1,234,56", "1.234,567,890",
        "1 234 56", "1' 000", "5 km", "1/2", ".5.",
        "5..", "1.5.", "1,234.", ",", ".", "'", "1..5", "0,123,456", "9" * 101,
        "<b>5</b>",
    ],
)  # fmt: skip
def test_what_is_no_number_is_none(text: str) -> None:
    for language in ("en", "ru", "de", "fr"):
        assert said(text, language) == []


def test_the_unit_of_a_habit_may_be_typed_too() -> None:
    assert read("5 KM", "amount", ["en"], "km") == (Decimal(5),)
    assert read("5,5км", "amount", ["ru"], "км") == (Decimal("5.5"),)
    assert read("km", "amount", ["en"], "km") == ()
    assert read("5 min", "duration", ["en"], "min") == (Decimal(300),)


def test_what_cannot_be_seen_does_not_count() -> None:
    assert said("\u200f1\u200e2\u00ad\u200b3", "ar") == ["123"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30 min", "1800"), ("30min", "1800"), ("30 мин", "1800"), ("30 мин.", "1800"),
        ("0:30", "1800"), ("00:30", "1800"), ("1:05", "3900"), ("1:05:30", "3930"),
        ("1 h 5", "3900"), ("1 h 5 min", "3900"), ("1h5m", "3900"), ("1 hr, 5 min", "3900"),
        ("1 ч 5 мин", "3900"), ("1 час 5", "3900"), ("2 часа", "7200"), ("5 часов", "18000"),
        ("90 s", "90"), ("90 sec", "90"), ("90 с", "90"), ("90 сек", "90"), ("90 секунд", "90"),
        ("1 min 30", "90"), ("1,5 h", "5400"), ("1.5 h", "5400"), ("1,5 часа", "5400"),
        ("1 HOUR", "3600"), ("2 hours", "7200"), ("1 000 s", "1000"),
        ("٣٠ min", "1800"), ("25:30:00", "91800"), ("0", "0"), ("0 min", "0"), ("0:00", "0"),
        ("45 min 30 s", "2730"), ("1\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}5", "3900"),
    ],
)  # fmt: skip
def test_durations_are_understood_with_their_units(text: str, seconds: str) -> None:
    for language in ("en", "ru"):
        assert said(text, language, measure="duration") == [seconds]


@pytest.mark.parametrize(
    ("language", "text", "seconds"),
    [
        ("de", "1 Stunde 5 Minuten", "3900"),
        ("de", "2 Std. 5 Min.", "7500"),
        ("fr", "2 heures", "7200"),
        ("es", "1 hora 5 minutos", "3900"),
        ("pl", "5 godzin", "18000"),
    ],
)
def test_durations_are_understood_in_the_languages_of_cldr(
    language: str, text: str, seconds: str
) -> None:
    assert said(text, "en", language, measure="duration") == [seconds]


def test_a_duration_without_a_unit_is_asked_back() -> None:
    assert said("30", measure="duration") == ["30", "1800"]
    assert said("2", measure="duration") == ["2", "120", "7200"]
    assert said("1.5", measure="duration") == ["90", "5400"]
    assert said("3000", measure="duration") == ["3000"]
    assert said("45:00", measure="duration") == ["2700", "162000"]


@pytest.mark.parametrize(
    "text",
    [
        "", "-30 min", "min", "h 5", "5 min 1 h", "5 min 5 min", "5 s 5", "1:60", "1:5", "1:05:60",
        "5 km", "1.0001 s", "half an hour", "1e3 s", "5 min x", "1 h 5 x", "5 5 min", ":30", "1:",
    ],
)  # fmt: skip
def test_what_is_no_duration_is_none(text: str) -> None:
    assert said(text, "en", measure="duration") == []


thousandths = st.integers(0, 10**12).map(lambda count: Decimal(count) / 1000)
languages = st.sampled_from(["en", "ru", "de", "fr", "de-CH", "hi", "ar", "pt-BR"])


@given(thousandths, languages)
def test_a_field_is_read_as_it_was_written(number: Decimal, language: str) -> None:
    assert read(write_input(number, "amount", language), "amount", (language,)) == (number,)
    assert read(write_input(float(number), "amount", language), "amount", (language,)) == (number,)


@given(st.integers(0, 10**9), st.sampled_from(["en", "ru"]))
def test_a_duration_is_read_as_it_was_written(seconds: int, language: str) -> None:
    shown = write_input(seconds, "duration", language)
    assert read(shown, "duration", (language,)) == (Decimal(seconds),)


@given(st.text(max_size=120), languages, st.sampled_from(["amount", "duration"]))
def test_nothing_that_is_typed_breaks_the_reader(
    text: str, language: str, measure: Measure
) -> None:
    for number in read(text, measure, (language,)):
        assert number >= 0


def test_numbers_are_written_exactly() -> None:
    assert write_number(1234567.0, "en") == "1,234,567"
    assert write_number(1234567.125, "ru") == "1\N{NO-BREAK SPACE}234\N{NO-BREAK SPACE}567,125"
    assert write_number(1e9, "de") == "1.000.000.000"
    assert write_number(0.001, "en") == "0.001"
    assert write_number(999_999_999.999, "en") == "999,999,999.999"


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_durations_are_written_with_their_units() -> None:
    assert plain(write_duration(2700, "en")) == "45 min"
    assert plain(write_duration(3930, "en")) == "1 h 5 min 30 s"
    assert plain(write_duration(36000, "ru")) == "10 ч"
    assert plain(write_duration(90, "ru")) == "1 мин 30 с"
    assert plain(write_duration(0, "en")) == "0 min"


def test_quantities_carry_their_unit() -> None:
    assert plain(write(12000, "count", "steps", "en")) == "12,000 steps"
    assert plain(write(3, "count", "", "en")) == "3"
    assert plain(write(2700, "duration", "min", "en")) == "45 min"
    assert unit_of("duration", "min") == ""
    assert plain(write_progress(3, 8, "count", "glasses", "en")) == "3 of 8 glasses"
    assert plain(write_progress(900, 3600, "duration", "", "en")) == "15 min of 1 h"
    assert plain(write_progress(3, 8, "count", "стаканов", "ru")) == "3 из 8 стаканов"
