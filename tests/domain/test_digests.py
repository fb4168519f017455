"""What a digest says of streaks."""

from datetime import timedelta

import pytest

from actors.notifications.digest_text import digest_in_words
from actors.notifications.letter import DigestWords
from contracts.analytics import AtRisk, HabitLine
from contracts.digests import Digest
from contracts.language import Language
from tests.domain import reports


def digest(*lines: HabitLine, language: Language = "en") -> Digest:
    """Make a digest of these habits, whose streaks are all at risk."""
    risks = tuple(
        AtRisk(
            habit_id=one.habit_id,
            name=one.name,
            streak=one.streak,
            streak_unit=one.streak_unit,
            left=1,
        )
        for one in lines
    )
    summary = reports.summary().model_copy(update={"habits": lines, "at_risk": risks})
    return Digest(
        every="week",
        first=summary.first,
        last=summary.last,
        language=language,
        summary=summary,
        moods=reports.moods(),
        next_days=(),
    )


def line(name: str, **said: object) -> HabitLine:
    """Make a line of a habit of which something was asked."""
    return reports.habit_line(0, 7).model_copy(update={"name": name, **said})


def streaks_in(words: DigestWords) -> str:
    """Return all that is said of streaks."""
    said = [f"{card.figure} {card.name}" for card in words.cards]
    return "\n".join((*said, *(bar.note for bar in words.bars), *words.notes))


@pytest.mark.parametrize(
    ("language", "times", "days"), [("en", "23 times", "day"), ("ru", "23 раза", "дн")]
)
def test_a_digest_from_before_units_invents_none(language: Language, times: str, days: str) -> None:
    whole = digest(line("Swim", streak=23, streak_unit="week"), language=language)
    old = whole.model_dump(mode="json")
    for one in (*old["summary"]["habits"], *old["summary"]["at_risk"]):
        del one["streak_unit"]
    said = streaks_in(digest_in_words(Digest.model_validate(old), "https://ritmo.example/u"))
    assert said.count(times) == 3, said
    assert f"23 {days}" not in said


def test_the_longest_streak_is_the_one_that_has_lasted_most_days() -> None:
    def begun(days: int, name: str, streak: int, unit: str) -> HabitLine:
        since = reports.TODAY - timedelta(days=days - 1)
        return line(name, streak=streak, streak_unit=unit, streak_since=since)

    fortnights = begun(8 * 14, "Nails", 8, "days")
    weeks = begun(15 * 7, "Swim", 15, "week")
    mondays = begun(16 * 7, "Bins", 17, "day")
    daily = begun(40, "Read", 40, "day")
    for lines, longest in (
        ((daily, weeks, fortnights), "8 periods"),
        ((daily, weeks), "15 weeks"),
        ((weeks, daily, mondays), "17 days"),
        ((daily,), "40 days"),
    ):
        cards = digest_in_words(digest(*lines), "https://ritmo.example/u").cards
        assert [one.figure for one in cards if one.name == "longest streak now"] == [longest]
    untold = [one.model_copy(update={"streak_since": None}) for one in (weeks, daily)]
    cards = digest_in_words(digest(*untold), "https://ritmo.example/u").cards
    assert [one.figure for one in cards if one.name == "longest streak now"] == ["40 days"]
