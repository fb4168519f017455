"""The demo person speaks one language, and each thing that is counted has a unit."""

import io
import re
from typing import Any

import pytest
from rich.console import Console

from contracts.habits import CreateHabit
from contracts.language import Language
from contracts.reminders import CreateReminder
from ops.demonstration.history import NAME, greet
from ops.demonstration.person import EMAIL, HABITS, REMINDERS, Kept
from ops.demonstration.vocabulary import said

TEXTS = ("unit", "cue", "question", "text")


def texts(words: dict[str, Any]) -> list[str]:
    """List what a person reads of a habit or a reminder."""
    return [words[name] for name in TEXTS if name in words] + list(words.get("tags", []))


@pytest.mark.parametrize("habit", HABITS, ids=lambda one: one.key)
def test_every_word_of_a_habit_is_in_its_language(habit: Kept) -> None:
    english, russian = said(habit.words, "en"), said(habit.words, "ru")
    assert len(texts(english)) == len(texts(russian))
    assert not re.search("[а-я]", " ".join([*texts(english), habit.names[0]]))
    assert not re.search("[a-z]", " ".join([*texts(russian), habit.names[1]]))


@pytest.mark.parametrize("habit", HABITS, ids=lambda one: one.key)
def test_what_is_counted_or_measured_has_a_unit(habit: Kept) -> None:
    made = CreateHabit.model_validate({**said(habit.words, "ru"), "name": habit.names[1]})
    assert bool(made.unit) is (made.measure in ("count", "amount"))


def test_reminders_are_of_every_kind_and_of_habits_that_are_there() -> None:
    keys = {habit.key for habit in HABITS if not habit.until}
    assert {key for key, _ in REMINDERS if key} <= keys
    assert {words.get("kind", "fixed") for _, words in REMINDERS} == {
        "fixed",
        "smart",
        "at_risk",
        "silence",
    }
    for _, words in REMINDERS:
        CreateReminder.model_validate(said(words, "ru"))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Robin is here", "password", "shown once")),
        ("ru", ("Робин здесь", "пароль", "показан один раз", "Убрать всё это")),
    ],
)
def test_who_is_here_is_said_in_their_language(language: Language, words: tuple[str, ...]) -> None:
    console = Console(record=True, file=io.StringIO(), width=100)
    greet(console, language, NAME[language], "secret-word")
    shown = console.export_text()
    assert all(one in shown for one in (*words, EMAIL, "secret-word", "ritmo demo --remove"))
