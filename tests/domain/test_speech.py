"""Sentences in a person's language: numbers choose the form, wherever a sentence is said."""

import re
from collections import Counter

import pytest
from babel.messages.pofile import read_po

from contracts.speech import LANGUAGES, LOCALE, Unfit, catalog, count, say

SHORT = "This needs at least {min_length} characters."


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("en", 1, "This needs at least 1 character."),
        ("en", 2, "This needs at least 2 characters."),
        ("ru", 1, "Здесь нужно не меньше 1 символа."),
        ("ru", 3, "Здесь нужно не меньше 3 символов."),
        ("ru", 21, "Здесь нужно не меньше 21 символа."),
        ("ru", 0, "Здесь нужно не меньше 0 символов."),
    ],
)
def test_a_number_chooses_the_form(language: str, number: int, said: str) -> None:
    assert say(language, SHORT, {"min_length": number}) == said


def test_the_first_number_of_the_sentence_counts() -> None:
    text = "You asked for it earlier: it comes {minutes} minutes before."
    assert say("ru", text, {"seconds": 1, "minutes": 5}).endswith("на 5 минут раньше.")
    assert say("en", text, {"seconds": 1, "minutes": 5}) == text.format(minutes=5)
    assert say("en", text, {"minutes": 1}).endswith("1 minute before.")


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("en", 999, "999 entries"),
        ("en", 1000, "1,000 entries"),
        ("en", 1234567, "1,234,567 entries"),
        ("ru", 12001, "12\N{NO-BREAK SPACE}001 запись"),
    ],
)
def test_digits_are_grouped_as_the_language_does(language: str, number: int, said: str) -> None:
    assert count(language, "{n} entry", "{n} entries", number) == said


def test_what_is_not_known_stays_english() -> None:
    assert say("ru", "{n} unheard of things", {"n": 1}) == "1 unheard of things"
    assert say("ru", SHORT, {}) == SHORT
    assert count("ru", "{n} entry", "{n} entries", 22) == "22 записи"


def test_what_does_not_fit_can_be_said_in_any_language() -> None:
    wrong = Unfit("month {month} has no day {day}", month=2, day=30)
    assert isinstance(wrong, ValueError)
    assert str(wrong) == "month 2 has no day 30"
    assert say("ru", wrong.text, wrong.params) == "в месяце 2 нет дня 30"


def test_russian_has_three_forms_of_every_number() -> None:
    forms = catalog("ru").forms
    assert len(forms) > 20
    assert {pair for pair, said in forms.items() if len(said) != 3} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalog_is_as_gettext_wants_it(language: str) -> None:
    # Whoever reads a catalog that is not is told so, in the middle of what they asked for.
    with (LOCALE / language / "LC_MESSAGES" / "ritmo.po").open("rb") as file:
        assert len(read_po(file, locale=language, abort_invalid=True)) > 100


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_stands_once_in_a_catalog(language: str) -> None:
    file = (LOCALE / language / "LC_MESSAGES" / "ritmo.po").read_text("utf-8")
    written = re.findall(r'^msgid (".*"(?:\n".*")*)', file, re.MULTILINE)
    found = Counter("".join(re.findall(r'"(.*)"', one)) for one in written)
    known = catalog(language)
    assert len(found) >= len(known.sentences) + len(known.forms)
    assert [sentence for sentence, times in found.items() if times > 1] == []
