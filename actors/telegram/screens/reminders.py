"""Reminders: the buttons below one that came, /remind for all of them, /digest for summaries."""

from aiogram import Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from actors.runtime.settings import Settings
from actors.telegram.domain import Press
from actors.telegram.screens.filters import Pressed, message_of
from actors.telegram.screens.today import SOURCE
from actors.telegram.turn import Keyboard, Turn, button
from contracts.check_ins import CheckIn
from contracts.habits import ListHabits
from contracts.reminder_notices import DescribeReminder
from contracts.reminder_settings import GetReminderSettings, UpdateReminderSettings
from contracts.reminders import DeleteReminder, ListReminders, SnoozeReminder

HOUR = 60
"""Minutes that “later” means."""

DIGESTS = {"day": "Day", "week": "Week", "month": "Month"}


def router(settings: Settings) -> Router:
    """Make the screen."""
    made = Router(name="reminders")
    made.message.register(show, Command("remind"))
    made.message.register(show_digests, Command("digest"))
    made.callback_query.register(log, Pressed("r_done", "r_skip"))
    made.callback_query.register(later, Pressed("r_later"))
    made.callback_query.register(explain, Pressed("r_why"))
    made.callback_query.register(drop, Pressed("r_drop"))
    made.callback_query.register(choose, Pressed("r_add"))
    made.callback_query.register(ask_time, Pressed("r_time"))
    made.callback_query.register(switch_digest, Pressed("digest"))
    return made


async def log(query: CallbackQuery, press: Press, turn: Turn) -> None:
    """Log the day that a reminder was about, and say so below it."""
    if press.id is None or press.day is None:
        return
    about: dict[str, object] = {"habit_id": press.id, "day": press.day, "source": SOURCE}
    skips = press.verb == "r_skip"
    await turn.ask(CheckIn.model_validate({**about, "state": "skipped"} if skips else about))
    said = turn.say("Skipped.") if skips else turn.say("Logged.")
    turn.answer(query.id, said)
    undo = button(f"↩️ {turn.say('Undo')}", Press("undo", press.id, press.day))
    answered(turn, query, f"{'⏭' if skips else '✅'} {said}", [[undo]])


def answered(turn: Turn, query: CallbackQuery, said: str, keyboard: Keyboard) -> None:
    """Show below a reminder what came of it."""
    message_id, message = message_of(query), query.message
    text = getattr(message, "text", None)
    if message_id is None or not text:
        turn.send(said, keyboard)
        return
    turn.edit(message_id, f"{text}\n\n{said}", keyboard)


async def later(query: CallbackQuery, press: Press, turn: Turn) -> None:
    """Let a reminder come again in an hour."""
    if press.id is None:
        return
    given = {"reminder_id": press.id, "minutes": HOUR, "about": press.day}
    await turn.ask(SnoozeReminder.model_validate(given))
    said = turn.say("I remind you again in an hour.")
    turn.answer(query.id, said)
    answered(turn, query, f"⏰ {said}", [])


async def explain(query: CallbackQuery, press: Press, turn: Turn) -> None:
    """Say why a reminder comes now."""
    if press.id is None:
        return
    language = "ru" if turn.language == "ru" else "en"
    asked = DescribeReminder(reminder_id=press.id, day=press.day, language=language)
    turn.answer(query.id, (await turn.ask(asked)).bearings.why, alert=True)


async def show(message: Message, turn: Turn) -> None:
    """List all reminders, each with a button that drops it."""
    turn.close()
    await send_all(turn, None)


async def send_all(turn: Turn, message_id: int | None) -> None:
    """Show all reminders."""
    names = {one.habit_id: one.name for one in (await turn.ask(ListHabits(limit=200))).habits}
    found = (await turn.ask(ListReminders())).reminders
    lines, keyboard = [], list[list[dict[str, str]]]()
    for one in found[:30]:
        name = names.get(one.habit_id, one.text) if one.habit_id else one.text
        times = ", ".join(one.times)
        lines.append(f"⏰ {times} · {name}")
        keyboard.append([button(f"🗑 {times} · {name}", Press("r_drop", one.reminder_id))])
    keyboard.append([button(f"+ {turn.say('New reminder')}", Press("r_add"))])
    text = "\n".join(lines) or turn.say("No reminders yet.")
    if message_id is None:
        turn.send(text, keyboard)
    else:
        turn.edit(message_id, text, keyboard)


async def drop(query: CallbackQuery, press: Press, turn: Turn) -> None:
    """Drop a reminder."""
    if press.id is None:
        return
    await turn.ask(DeleteReminder(reminder_id=press.id))
    turn.answer(query.id, turn.say("It will not come any more."))
    await send_all(turn, message_of(query))


async def choose(query: CallbackQuery, turn: Turn) -> None:
    """Ask which habit to remind of."""
    turn.answer(query.id)
    found = await turn.ask(ListHabits(limit=30))
    keyboard = [[button(one.name, Press("r_time", one.habit_id))] for one in found.habits]
    text = turn.say("Which habit?") if keyboard else turn.say("You have no habits yet.")
    turn.send(text, keyboard)


async def ask_time(query: CallbackQuery, press: Press, turn: Turn) -> None:
    """Ask when to remind."""
    from actors.telegram.screens.additions import TIMES

    if press.id is None:
        return
    turn.answer(query.id)
    some = [button(at, Press("a_remind", press.id, None, at[:2])) for at in TIMES]
    turn.send(turn.say("When shall I remind you?"), [some])


async def show_digests(message: Message, turn: Turn) -> None:
    """Show which summaries come, each with a button that switches it."""
    turn.close()
    await send_digests(turn, None)


async def send_digests(turn: Turn, message_id: int | None) -> None:
    """Show which summaries come."""
    wanted = await turn.ask(GetReminderSettings())
    row = [
        button(
            f"{'✅' if every in wanted.digests else '○'} {turn.say(text)}",
            Press("digest", extra=every),
        )
        for every, text in DIGESTS.items()
    ]
    text = turn.say("Summaries come at {time}. Which do you want?", time=wanted.digest_at)
    if message_id is None:
        turn.send(text, [row])
    else:
        turn.edit(message_id, text, [row])


async def switch_digest(query: CallbackQuery, press: Press, turn: Turn) -> None:
    """Switch a summary on or off."""
    if press.extra not in DIGESTS:
        return
    wanted = [*(await turn.ask(GetReminderSettings())).digests]
    left = [one for one in wanted if one != press.extra]
    given = {"digests": left if press.extra in wanted else [*wanted, press.extra]}
    await turn.ask(UpdateReminderSettings.model_validate(given))
    turn.answer(query.id)
    await send_digests(turn, message_of(query))
