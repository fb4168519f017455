"""What several pictures share: the head, figures, rings, faces, keys and the empty page."""

from actors.analytics.drawing import words
from actors.analytics.drawing.board import (
    BODY,
    EDGE,
    HUGE,
    INNER,
    LARGE,
    LEFT,
    RIGHT,
    SMALL,
    WIDTH,
    Board,
    Spot,
)
from actors.analytics.drawing.text_metrics import lines, plain, width
from actors.analytics.drawing.theme import mix, on
from contracts.analytics import Report
from contracts.speech import say

TILE = 88.0
"""How high a tile is."""


def head(board: Board, title: str, report: Report, *, colour: str = "") -> float:
    """Write what the picture is of, and of which days; return where the next thing may begin."""
    left = LEFT + 20 if colour else LEFT
    days = words.span(report.first, report.last, board.language)
    size, high = LARGE + 4, 34.0
    rows = lines(title, RIGHT - left, size, most=2, bold=True)
    if colour:
        board.box((LEFT, EDGE), (6, 56 + high * (len(rows) - 1)), colour, radius=3)
    y = EDGE + 24
    for row in rows:
        board.text((left, y), row, size, bold=True)
        y += high
    board.text((left, y - 6), days, BODY, board.theme.soft)
    board.title = f"{plain(title) or '–'}, {days}"
    return y + 26


def heading(board: Board, y: float, title: str, note: str = "") -> float:
    """Write the heading of a part, with a note at its right; return where its content begins."""
    used = board.text((LEFT, y + 18), title, BODY + 1, bold=True, room=INNER)
    if note:
        room = INNER - used - 24
        board.text((RIGHT, y + 18), note, SMALL, board.theme.soft, side="right", room=room)
    return y + 34


def tile(
    board: Board,
    at: Spot,
    wide: float,
    label: str,
    value: str,
    change: tuple[str, int] = ("", 0),
    *,
    note: str = "",
    feeling: float | None = None,
) -> None:
    """Draw a figure with its label; at its right what changed, or a note, or a face."""
    x, y = at
    theme = board.theme
    board.box(at, (wide, TILE), theme.panel, radius=10)
    board.text((x + 16, y + 28), label, SMALL, theme.soft, room=wide - 32)
    sizes = (LARGE + 2, LARGE - 4, BODY, SMALL)
    fit = (one for one in sizes if width(plain(value), one, bold=True) <= wide - 32)
    used = board.text((x + 16, y + 67), value, next(fit, SMALL), bold=True, room=wide - 32)
    if feeling is not None:
        face(board, (x + 16 + used + 26, y + 58), 14, feeling)
        used += 44
    words_, sign = change
    said = words_ or note
    colour = theme.accent if sign > 0 else theme.warm if sign < 0 else theme.soft
    room = wide - 32 - used - 10
    if said and room > width(said[:3], SMALL):
        board.text((x + wide - 16, y + 66), said, SMALL, colour, side="right", room=room)


def ring(
    board: Board, at: Spot, radius: float, share: float | None, label: str, colour: str = ""
) -> None:
    """Draw a share as a ring, with its figure inside and what it means below that."""
    x, y = at
    theme = board.theme
    board.ring(at, radius, 18, theme.panel, 0, 1)
    if share:
        board.ring(at, radius, 18, colour or theme.accent, 0, min(max(share, 0.004), 1.0))
    figure = words.percent(share, board.language)
    board.text((x, y + 9), figure, HUGE, bold=True, side="center", room=radius * 2 - 30)
    board.text((x, y + 32), label, SMALL, theme.soft, side="center", room=radius * 2 - 38)


def face(board: Board, at: Spot, radius: float, mood: float) -> None:
    """Draw a face that feels like a mood from 1 to 5."""
    x, y = at
    colour = mood_colour(board, mood)
    ink = on(colour)
    board.dot(at, radius, colour)
    for side in (-1, 1):
        board.dot((x + side * radius * 0.36, y - radius * 0.24), radius * 0.115, ink)
    bend = (min(max(mood, 1.0), 5.0) - 3) / 2 * radius * 0.3
    middle, wide = y + radius * 0.36, radius * 0.46
    mouth = []
    for step in range(-8, 9):
        at_x = step / 8
        mouth.append((x + at_x * wide, middle + bend * (0.5 - at_x * at_x)))
    board.line(mouth, ink, max(1.2, radius * 0.12))


def mood_colour(board: Board, mood: float) -> str:
    """Return the colour of a mood from 1 to 5, between those of whole ones."""
    place = min(max(mood, 1.0), 5.0) - 1
    low = min(int(place), 3)
    moods = board.theme.moods
    return mix(moods[low + 1], moods[low], place - low)


def mood_names(board: Board) -> list[str]:
    """List what the five moods are called, from 1 to 5."""
    language = board.language
    return [
        say(language, "awful"),
        say(language, "bad"),
        say(language, "okay"),
        say(language, "good"),
        say(language, "great"),
    ]


def nothing(board: Board, y: float, hint: str) -> None:
    """Say, with a friendly face, that there is nothing to show yet."""
    middle = WIDTH / 2
    board.box((LEFT, y), (INNER, 236), board.theme.panel, radius=14)
    face(board, (middle, y + 76), 34, 4)
    title = say(board.language, "Nothing here yet")
    board.text((middle, y + 146), title, LARGE - 4, bold=True, side="center")
    for place, line in enumerate(lines(hint, INNER - 90, BODY, most=2)):
        at = (middle, y + 176 + place * 23)
        board.text(at, line, BODY, board.theme.soft, side="center")
    board.height = y + 236 + EDGE


def key(
    board: Board, y: float, entries: list[tuple[str, str, bool]], *, dots: bool = False
) -> float:
    """Explain colours: each with its words, and whether it is hollow; return where it ends."""
    x = LEFT
    for colour, meaning, hollow in entries:
        wide = 20 + width(plain(meaning), SMALL) + 22
        if x > LEFT and x + wide - 22 > RIGHT:
            x, y = LEFT, y + 24
        if dots:
            board.dot((x + 6, y + 7), 6, colour, hollow=hollow)
        elif hollow:
            board.squares([(x, y)], (13, 13), colour, hollow=True)
        else:
            board.box((x, y), (13, 13), colour, radius=3)
        board.text((x + 20, y + 11.5), meaning, SMALL, board.theme.soft)
        x += wide
    return y + 20
