"""What reports say in plain words, in the reader's language. Nothing is ever called a cause."""

from datetime import date
from typing import Literal

from contracts.habit import Measure, StreakUnit
from contracts.language import Language
from contracts.quantity import in_words
from contracts.speech import count, say

Kind = Literal["mood_same_day", "mood_next_day", "habit"]


MORE: dict[Kind, str] = {
    "mood_same_day": "On days with “{habit}” your mood was {effect} higher",
    "mood_next_day": "On the day after “{habit}” your mood was {effect} higher",
    "habit": "On days with “{habit}” you also kept “{other}” {effect} percentage points more often",
}
LESS: dict[Kind, str] = {
    "mood_same_day": "On days with “{habit}” your mood was {effect} lower",
    "mood_next_day": "On the day after “{habit}” your mood was {effect} lower",
    "habit": "On days with “{habit}” you kept “{other}” {effect} percentage points less often",
}
LEVEL: dict[Kind, str] = {
    "mood_same_day": "On days with “{habit}” your mood was the same as without",
    "mood_next_day": "On the day after “{habit}” your mood was the same as otherwise",
    "habit": "On days with “{habit}” you kept “{other}” as often as without",
}


def association_in_words(
    language: Language,
    kind: Kind,
    *,
    habit: str,
    other: str,
    days: tuple[int, int, int],
    effect: float | None,
    likely: bool,
) -> str:
    """Say an association; `days` with it, without it, and needed; no `effect`: too few days."""
    n, without, least = days
    if effect is None:
        return count(
            language,
            "Not enough data yet: {n} day with “{habit}” and {without} without; {least} of each "
            "are needed.",
            "Not enough data yet: {n} days with “{habit}” and {without} without; {least} of each "
            "are needed.",
            n,
            {"habit": habit, "without": without, "least": least},
        )
    size = abs(effect) * (100 if kind == "habit" else 1)
    form = "0" if kind == "habit" else "0.0" if size >= 0.095 else "0.00"
    nothing = size < (0.5 if kind == "habit" else 0.005)
    found = (LEVEL if nothing else MORE if effect > 0 else LESS)[kind]
    effect_said = number(language, size, form)
    params = {
        "what": say(language, found, {"habit": habit, "other": other, "effect": effect_said}),
        "days": count(
            language,
            "{n} day with, {without} without",
            "{n} days with, {without} without",
            n,
            {"without": without},
        ),
    }
    if likely:
        return say(language, "{what} ({days}); that is unlikely to be chance.", params)
    return say(language, "{what} ({days}); that may be chance.", params)


def method_in_words(language: Language, least: int) -> str:
    """Say how associations are found, and what they are worth."""
    return say(
        language,
        "Averages of days with and without are compared if there are {least} of each. One series "
        "is turned against the other by every number of days: the spread of the difference over "
        "these turns is what chance alone does to series with the same rhythm. p is the tail of "
        "Student's t with as many degrees of freedom as there are independent turns, and at least "
        "the share of turns with as strong a link; it is never stated below one in a million. The "
        "interval is the 95% one of the same t. q is corrected for all comparisons of the report "
        "(Benjamini and Hochberg); q below 0.05 counts as unlikely to be chance. What goes "
        "together need not be cause and effect.",
        {"least": least},
    )


def milestone_in_words(language: Language, goal: str, on: date | None) -> str:
    """Say when the next milestone comes; `goal` is said by one of the functions below."""
    if on is None:
        return say(language, "{goal}: not at the pace of the last 28 days.", {"goal": goal})
    return say(
        language,
        "{goal} by {day}, if it goes on as in the last 28 days.",
        {"goal": goal, "day": day_in_words(language, on)},
    )


def streak_in_words(language: Language, length: int, unit: StreakUnit | None) -> str:
    """Say a streak."""
    return say(language, "{streak} in a row", {"streak": in_words(language, length, unit)})


def score_in_words(language: Language, goal: float) -> str:
    """Say a score."""
    return say(language, "A strength of {percent}%", {"percent": round(goal * 100)})


def total_in_words(
    language: Language, goal: float, measure: Measure | Literal["days"], unit: str
) -> str:
    """Say what was done in all: days kept, times, hours (`goal` in seconds), or an amount."""
    whole = round(goal)
    if measure == "days":
        return count(language, "{n} day kept in all", "{n} days kept in all", whole)
    if measure == "duration":
        hours = round(goal / 3600)
        return count(language, "{n} hour in all", "{n} hours in all", hours)
    if unit:
        amount = number(language, goal, "#,##0")
        return say(language, "{amount} {unit} in all", {"amount": amount, "unit": unit})
    return count(language, "{n} time in all", "{n} times in all", whole)


def number(language: Language, value: float, form: str) -> str:
    """Write a number as the language does, in a form of Unicode's (CLDR), such as `0.0`."""
    from babel.numbers import format_decimal

    return format_decimal(value, format=form, locale=language)


def day_in_words(language: Language, day: date) -> str:
    """Write a day as the language does: 12 March 2026."""
    from babel.dates import format_date

    return format_date(day, "d MMMM y", locale=language)


def weekday_in_words(language: Language, weekday: int) -> str:
    """Name a weekday by itself; 0 is Monday."""
    from babel.dates import get_day_names

    return str(get_day_names("wide", context="stand-alone", locale=language)[weekday])


def month_in_words(language: Language, day: date) -> str:
    """Name the month of a day by itself: March 2026."""
    from babel.dates import format_date

    return format_date(day, "LLLL y", locale=language)
