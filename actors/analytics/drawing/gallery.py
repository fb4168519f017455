"""Which pictures there are, and how one is drawn."""

from typing import Literal

from actors.analytics.drawing import associations, habit, moods, rhythm, squares, summary
from actors.analytics.drawing.board import Board
from actors.analytics.drawing.theme import ThemeName
from actors.analytics.reports import AnyAnswer
from contracts.analytics import Associations, HabitInsight, MoodReport, Summary
from contracts.language import Language
from contracts.pictures import Picture


def draw(
    report: AnyAnswer,
    picture: Picture,
    theme: ThemeName,
    language: Language,
    format: Literal["png", "svg"],
    scale: int,
) -> bytes:
    """Return a picture of a report, one that `pictures.PICTURES` lists, as a file."""
    board = paint(report, picture, theme, language)
    return board.svg() if format == "svg" else board.png(scale)


def paint(report: AnyAnswer, picture: Picture, theme: ThemeName, language: Language) -> Board:
    """Draw a picture on a board."""
    board = Board(theme, language)
    match report:
        case Summary():
            summary.overview(board, report)
        case HabitInsight():
            _HABIT[picture](board, of_own_days(report))
        case Associations():
            associations.overview(board, report)
        case MoodReport():
            _MOODS[picture](board, report)
    return board


def of_own_days(report: HabitInsight) -> HabitInsight:
    """Leave out the days before the habit began and those to come: they have nothing to show."""
    if not report.scores:
        return report
    first, last = report.scores[0].day, report.scores[-1].day
    heat = tuple(day for day in report.heat if first <= day.day <= last)
    return report.model_copy(update={"first": first, "last": last, "heat": heat})


_HABIT = {
    "overview": habit.overview,
    "score": habit.score,
    "trend": habit.trend,
    "heat_map": squares.heat_map,
    "weekdays": rhythm.weekdays,
    "hours": rhythm.hours,
    "streaks": rhythm.streaks,
}
_MOODS = {
    "overview": moods.overview,
    "weekdays": moods.weekdays,
    "months": moods.months,
    "tags": moods.tags,
    "days": squares.mood_days,
}
