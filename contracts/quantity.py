"""Quantities as people write and read them: numbers by the habits of languages (CLDR), durations,
and how long a streak is.

Pure, and the one place where what people type into a form becomes a number. What can be read in
two ways is never guessed: `read` returns every reading, and whoever asked asks again.
"""

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from itertools import product

from contracts.habit import Measure, StreakUnit, Unit
from contracts.speech import LANGUAGES, count, say

MAX_LETTERS = 100
"""Letters of a quantity that somebody types; what is longer is none."""

HOUR, MINUTE = 3600, 60
"""Seconds."""

DAY = 24 * HOUR
"""Seconds; what is longer than this is hardly done in a day."""

NO_BREAK = "\N{NO-BREAK SPACE}"

_SAME = {
    **dict.fromkeys("`´‘’ʼ′＇٬", "'"),
    **dict.fromkeys("，،", ","),
    "．": ".",
    "：": ":",
    "＋": "+",
    **dict.fromkeys("−‐‑‒–－", "-"),
}
"""What stands for the same mark in different scripts and on different keyboards."""

_NUMBER = re.compile(r"[0-9.,٫' ]+")
_BEGUN = re.compile(r"[0-9]+[.,٫]")
"""A fraction that was begun: `5.` is 5."""
_MARK = re.compile(r"[.,٫' ]")
_CLOCK = re.compile(r"([0-9]{1,4}):([0-5][0-9])(?::([0-5][0-9]))?")
_PART = re.compile(r"([0-9.,٫]*[0-9](?:[' ][0-9]{3})*(?:[.,٫][0-9]+)?)\s*([^\W\d_]*)\.?[\s,]*")

_WORDS = {
    **dict.fromkeys(("h", "hr", "hrs", "ч", "час", "часа", "часов"), HOUR),
    **dict.fromkeys(("m", "min", "mins", "м", "мин", "минуту"), MINUTE),
    **dict.fromkeys(("s", "sec", "secs", "с", "сек", "секунду"), 1),
}
"""Names of units, with their seconds, that CLDR does not list."""


def unit_of(measure: Measure, unit: Unit) -> Unit:
    """Return the unit that is shown: durations have none of their own, they are seconds."""
    return "" if measure == "duration" else unit


# -- reading --------------------------------------------------------------------------------------


def read(
    text: str, measure: Measure, languages: Iterable[str], unit: Unit = ""
) -> tuple[Decimal, ...]:
    """Return every way to read a quantity, perhaps with its `unit`, least first; seconds, if timed.

    None: it is no quantity. Several: it is ambiguous to those who use `languages` (CLDR tags, such
    as `en` or `de-CH`).
    """
    plain, tags = _plain(text), tuple(languages) or ("en",)
    plain = plain.removesuffix(_plain(unit_of(measure, unit))).strip()
    if not plain or len(text) > MAX_LETTERS:
        return ()
    found = _durations(plain, tags) if measure == "duration" else _numbers(plain, tags)
    return tuple(sorted(found))


def _plain(text: str) -> str:
    """Write a text with the digits, spaces and marks of ASCII; what cannot be seen is dropped."""
    written = []
    for letter in text:
        digit = unicodedata.decimal(letter, None)
        if digit is not None:
            written.append(str(digit))
        elif letter.isspace():
            written.append(" ")
        elif unicodedata.category(letter) != "Cf":
            written.append(_SAME.get(letter, letter))
    return " ".join("".join(written).casefold().split()).removeprefix("+").strip()


def _numbers(text: str, languages: tuple[str, ...]) -> set[Decimal]:
    """Return every way in which those who use some languages read a number."""
    if not _NUMBER.fullmatch(text):
        return set()
    if _BEGUN.fullmatch(text):
        text = text[:-1]
    marks, digits = _MARK.findall(text), _MARK.split(text)
    if not all(digits[1:]) or not (digits[0] or marks):
        return set()
    whole = _whole(marks, digits)
    broken = _broken(marks, digits)
    if whole is None or broken is None:
        return {one for one in (whole, broken) if one is not None}
    # One mark and three digits after it: thousands, or thousandths.
    return {whole} if all(_group(one) == marks[0] for one in languages) else {whole, broken}


def _whole(marks: list[str], digits: list[str]) -> Decimal | None:
    """Read a number without a fraction, whose marks, all the same, part groups of digits."""
    if not marks:
        return Decimal(digits[0])
    if len(set(marks)) > 1 or marks[0] == "٫" or not _grouped(digits, marks[0]):
        return None
    return Decimal("".join(digits))


def _broken(marks: list[str], digits: list[str]) -> Decimal | None:
    """Read a number with a fraction after its last mark; the marks before it part groups."""
    if not marks or marks[-1] not in ".,٫" or marks[-1] in marks[:-1]:
        return None
    whole = _whole(marks[:-1], digits[:-1]) if marks[:-1] else Decimal(digits[0] or "0")
    return None if whole is None else whole + Decimal(f"0.{digits[-1]}")


def _grouped(digits: list[str], mark: str) -> bool:
    """Tell whether digits stand in groups of three; with commas, as in India, of two before."""
    first, *others = map(len, digits)
    if not 1 <= first <= 3 or others[-1] != 3 or digits[0].startswith("0"):
        return False
    indian = mark == "," and first <= 2 and len(others) > 1 and {*others[:-1]} == {2}
    return indian or {*others} == {3}


@lru_cache(maxsize=256)
def _group(language: str) -> str:
    """Return the mark by which a language parts groups of digits."""
    from babel.numbers import get_group_symbol

    return _plain(str(get_group_symbol(_known(language)))) or " "


