"""Names that can be seen: what shows nothing is no name, and does not tell two names apart."""

from pydantic import BeforeValidator

_BLANK = (
    " \t\n\x0b\x0c\r\x1c\x1d\x1e\x1f\x85\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5"
    "\u180b\u180c\u180d\u180e\u180f\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
    "\u2009\u200a\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e"
    "\u202f\u205f\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\u206a\u206b\u206c"
    "\u206d\u206e\u206f\u2800\u3000\u3164\ufeff\uffa0\ufff9\ufffa\ufffb"
)
"""Spaces, and signs without a shape (Unicode: White_Space, Default_Ignorable_Code_Point, blanks).

Variation selectors and tags are not among them: emoji end with these.
"""


def _seen(text: object) -> object:
    """Take away at both ends what nobody sees; what is no text is judged elsewhere."""
    return text.strip(_BLANK) if isinstance(text, str) else text


SEEN = BeforeValidator(_seen)
"""A text begins and ends with something that can be seen, or is empty."""
