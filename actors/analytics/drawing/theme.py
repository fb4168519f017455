"""The colours of pictures: two themes that colour-blind people can read, too.

What is good is blue, what is not is orange: the pair that all common kinds of colour blindness keep
apart (Okabe and Ito, "Color Universal Design", 2008). Colours are `#rrggbb`.
"""

import math
from dataclasses import dataclass
from typing import Literal

ThemeName = Literal["light", "dark"]

LEAST_CONTRAST = 3.0
"""Of what is drawn against what it is drawn on (WCAG 2.2, criterion 1.4.11)."""


@dataclass(frozen=True, slots=True)
class Theme:
    """A set of colours: `soft` is for lesser words, `panel` for what lies behind a figure.

    `moods` are those of awful, bad, okay, good and great.
    """

    ground: str
    panel: str
    line: str
    ink: str
    soft: str
    accent: str
    warm: str
    moods: tuple[str, str, str, str, str]


LIGHT = Theme(
    ground="#ffffff",
    panel="#f1f4f8",
    line="#d9dfe7",
    ink="#17202b",
    soft="#57626f",
    accent="#0f6cbd",
    warm="#c2500c",
    moods=("#b5390b", "#ee8f4e", "#d8c48f", "#6fafe0", "#14609f"),
)
DARK = Theme(
    ground="#12161c",
    panel="#1d242d",
    line="#323c48",
    ink="#eef2f7",
    soft="#a3aebb",
    accent="#57aaf2",
    warm="#f39a63",
    moods=("#d8562a", "#f0a36f", "#b9a981", "#74b5ea", "#2f86d1"),
)
THEMES: dict[ThemeName, Theme] = {"light": LIGHT, "dark": DARK}


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mix(colour: str, other: str, share: float) -> str:
    """Mix two colours; `share` (0 to 1) of it is `colour`."""
    pairs = zip(_parts(colour), _parts(other), strict=True)
    return "#" + "".join(f"{round(one * share + two * (1 - share)):02x}" for one, two in pairs)


def distance(colour: str, other: str) -> float:
    """Return how far apart two colours are, from 0 to 1 (black and white)."""
    pairs = zip(_parts(colour), _parts(other), strict=True)
    return math.sqrt(sum((one - two) ** 2 for one, two in pairs) / 3) / 255


def luminance(colour: str) -> float:
    """Return the relative luminance, 0 to 1 (WCAG 2.2)."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (one / 255 for one in _parts(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(colour: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((luminance(colour), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def legible(colour: str, theme: Theme) -> str:
    """Return a habit's own colour, moved towards ink until it reads; the accent if it has none."""
    if not colour:
        return theme.accent
    colour = colour.lower()
    for tenths in range(10, -1, -1):
        tried = mix(colour, theme.ink, tenths / 10)
        if contrast(tried, theme.ground) >= LEAST_CONTRAST:
            return tried
    return theme.ink


def on(colour: str) -> str:
    """Return the colour of words that are written on a colour."""
    return max("#ffffff", "#10151b", key=lambda words: contrast(words, colour))
