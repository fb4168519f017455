"""Pictures of one habit: an overview, its score, and its trend."""

from actors.analytics.drawing import axes, parts, squares, words
from actors.analytics.drawing.axes import DayAxis, Frame
from actors.analytics.drawing.board import BODY, EDGE, INNER, LEFT, RIGHT, SMALL, Board
from actors.analytics.drawing.text_metrics import lines
from actors.analytics.drawing.theme import legible, mix
from contracts.analytics import HabitInsight, Point
from contracts.quantity import in_words, write_duration
from contracts.speech import say

WEEKS = 371
"""Days in the heat map of an overview: 53 weeks."""

MILESTONES = 4


def overview(board: Board, report: HabitInsight) -> None:
    """Draw all about a habit that goes on one page."""
    language, colour = board.language, legible(report.colour, board.theme)
    y = parts.head(board, report.name, report, colour=colour)
    if _empty(report):
        _nothing(board, y)
        return
    y = _figures(board, y, report)
    y = parts.heading(board, y + 20, say(language, "Strength"), _now(board, report.scores))
    y = _plot(board, y, report, report.scores, colour, 120)
    heat = report.heat[-WEEKS:]
    if heat:
        y = parts.heading(board, y + 14, say(language, "Days"))
        y = squares.band(board, y - 4, heat, colour)
        y = squares.heat_key(board, y + 10, heat, colour)
    if report.milestones:
        y = parts.heading(board, y + 18, say(language, "What comes next"))
        for milestone in report.milestones[:MILESTONES]:
            board.dot((LEFT + 6, y + 9), 4, colour)
            for line in lines(milestone.text, INNER - 26, BODY, most=2):
                board.text((LEFT + 22, y + 14), line, BODY)
                y += 22
            y += 5
    board.height = y + EDGE - 10


def score(board: Board, report: HabitInsight) -> None:
    """Draw the score over time."""
    language, colour = board.language, legible(report.colour, board.theme)
    y = parts.head(board, report.name, report, colour=colour)
    if not report.scores:
        _nothing(board, y)
        return
    y = parts.heading(board, y, say(language, "Strength"), _now(board, report.scores))
    board.height = _plot(board, y, report, report.scores, colour, 260) + EDGE - 14


def trend(board: Board, report: HabitInsight) -> None:
    """Draw the moving average of what was kept."""
    language, colour = board.language, legible(report.colour, board.theme)
    y = parts.head(board, report.name, report, colour=colour)
    if not report.trend:
        _nothing(board, y)
        return
    title = say(language, "Kept, average of 28 days")
    y = parts.heading(board, y, title, _now(board, report.trend))
    board.height = _plot(board, y, report, report.trend, colour, 260) + EDGE - 14


def _empty(report: HabitInsight) -> bool:
    """Tell whether nothing was ever asked or logged in the range."""
    line = report.line
    return not (line.asked or line.kept or line.skipped or line.total) and not any(
        day.state not in ("none", "open", "missed") for day in report.heat
    )


def _nothing(board: Board, y: float) -> None:
    hint = say(board.language, "Check in for a few days, and this picture fills.")
    parts.nothing(board, y, hint)


def _figures(board: Board, y: float, report: HabitInsight) -> float:
    """Draw the ring and the tiles."""
    language, line = board.language, report.line
    colour = legible(report.colour, board.theme)
    parts.ring(board, (LEFT + 92, y + 95), 82, line.score, say(language, "strength"), colour)
    left, gap = LEFT + 214, 14.0
    wide = (RIGHT - left - gap) / 2
    down = parts.TILE + gap
    kept = words.percent(line.rate, language)
    change = words.change(None if line.change is None else line.change * 100, language)
    parts.tile(board, (left, y), wide, say(language, "Kept"), kept, change)
    in_all = f"{words.number(line.kept, language)}/{words.number(line.asked, language)}"
    right = left + wide + gap
    if line.measure == "duration":
        total = write_duration(round(line.total / 60) * 60, language)
        parts.tile(board, (right, y), wide, say(language, "In all"), total)
    elif report.unit:
        total = words.number(line.total, language, 1)
        parts.tile(board, (right, y), wide, say(language, "In all"), total, note=report.unit)
    else:
        parts.tile(board, (right, y), wide, say(language, "Promises kept"), in_all)
    streak, best = (
        in_words(language, length, line.streak_unit) for length in (line.streak, line.best_streak)
    )
    parts.tile(board, (left, y + down), wide, say(language, "Streak"), streak)
    parts.tile(board, (right, y + down), wide, say(language, "Best streak"), best)
    y += 2 * down - gap
    if line.skipped:
        skipped = say(language, "{n} skipped", {"n": line.skipped})
        board.text((left, y + 24), skipped, SMALL, board.theme.soft, room=wide)
        y += 24
    return y


def _now(board: Board, points: tuple[Point, ...]) -> str:
    """Say where a curve ends."""
    return words.percent(points[-1].value, board.language) if points else ""


def _plot(
    board: Board,
    y: float,
    report: HabitInsight,
    points: tuple[Point, ...],
    colour: str,
    high: float,
) -> float:
    """Draw a curve between nothing and all; return where its labels end."""
    frame = Frame(y + 8, high, left=LEFT + axes.BESIDE, right=RIGHT - 8)
    days = DayAxis(frame, report.first, report.last)
    if high < 200:
        marks = [(one, words.percent(one, board.language)) for one in (0, 0.5, 1)]
        axes.grid(board, frame, marks)
    else:
        axes.shares(board, frame)
    shown = axes.curve(days, [one for one in points if report.first <= one.day <= report.last])
    board.area(shown, frame.bottom, mix(colour, board.theme.ground, 0.16))
    board.line(shown, colour, 2.6)
    if shown:
        board.dot(shown[-1], 5, colour)
    axes.day_labels(board, days, frame.bottom + 22)
    return frame.bottom + 32
