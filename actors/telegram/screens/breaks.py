"""/break: some days of rest for all habits, from today on."""

from datetime import timedelta

from aiogram import Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from actors.runtime.settings import Settings
from actors.telegram.domain import Press
from actors.telegram.screens.filters import Pressed, message_of
from actors.telegram.turn import Turn, button
from contracts.breaks import AddBreak, ListBreaks, RemoveBreak
from contracts.check_ins import GetToday
from contracts.speech import count

LENGTHS = (1, 3, 7, 14)
"""Days of rest, as buttons offer them."""


def router(settings: Settings) -> Router:
    """Make the screen."""
    made = Router(name="breaks")
    made.message.register(show, Command("break"))
    made.callback_query.register(begin, Pressed("rest"))
    made.callback_query.register(end, Pressed("rest_end"))
    return made


async def show(message: Message, turn: Turn) -> None:
    """Show breaks that last or come, and offer one."""
    turn.close()
    await send(turn, None)


async def send(turn: Turn, message_id: int | None) -> None:
    """Show breaks."""
    today = (await turn.ask(GetToday())).day
    found = (await turn.ask(ListBreaks(first=today))).breaks
    lengths = [
        button(count(turn.language, "{n} day", "{n} days", days), Press("rest", extra=str(days)))
        for days in LENGTHS
    ]
    keyboard = [lengths]
    lines = []
    for one in found[:10]:
        lines.append(f"🌴 {one.first} – {one.last}")
        stop = turn.say("End it")
        keyboard.append([button(f"{stop}: {one.first}", Press("rest_end", one.break_id))])
    ask = turn.say("A break from today on freezes streaks and keeps me silent. How long?")
    text = "\n".join([*lines, *([""] if lines else []), ask])
    if message_id is None:
        turn.send(text, keyboard)
    else:
        turn.edit(message_id, text, keyboard)


async def begin(query: CallbackQuery, press: Press, turn: Turn) -> None:
    """Begin a break today."""
    if press.extra not in {str(one) for one in LENGTHS}:
        return
    first = (await turn.ask(GetToday())).day
    last = first + timedelta(days=int(press.extra) - 1)
    await turn.ask(AddBreak.model_validate({"from": first, "to": last}))
    turn.answer(query.id, turn.say("Have a good rest!"))
    await send(turn, message_of(query))


async def end(query: CallbackQuery, press: Press, turn: Turn) -> None:
    """End a break."""
    if press.id is None:
        return
    await turn.ask(RemoveBreak(break_id=press.id))
    turn.answer(query.id, turn.say("Welcome back!"))
    await send(turn, message_of(query))
