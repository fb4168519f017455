"""Letters: how wide words are, and words that the font cannot write.

The font is the DejaVu Sans that comes with matplotlib, so pictures are the same on every machine;
it has Latin, Cyrillic, Greek and much else, but few emoji and no Chinese.
"""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

import matplotlib
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font, LoadFlags

_FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
_FILES = {False: str(_FONTS / "DejaVuSans.ttf"), True: str(_FONTS / "DejaVuSans-Bold.ttf")}
_SIZE = 100
ELLIPSIS = "…"
UNKNOWN = "·"
"""Stands for letters that the font has not."""

_SPACES = re.compile(r"\s+")


@lru_cache(maxsize=2)
def _face(bold: bool) -> FT2Font:
    """Open a font, at a size of `_SIZE` pixels."""
    face = FT2Font(_FILES[bold])
    face.set_size(_SIZE, 72)
    return face


@lru_cache(maxsize=2)
def _known(bold: bool) -> frozenset[int]:
    return frozenset(_face(bold).get_charmap())


@lru_cache(maxsize=64)
def font(size: float, bold: bool) -> FontProperties:
    """Return the font of a size, in pixels."""
    return FontProperties(fname=_FILES[bold], size=size)


@lru_cache(maxsize=4096)
def _width(text: str, bold: bool) -> float:
    face = _face(bold)
    face.set_text(text, 0.0, flags=LoadFlags.NO_HINTING)
    return float(face.get_width_height()[0]) / 64 / _SIZE


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide words are, in pixels."""
    return _width(text, bold) * size if text else 0.0


def plain(text: str) -> str:
    """Return words with nothing in them that the font cannot write.

    Emoji and marks that do not show are left out; a run of letters of a script that the font has
    not becomes one dot. What is nothing but emoji is called by their names in Unicode (English).
    Both weights are asked, so that words are the same in bold.
    """
    words = _written(text)
    if any(letter.isalnum() for letter in words):
        return words
    names = (unicodedata.name(one, "") for one in text if unicodedata.category(one) == "So")
    return " ".join(name.lower() for name in names if name).capitalize() or words


def _written(text: str) -> str:
    """Leave out, or replace, what the font cannot write."""
    kept = []
    for letter in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(letter)
        if kind in ("Cf", "Cs", "Co", "Cn", "Sk") or 0xFE00 <= ord(letter) <= 0xFE0F:
            continue
        if letter.isspace():
            kept.append(" ")
        elif ord(letter) in _known(False) and ord(letter) in _known(True):
            kept.append(letter)
        elif kind[0] in "LN" and kept[-1:] != [UNKNOWN]:
            kept.append(UNKNOWN)
    return _SPACES.sub(" ", "".join(kept)).strip()


def shorten(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """Return as much of some words as there is room for (pixels), and `…` for the rest."""
    if width(text, size, bold=bold) <= room:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if width(text[:middle].rstrip() + ELLIPSIS, size, bold=bold) <= room:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + ELLIPSIS


def lines(text: str, room: float, size: float, *, most: int, bold: bool = False) -> list[str]:
    """Break words into at most so many lines; the last one ends in `…` if some are left over."""
    found: list[str] = []
    words = plain(text).split(" ")
    while words and len(found) < most - 1:
        line = words.pop(0)
        while words and width(f"{line} {words[0]}", size, bold=bold) <= room:
            line = f"{line} {words.pop(0)}"
        found.append(shorten(line, room, size, bold=bold))
    return [*found, shorten(" ".join(words), room, size, bold=bold)] if words else found
