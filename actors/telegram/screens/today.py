"""The list of today: /today, and every button on it and on the card of a habit."""

from datetime import date
from uuid import UUID

from aiogram import Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from actors.runtime.settings import Settings
from actors.telegram.domain import Press
from actors.telegram.readings import reading_buttons, readings
from actors.telegram.screens.filters import InDialog, Pressed, message_of, text_of
from actors.telegram.today import card, drawn
from actors.telegram.turn import Turn
from contracts.check_ins import CheckIn, GetToday, HabitToday, Increment, Undo
from contracts.message import Conflict, NotFound
from contracts.quantity import write

SOURCE = "telegram"


def router(settings: Settings) -> Router:
    """Make the screen."""
    made = Router(name="today")
    made.message.register(show, Command("today"))
    made.message.register(value_written, InDialog("value"))
    made.callback_query.register(refresh, Pressed("today"))
    made.callback_query.register(more, Pressed("more"))
    made.callback_query.register(act, Pressed("done", "plus", "skip", "undo", "val"))
    made.callback_query.register(ask_value, Pressed("value"))
    return made


async def show(message: Message, turn: Turn) -> None:
    """Send the list anew; it is the one that changes by itself from now on."""
    turn.close()
    await send_list(turn)


async def send_list(turn: Turn) -> None:
    """Send the list of today."""
    text, keyboard, shown = await drawn(turn)
    turn.chat.today_day, turn.chat.today_shown = None, shown
    turn.send(text, keyboard, purpose="today")


async def show_list(turn: Turn, message_id: int | None, day: date | None = None) -> None:
    """Show the list in a message."""
    text, keyboard, shown = await drawn(turn, day)
    if message_id is None:
        turn.send(text, keyboard, purpose="today")
    else:
        turn.edit(message_id, text, keyboard, purpose="today")
        turn.chat.today_message = message_id
    turn.chat.today_day, turn.chat.today_shown = day, shown


async def refresh(query: CallbackQuery, turn: Turn) -> None:
    """Draw the list anew: that of the day that it is now."""
    turn.close()
    turn.answer(query.id)
    await show_list(turn, message_of(query))


async def habit_on(turn: Turn, habit_id: UUID, day: date | None) -> HabitToday:
    """Return a habit as it stands on a day. Refuses with `NotFound`."""
    for one in (await turn.ask(GetToday(day=day))).habits:
        if one.habit_id == habit_id:
            return one
    raise NotFound("habit_not_found", "This habit is not there any more.")


async def more(query: CallbackQuery, press: Press, turn: Turn) -> None:
    """Show what can be done about one habit."""
    if press.id is None or press.day is None:
        return
    turn.answer(query.id)
    try:
        text, keyboard = card(turn, await habit_on(turn, press.id, press.day), press.day)
    except NotFound:
        await gone(query, turn)
        return
    message_id = message_of(query)
    if message_id is None:
        turn.send(text, keyboard)
        return
    if message_id == turn.chat.today_message:
        turn.chat.today_shown = ""  # it shows something else for now
    turn.edit(message_id, text, keyboard)


async def gone(query: CallbackQuery, turn: Turn) -> None:
    """Say that a habit is gone, and show what there is."""
    turn.said = [one for one in turn.said if one.method != "answerCallbackQuery"]
    turn.answer(query.id, turn.say("This habit is not there any more."), alert=True)
    await show_list(turn, message_of(query))


async def act(query: CallbackQuery, press: Press, turn: Turn) -> None:
    """Log what was pressed, and show the list again."""
    if press.id is None or press.day is None:
        return
    try:
        said = await acted(turn, press, press.id, press.day)
    except NotFound:
        await gone(query, turn)
        return
    turn.answer(query.id, said)
    today = (await turn.ask(GetToday())).day
    await show_list(turn, message_of(query), press.day if press.day != today else None)


async def acted(turn: Turn, press: Press, habit_id: UUID, day: date) -> str:
    """Do what a button is for; return a word about it."""
    about = {"habit_id": habit_id, "day": day, "source": SOURCE}
    if press.verb == "undo":
        try:
            await turn.ask(Undo(habit_id=habit_id, source=SOURCE))
        except Conflict:
            return turn.say("It has changed since; there is nothing to take back.")
        return turn.say("Taken back.")
    if press.verb == "plus":
        logged = await turn.ask(Increment.model_validate({**about, "by": 1.0}))
    elif press.verb == "skip":
        logged = await turn.ask(CheckIn.model_validate({**about, "state": "skipped"}))
    elif press.verb == "val" and press.extra.isdigit():
        value = int(press.extra) / 1000
        logged = await turn.ask(CheckIn.model_validate({**about, "value": value}))
    else:
        logged = await turn.ask(CheckIn.model_validate(about))
    if logged.state == "skipped":
        return turn.say("Skipped.")
    return f"🔥 {logged.streak}" if logged.streak > 1 else turn.say("Logged.")


async def ask_value(query: CallbackQuery, press: Press, turn: Turn) -> None:
    """Ask how much it was."""
    if press.id is None or press.day is None:
        return
    try:
        habit = await habit_on(turn, press.id, press.day)
    except NotFound:
        await gone(query, turn)
        return
    turn.answer(query.id)
    turn.open("value", habit=str(press.id), day=press.day.isoformat())
    turn.question(*question_of(turn, habit))


def question_of(turn: Turn, habit: HabitToday) -> tuple[str, str]:
    """Return the question how much it was, and an example."""
    some = habit.target.value if habit.target else (1800 if habit.measure == "duration" else 3)
    example = write(some, habit.measure, habit.unit, turn.language)
    ask = turn.say("“{habit}”: how much was it?", habit=habit.name)
    return ask, turn.say("For example: {value}", value=example)


async def value_written(message: Message, turn: Turn, dialog: dict[str, str]) -> None:
    """Log the value that was written; where it can be read in several ways, ask which."""
    habit_id, day = UUID(dialog["habit"]), date.fromisoformat(dialog["day"])
    habit = await habit_on(turn, habit_id, day)
    found = readings(text_of(message), habit.measure, habit.unit, turn.language)
    if not found:
        _, example = question_of(turn, habit)
        turn.send(f"{turn.say('I cannot read that.')} {example}.")
        return
    if len(found) > 1:
        about = (habit_id, day)
        turn.close()
        turn.send(turn.say("Which is it?"), reading_buttons(turn, habit, about, found))
        return
    turn.close()
    about_ = {"habit_id": habit_id, "day": day, "source": SOURCE, "value": float(found[0])}
    await turn.ask(CheckIn.model_validate(about_))
    turn.react(message.message_id, "👍")
    today = (await turn.ask(GetToday())).day
    await show_list(turn, turn.chat.today_message, day if day != today else None)
