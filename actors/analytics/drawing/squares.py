"""Days as squares: the heat map of a habit, and the moods of a year."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from actors.analytics.drawing import parts, words
from actors.analytics.drawing.board import BODY, EDGE, INNER, LEFT, RIGHT, SMALL, Board, Spot
from actors.analytics.drawing.theme import distance, legible, mix
from contracts.analytics import HabitInsight, HeatDay, MoodDay, MoodReport
from contracts.speech import say

LEVELS = 5
"""Shades of what was done, so that a picture has few colours and is small."""

ALIKE = 0.25
"""How far two colours must be apart, of 0 to 1, not to be taken for each other."""

Shade = tuple[str, bool]
"""A colour, and whether the square is hollow."""


def heat_map(board: Board, report: HabitInsight) -> None:
    """Draw every day of the range, a column a week, a band a year, the newest first."""
    colour = legible(report.colour, board.theme)
    y = parts.head(board, report.name, report, colour=colour)
    if not any(day.state != "none" for day in report.heat):
        hint = say(board.language, "Check in for a few days, and this picture fills.")
        parts.nothing(board, y, hint)
        return
    for title, days in bands(report.heat):
        y = band(board, y, days, colour, title) + 14
    y = heat_key(board, y, report.heat, colour)
    board.height = y + EDGE - 10


def bands(heat: Sequence[HeatDay]) -> list[tuple[str, Sequence[HeatDay]]]:
    """Cut days into bands of at most a year: one if they are no more than that, else by year."""
    if not heat or len(heat) <= 371:
        return [("", heat)]
    years: dict[int, list[HeatDay]] = defaultdict(list)
    for day in heat:
        years[day.day.year].append(day)
    used = [year for year in years if any(day.state != "none" for day in years[year])]
    return [(str(year), years[year]) for year in sorted(used, reverse=True)]


def band(board: Board, y: float, days: Sequence[HeatDay], colour: str, title: str = "") -> float:
    """Draw a band of weeks; return where it ends."""
    grid = _Weeks(days[0].day, days[-1].day, whole_year=bool(title))
    if title:
        board.text((LEFT, y + 16), title, BODY + 1, bold=True)
        y += 28
    _month_names(board, y + 12, grid)
    top = y + 20
    _weekday_names(board, top, grid)
    shades: dict[Shade, list[Spot]] = defaultdict(list)
    for day in days:
        shades[shade(board, day, colour)].append(grid.place(day.day, top))
    for (fill, hollow), places in shades.items():
        board.squares(places, (grid.size, grid.size), fill, hollow=hollow)
    return top + 7 * grid.pitch


def shade(board: Board, day: HeatDay, colour: str) -> Shade:
    """Return how a day is shown."""
    theme = board.theme
    match day.state:
        case "none":
            return theme.panel, False
        case "open":
            return colour, True
        case "skipped":
            return theme.soft, True
        case "failed":
            return failure(board, colour), False
        case "missed":
            return theme.line, False
        case _:
            level = 1.0 if day.level is None else day.level
            step = max(1, round(level * LEVELS)) / LEVELS
            return mix(colour, theme.ground, 0.25 + 0.75 * step), False


def failure(board: Board, colour: str) -> str:
    """Return the colour of failed days: one that is not like the habit's own."""
    theme = board.theme
    return theme.warm if distance(theme.warm, colour) > ALIKE else theme.ink


def heat_key(board: Board, y: float, heat: Iterable[HeatDay], colour: str) -> float:
    """Explain those shades that are there."""
    language, theme = board.language, board.theme
    states = {day.state for day in heat}
    partial = mix(colour, theme.ground, 0.25 + 0.75 * 2 / LEVELS)
    known = [
        ("done", (colour, say(language, "done"), False)),
        ("partial", (partial, say(language, "partly"), False)),
        ("missed", (theme.line, say(language, "missed"), False)),
        ("failed", (failure(board, colour), say(language, "failed"), False)),
        ("skipped", (theme.soft, say(language, "skipped"), True)),
        ("open", (colour, say(language, "still open"), True)),
    ]
    return parts.key(board, y, [entry for state, entry in known if state in states])