@lru_cache(maxsize=256)
def _known(language: str) -> str:
    """Return a language that CLDR knows; English for one that it does not."""
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale.parse(language, sep="-"))
    except (UnknownLocaleError, ValueError, TypeError):
        return "en"


def _durations(text: str, languages: tuple[str, ...]) -> set[Decimal]:
    """Return every way to read a duration, in whole seconds."""
    if clock := _CLOCK.fullmatch(text):
        return _by_clock(*clock.groups())
    if bare := _numbers(text, languages):
        scaled = {one * unit for one in bare for unit in (1, MINUTE, HOUR)}
        return _seconds(one for one in scaled if one <= DAY or one in bare)
    parts, at = list[tuple[str, str]](), 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            return set()
        parts.append((part[1], part[2]))
        at = part.end()
    units = _units_of([word for _, word in parts], languages)
    if units is None:
        return set()
    ways = [_numbers(number, languages) for number, _ in parts]
    return _seconds(
        sum((one * unit for one, unit in zip(way, units, strict=True)), Decimal(0))
        for way in product(*ways)
    )


def _seconds(found: Iterable[Decimal]) -> set[Decimal]:
    """Keep what is whole seconds."""
    return {one.quantize(Decimal(1)) for one in found if one < 10**12 and one == int(one)}


def _by_clock(first: str, second: str, third: str | None) -> set[Decimal]:
    """Read 1:05 as hours and minutes, 1:05:30 with seconds; 45:00 may be minutes and seconds."""
    hours = int(first) * HOUR + int(second) * MINUTE + int(third or 0)
    if third is not None or hours < DAY:
        return {Decimal(hours)}
    return {Decimal(hours), Decimal(int(first) * MINUTE + int(second))}


def _units_of(words: list[str], languages: tuple[str, ...]) -> list[int] | None:
    """Return the seconds of each unit, the largest first; a last one goes without its name."""
    units = list[int]()
    for place, word in enumerate(words):
        unit = _named(word, languages)
        if not word and units and place == len(words) - 1:
            unit = units[-1] // 60
        if not unit or (units and unit >= units[-1]):
            return None
        units.append(unit)
    return units


def _named(word: str, languages: tuple[str, ...]) -> int:
    """Return the seconds of a unit by its name; 0 if there is none."""
    for language in (*languages, *LANGUAGES):
        if unit := _names(language).get(word):
            return unit
    return 0


@lru_cache(maxsize=64)
def _names(language: str) -> dict[str, int]:
    """Return what a language calls hours, minutes and seconds."""
    from babel.units import format_unit

    names = dict(_WORDS)
    units = {"duration-hour": HOUR, "duration-minute": MINUTE, "duration-second": 1}
    for (unit, seconds), number in product(units.items(), (1, 2, 5)):
        for length in ("long", "short", "narrow"):
            said = _plain(format_unit(number, unit, length, locale=_known(language)))
            names[said.strip(" .0123456789")] = seconds
    names.pop("", None)
    return names


# -- writing --------------------------------------------------------------------------------------


def write(value: Decimal | float, measure: Measure, unit: Unit, language: str) -> str:
    """Write a quantity with its unit: 12,000 steps; 1 h 5 min."""
    if measure == "duration":
        return write_duration(value, language)
    number, shown = write_number(value, language), unit_of(measure, unit)
    return f"{number}{NO_BREAK}{shown}" if shown else number


def write_progress(
    done: Decimal | float, needed: Decimal | float, measure: Measure, unit: Unit, language: str
) -> str:
    """Write how much of how much is done: 3 of 8 glasses; 15 min of 1 h."""
    first = (
        write_duration(done, language) if measure == "duration" else write_number(done, language)
    )
    said = {"done": first, "needed": write(needed, measure, unit, language)}
    return say(language, "{done} of {needed}", said)


def write_number(value: Decimal | float, language: str) -> str:
    """Write a number exactly, as a language does, with up to three decimals."""
    from babel.numbers import format_decimal

    return format_decimal(_exact(value), "#,##0.###", locale=_known(language))


def write_duration(value: Decimal | float, language: str) -> str:
    """Write seconds as time: 45 min; 1 h 5 min; 30 s."""
    whole = int(_exact(value))
    parts = (
        ("{n} h", whole // HOUR),
        ("{n} min", whole % HOUR // MINUTE),
        ("{n} s", whole % MINUTE),
    )
    said = [
        say(language, text, {"n": write_number(number, language)})
        for text, number in parts
        if number
    ]
    return " ".join(said or [say(language, "{n} min", {"n": 0})]).replace(" ", NO_BREAK)


def write_input(value: Decimal | float, measure: Measure, language: str) -> str:
    """Write a quantity for a field that is read again: in one way only, and as the same."""
    if measure == "duration":
        return write_duration(value, language)
    number = write_number(value, language)
    once = read(number, measure, (language,)) == (_exact(value),)
    return number if once else f"{number}0"


def _exact(value: Decimal | float) -> Decimal:
    """Return the decimal that a number shows."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


MIN_STREAK = 2
"""Promises kept in a row that make a streak worth a word, whatever is asked for."""


def in_words(language: str, length: int, unit: StreakUnit | None) -> str:
    """Say how long a streak is, with its unit: 12 weeks; without one, in promises: 12 times."""
    match unit:
        case "week":
            return count(language, "{n} week", "{n} weeks", length)
        case "month":
            return count(language, "{n} month", "{n} months", length)
        case "days":
            return count(language, "{n} period", "{n} periods", length)
        case "day":
            return count(language, "{n} day", "{n} days", length)
        case None:
            return count(language, "{n} time", "{n} times", length)
