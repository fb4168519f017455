"""Values as people write them in a chat: which numbers they can mean for a habit."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from actors.telegram.domain import Press
from actors.telegram.turn import Keyboard, Turn, button
from contracts.check_ins import HabitToday
from contracts.habit import Measure
from contracts.quantity import read, write

MAX_VALUE = 10**9
"""What a day holds, at most."""


def readings(text: str, measure: Measure, unit: str, language: str) -> list[Decimal]:
    """Return every value that a text can mean, the smallest first; empty: it means none."""
    found = read(text, measure, (language,), unit)
    return sorted(one for one in found if 0 <= one <= MAX_VALUE)


def reading_buttons(
    turn: Turn, habit: HabitToday, about: tuple[UUID, date], found: list[Decimal]
) -> Keyboard:
    """Lay out a button for each value that a text can mean."""
    return [
        [
            button(
                write(one, habit.measure, habit.unit, turn.language),
                Press("val", *about, str(int(one * 1000))),
            )
        ]
        for one in found[:5]
    ]
