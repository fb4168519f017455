"""Numbers, days and names as a language writes them (CLDR, through Babel)."""

from datetime import date, timedelta

from babel.dates import (
    format_date,
    format_interval,
    format_skeleton,
    get_day_names,
    get_month_names,
)
from babel.numbers import format_decimal, format_percent

from contracts.language import Language

UP, DOWN, SAME = "▲", "▼", "="


def span(first: date, last: date, language: Language) -> str:
    """Write a range: Mar 2 - 8, 2026."""
    if first == last:
        return format_date(first, "long", locale=language)
    return format_interval(first, last, "yMMMd", locale=language)


def short_day(day: date, language: Language, *, year: bool = False) -> str:
    """Write a day: Mar 2."""
    return format_skeleton("yMMMd" if year else "MMMd", day, locale=language)


def month(day: date, language: Language) -> str:
    """Write the name of a month, short: Mar."""
    return str(get_month_names("abbreviated", "stand-alone", language)[day.month]).rstrip(".")


def weekdays(language: Language) -> list[str]:
    """List the names of weekdays, short, Monday first."""
    names = get_day_names("abbreviated", "stand-alone", language)
    return [str(names[one]) for one in range(7)]


def number(value: float, language: Language, decimals: int = 0) -> str:
    """Write a number, with at most so many decimals."""
    pattern = "#,##0" + ("." + "#" * decimals if decimals else "")
    return str(format_decimal(value, pattern, locale=language))


def mood(value: float | None, language: Language) -> str:
    """Write an average mood, with its decimal; a dash if there is none."""
    return "–" if value is None else str(format_decimal(value, "0.0", locale=language))


def percent(share: float | None, language: Language) -> str:
    """Write a share as percent; a dash if there is none."""
    return "–" if share is None else str(format_percent(share, locale=language))


def change(value: float | None, language: Language, decimals: int = 0) -> tuple[str, int]:
    """Write how much a figure has changed, and in which direction: 1, 0 or -1."""
    if value is None:
        return "", 0
    rounded = round(value, decimals)
    if rounded == 0:
        return SAME, 0
    sign = 1 if rounded > 0 else -1
    return f"{UP if sign > 0 else DOWN} {number(abs(rounded), language, decimals)}", sign


def monday(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())
