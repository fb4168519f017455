"""What is searched of a text: its words, which are letters and digits of any script.

PostgreSQL's parser knows letters by the locale of the database: in the locale C all that is not
ASCII is one, a dash and a quotation mark as well; and it takes `tired/sad` for a path and
`file.txt` for a host. So words are found here, and are the same in every database.
"""

import re
import unicodedata
from functools import lru_cache

SEPARATOR = "\x06"
"""Stands around what is no word while snippets are made: no text of a person has it."""

_JOINERS = dict.fromkeys((0xAD, 0x200C, 0x200D, 0x2060, 0xFEFF))
_QUERY = re.compile(r'(-?)(?:"([^"]*)(?:"|$)|([^\s"]+))')
_NO_MARKS = (range(0x20D0, 0x2100), range(0xFE00, 0xFE10))


@lru_cache(maxsize=1)
def _word() -> re.Pattern[str]:
    """Match a word: a letter or digit, then more of them, and marks that belong to letters.

    What turns a sign into a picture (variation selectors, enclosing signs) belongs to none.
    """
    marks = "".join(
        chr(code)
        for code in range(0x300, 0x10000)
        if unicodedata.category(chr(code)).startswith("M")
        and not any(code in others for others in _NO_MARKS)
    )
    return re.compile(rf"[^\W_](?:[^\W_]|[{marks}])*")


@lru_cache(maxsize=1)
def _between() -> re.Pattern[str]:
    return re.compile(rf"({_word().pattern})|(\s)|(.)", re.DOTALL)


def words_of(text: str) -> str:
    """Return the words of a text in lower case, one space between two of them."""
    plain = unicodedata.normalize("NFKC", text.translate(_JOINERS)).lower()
    return " ".join(_word().findall(plain))


def separated(text: str) -> str:
    """Return a text in which PostgreSQL's parser finds the same words, with `SEPARATOR` in it."""
    return _between().sub(
        lambda found: f"{SEPARATOR}{found[0]}{SEPARATOR}" if found[3] else found[0], text
    )


def query_of(search: str) -> str:
    """Write what a person searches for as `websearch_to_tsquery` reads it.

    What is written together, as `tired/sad`, is a phrase; quotes, a minus in front and `or` keep
    their meaning.
    """
    parts = []
    for minus, phrase, chunk in _QUERY.findall(search):
        said = words_of(phrase or chunk)
        if said:
            parts.append(f"{minus}{said}" if " " not in said and not phrase else f'{minus}"{said}"')
    return " ".join(parts)