@dataclass(frozen=True, slots=True)
class _Weeks:
    """Where days lie when weeks are columns, Monday on top."""

    first: date
    last: date
    whole_year: bool

    @property
    def begin(self) -> date:
        """The Monday of the first column."""
        return words.monday(date(self.first.year, 1, 1) if self.whole_year else self.first)

    @property
    def columns(self) -> int:
        """How many columns there are; years are all as wide."""
        return 54 if self.whole_year else (self.last - self.begin).days // 7 + 1

    @property
    def pitch(self) -> float:
        """From one square to the next, in pixels."""
        return min(30.0, (INNER - 34) / self.columns)

    @property
    def size(self) -> float:
        """The side of a square."""
        return self.pitch * 0.86

    @property
    def left(self) -> float:
        """Where the first column begins."""
        return LEFT + 34

    def place(self, day: date, top: float) -> Spot:
        """Return where a day lies."""
        weeks, weekday = divmod((day - self.begin).days, 7)
        return self.left + weeks * self.pitch, top + weekday * self.pitch


def _weekday_names(board: Board, top: float, grid: _Weeks) -> None:
    """Name the rows: all of them if there is room, else every second."""
    step = 1 if grid.pitch >= 16 else 2
    for row, name in list(enumerate(words.weekdays(board.language)))[::step]:
        at = (grid.left - 8, top + row * grid.pitch + grid.size / 2 + 4)
        board.text(at, name, min(SMALL, 11.5), board.theme.soft, side="right")


def _month_names(board: Board, y: float, grid: _Weeks) -> None:
    """Name the columns in which months begin."""
    free = 0.0
    months = [
        date(year, month, 1)
        for year in range(grid.first.year, grid.last.year + 1)
        for month in range(1, 13)
    ]
    for first in [grid.first, *(one for one in months if grid.first < one <= grid.last)]:
        x, _ = grid.place(first, 0)
        crowded = first == grid.first and first.day > 22 and (grid.last - first).days > 14
        if x >= free and not crowded:
            label = words.month(first, board.language)
            free = x + board.text((x, y), label, SMALL, board.theme.soft) + 8


def mood_days(board: Board, report: MoodReport) -> None:
    """Draw the mood of every day: a row a month, the newest year first."""
    y = parts.head(board, say(board.language, "Moods, day by day"), report)
    if not report.days:
        parts.nothing(board, y, say(board.language, "Note how you feel, and this picture fills."))
        return
    years: dict[int, list[MoodDay]] = defaultdict(list)
    for day in report.days:
        years[day.day.year].append(day)
    for year in sorted(years, reverse=True):
        y = _year(board, y, year, years[year]) + 18
    names = parts.mood_names(board)
    board.height = parts.key(
        board,
        y,
        [(colour, name, False) for colour, name in zip(board.theme.moods, names, strict=True)],
    )
    board.height += EDGE - 10


def _year(board: Board, y: float, year: int, days: Sequence[MoodDay]) -> float:
    """Draw the months of a year that have moods, and those between."""
    theme, left = board.theme, LEFT + 44
    pitch = (RIGHT - left) / 31
    first, last = days[0].day.month, days[-1].day.month
    board.text((LEFT, y + 16), str(year), BODY + 1, bold=True)
    for number in (5, 10, 15, 20, 25, 31):
        at = (left + (number - 0.5) * pitch, y + 16)
        board.text(at, str(number), 11.5, theme.soft, side="center")
    top, size = y + 26, (pitch - 3, pitch - 3)
    shades: dict[str, list[Spot]] = defaultdict(list)

    def place(day: date) -> Spot:
        return left + (day.day - 1) * pitch, top + (day.month - first) * pitch

    felt = {day.day: day.mood for day in days}
    for month in range(first, last + 1):
        name = words.month(date(year, month, 1), board.language)
        at = (left - 10, top + (month - first + 0.5) * pitch + 3)
        board.text(at, name, 12.5, theme.soft, side="right")
        for day in _days_of(year, month):
            mood = felt.get(day)
            colour = theme.panel if mood is None else theme.moods[round(mood) - 1]
            shades[colour].append(place(day))
    for colour, places in shades.items():
        board.squares(places, size, colour)
    return top + (last - first + 1) * pitch


def _days_of(year: int, month: int) -> list[date]:
    first = date(year, month, 1)
    days = (first + timedelta(days=one) for one in range(31))
    return [day for day in days if day.month == month]
