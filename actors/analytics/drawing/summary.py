"""The picture of a summary: how much was kept, when, and of which habit."""

from datetime import date

from actors.analytics.drawing import axes, parts, words
from actors.analytics.drawing.axes import Frame
from actors.analytics.drawing.board import BODY, EDGE, INNER, LEFT, RIGHT, SMALL, Board
from actors.analytics.drawing.text_metrics import lines, plain, width
from actors.analytics.drawing.theme import legible, mix
from actors.analytics.texts import streak_in_words
from contracts.analytics import AtRisk, HabitLine, Step, Summary
from contracts.quantity import in_words
from contracts.speech import count, say

SHOWN = 12
"""Habits in a picture; of more, the first ones."""

RISKS = 5
NAME = 212.0
"""Pixels of a habit's name."""

MONTHS = 18
"""Months that are named one by one."""

ROW = 36.0


def overview(board: Board, report: Summary) -> None:
    """Draw a summary."""
    language = board.language
    y = parts.head(board, say(language, "Summary"), report)
    if not (report.asked or report.waiting or report.check_ins or report.entries):
        hint = say(language, "Check in for a few days, and this picture fills.")
        parts.nothing(board, y, hint)
        return
    y = _figures(board, y, report)
    y = _steps(board, y + 22, report)
    y = _habits(board, y + 22, report.habits)
    if report.at_risk:
        y = _at_risk(board, y + 20, report.at_risk)
    board.height = y + EDGE - 8


def _figures(board: Board, y: float, report: Summary) -> float:
    """Draw the ring and the tiles."""
    language, before = board.language, report.before
    x = LEFT + 92
    parts.ring(board, (x, y + 88), 78, report.completion, say(language, "kept"))
    kept = say(language, "{kept} of {asked}", _numbers(board, report.kept, report.asked))
    below = y + 204
    board.text((x, below), kept, BODY, side="center", room=190)
    points, sign = words.change(_points(before.completion_change), language)
    if points:
        below += 22
        said = say(language, "{change} points", {"change": points}) if sign else points
        board.text((x, below), said, SMALL, _direction(board, sign), side="center")
    if report.waiting:
        below += 22
        text = _still_open(board, report.waiting)
        board.text((x, below), text, SMALL, board.theme.soft, side="center", room=200)
    left, gap = LEFT + 214, 14.0
    wide = (RIGHT - left - gap) / 2
    down = parts.TILE + gap
    perfect, more = "–", ("", 0)
    if report.days_asked:
        days_ = {"n": report.perfect_days, "days": report.days_asked}
        perfect = say(language, "{n} of {days}", days_)
    if report.last < report.today or (report.last == report.today and not report.waiting):
        more = words.change(float(report.perfect_days - before.perfect_days), language)
    parts.tile(board, (left, y), wide, say(language, "Perfect days"), perfect, more)
    steady = words.percent(report.consistency, language)
    parts.tile(board, (left + wide + gap, y), wide, say(language, "Consistency"), steady)
    parts.tile(
        board,
        (left, y + down),
        wide,
        say(language, "Mood"),
        words.mood(report.mood, language),
        words.change(before.mood_change, language, 1),
        feeling=report.mood,
    )
    check_ins = words.number(report.check_ins, language)
    entries = count(language, "{n} entry", "{n} entries", report.entries)
    label = say(language, "Check-ins")
    parts.tile(board, (left + wide + gap, y + down), wide, label, check_ins, note=entries)
    days = words.span(before.first, before.last, language)
    text = say(language, "Changes are against {days}", {"days": days})
    board.text((left, y + 2 * down + 10), text, SMALL, board.theme.soft, room=RIGHT - left)
    text = say(language, "Consistency: the share of days with at least half kept")
    board.text((left, y + 2 * down + 30), text, SMALL, board.theme.soft, room=RIGHT - left)
    return max(below, y + 2 * down + 30) + 6


def _still_open(board: Board, waiting: int) -> str:
    """Say how much of today is not decided yet."""
    return count(board.language, "{n} still open today", "{n} still open today", waiting)


def _steps(board: Board, y: float, report: Summary) -> float:
    """Draw how much was kept of what each day, week or month asked; an open day is an outline."""
    steps = report.steps
    if len(steps) < 2:
        return y - 22
    language, theme = board.language, board.theme
    length = max((step.last - step.first).days + 1 for step in steps)
    if length == 1:
        title = say(language, "Day by day")
    elif length <= 7:
        title = say(language, "Week by week")
    else:
        title = say(language, "Month by month")
    note = _still_open(board, report.waiting) if report.waiting and length == 1 else ""
    y = parts.heading(board, y, title, note)
    frame = Frame(y + 6, 120)
    marks = [(one, words.percent(one, language)) for one in (0, 0.5, 1)]
    axes.grid(board, frame, marks)
    pitch = frame.wide / len(steps)
    gap = min(10.0, pitch * 0.28)
    wide = min(pitch - gap, 58.0)
    places = []
    for place, step in enumerate(steps):
        middle = frame.left + (place + 0.5) * pitch
        x = middle - wide / 2
        places.append((middle, _label(step.first, length, len(steps), board)))
        waiting = report.waiting if step.first == step.last == report.today else 0
        if waiting:
            high = frame.bottom - frame.y(step.kept / (step.asked + waiting))
            colour = mix(theme.accent, theme.ground, 0.4)
            board.box((x, frame.bottom - high), (wide, high), colour)
            board.squares([(x, frame.top)], (wide, frame.high_px), theme.accent, hollow=True)
        elif step.asked:
            board.box((x, frame.top), (wide, frame.high_px), theme.panel, radius=min(4, wide / 3))
            high = frame.bottom - frame.y(step.kept / step.asked)
            full = step.kept >= step.asked
            colour = theme.accent if full else mix(theme.accent, theme.ground, 0.72)
            board.box((x, frame.bottom - high), (wide, high), colour, radius=min(4, wide / 3))
    axes.labels(board, frame.bottom + 20, _years(places, steps) if length > 7 else places)
    return frame.bottom + 30


