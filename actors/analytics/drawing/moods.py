"""Pictures of moods: an overview, weekdays, months and tags."""

from collections.abc import Callable, Sequence
from datetime import date

from actors.analytics.drawing import axes, parts, words
from actors.analytics.drawing.axes import DayAxis, Frame
from actors.analytics.drawing.board import BODY, EDGE, INNER, LEFT, RIGHT, SMALL, Board
from actors.analytics.drawing.theme import mix
from contracts.analytics import MoodDay, MoodLine, MoodReport
from contracts.speech import count, say

TAGS = 20
"""Tags in a picture: those with most entries."""

DOTS = 62
"""Dots in the curve of an overview; more days are averaged by the week, month or longer."""

MONTHS = 18
"""Groups that are named one by one; of more, which are months, only the years are named."""

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def overview(board: Board, report: MoodReport) -> None:
    """Draw all about moods that goes on one page."""
    language = board.language
    y = parts.head(board, say(language, "Moods"), report)
    if not report.entries or report.average is None:
        _nothing(board, y)
        return
    y = _figures(board, y, report, report.average)
    if len(report.days) > 1:
        y = parts.heading(board, y + 16, say(language, "Over time"))
        y = _curve(board, y, report)
    if any(line.average is not None for line in report.by_weekday):
        y = parts.heading(board, y + 12, say(language, "By weekday"))
        y = _columns(board, y, report.by_weekday, _weekday, 130)
    tags = _most_used(report.by_tag)[:5]
    if tags:
        y = parts.heading(board, y + 12, say(language, "By tag"))
        y = _tags(board, y, tags)
    board.height = y + EDGE - 12


def weekdays(board: Board, report: MoodReport) -> None:
    """Draw how moods differ by weekday."""
    title = say(board.language, "Moods by weekday")
    _one(board, report, title, report.by_weekday, _weekday)


def months(board: Board, report: MoodReport) -> None:
    """Draw how moods differ by month."""
    title = say(board.language, "Moods by month")
    _one(board, report, title, report.by_month, _month)


def tags(board: Board, report: MoodReport) -> None:
    """Draw how moods differ by tag, the best first."""
    y = parts.head(board, say(board.language, "Moods by tag"), report)
    shown = _most_used(report.by_tag)
    if not shown:
        _nothing(board, y)
        return
    y = _tags(board, y, shown[:TAGS])
    if len(shown) > TAGS:
        text = say(board.language, "and {n} more", {"n": len(shown) - TAGS})
        board.text((LEFT, y + 16), text, SMALL, board.theme.soft)
        y += 24
    board.height = _explain(board, y + 4) + EDGE - 10


def _nothing(board: Board, y: float) -> None:
    parts.nothing(board, y, say(board.language, "Note how you feel, and this picture fills."))


def _figures(board: Board, y: float, report: MoodReport, average: float) -> float:
    """Draw the average as a face, and how often each mood was felt."""
    language, theme = board.language, board.theme
    x = LEFT + 92
    parts.face(board, (x, y + 72), 62, average)
    figure = words.mood(average, language)
    board.text((x, y + 176), figure, 34, bold=True, side="center")
    entries = count(language, "{n} entry", "{n} entries", report.entries)
    board.text((x, y + 202), entries, SMALL, theme.soft, side="center")
    left, most = LEFT + 214, max(report.counts) or 1
    names = parts.mood_names(board)
    for row in range(5):
        mood = 5 - row
        middle = y + 18 + row * 41
        parts.face(board, (left + 15, middle), 15, mood)
        board.text((left + 42, middle + 5), names[mood - 1], BODY, room=112)
        begin, wide = left + 162, RIGHT - left - 162 - 62
        times = report.counts[mood - 1]
        board.box((begin, middle - 9), (wide, 18), theme.panel, radius=9)
        if times:
            colour = theme.moods[mood - 1]
            board.box((begin, middle - 9), (max(wide * times / most, 18), 18), colour, radius=9)
        label = words.number(times, language)
        board.text((RIGHT, middle + 5), label, BODY, theme.soft, side="right")
    return y + 210


def _curve(board: Board, y: float, report: MoodReport) -> float:
    """Draw average moods over time."""
    frame = Frame(y + 10, 130, low=1, high=5, left=LEFT + 34, right=RIGHT - 10)
    _mood_axis(board, frame)
    first, last = report.days[0].day, report.days[-1].day
    days = DayAxis(frame, first, last)
    points = [(days.x(day), frame.y(mood), mood) for day, mood in thinned(report.days)]
    board.line([(x, at) for x, at, _ in points], board.theme.soft, 1.6)
    for x, at, mood in points:
        board.dot((x, at), 4.6, parts.mood_colour(board, mood))
    axes.day_labels(board, days, frame.bottom + 24)
    return frame.bottom + 34


