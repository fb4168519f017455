"""What no other screen wants: words that people just write, unknown commands, old buttons."""

from datetime import date

from aiogram import Router
from aiogram.types import CallbackQuery, InlineQuery, Message

from actors.runtime.settings import Settings
from actors.telegram.domain import Press
from actors.telegram.matches import NamedHabit, meant
from actors.telegram.readings import readings
from actors.telegram.screens.filters import text_of
from actors.telegram.screens.today import SOURCE
from actors.telegram.turn import Turn, button
from contracts.check_ins import CheckIn, GetToday, HabitToday, Increment
from contracts.quantity import write


def router(settings: Settings) -> Router:
    """Make the screen."""
    made = Router(name="unclear")
    made.message.register(written)
    made.callback_query.register(pressed)
    made.inline_query.register(asked)
    return made


async def pressed(query: CallbackQuery, turn: Turn) -> None:
    """Let a button rest that means nothing any more."""
    turn.answer(query.id, turn.say("This button is too old. /today shows what is to be done."))


async def asked(query: InlineQuery, turn: Turn) -> None:
    """Answer an inline query that nobody else wants with nothing."""
    turn.inline(query.id, [])


async def written(message: Message, turn: Turn) -> None:
    """Log what a person says they did; ask if it is not clear."""
    text = text_of(message)
    if text.startswith("/"):
        turn.close()
        turn.send(turn.say("I do not know this command. /help shows those that I know."))
        return
    if turn.user_id and text and await log_said(turn, text, message.message_id):
        return
    text = (
        "I do not know which habit you mean. /today shows what is to be done, /journal keeps what "
        "you write."
    )
    turn.send(turn.say(text))


async def log_said(turn: Turn, text: str, message_id: int) -> bool:
    """Log what is clear, ask about what is not; false if it is about no habit at all."""
    today = await turn.ask(GetToday())
    habits = {one.habit_id: one for one in today.habits}
    named = [NamedHabit(one.habit_id, one.name, one.measure, one.unit) for one in today.habits]
    said = meant(text, named)
    if not said.habits:
        return False
    if not said.sure:
        keyboard = [
            [button(one.name, Press("more", one.habit_id, today.day))] for one in said.habits
        ]
        turn.send(turn.say("Which habit do you mean?"), keyboard)
        return True
    habit = habits[said.habits[0].habit_id]
    await log(turn, habit, said.amount, message_id, today.day)
    return True


async def log(turn: Turn, habit: HabitToday, amount: str, message_id: int, on: date) -> None:
    """Log a habit, react to the message, and offer to take it back."""
    about: dict[str, object] = {"habit_id": habit.habit_id, "source": SOURCE}
    found = readings(amount, habit.measure, habit.unit, turn.language) if amount else []
    if habit.measure == "yes_no" or not amount:
        logged = await turn.ask(CheckIn.model_validate(about))
    elif len(found) == 1 and found[0] > 0:
        logged = await turn.ask(Increment.model_validate({**about, "by": float(found[0])}))
    else:
        keyboard = [[button(habit.name, Press("value", habit.habit_id, on))]]
        turn.send(turn.say("How much was it?"), keyboard)
        return
    turn.react(message_id, "👍")
    value = ""
    if logged.value is not None and habit.measure != "yes_no":
        value = f" · {write(logged.value, habit.measure, habit.unit, turn.language)}"
    undo = button(f"↩️ {turn.say('Undo')}", Press("undo", habit.habit_id, on))
    turn.send(f"✅ {habit.name}{value}", [[undo]])