def _label(first: date, length: int, steps: int, board: Board) -> str:
    """Name a day, a week by its first day, or a month."""
    if length > 7:
        return str(first.year) if first.month == 1 else words.month(first, board.language)
    if length == 1 and steps <= 7:
        return words.weekdays(board.language)[first.weekday()]
    return words.short_day(first, board.language)


def _years(places: list[tuple[float, str]], steps: tuple[Step, ...]) -> list[tuple[float, str]]:
    """Leave only the labels of Januaries, which are years, where months are many."""
    if len(steps) <= MONTHS:
        return places
    return [place for place, step in zip(places, steps, strict=True) if step.first.month == 1]


def _habits(board: Board, y: float, habits: tuple[HabitLine, ...]) -> float:
    """Draw a line for each habit, in its person's own order."""
    asked = [habit for habit in habits if habit.asked or habit.waiting]
    if not asked:
        return y - 22
    language, theme = board.language, board.theme
    y = parts.heading(board, y, say(language, "Habits"))
    board.text((574, y - 16), say(language, "change"), SMALL, theme.soft, side="right", room=90)
    board.text((RIGHT, y - 16), say(language, "streak"), SMALL, theme.soft, side="right", room=90)
    first = asked if len(asked) <= SHOWN + 2 else asked[:SHOWN]
    for habit in first:
        y = _habit(board, y, habit)
    if rest := len(asked) - len(first):
        text = count(language, "and {n} more habit", "and {n} more habits", rest)
        board.text((LEFT + 22, y + 22), text, SMALL, theme.soft)
        y += ROW - 4
    return y


def _habit(board: Board, y: float, habit: HabitLine) -> float:
    """Draw one habit: its name, a bar of what was kept, what changed, its streak."""
    language, theme = board.language, board.theme
    colour, base = legible(habit.colour, theme), y + 23
    board.dot((LEFT + 7, y + 18), 6, colour)
    if width(plain(habit.name), BODY) <= NAME:
        board.text((LEFT + 22, base), habit.name, BODY)
    else:
        written = lines(habit.name, NAME, SMALL, most=2)
        for place, line in enumerate(written):
            above = 9 if len(written) > 1 else 0
            board.text((LEFT + 22, base - above + 17 * place), line, SMALL)
    left, wide = LEFT + 246, 150.0
    share = min(habit.rate or 0.0, 1.0)
    kept, room = f"{habit.kept}/{habit.asked}", 84.0
    if habit.asked:
        board.box((left, y + 11), (wide, 14), theme.panel, radius=7)
    else:
        board.squares([(left, y + 11)], (wide, 14), colour, hollow=True)
        kept, room = say(language, "still open"), 150.0  # there is no change beside it
    if share:
        board.box((left, y + 11), (max(share * wide, 14), 14), colour, radius=7)
    board.text((left + wide + 12, base), kept, SMALL, theme.soft, room=room)
    points, sign = words.change(_points(habit.change), language)
    board.text((574, base), points, SMALL, _direction(board, sign), side="right")
    streak = in_words(language, habit.streak, habit.streak_unit)
    bold, ink = habit.streak > 0, theme.ink
    if habit.archived:
        streak, bold, ink = say(language, "archived"), False, theme.soft
    board.text((RIGHT, base), streak, SMALL, ink, side="right", bold=bold, room=108)
    return y + ROW


def _at_risk(board: Board, y: float, risks: tuple[AtRisk, ...]) -> float:
    """Draw the streaks that end today unless something is done."""
    language, theme = board.language, board.theme
    shown = risks[:RISKS]
    rest = len(risks) - len(shown)
    high = 52 + 28 * len(shown) + (26 if rest else 0)
    board.box((LEFT, y), (INNER, high), mix(theme.warm, theme.ground, 0.12), radius=10)
    board.box((LEFT, y), (6, high), theme.warm, radius=3)
    title = say(language, "These streaks end today unless you act")
    board.text((LEFT + 24, y + 31), title, BODY, bold=True, room=INNER - 48)
    y += 58
    for risk in shown:
        streak = streak_in_words(language, risk.streak, risk.streak_unit)
        board.text((LEFT + 24, y), risk.name, BODY, room=380)
        board.text((RIGHT - 20, y), streak, SMALL, theme.warm, side="right", bold=True, room=200)
        y += 28
    if rest:
        text = say(language, "and {n} more", {"n": rest})
        board.text((LEFT + 24, y), text, SMALL, theme.soft)
        y += 26
    return y


def _points(share: float | None) -> float | None:
    """Turn a difference of shares into percentage points."""
    return None if share is None else share * 100


def _direction(board: Board, sign: int) -> str:
    """Return the colour of better, worse or the same."""
    theme = board.theme
    return theme.accent if sign > 0 else theme.warm if sign < 0 else theme.soft


def _numbers(board: Board, kept: int, asked: int) -> dict[str, str]:
    return {
        "kept": words.number(kept, board.language),
        "asked": words.number(asked, board.language),
    }
