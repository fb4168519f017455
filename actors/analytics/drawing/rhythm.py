"""Pictures of a habit's rhythm: weekdays, hours and streaks."""

from datetime import date

from actors.analytics.drawing import axes, parts, words
from actors.analytics.drawing.axes import Frame
from actors.analytics.drawing.board import BODY, EDGE, INNER, LEFT, RIGHT, SMALL, WIDTH, Board
from actors.analytics.drawing.text_metrics import width
from actors.analytics.drawing.theme import legible, mix, on
from contracts.analytics import HabitInsight, MonthOfWeekdays
from contracts.quantity import in_words
from contracts.speech import count, say

COLUMNS = 24
"""Months side by side."""

STREAKS = 12


def weekdays(board: Board, report: HabitInsight) -> None:
    """Draw how often each weekday of each month was kept: the larger the dot, the more often."""
    language, colour = board.language, legible(report.colour, board.theme)
    y = parts.head(board, report.name, report, colour=colour)
    months = report.weekdays
    most = max((max(month.counts) for month in months), default=0)
    if not most:
        hint = say(language, "Check in for a few days, and this picture fills.")
        parts.nothing(board, y, hint)
        return
    y = parts.heading(board, y, say(language, "Weekdays, month by month"))
    for row in rows(months):
        y = _months(board, y + 4, row, most, colour, len(months)) + 12
    board.height = y + EDGE - 16


def rows(months: tuple[MonthOfWeekdays, ...]) -> list[tuple[MonthOfWeekdays, ...]]:
    """Cut months into rows: one if they fit, else of two calendar years, the newest first."""
    if len(months) <= COLUMNS:
        return [months]
    last = months[-1].month.year
    pairs = range(0, last - months[0].month.year + 1, 2)
    cut = [
        tuple(one for one in months if (last - one.month.year) // 2 * 2 == pair) for pair in pairs
    ]
    return [row for row in cut if any(any(month.counts) for month in row)]


def _months(
    board: Board,
    y: float,
    months: tuple[MonthOfWeekdays, ...],
    most: int,
    colour: str,
    columns: int,
) -> float:
    """Draw a row of months, and how often each weekday was kept in all of them."""
    theme, left = board.theme, LEFT + 46
    pitch = min((RIGHT - 40 - left) / min(columns, COLUMNS), 64.0)
    down = 30.0
    largest = min(pitch, down) / 2 - 1.0
    sums = [sum(month.counts[row] for month in months) for row in range(7)]
    for row, name in enumerate(words.weekdays(board.language)):
        middle = y + (row + 0.5) * down
        board.text((left - 12, middle + 5), name, SMALL, theme.soft, side="right")
        board.line(
            [(left, middle), (left + pitch * len(months), middle)],
            theme.panel,
            1.0,
            round_ends=False,
        )
        total = words.number(sums[row], board.language)
        best = sums[row] == max(sums)
        at = (left + pitch * len(months) + 34, middle + 5)
        ink = theme.ink if best else theme.soft
        board.text(at, total, SMALL, ink, side="right", bold=best)
        for column, month in enumerate(months):
            if month.counts[row]:
                size = (month.counts[row] / most) ** 0.5
                at = (left + (column + 0.5) * pitch, middle)
                board.dot(
                    at, max(1.2, largest * size), mix(colour, theme.ground, 0.35 + 0.65 * size)
                )
    places = [
        (left + (column + 0.5) * pitch, _month(board, month.month))
        for column, month in enumerate(months)
    ]
    axes.labels(board, y + 7 * down + 16, places)
    return y + 7 * down + 24


def _month(board: Board, day: date) -> str:
    return str(day.year) if day.month == 1 else words.month(day, board.language)


def hours(board: Board, report: HabitInsight) -> None:
    """Draw at which hours of the day it was logged."""
    language, colour = board.language, legible(report.colour, board.theme)
    theme = board.theme
    y = parts.head(board, report.name, report, colour=colour)
    most = max(report.hours)
    if not most:
        hint = say(language, "Hours are known of days that are logged on the day itself.")
        parts.nothing(board, y, hint)
        return
    known = count(
        language, "{n} day with a known hour", "{n} days with a known hour", report.hours_known
    )
    y = parts.heading(board, y, say(language, "Hours of the day"), known)
    frame = Frame(y + 24, 210, high=float(most), left=LEFT + 6, right=RIGHT - 6)
    board.line([(LEFT, frame.bottom), (RIGHT, frame.bottom)], theme.line, 1.0)
    pitch = frame.wide / 24
    for hour, times in enumerate(report.hours):
        x = frame.left + hour * pitch
        top = frame.y(times)
        best = times == most
        fill = colour if best else mix(colour, theme.ground, 0.55)
        if times:
            board.box((x + 2, top), (pitch - 4, frame.bottom - top), fill, radius=4)
        if best:
            label = words.number(times, language)
            board.text((x + pitch / 2, top - 7), label, SMALL, side="center", bold=True)
        if hour % 3 == 0:
            label = f"{hour:02}:00"
            board.text((x + pitch / 2, frame.bottom + 22), label, SMALL, theme.soft, side="center")
    best_hour = report.hours.index(most)
    text = say(
        language,
        "Most often between {begin} and {end}",
        {"begin": f"{best_hour:02}:00", "end": f"{(best_hour + 1) % 24:02}:00"},
    )
    board.text((WIDTH / 2, frame.bottom + 56), text, BODY, side="center", room=INNER)
    board.height = frame.bottom + 60 + EDGE - 8


def streaks(board: Board, report: HabitInsight) -> None:
    """Draw the longest streaks, the newest on top."""
    language, colour = board.language, legible(report.colour, board.theme)
    theme = board.theme
    y = parts.head(board, report.name, report, colour=colour)
    longest = sorted(report.streaks, key=lambda one: (-one.length, -one.end.toordinal()))[:STREAKS]
    if not longest:
        hint = say(language, "Streaks show here once a promise is kept.")
        parts.nothing(board, y, hint)
        return
    y = parts.heading(board, y, say(language, "Longest streaks"))
    most = max(streak.length for streak in longest)
    days = {day for streak in longest for day in (streak.start, streak.end)}
    said = {day: words.short_day(day, language, year=True) for day in days}
    beside = max(width(text, SMALL) for text in said.values()) + 46
    units = {in_words(language, one.length, one.unit) for one in longest}
    room = INNER - 2 * (beside + max(width(label, SMALL, bold=True) for label in units) / 2)
    for streak in sorted(longest, key=lambda one: one.end, reverse=True):
        wide = max(room * streak.length / most, 8.0)
        middle, base = WIDTH / 2, y + 20
        fill = colour if streak.length == most else mix(colour, theme.ground, 0.6)
        board.box((middle - wide / 2, y + 3), (wide, 24), fill, radius=6)
        label = in_words(language, streak.length, streak.unit)
        start, end = said[streak.start], said[streak.end]
        inside = width(label, SMALL, bold=True) + 10 <= wide
        if inside:
            board.text((middle, base), label, SMALL, on(fill), side="center", bold=True)
        else:
            start, end = f"{start} ·", f"{label} · {end}"
        board.text((middle - wide / 2 - 10, base), start, SMALL, theme.soft, side="right")
        board.text((middle + wide / 2 + 10, base), end, SMALL, theme.soft)
        y += 34
    board.height = y + EDGE - 8
