"""Which habit a person means who just writes what they did: “ran 5 km”, «пробежал 5 км». Pure."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple
from uuid import UUID

_NUMBER = re.compile(r"(\d+(?:[.,:]\d+)*)\s*([^\W\d_]+\.?)?")
_WORD = re.compile(r"[^\W\d_]{2,}")
LIKE = 0.6
"""How alike two words are, at least, that may mean the same (0 to 1)."""

MAX_ASKED = 6
"""Habits among which one is asked to choose."""

ROOTS = (
    ("run", "ran", "running", "jog", "бег", "бежал", "бегал", "пробеж", "бегать"),
    ("read", "reading", "чита", "чте", "прочита", "почита"),
    ("walk", "прогул", "гуля", "погуля", "ходи", "ходь", "проше"),
    ("swim", "swam", "плава", "проплы", "поплава"),
    ("drink", "drank", "water", "пить", "выпи", "вода", "воды"),
    ("write", "wrote", "писа", "напис"),
    ("ride", "rode", "cycl", "bike", "велос", "проеха", "ката"),
    ("sleep", "slept", "спать", "спал", "сон", "поспа"),
    ("meditat", "медит", "помедит"),
    ("train", "workout", "gym", "exercis", "трениров", "потренир", "зарядк"),
)
"""Beginnings of words that mean the same, also where they look different."""


class NamedHabit(NamedTuple):
    """A habit by what it is called and measured in."""

    habit_id: UUID
    name: str
    measure: str
    unit: str


class SaidWords(NamedTuple):
    """What was written: the habits that it may mean, best first, and how much; `sure`: only one."""

    habits: tuple[NamedHabit, ...]
    amount: str
    sure: bool


def meant(text: str, habits: Sequence[NamedHabit]) -> SaidWords:
    """Find out which habit is meant, and how much."""
    found = _NUMBER.search(text)
    amount, unit = (found[0].strip(), (found[2] or "").lower().strip(".")) if found else ("", "")
    words = [word.lower() for word in _WORD.findall(text) if word.lower().strip(".") != unit]
    scored = [(score(words, unit, bool(found), one), one) for one in habits]
    good = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: -pair[0])
    best = [one for points, one in good if points >= good[0][0] - 0.05] if good else []
    sure = len(best) == 1 and good[0][0] >= LIKE
    return SaidWords(tuple(one for _, one in good[:MAX_ASKED]), amount, sure)


def score(words: Sequence[str], unit: str, numbered: bool, habit: NamedHabit) -> float:
    """Say how well words fit a habit: 0 not at all; a unit of its own counts much."""
    theirs = [word.lower() for word in _WORD.findall(habit.name)]
    near = max((alike(one, other) for one in words for other in theirs), default=0.0)
    points = near if near >= LIKE else 0.0
    own = habit.unit.lower().strip(".")
    if numbered and unit and own and (unit == own or unit.startswith(own) or own.startswith(unit)):
        points += 0.7
    elif numbered and unit and own:
        points -= 0.3
    return max(points, 0.0)


def alike(one: str, other: str) -> float:
    """Say how alike two words are, from 0 to 1: the same root, or much the same letters."""
    for roots in ROOTS:
        if one.startswith(roots) and other.startswith(roots):
            return 1.0
    if one[0] != other[0]:
        return 0.0
    shared = min(len(one), len(other), 6)
    if shared >= 4 and one[:4] == other[:4]:
        return 0.95
    return SequenceMatcher(None, one, other).ratio()
