"""The week: habits by days, 7 or 14 of them; a press on a cell marks a day, or takes that back."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.check_ins import CheckIn, GetToday, HabitToday, RemoveCheckIn, Today
from contracts.quantity import write
from contracts.time import FIRST_DAY
from gateway.deps import TheBus
from gateway.language import known_language
from gateway.web.given import day_given, day_posted, id_given, unread
from gateway.web.layout import go, show
from gateway.web.route import Posted, Visitor, pages

router = pages()

SPANS = (7, 14)
"""Days that the page can show."""

Look = Literal["done", "partial", "failed", "skipped", "due", "rest", "later"]
"""How a cell looks: what is logged, or else whether the day asks for anything, or is to come."""


LOOKS: dict[Look, str] = {
    "done": "done",
    "failed": "failed",
    "skipped": "skipped",
    "partial": "begun",
    "due": "due",
    "rest": "not asked for",
    "later": "not yet",
}
"""What a cell says to whoever listens."""

MARKS: dict[Look, str] = {
    "done": "✓",
    "failed": "✕",
    "skipped": "–",
    "partial": "·",
    "due": "",
    "rest": "",
    "later": "",
}
"""What a cell without a number shows."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of a habit: how it looks, what is logged in words, and whether it can be pressed."""

    day: date
    look: Look
    value: str
    pressable: bool


@dataclass(frozen=True, slots=True)
class WeekRow:
    """A habit over the days: its cells, and on how many of the days that asked it was done."""

    habit_id: UUID
    name: str
    icon: str
    cells: tuple[Cell, ...]
    done: int
    asked: int


def rows_of(days: Sequence[Today], today: date, language: str) -> list[WeekRow]:
    """Lay the days side by side, a row a habit, in the order of the last day."""
    by_day = [{habit.habit_id: habit for habit in one.habits} for one in days]
    order = {habit.habit_id: habit for one in days for habit in one.habits}
    wanted = [habit.habit_id for habit in days[-1].habits]
    wanted += [habit_id for habit_id in order if habit_id not in set(wanted)]
    rows = []
    for habit_id in wanted:
        found = [one.get(habit_id) for one in by_day]
        cells = tuple(
            _cell(one.day, habit, today, language) for one, habit in zip(days, found, strict=True)
        )
        asked = [cell for cell in cells if cell.look in ("done", "partial", "failed", "due")]
        done = sum(cell.look == "done" for cell in cells)
        habit = order[habit_id]
        rows.append(WeekRow(habit_id, habit.name, habit.icon, cells, done, max(done, len(asked))))
    return rows


def _cell(day: date, habit: HabitToday | None, today: date, language: str) -> Cell:
    if habit is None or day > today:
        return Cell(day, "later", "", pressable=False)
    value = ""
    if habit.value is not None and habit.measure != "yes_no":
        value = write(habit.value, habit.measure, "", language)
    asked: Look = "due" if habit.due and not habit.on_break else "rest"
    look: Look = habit.state or asked
    return Cell(day, look, value, pressable=True)


@router.get("/week")
async def look(request: Request, me: Visitor, bus: TheBus) -> Response:
    """Show the days up to today, or up to a day that is asked for."""
    query = request.query_params
    span = next((one for one in SPANS if str(one) == query.get("days")), SPANS[0])
    now = await bus.ask(GetToday(), me)
    wish = day_given(query.get("at", "")) or now.day
    last = max(min(wish, now.day), FIRST_DAY + timedelta(days=span))
    wanted = [last - timedelta(days=n) for n in reversed(range(span))]
    days = await asyncio.gather(*(bus.ask(GetToday(day=day), me) for day in wanted))
    rows = rows_of(days, now.day, known_language(request.scope))
    return show(
        request,
        "week.html",
        days=wanted,
        today=now.day,
        rows=rows,
        totals=[sum(row.cells[n].look == "done" for row in rows) for n in range(span)],
        looks=LOOKS,
        marks=MARKS,
        span=span,
        spans=SPANS,
        before=wanted[0] - timedelta(days=1),
        after=min(last + timedelta(days=span), now.day) if last < now.day else None,
        at=query.get("at", ""),
    )


@router.post("/week")
async def press(form: Posted, me: Visitor, bus: TheBus) -> Response:
    """Mark a day as done; one that is, as not marked."""
    habit, _, day = form.get("cell", "").partition(" ")
    habit_id, pressed = id_given(habit), day_posted(day)
    if pressed is None:
        raise unread()
    shown = await bus.ask(GetToday(day=pressed), me)
    found = next((one for one in shown.habits if one.habit_id == habit_id), None)
    if found is not None and found.state is not None:
        await bus.ask(RemoveCheckIn(habit_id=habit_id, day=pressed, source="web"), me)
    else:
        await bus.ask(CheckIn(habit_id=habit_id, day=pressed, source="web"), me)
    query = {name: form[name] for name in ("at", "days") if form.get(name)}
    return go("/week", **query)
