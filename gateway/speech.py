"""The languages of the gateway: which one a person reads, and sentences in it.

English sentences are the message ids; a catalog is read from its `.po` file when first needed.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

LANGUAGES = ("en", "ru")
LOCALE = Path(__file__).parent / "locale"
Value = str | int | float


@lru_cache(maxsize=len(LANGUAGES))
def catalog(language: str) -> Mapping[str, str]:
    """Return the sentences of a language, by their English ones; Babel is imported on demand."""
    from babel.messages.pofile import read_po

    with (LOCALE / language / "LC_MESSAGES" / "ritmo.po").open("rb") as file:
        found = read_po(file, locale=language)
    return {
        message.id: message.string
        for message in found
        if isinstance(message.id, str) and isinstance(message.string, str) and message.string
    }


def say(language: str, text: str, params: Mapping[str, object] | None = None) -> str:
    """Say a sentence in a language; what is not translated stays English."""
    template = text if language == "en" else catalog(language).get(text, text)
    if not params:
        return template
    try:
        return template.format(**params)
    except (KeyError, IndexError, ValueError):
        return text


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
