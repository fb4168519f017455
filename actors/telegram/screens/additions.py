"""/add: a new habit, in one line or question by question."""

from datetime import time

from aiogram import Router
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, Message

from actors.runtime.settings import Settings
from actors.telegram.domain import Press
from actors.telegram.plans import HabitPlan, plan_of
from actors.telegram.screens.filters import InDialog, Pressed, message_of, text_of
from actors.telegram.turn import Keyboard, Turn, button
from contracts.habit import MAX_NAME, Habit
from contracts.habits import CreateHabit
from contracts.message import Refused
from contracts.reminders import CreateReminder

OFTEN = {
    "day": ("Every day", {"every": "day"}),
    "work": ("On workdays", {"every": "weekdays", "days": ["mon", "tue", "wed", "thu", "fri"]}),
    "three": ("3 times a week", {"every": "times", "times": 3, "per": "week"}),
    "week": ("Once a week", {"every": "times", "times": 1, "per": "week"}),
}
"""How often, as buttons offer it."""

TIMES = ("07:00", "09:00", "13:00", "18:00", "21:00")
"""When to be reminded, as buttons offer it."""


def router(settings: Settings) -> Router:
    """Make the screen."""
    made = Router(name="additions")
    made.message.register(add, Command("add"))
    made.message.register(name_written, InDialog("add"))
    made.callback_query.register(ask_name, Pressed("add"))
    made.callback_query.register(kind_chosen, Pressed("a_kind"))
    made.callback_query.register(often_chosen, Pressed("a_often"))
    made.callback_query.register(remind_chosen, Pressed("a_remind"))
    return made


async def add(message: Message, command: CommandObject, turn: Turn) -> None:
    """Begin a habit by what stands in the line, or ask for its name."""
    turn.close()
    if turn.user_id and command.args:
        await begin(turn, plan_of(command.args))
        return
    ask_for_name(turn)


def ask_for_name(turn: Turn) -> None:
    """Ask for the name."""
    turn.open("add")
    text = "What is it called? You can say it all in one line: “Run 3x/week 5 km at 7:30”."
    turn.question(turn.say(text), turn.say("Run 3x/week 5 km"))


async def ask_name(query: CallbackQuery, turn: Turn) -> None:
    """Ask for the name, from a button."""
    turn.answer(query.id)
    if turn.user_id:
        ask_for_name(turn)


async def name_written(message: Message, turn: Turn, dialog: dict[str, str]) -> None:
    """Take the name; if it says it all, the habit begins, else the next question follows."""
    plan = plan_of(text_of(message))
    if not plan.name:
        ask_for_name(turn)
        return
    if plan.fields:
        turn.close()
        await begin(turn, plan)
        return
    turn.open("add", title=plan.name[:MAX_NAME], at=plan.at)
    kinds = [
        [button(turn.say("I want to do it"), Press("a_kind", extra="build"))],
        [button(turn.say("I want to stop it"), Press("a_kind", extra="quit"))],
    ]
    turn.send(turn.say("“{habit}”: what is it?", habit=plan.name), kinds)


async def kind_chosen(query: CallbackQuery, press: Press, turn: Turn) -> None:
    """Take the kind, and ask how often; what is stopped is stopped every day."""
    dialog = turn.dialog()
    if "title" not in dialog or press.extra not in ("build", "quit"):
        turn.answer(query.id, turn.say("This is over. /add begins anew."))
        return
    turn.answer(query.id)
    if press.extra == "quit":
        turn.close()
        plan = HabitPlan(dialog["title"], {"kind": "quit"}, dialog.get("at", ""))
        await begin(turn, plan, message_of(query))
        return
    often: Keyboard = [
        [button(turn.say(text), Press("a_often", extra=name))] for name, (text, _) in OFTEN.items()
    ]
    show(turn, message_of(query), turn.say("How often?"), often)


def show(turn: Turn, message_id: int | None, text: str, keyboard: Keyboard) -> None:
    """Show the next question where the one before stood."""
    if message_id is None:
        turn.send(text, keyboard)
    else:
        turn.edit(message_id, text, keyboard)


async def often_chosen(query: CallbackQuery, press: Press, turn: Turn) -> None:
    """Take how often; the habit begins."""
    dialog = turn.dialog()
    if "title" not in dialog or press.extra not in OFTEN:
        turn.answer(query.id, turn.say("This is over. /add begins anew."))
        return
    turn.answer(query.id)
    turn.close()
    plan = HabitPlan(dialog["title"], {"schedule": OFTEN[press.extra][1]}, dialog.get("at", ""))
    await begin(turn, plan, message_of(query))


async def begin(turn: Turn, plan: HabitPlan, message_id: int | None = None) -> None:
    """Begin a habit; offer a reminder, or set the one that was said."""
    if not plan.name:
        ask_for_name(turn)
        return
    try:
        command = CreateHabit.model_validate({"name": plan.name, **plan.fields})
    except ValueError:
        turn.send(turn.say("That does not fit together. Please write it another way."))
        return
    habit = await turn.ask(command)
    text = turn.say("“{habit}” begins today.", habit=habit.name)
    if plan.at:
        text = f"{text}\n{await remind(turn, habit, plan.at)}"
    keyboard: Keyboard = [[button(turn.say("Today"), Press("today"))]]
    if not plan.at:
        some = [button(at, Press("a_remind", habit.habit_id, None, at[:2])) for at in TIMES]
        keyboard.insert(0, some)
        text = f"{text}\n{turn.say('Shall I remind you?')}"
    if message_id is None:
        turn.send(text, keyboard)
    else:
        turn.edit(message_id, text, keyboard)


async def remind(turn: Turn, habit: Habit, at: str) -> str:
    """Set a reminder; return what is said about it."""
    given = {"habit_id": habit.habit_id, "times": [at], "channels": ["telegram"]}
    try:
        await turn.ask(CreateReminder.model_validate(given))
    except Refused:
        return turn.say("The reminder could not be set; /remind tries it again.")
    return turn.say("I remind you at {time}.", time=at)


async def remind_chosen(query: CallbackQuery, press: Press, turn: Turn) -> None:
    """Set the reminder that was chosen."""
    if press.id is None or not press.extra.isdigit() or int(press.extra) > 23:
        return
    at = time(int(press.extra)).strftime("%H:%M")
    given = {"habit_id": press.id, "times": [at], "channels": ["telegram"]}
    await turn.ask(CreateReminder.model_validate(given))
    said = turn.say("I remind you at {time}.", time=at)
    turn.answer(query.id, said)
    show(turn, message_of(query), said, [[button(turn.say("Today"), Press("today"))]])
