"""When two tags are the same: one rule, wherever they are written, sought or compared."""

import unicodedata
from collections.abc import Iterable


def folded(tag: str) -> str:
    """Return what a tag is known by: how it is composed and its case do not matter.

    Canonical caseless matching of the Unicode Standard (section 3.13, D145), written in NFC.
    """
    case = unicodedata.normalize("NFD", tag).casefold()
    return unicodedata.normalize("NFC", case)


def spelled(tags: Iterable[str], tag: str) -> list[str]:
    """Return those of some tags that are this one, as each is written."""
    sought = folded(tag)
    return [one for one in tags if folded(one) == sought]


def bears(tags: Iterable[str], tag: str) -> bool:
    """Tell whether a tag is among others, however each is written."""
    return bool(spelled(tags, tag))
