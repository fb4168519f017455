"""The list of today: a message with a button for each habit that is due.

A tap does what is usual (done, or one more), the button beside it opens what else can be done. The
text never holds more than what the buttons need, so that many habits fit.
"""

import hashlib
import json
from datetime import date

from actors.telegram.domain import Press
from actors.telegram.turn import Keyboard, Turn, button
from contracts.check_ins import GetToday, HabitToday, Today
from contracts.quantity import write, write_progress
from contracts.speech import count

MAX_ROWS = 40
"""Habits in a list, at most: Telegram takes a hundred buttons."""

STATES = {"done": "✅", "partial": "◐", "skipped": "⏭", "failed": "✖️"}
"""What stands before a habit of which something is logged."""


async def drawn(turn: Turn, day: date | None = None) -> tuple[str, Keyboard, str]:
    """Draw the list of a day: its text, its buttons, and a sum of both."""
    today = await turn.ask(GetToday(day=day))
    asked = [one for one in today.habits if (one.due and not one.on_break) or one.state is not None]
    text, keyboard = words(turn, today, asked), rows(turn, today, asked[:MAX_ROWS])
    return text, keyboard, sum_of(text, keyboard)


def sum_of(text: str, keyboard: Keyboard) -> str:
    """Sum up what a message shows."""
    return hashlib.sha256(json.dumps([text, keyboard]).encode()).hexdigest()[:24]


def words(turn: Turn, today: Today, asked: list[HabitToday]) -> str:
    """Say which day it is, and how far it has come."""
    from babel.dates import format_date

    form = "EEEE, d MMMM" if turn.language == "ru" else "EEEE, MMMM d"
    head = format_date(today.day, form, locale=turn.language)
    head = f"{head[:1].upper()}{head[1:]}"
    if not today.habits:
        return f"{head}\n\n{turn.say('You have no habits yet. /add begins one.')}"
    if not asked:
        return f"{head}\n\n{turn.say('Nothing is due today. Enjoy your day!')}"
    open_ = sum(one.state is None or one.state == "partial" for one in asked)
    left = count(turn.language, "{n} habit is left.", "{n} habits are left.", open_)
    said = left if open_ else turn.say("All done. Well done!")
    return f"{head}\n\n{said}"


def rows(turn: Turn, today: Today, asked: list[HabitToday]) -> Keyboard:
    """Lay out a row of buttons for each habit."""
    keyboard: Keyboard = []
    for one in asked:
        closed = one.state in ("done", "skipped")
        verb = "more" if closed else usual(one)
        style = "success" if one.state == "done" else ""
        first = button(label(turn, one), Press(verb, one.habit_id, today.day), style)
        keyboard.append([first, button("⋯", Press("more", one.habit_id, today.day))])
    keyboard.append([button(f"🔄 {turn.say('Refresh')}", Press("today"))])
    return keyboard


def usual(one: HabitToday) -> str:
    """Say what a tap does: done; one more; or, of an amount, asking how much."""
    if one.kind == "quit" or one.measure == "yes_no":
        return "done"
    return "plus" if one.measure == "count" else "value"


def label(turn: Turn, one: HabitToday) -> str:
    """Say what a habit is called, and how far it has come."""
    mark = STATES.get(one.state or "", "○")
    name = f"{one.icon} {one.name}" if one.icon and not one.icon.isascii() else one.name
    if one.measure == "yes_no" or one.kind == "quit":
        return f"{mark} {name}"
    done = write_progress(one.done, one.needed, one.measure, one.unit, turn.language)
    return f"{mark} {name} · {done}"


def card(turn: Turn, one: HabitToday, day: date) -> tuple[str, Keyboard]:
    """Show one habit with all that can be done about its day."""
    lines = [one.name]
    if one.question:
        lines.append(one.question)
    if one.value is not None and one.measure != "yes_no":
        logged = write(one.value, one.measure, one.unit, turn.language)
        lines.append(turn.say("Logged: {value}", value=logged))
    if one.streak > 1:
        lines.append(f"🔥 {one.streak}")
    about = (one.habit_id, day)
    first = [button(f"✅ {turn.say('Done')}", Press("done", *about), "success")]
    if one.measure in ("count", "amount"):
        first.append(button("+1", Press("plus", *about), "primary"))
    if one.measure != "yes_no":
        first.append(button(f"✏️ {turn.say('Enter a value')}", Press("value", *about)))
    second = [button(f"⏭ {turn.say('Skip')}", Press("skip", *about))]
    if one.state is not None:
        second.append(button(f"↩️ {turn.say('Undo')}", Press("undo", *about), "danger"))
    picture = [button(f"📈 {turn.say('Picture')}", Press("stat", *about, "habit"))]
    back = [button(f"‹ {turn.say('Back')}", Press("today"))]
    return "\n".join(lines), [first, second, picture, back]
