"""/habits: all habits with their strength; /done: one of those that are due, to be logged."""

from aiogram import Router
from aiogram.filters import Command, CommandObject
from aiogram.types import Message

from actors.runtime.settings import Settings
from actors.telegram.domain import Press
from actors.telegram.screens.today import send_list
from actors.telegram.screens.unclear import log_said
from actors.telegram.turn import Turn, button
from contracts.habits import ListHabits

MAX_LISTED = 60
"""Habits that are listed, at most."""


def router(settings: Settings) -> Router:
    """Make the screen."""
    made = Router(name="habits")
    made.message.register(show, Command("habits"))
    made.message.register(done, Command("done"))
    return made


async def show(message: Message, turn: Turn) -> None:
    """List all habits."""
    turn.close()
    found = await turn.ask(ListHabits(limit=MAX_LISTED))
    if not found.habits:
        turn.send(turn.say("You have no habits yet. /add begins one."))
        return
    lines = []
    for one in found.habits:
        streak = f" · 🔥 {one.streak}" if one.streak > 1 else ""
        lines.append(f"{one.icon or '•'} {one.name} · {round(one.score * 100)} %{streak}")
    if found.next:
        lines.append("…")
    keyboard = [
        [
            button(turn.say("Today"), Press("today")),
            button(f"+ {turn.say('New habit')}", Press("add")),
        ]
    ]
    turn.send("\n".join(lines), keyboard)


async def done(message: Message, command: CommandObject, turn: Turn) -> None:
    """Log what stands in the line, or show what is due."""
    turn.close()
    if command.args and await log_said(turn, command.args, message.message_id):
        return
    await send_list(turn)
