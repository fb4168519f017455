"""What is searched of a text: its words, which are letters and digits of any script.

PostgreSQL's parser knows letters by the locale of the database: in the locale C all that is not
ASCII is one, a dash and a quotation mark as well; and it takes `tired/sad` for a path and
`file.txt` for a host. So words are found here, and are the same in every database.

A sign that stands for words (№, ™, ½, ℃, ①) is these words, apart from its neighbours. An emoji is
a word, whatever its colour of skin, and stands behind the others: no phrase is torn by it.
"""

import re
import unicodedata
from functools import lru_cache

SEPARATOR = "\x06"
"""Stands around what is no word while snippets are made: no text of a person has it."""

_JOINERS = dict.fromkeys((0xAD, 0x200C, 0x200D, 0x2060, 0xFEFF), "")
_QUERY = re.compile(r'(-?)(?:"([^"]*)(?:"|$)|([^\s"]+))')
_EMOJI = (
    *(range(0x2300, 0x2400), range(0x25A0, 0x2800), range(0x2B00, 0x2C00)),
    *(range(0x1F000, 0x1F3FB), range(0x1F400, 0x1FC00)),
)
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
    return " ".join((*_written(text), *_emoji(text)))


def _written(text: str) -> list[str]:
    """Return the words of a text that are letters and digits."""
    if not text.isascii():
        signs = {ord(one): f" {one} " for one in set(text) if not one.isascii() and _is_sign(one)}
        text = unicodedata.normalize("NFKC", text.translate(signs | _JOINERS))
    return _word().findall(text.lower())


@lru_cache(maxsize=4096)
def _is_sign(character: str) -> bool:
    """Tell whether a character is no letter or digit, but stands for some: not m², which is m2."""
    kind = unicodedata.category(character)
    small = unicodedata.decomposition(character).startswith(("<super>", "<sub>"))
    return kind == "So" or (kind == "No" and not small)


def _emoji(text: str) -> list[str]:
    """Return a word for each emoji of a text, in ASCII: no database takes it for anything else."""
    found = (one for one in dict.fromkeys(text) if any(ord(one) in some for some in _EMOJI))
    return [f"emoji{ord(one):x}" for one in found]


def separated(text: str) -> str:
    """Return a text in which PostgreSQL's parser finds the same words, with `SEPARATOR` in it."""
    return _between().sub(
        lambda found: f"{SEPARATOR}{found[0]}{SEPARATOR}" if found[3] else found[0], text
    )


def query_of(search: str) -> str:
    """Write what a person searches for as `to_tsquery` reads it.

    What is written together, as `tired/sad`, is a phrase; so is what stands in quotes. A minus in
    front leaves out what has all that it stands before, and an `or` between two finds either.
    """
    ways: list[list[str]] = [[]]
    for minus, phrase, chunk in _QUERY.findall(search):
        said, emoji = " ".join(_written(phrase or chunk)), _emoji(phrase or chunk)
        if said == "or" and ways[-1] and not (minus or phrase or emoji):
            ways.append([])
        elif together := [f"'{said}'"] * bool(said) + emoji:
            ways[-1].append(f"{'!' * bool(minus)}({' & '.join(together)})")
    if len(ways) > 1 and not ways[-1]:
        ways.pop()
        ways[-1].append("'or'")  # nothing stands behind it: it is a word
    return " | ".join(" & ".join(way) for way in ways)
