"""The picture of associations: how strong each is, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass

from actors.analytics.drawing import parts, words
from actors.analytics.drawing.board import BODY, EDGE, INNER, LEFT, RIGHT, SMALL, Board
from actors.analytics.drawing.text_metrics import lines
from contracts.analytics import Association, Associations
from contracts.speech import count, say

SHOWN = 15
"""Associations in a picture; those without enough data only fill what is left of them."""

UNSURE = 4
"""Of those without enough data, at most."""

ROW = 46.0
KINDS = ("mood_same_day", "mood_next_day", "habit")


def overview(board: Board, report: Associations) -> None:
    """Draw the associations, by kind, those that are likely as full dots."""
    language, theme = board.language, board.theme
    y = parts.head(board, say(language, "What goes with what"), report)
    if not report.associations:
        hint = say(language, "Keep habits and note how you feel; links show after some weeks.")
        parts.nothing(board, y, hint)
        return
    known = [one for one in report.associations if one.enough and one.effect is not None]
    unsure = [one for one in report.associations if not (one.enough and one.effect is not None)]
    shown = known[:SHOWN]
    for kind in KINDS:
        these = [one for one in shown if one.kind == kind]
        if these:
            y = _kind(board, y, kind, these)
    if shown:
        entries = [
            (theme.accent, say(language, "unlikely to be chance"), False),
            (theme.soft, say(language, "may be chance"), True),
        ]
        y = parts.key(board, y + 4, entries, dots=True) + 12
    y = _unsure(board, y, unsure[: min(UNSURE, SHOWN - len(shown))], report.least)
    left = len(report.associations) - len(shown) - min(UNSURE, SHOWN - len(shown), len(unsure))
    if left > 0:
        text = say(language, "and {n} more", {"n": left})
        board.text((LEFT, y + 14), text, SMALL, theme.soft)
        y += 24
    caution = say(language, "What goes together need not be cause and effect.")
    for line in lines(caution, INNER, SMALL, most=2):
        board.text((LEFT, y + 16), line, SMALL, theme.soft)
        y += 20
    board.height = y + EDGE - 6


@dataclass(frozen=True, slots=True)
class _Panel:
    """The axis of a kind: `reach` to both sides of nothing, in mood points or percentage points."""

    reach: float
    left: float = LEFT + 300
    right: float = RIGHT - 96

    def x(self, value: float) -> float:
        """Return where a value lies; one beyond the axis lies at its edge."""
        share = min(max(value / self.reach, -1.0), 1.0)
        return (self.left + self.right) / 2 + share * (self.right - self.left) / 2


def _kind(board: Board, y: float, kind: str, these: Sequence[Association]) -> float:
    """Draw the associations of a kind, with their axis."""
    language, theme = board.language, board.theme
    if kind == "mood_same_day":
        title = say(language, "Mood on the same day")
    elif kind == "mood_next_day":
        title = say(language, "Mood on the next day")
    else:
        title = say(language, "Habits with habits")
    times = 100 if kind == "habit" else 1
    unit = say(language, "percentage points") if kind == "habit" else say(language, "mood points")
    y = parts.heading(board, y, title, unit)
    furthest = max(
        max(abs(one.low or 0), abs(one.high or 0), abs(one.effect or 0)) for one in these
    )
    reach, tick = _scale(furthest * times)
    panel = _Panel(reach)
    bottom = y + ROW * len(these)
    for mark in (-2 * tick, -tick, 0.0, tick, 2 * tick):
        if abs(mark) > reach * 1.001:
            continue
        x = panel.x(mark)
        middle = mark == 0
        colour = theme.soft if middle else theme.line
        board.line([(x, y + 2), (x, bottom)], colour, 1.2 if middle else 1.0, round_ends=False)
        label = _signed(board, mark, 1 if tick < 1 else 0)
        board.text((x, bottom + 17), label, 12.5, theme.soft, side="center")
    for one in these:
        _association(board, y, one, panel, times)
        y += ROW
    return bottom + 36


def _association(board: Board, y: float, one: Association, panel: _Panel, times: int) -> None:
    """Draw one association: its names, its interval, its effect."""
    theme = board.theme
    middle = y + ROW / 2
    effect = (one.effect or 0.0) * times
    colour = theme.accent if effect >= 0 else theme.warm
    if not one.likely:
        colour = theme.soft
    name = one.name if one.kind != "habit" else f"{one.name} + {one.other}"
    board.text((LEFT, middle - 2), name, BODY, room=282)
    text = _days(board, one)
    board.text((LEFT, middle + 16), text, 12.5, theme.soft, room=282)
    if one.low is not None and one.high is not None:
        ends = [(panel.x(one.low * times), middle), (panel.x(one.high * times), middle)]
        board.line(ends, colour, 3.0)
    board.dot((panel.x(effect), middle), 7 if one.likely else 6, colour, hollow=not one.likely)
    figure = _signed(board, effect, 0 if times == 100 else 2 if abs(effect) < 0.095 else 1)
    ink = colour if one.likely else theme.soft
    board.text((RIGHT, middle + 6), figure, BODY + 1, ink, side="right", bold=one.likely)


def _unsure(board: Board, y: float, unsure: Sequence[Association], least: int) -> float:
    """List those without enough data."""
    if not unsure:
        return y
    language, theme = board.language, board.theme
    needed = say(language, "{least} days with and without are needed", {"least": least})
    y = parts.heading(board, y, say(language, "Not enough data yet"), needed)
    for one in unsure:
        base = y + 16
        name = f"{one.name} + {one.other}" if one.kind == "habit" else one.name
        board.text((LEFT, base), name, BODY, theme.soft, room=INNER - 250)
        text = _days(board, one)
        board.text((RIGHT, base), text, SMALL, theme.soft, side="right", room=240)
        y += 28
    return y + 10


def _days(board: Board, one: Association) -> str:
    """Say how many days there are with it, and without."""
    return count(
        board.language,
        "{n} day with, {without} without",
        "{n} days with, {without} without",
        one.with_days,
        {"without": one.without_days},
    )


def _scale(furthest: float) -> tuple[float, float]:
    """Return how far an axis reaches, and its marks, in round numbers."""
    for size in (0.2, 0.4, 1.0, 2.0, 4.0, 10.0, 20.0, 40.0, 100.0):
        if furthest <= size:
            return size, size / 2
    return furthest, furthest / 2


def _signed(board: Board, value: float, decimals: int) -> str:
    """Write a number with its sign; a minus is a minus, not a hyphen."""
    rounded = round(value, decimals)
    sign = "+" if rounded > 0 else "−" if rounded < 0 else ""
    return sign + words.number(abs(rounded), board.language, decimals)
