"""Axes: where a value or a day lies, the lines behind it, and labels that never touch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from actors.analytics.drawing import words
from actors.analytics.drawing.board import LEFT, RIGHT, SMALL, Board, Spot
from actors.analytics.drawing.text_metrics import width
from contracts.analytics import Point

APART = 14.0
"""Pixels between two labels, at least."""

BESIDE = 52.0
"""Room for the labels at the left of an axis."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A box in which values lie between `low` and `high`."""

    top: float
    high_px: float
    low: float = 0.0
    high: float = 1.0
    left: float = LEFT + BESIDE
    right: float = RIGHT

    @property
    def bottom(self) -> float:
        """Where `low` lies."""
        return self.top + self.high_px

    @property
    def wide(self) -> float:
        """How wide it is, in pixels."""
        return self.right - self.left

    def y(self, value: float) -> float:
        """Return where a value lies; one beyond the frame lies at its edge."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.bottom - share * self.high_px


@dataclass(frozen=True, slots=True)
class DayAxis:
    """Days from the first to the last, over a frame's width."""

    frame: Frame
    first: date
    last: date

    def x(self, day: date) -> float:
        """Return where a day lies."""
        length = (self.last - self.first).days
        if not length:
            return (self.frame.left + self.frame.right) / 2
        return self.frame.left + (day - self.first).days / length * self.frame.wide


def grid(board: Board, frame: Frame, marks: Sequence[tuple[float, str]]) -> None:
    """Draw lines across a frame at some values, and their labels at the left."""
    for value, label in marks:
        y = frame.y(value)
        ends = [(frame.left, y), (frame.right, y)]
        board.line(ends, board.theme.line, 1.0, round_ends=False)
        if label:
            board.text((frame.left - 10, y + 5), label, SMALL, board.theme.soft, side="right")


def shares(board: Board, frame: Frame) -> None:
    """Draw the lines of an axis from nothing to all."""
    grid(
        board, frame, [(one, words.percent(one, board.language)) for one in (0, 0.25, 0.5, 0.75, 1)]
    )


def curve(days: DayAxis, points: Sequence[Point]) -> list[Spot]:
    """Lay points out in a frame."""
    return [(days.x(point.day), days.frame.y(point.value)) for point in points]


def labels(board: Board, y: float, places: Sequence[tuple[float, str]]) -> None:
    """Write labels below an axis: all of them, or every second, third, ... if they would touch."""
    if not places:
        return
    widest = max(width(label, SMALL) for _, label in places) + APART
    step = 1
    if len(places) > 1:
        gap = (places[-1][0] - places[0][0]) / (len(places) - 1)
        while gap * step < widest and step < len(places):
            step += 1
    for x, label in places[::step]:
        half = width(label, SMALL) / 2
        middle = min(max(x, LEFT / 2 + half), RIGHT + LEFT / 2 - half)
        board.text((middle, y), label, SMALL, board.theme.soft, side="center")


def day_labels(board: Board, days: DayAxis, y: float) -> None:
    """Write days below an axis: single days, or months, or years, as they fit."""
    length = (days.last - days.first).days
    language = board.language

    def of_day(day: date) -> str:
        return words.short_day(day, language)

    def of_month(day: date) -> str:
        return str(day.year) if day.month == 1 else words.month(day, language)

    def of_year(day: date) -> str:
        return str(day.year)

    tries: list[tuple[list[date], Callable[[date], str]]] = []
    if length <= 92:
        for step in (1, 2, 7, 14, 28):
            ends = range(0, length + 1, step)
            tries.append(([days.first + timedelta(days=one) for one in ends], of_day))
    for step in (1, 2, 3, 6):
        tries.append((_months(days.first, days.last, step), of_month))
    years = _months(days.first, days.last, 12)
    tries += [(years, of_year), (years[::2], of_year), (years[:1], of_year)]
    for starts, said in tries:
        room = sum(width(said(day), SMALL) + APART for day in starts)
        if len(starts) > 1 and room <= days.frame.wide:
            _write(board, days, y, starts, said)
            return
    _write(board, days, y, sorted({days.first, days.last}), of_day)


def _write(
    board: Board, days: DayAxis, y: float, starts: list[date], said: Callable[[date], str]
) -> None:
    """Write labels at some days, but none that would touch the one before it."""
    free = 0.0
    for day in starts:
        label = said(day)
        half = width(label, SMALL) / 2
        middle = min(days.x(day), RIGHT + LEFT / 2 - half)
        if middle - half >= free:
            board.text((middle, y), label, SMALL, board.theme.soft, side="center")
            free = middle + half + APART / 2


def _months(first: date, last: date, step: int) -> list[date]:
    """List the first days of every so many months; January is always one of them."""
    found = []
    for year in range(first.year, last.year + 1):
        found += [date(year, month, 1) for month in range(1, 13, step)]
    return [day for day in found if first <= day <= last]
