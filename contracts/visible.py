"""Names that can be seen: what shows nothing is no name, and does not tell two names apart.

Whoever names something is refused what nobody sees (`SEEN`). What was named before that was so is
read as it is shown: after a dotted circle (`shown`).
"""

import unicodedata

from pydantic import BeforeValidator

_SELECTORS = "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
_TAGS = "".join(map(chr, range(0xE0000, 0xE0080)))
_END_OF_TAGS = "\U000e007f"
_BLANK = (
    " \t\n\x0b\x0c\r\x1c\x1d\x1e\x1f\x85\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5"
    "\u180b\u180c\u180d\u180e\u180f\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
    "\u2009\u200a\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e"
    "\u202f\u205f\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\u206a\u206b\u206c"
    "\u206d\u206e\u206f\u2800\u3000\u3164\ufeff\uffa0\ufff9\ufffa\ufffb\U0001d159"
)
"""Spaces, and signs without a shape (Unicode: White_Space, Default_Ignorable_Code_Point, blanks).

Variation selectors and tags are not among them: emoji end with these.
"""

_UNSEEN = {"Cf", "Mc", "Me", "Mn", "Zl", "Zp", "Zs"}
"""General categories of signs that show nothing by themselves: a mark needs a letter below it.

What is not assigned yet (Cn) may be an emoji that is newer than this Python. Control characters
are not among them: they are refused, not taken away.
"""

_PREPENDED = (
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
"""Format characters that have a shape (Unicode: Prepended_Concatenation_Mark)."""


def visible(text: str) -> str:
    """Return a text without what nobody sees at its ends; empty if there is nothing to see."""
    if not any(map(_shows, set(text))):  # a long text of few signs is soon looked through
        return ""
    text = text.lstrip(_BLANK + _SELECTORS + _TAGS).rstrip(_BLANK)
    # Tags belong to a flag, such as that of Wales, if they come to an end (UTS 51, ED-14a).
    return text if text.endswith(_END_OF_TAGS) else text.rstrip(_BLANK + _TAGS)


def _shows(sign: str) -> bool:
    """Tell whether a sign has a shape of its own."""
    if sign in _BLANK or "\U000e0000" <= sign <= "\U000e0fff":
        return False
    return sign in _PREPENDED or unicodedata.category(sign) not in _UNSEEN


def shown(name: str, limit: int) -> str:
    """Return a name that can be seen, of at most `limit` characters; an empty one stays so.

    What nobody sees comes after a dotted circle, as Unicode shows marks that stand alone.
    """
    return visible(name) or visible(f"\u25cc{name}"[:limit]) if name else ""


def shown_within(limit: int) -> BeforeValidator:
    """Make what lets a name from before names had to be seen be read, as it is `shown`."""
    return BeforeValidator(lambda name: shown(name, limit) if isinstance(name, str) else name)


def _seen(text: object) -> object:
    """Take away at both ends what nobody sees; what is no text is judged elsewhere."""
    return visible(text) if isinstance(text, str) else text


SEEN = BeforeValidator(_seen)
"""A text begins and ends with something that can be seen, or is empty."""
