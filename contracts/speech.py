"""The languages of people: which one a person reads, and sentences in it.

English sentences are the message ids; a catalog is read from its `.po` file when first needed. A
refusal travels as a template and is said at the door; a room says itself only what it draws, mails
or words in an answer.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from gettext import c2py
from pathlib import Path

LANGUAGES = ("en", "ru")
LOCALE = Path(__file__).parent / "locale"
Value = str | int | float
_PLACE = re.compile(r"{(\w+)}")


class Unfit(ValueError):
    """What does not fit, said so that it can be said in any language: `params` fill `text`."""

    def __init__(self, text: str, /, **params: Value) -> None:
        """Say it in English."""
        super().__init__(text.format(**params))
        self.text = text
        self.params = params


@dataclass(frozen=True, slots=True)
class Catalog:
    """The sentences of a language by their English ones; `plural` numbers the form of a count.

    `counted` has the forms by the English one of many, for sentences that are said by that alone.
    """

    sentences: Mapping[str, str]
    forms: Mapping[tuple[str, str], tuple[str, ...]]
    counted: Mapping[str, tuple[str, ...]]
    plural: Callable[[int], int]


@lru_cache(maxsize=len(LANGUAGES))
def catalog(language: str) -> Catalog:
    """Return the sentences of a language; Babel is imported on demand."""
    from babel.messages.pofile import read_po

    with (LOCALE / language / "LC_MESSAGES" / "ritmo.po").open("rb") as file:
        found = read_po(file, locale=language)
    sentences: dict[str, str] = {}
    forms: dict[tuple[str, str], tuple[str, ...]] = {}
    for message in found:
        if isinstance(message.id, str) and isinstance(message.string, str) and message.string:
            sentences[message.id] = message.string
        elif not isinstance(message.id, str):
            one, many = message.id
            said = tuple(message.string or ())
            forms[one, many] = said if said and all(said) else (one, many)
    counted = {many: said for (_, many), said in forms.items()}
    return Catalog(sentences, forms, counted, c2py(found.plural_expr))


def say(language: str, text: str, params: Mapping[str, object] | None = None) -> str:
    """Say a sentence in a language; what is not translated stays English.

    Where the catalog has it in forms, the first whole number in the sentence chooses.
    """
    number = _number(text, params) if params else None
    if language == "en" and number != 1:
        template = text
    else:
        known = catalog(language)
        forms = known.counted.get(text) if number is not None else None
        template = (
            known.sentences.get(text, text)
            if forms is None or number is None
            else forms[known.plural(number)]
        )
    if not params:
        return template
    try:
        return template.format(**params)
    except (KeyError, IndexError, ValueError):
        return text


def _number(text: str, params: Mapping[str, object]) -> int | None:
    """Return the first whole number that is filled into a sentence."""
    for name in _PLACE.findall(text):
        value = params.get(name)
        if isinstance(value, int):
            return value
    return None


def count(
    language: str, one: str, many: str, number: int, params: Mapping[str, object] | None = None
) -> str:
    """Say a sentence about a number of things (`{n}`): `one` for one of them, else `many`.

    Languages that have more forms have them in their catalog (gettext's plurals).
    """
    text = one if number == 1 else many
    if language != "en":
        known = catalog(language)
        forms = known.forms.get((one, many))
        text = forms[known.plural(number)] if forms else text
    return text.format(**{"n": grouped(language, number), **(params or {})})


def grouped(language: str, number: int) -> str:
    """Write a number with its digits in groups, as the language does: 12,000 or 12 000."""
    if -1000 < number < 1000:
        return str(number)
    from babel.numbers import format_decimal

    return str(format_decimal(number, "#,##0", locale=language))


def _weight(item: str) -> tuple[float, str]:
    """Read one item of Accept-Language: how much it is liked, and its main language."""
    tag, _, quality = item.strip().partition(";")
    try:
        weight = float(quality.strip().removeprefix("q=")) if quality else 1.0
    except ValueError:
        weight = 0.0
    return weight, tag.strip().lower().partition("-")[0]


@lru_cache(maxsize=256)
def chosen(accept: str) -> str:
    """Choose the language that an Accept-Language header likes best (RFC 9110, section 12.5.4)."""
    liked = [(weight, tag) for weight, tag in map(_weight, accept[:200].split(",")) if weight > 0]
    for _, tag in sorted(liked, key=lambda pair: -pair[0]):
        if tag in LANGUAGES:
            return tag
    return "en"