def thinned(days: Sequence[MoodDay]) -> list[tuple[date, float]]:
    """Average days so that at most `DOTS` are left; each entry counts once."""
    if not days:
        return []
    length = days[-1].day.toordinal() - days[0].day.toordinal() + 1
    step = -(-length // DOTS)
    sums: dict[int, tuple[float, int, int]] = {}
    for day in days:
        at = day.day.toordinal()
        moods, places, entries = sums.get(at // step, (0.0, 0, 0))
        sums[at // step] = (
            moods + day.mood * day.entries,
            places + at * day.entries,
            entries + day.entries,
        )
    return [
        (date.fromordinal(round(places / entries)), moods / entries)
        for moods, places, entries in sums.values()
    ]


def _mood_axis(board: Board, frame: Frame) -> None:
    """Draw lines at the five moods, with a face at each."""
    axes.grid(board, frame, [(mood, "") for mood in range(1, 6)])
    for mood in range(1, 6):
        parts.face(board, (LEFT + 10, frame.y(mood)), 10, mood)


def _one(
    board: Board,
    report: MoodReport,
    title: str,
    lines: Sequence[MoodLine],
    name: Callable[[Board, MoodLine], str],
) -> None:
    """Draw a picture of one grouping."""
    y = parts.head(board, title, report)
    if not any(line.average is not None for line in lines):
        _nothing(board, y)
        return
    board.height = _explain(board, _columns(board, y, lines, name, 260) + 6) + EDGE - 10


def _columns(
    board: Board,
    y: float,
    lines: Sequence[MoodLine],
    name: Callable[[Board, MoodLine], str],
    high: float,
) -> float:
    """Draw a column a group: a bar as long as moods spread, a dot at their average."""
    theme = board.theme
    frame = Frame(y + 10, high, low=1, high=5, left=LEFT + 34, right=RIGHT)
    _mood_axis(board, frame)
    pitch = frame.wide / len(lines)
    thick = min(26.0, pitch * 0.55)
    places, averages = [], []
    for place, line in enumerate(lines):
        x = frame.left + (place + 0.5) * pitch
        places.append((x, name(board, line)))
        if line.average is None:
            continue
        colour = parts.mood_colour(board, line.average)
        spread = line.spread or 0.0
        top, bottom = frame.y(line.average + spread), frame.y(line.average - spread)
        if spread:
            pale = mix(colour, theme.ground, 0.3)
            board.box((x - thick / 2, top), (thick, bottom - top), pale, radius=thick / 2)
        board.dot((x, frame.y(line.average)), min(9.0, max(2.5, pitch * 0.32)), colour)
        averages.append((x, words.mood(line.average, board.language)))
    if len(lines) > MONTHS:
        places = [place for place in places if place[1].isdigit()]
    axes.labels(board, frame.bottom + 26, places)
    if pitch >= 40:
        for x, label in averages:
            board.text((x, frame.bottom + 46), label, SMALL, side="center", bold=True)
    return frame.bottom + (56 if pitch >= 40 else 36)


def _tags(board: Board, y: float, lines: Sequence[MoodLine]) -> float:
    """Draw a row a tag, the best first."""
    theme, language = board.theme, board.language
    left, right = LEFT + 230, RIGHT - 128
    ranked = sorted(lines, key=lambda one: (-(one.average or 0), one.name))

    def x(mood: float) -> float:
        return left + (min(max(mood, 1.0), 5.0) - 1) / 4 * (right - left)

    for mood in range(1, 6):
        parts.face(board, (x(mood), y + 12), 10, mood)
    top, bottom = y + 28, y + 32 + 36 * len(ranked)
    for mood in range(1, 6):
        board.line([(x(mood), top), (x(mood), bottom)], theme.line, 1.0, round_ends=False)
    y = top + 2
    for line in ranked:
        middle, average = y + 18, line.average or 1.0
        colour = parts.mood_colour(board, average)
        board.text((LEFT, middle + 5), line.name, BODY, room=208)
        if line.spread:
            begin, end = x(average - line.spread), x(average + line.spread)
            pale = mix(colour, theme.ground, 0.3)
            board.box((begin, middle - 7), (end - begin, 14), pale, radius=7)
        board.dot((x(average), middle), 8, colour)
        figure = words.mood(average, language)
        board.text((RIGHT - 76, middle + 5), figure, BODY, side="right", bold=True)
        entries = f"× {words.number(line.entries, language)}"
        board.text((RIGHT, middle + 5), entries, SMALL, theme.soft, side="right", room=70)
        y += 36
    return bottom + 4


def _explain(board: Board, y: float) -> float:
    """Say what dots and bars mean."""
    text = say(board.language, "Dots are averages; bars reach one standard deviation both ways.")
    board.text((LEFT, y + 16), text, SMALL, board.theme.soft, room=INNER)
    return y + 24


def _most_used(lines: Sequence[MoodLine]) -> list[MoodLine]:
    """List groups that have moods, those with most entries first."""
    felt = [line for line in lines if line.average is not None]
    return sorted(felt, key=lambda one: (-one.entries, one.name))


def _weekday(board: Board, line: MoodLine) -> str:
    """Name a weekday, short if its key is one that is known."""
    if line.key in WEEK:
        return words.weekdays(board.language)[WEEK.index(line.key)]
    return line.name


def _month(board: Board, line: MoodLine) -> str:
    """Name a month, short; January is called by its year."""
    try:
        first = date.fromisoformat(f"{line.key}-01")
    except ValueError:
        return line.name
    return str(first.year) if first.month == 1 else words.month(first, board.language)
