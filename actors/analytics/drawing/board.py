"""What pictures are drawn on: pixels from the top left, words, boxes, lines and dots.

A board is as high as it turns out to be. The same drawing has the same bytes, whenever it is made;
`$` in a name is a dollar, and nothing in a picture runs.
"""

import io
import math
from collections.abc import Iterable, Sequence
from typing import Literal
from xml.sax.saxutils import escape

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch
from matplotlib.path import Path

from actors.analytics.drawing import text_metrics
from actors.analytics.drawing.theme import THEMES, Theme, ThemeName
from contracts.language import Language

Spot = tuple[float, float]
Side = Literal["left", "center", "right"]

WIDTH = 720.0
"""Pixels, at a scale of 1: two thirds of a letter's column, twice a phone's."""

EDGE = 36.0
"""Pixels left free at each side."""

INNER = WIDTH - 2 * EDGE
LEFT, RIGHT = EDGE, WIDTH - EDGE
SMALL, BODY, LARGE, HUGE = 13.5, 15.5, 24.0, 34.0
"""Sizes of letters, in pixels."""


class Board:
    """A picture in the making, in a theme and a language."""

    def __init__(self, theme: ThemeName, language: Language) -> None:
        """Take an empty board."""
        self.theme: Theme = THEMES[theme]
        self.language: Language = language
        self.height = 0.0
        self.title = ""
        self.figure = Figure(figsize=(WIDTH / 72, 1), dpi=72, facecolor=self.theme.ground)
        FigureCanvasAgg(self.figure)
        self._axes = self.figure.add_axes((0, 0, 1, 1))
        self._axes.set_axis_off()

    def text(
        self,
        at: Spot,
        words: str,
        size: float = BODY,
        colour: str = "",
        *,
        bold: bool = False,
        side: Side = "left",
        room: float | None = None,
    ) -> float:
        """Write words on a baseline, shortened to `room`; return how wide they are."""
        words = text_metrics.plain(words)
        if room is not None:
            words = text_metrics.shorten(words, room, size, bold=bold)
        self._axes.text(
            *at,
            words,
            color=colour or self.theme.ink,
            fontproperties=text_metrics.font(size, bold),
            ha=side,
            va="baseline",
            parse_math=False,
        )
        return text_metrics.width(words, size, bold=bold)

    def box(self, at: Spot, size: Spot, colour: str, *, radius: float = 0.0) -> None:
        """Draw a box: its top left corner, its width and height."""
        (x, y), (wide, high) = at, size
        if wide <= 0 or high <= 0:
            return
        radius = min(radius, wide / 2, high / 2)
        style = f"round,pad=0,rounding_size={radius}" if radius else "square,pad=0"
        self._axes.add_artist(
            FancyBboxPatch(
                (x, y), wide, high, boxstyle=style, facecolor=colour, edgecolor="none", linewidth=0
            )
        )

    def squares(
        self, places: Sequence[Spot], size: Spot, colour: str, *, hollow: bool = False
    ) -> None:
        """Draw many boxes alike, as one shape: a heat map has thousands."""
        if not places:
            return
        (wide, high), corners = size, np.asarray(places, dtype=float)
        inset = 0.6 if hollow else 0.0
        turns = [
            (inset, inset),
            (wide - inset, inset),
            (wide - inset, high - inset),
            (inset, high - inset),
            (inset, inset),
        ]
        points = (corners[:, None, :] + np.asarray(turns)[None, :, :]).reshape(-1, 2)
        codes = np.tile(
            [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY], len(places)
        )
        self._shape(Path(points, codes), "none" if hollow else colour, colour if hollow else "")

    def line(
        self,
        points: Iterable[Spot],
        colour: str,
        thick: float = 2.0,
        *,
        dashed: bool = False,
        round_ends: bool = True,
    ) -> None:
        """Draw a line through points."""
        points = list(points)
        if len(points) < 2:
            return
        self._axes.add_artist(
            PathPatch(
                Path(points),
                facecolor="none",
                edgecolor=colour,
                linewidth=thick,
                linestyle=(0, (2, 3)) if dashed else "-",
                capstyle="round" if round_ends and not dashed else "butt",
                joinstyle="round",
            )
        )

    def area(self, points: Sequence[Spot], bottom: float, colour: str) -> None:
        """Fill what lies between points and a line below them."""
        if len(points) < 2:
            return
        ends = [(points[-1][0], bottom), (points[0][0], bottom), points[0]]
        self._shape(Path([*points, *ends], closed=True), colour)

    def ring(
        self, at: Spot, radius: float, thick: float, colour: str, begin: float, end: float
    ) -> None:
        """Draw a part of a ring; turns (0 to 1) run clockwise from the top."""
        if end <= begin:
            return
        steps = max(2, math.ceil((end - begin) * 180))
        turns = [2 * math.pi * (begin + (end - begin) * one / steps) for one in range(steps + 1)]
        x, y = at
        points = [(x + radius * math.sin(one), y - radius * math.cos(one)) for one in turns]
        self.line(points, colour, thick, round_ends=end - begin < 1)

    def dot(self, at: Spot, radius: float, colour: str, *, hollow: bool = False) -> None:
        """Draw a dot; a hollow one is a ring that hides what lies below."""
        fill, thick = (self.theme.ground, 2.0) if hollow else (colour, 0.0)
        self._axes.add_artist(Circle(at, radius, facecolor=fill, edgecolor=colour, linewidth=thick))

    def _shape(self, path: Path, colour: str, edge: str = "") -> None:
        thick = 1.2 if edge else 0.0
        self._axes.add_artist(
            PathPatch(path, facecolor=colour, edgecolor=edge or "none", linewidth=thick)
        )

    def png(self, scale: int) -> bytes:
        """Return the picture as PNG."""
        self.finish()
        file = io.BytesIO()
        self.figure.savefig(file, format="png", dpi=72 * scale, metadata={"Software": "Ritmo"})
        return file.getvalue()

    def svg(self) -> bytes:
        """Return the picture as SVG; letters are shapes, so that every reader shows the same."""
        self.finish()
        file = io.BytesIO()
        with rc_context({"svg.hashsalt": "ritmo", "svg.fonttype": "path"}):
            nameless = {"Date": None, "Creator": None, "Format": None, "Type": None}
            self.figure.savefig(file, format="svg", metadata=nameless)
        return _named(file.getvalue().decode(), self.title, round(self.height)).encode()

    def finish(self) -> None:
        """Cut the board to its height."""
        self.height = float(math.ceil(self.height))
        self.figure.set_size_inches(WIDTH / 72, self.height / 72)
        self._axes.set_xlim(0, WIDTH)
        self._axes.set_ylim(self.height, 0)


def _named(svg: str, title: str, height: int) -> str:
    """Say what an SVG shows, to those who cannot see it, and how large it is, in pixels."""
    head, begin, rest = svg.partition("<svg ")
    attributes, end, body = rest.partition(">")
    kept = " ".join(one for one in attributes.split() if not one.startswith(("width=", "height=")))
    size = f'width="{WIDTH:.0f}" height="{height}" role="img"'
    return (
        f"{head}{begin}{size} {kept}{end}\n<title>{escape(text_metrics.plain(title))}</title>{body}"
    )
