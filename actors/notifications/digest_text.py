"""Digests in words: how a day, a week or a month went, and what comes next.

The figures come composed by analytics; here they are said, never computed again.
"""

import re
from collections.abc import Sequence
from datetime import date

from actors.notifications.letter import Bar, Button, Card, ComingDay, DigestWords, Inlaid
from contracts.analytics import HabitLine
from contracts.digests import Digest, DigestEvery
from contracts.quantity import MIN_STREAK, in_words
from contracts.speech import count, say

MAX_HABITS = 12
"""Habits that a digest lists, at most."""

LEAF = "#1f7a55"
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_NOT_A_NAME = re.compile(r"[^a-z0-9]+")

SUBJECTS: dict[DigestEvery, str] = {
    "day": "Your day, {range}: {percent} kept",
    "week": "Your week, {range}: {percent} kept",
    "month": "Your month, {range}: {percent} kept",
}
QUIET: dict[DigestEvery, str] = {
    "day": "Your day, {range}",
    "week": "Your week, {range}",
    "month": "Your month, {range}",
}
LEAVE: dict[DigestEvery, str] = {
    "day": "No more daily digests",
    "week": "No more weekly digests",
    "month": "No more monthly digests",
}


def digest_in_words(digest: Digest, leave: str, pictures: tuple[Inlaid, ...] = ()) -> DigestWords:
    """Say a digest; `leave` is where one unsubscribes."""
    language, summary = digest.language, digest.summary
    range_said = _range(digest)
    params = {"range": range_said, "percent": percent(language, summary.completion)}
    heading = say(language, QUIET[digest.every], params)
    asked = summary.completion is not None
    lines = [line for line in summary.habits if line.asked or line.total]
    return DigestWords(
        subject=say(language, SUBJECTS[digest.every], params) if asked else heading,
        heading=heading,
        preview=_opening(digest),
        paragraphs=(_opening(digest),),
        aside=(say(language, "You get this because you switched digests on in Ritmo."),),
        cards=_cards(digest),
        bars_heading=say(language, "Habits"),
        bars=tuple(_bar(language, line) for line in lines[:MAX_HABITS]),
        notes=_notes(digest),
        pictures=pictures,
        coming_heading=say(language, "Coming up"),
        coming=tuple(
            ComingDay(_weekday(language, coming.day), " · ".join(coming.habits))
            for coming in digest.next_days
            if coming.habits
        ),
        leave=Button(say(language, LEAVE[digest.every]), leave),
    )


def percent(language: str, share: float | None) -> str:
    """Write a share between 0 and 1 in percent."""
    if share is None:
        return "–"
    figure = f"{share * 100:.0f}"
    return f"{figure}\N{NO-BREAK SPACE}%" if language == "ru" else f"{figure}%"


def _opening(digest: Digest) -> str:
    language, summary = digest.language, digest.summary
    if not summary.asked:
        return say(language, "Nothing was asked of you. A good time to begin something small.")
    return count(
        language,
        "You kept {kept} of {n} promise.",
        "You kept {kept} of {n} promises.",
        summary.asked,
        {"kept": summary.kept},
    )


def _cards(digest: Digest) -> tuple[Card, ...]:
    language, summary = digest.language, digest.summary
    before = summary.before
    cards = [
        Card(
            percent(language, summary.completion),
            say(language, "kept"),
            _points(before.completion_change),
            (before.completion_change or 0) >= 0,
        )
    ]
    if digest.every != "day":
        cards.append(
            Card(
                str(summary.perfect_days),
                count(language, "perfect day", "perfect days", summary.perfect_days),
            )
        )
    if best := _longest(summary.habits):
        streak = in_words(language, best.streak, best.streak_unit)
        cards.append(Card(streak, say(language, "longest streak now")))
    if summary.mood is not None:
        change = before.mood_change
        said = "" if change is None or abs(change) < 0.05 else _signed(language, change)
        cards.append(
            Card(_decimal(language, summary.mood), say(language, "mood"), said, (change or 0) >= 0)
        )
    return tuple(cards)


def _points(change: float | None) -> str:
    """Write a change of a share in percentage points."""
    if change is None or abs(change) < 0.005:
        return ""
    size = abs(round(change * 100))
    arrow = "▲" if change > 0 else "▼"
    return f"{arrow} {size}"


def _signed(language: str, change: float) -> str:
    return f"{'▲' if change > 0 else '▼'} {_decimal(language, abs(change))}"


def _decimal(language: str, value: float) -> str:
    figure = f"{value:.1f}"
    return figure.replace(".", ",") if language == "ru" else figure


def _bar(language: str, line: HabitLine) -> Bar:
    note = ""
    if line.archived:
        note = say(language, "archived")
    elif line.streak >= MIN_STREAK:
        streak = in_words(language, line.streak, line.streak_unit)
        note = say(language, "streak: {streak}", {"streak": streak})
    colour = line.colour if _COLOUR.fullmatch(line.colour) else LEAF
    figure = f"{line.kept}/{line.asked}" if line.asked else ""
    share = None if line.rate is None else max(0, min(100, round(line.rate * 100)))
    return Bar(line.name, colour, figure, share, note)


def _longest(lines: Sequence[HabitLine]) -> HabitLine | None:
    """Return the habit in use whose streak has lasted longest, if one is worth a word.

    Streaks count different things, so that the first one to have begun is the longest. Where their
    beginnings are not told, the number alone decides.
    """
    streaks = [one for one in lines if not one.archived and one.streak >= MIN_STREAK]
    return min(streaks, key=lambda one: (one.streak_since or date.max, -one.streak), default=None)


def _notes(digest: Digest) -> tuple[str, ...]:
    language, summary = digest.language, digest.summary
    notes = []
    if summary.best is not None and summary.best.kept:
        params = {"habit": summary.best.name, "percent": percent(language, summary.best.rate)}
        notes.append(say(language, "Best kept: “{habit}”, {percent}.", params))
    if digest.neglected:
        text = "Left behind: “{habit}”. A smaller step may help."
        notes.append(say(language, text, {"habit": digest.neglected}))
    for one in summary.at_risk[:3]:
        streak = in_words(language, one.streak, one.streak_unit)
        text = "“{habit}”: a streak of {streak} ends today unless you do it."
        notes.append(say(language, text, {"habit": one.name, "streak": streak}))
    return tuple(notes)


def _range(digest: Digest) -> str:
    """Write the days of a digest as people do."""
    if digest.every == "month":
        return _day(digest.language, digest.first, "yMMMM")
    if digest.first == digest.last:
        return _day(digest.language, digest.first, "MMMMd")
    from babel.dates import format_interval

    return format_interval(digest.first, digest.last, "MMMd", locale=digest.language)


def _day(language: str, day: date, form: str) -> str:
    """Write a day; `form` is a skeleton of CLDR."""
    from babel.dates import format_skeleton

    return format_skeleton(form, day, locale=language)


def _weekday(language: str, day: date) -> str:
    from babel.dates import format_date

    form = "EEEE, d MMMM" if language == "ru" else "EEEE, MMMM d"
    return format_date(day, form, locale=language)


def cid_of(place: int, name: str) -> str:
    """Make a content id of a picture's name."""
    return f"{_NOT_A_NAME.sub('-', name.lower()).strip('-') or 'picture'}-{place}"
