"""The diary: /mood asks with five faces, /journal keeps words, or finds them."""

from uuid import UUID

from aiogram import F, Router
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, Message

from actors.runtime.settings import Settings
from actors.telegram.domain import Press, fit
from actors.telegram.screens.filters import InDialog, Pressed, message_of, text_of
from actors.telegram.turn import Turn, button
from contracts.journal import CreateEntry, ListEntries, UpdateEntry
from contracts.moods import GetMoods

FOUND = 5
"""Entries that a search shows."""

SHOWN = 300
"""UTF-16 units of an entry that a search shows."""


def router(settings: Settings) -> Router:
    """Make the screen."""
    made = Router(name="diary")
    made.message.register(mood, Command("mood"))
    made.message.register(journal, Command("journal"))
    made.message.register(written, InDialog("journal"))
    made.message.register(search, InDialog("search"))
    made.message.register(picture, F.photo & F.caption & ~F.caption.startswith("/"))
    made.callback_query.register(mood_chosen, Pressed("mood"))
    made.callback_query.register(ask_search, Pressed("find"))
    return made


async def mood(message: Message, turn: Turn) -> None:
    """Ask how a person is."""
    turn.close()
    named = await turn.ask(GetMoods())
    faces = [
        button(one.emoji or one.name, Press("mood", extra=str(one.mood)))
        for one in sorted(named.moods, key=lambda one: one.mood)
    ]
    turn.send(turn.say("How are you?"), [faces])


async def mood_chosen(query: CallbackQuery, press: Press, turn: Turn) -> None:
    """Keep the mood; words may follow."""
    if press.extra not in ("1", "2", "3", "4", "5"):
        return
    entry = await turn.ask(CreateEntry(mood=int(press.extra)))
    named = {one.mood: one for one in (await turn.ask(GetMoods())).moods}[int(press.extra)]
    turn.answer(query.id, turn.say("Kept."))
    text = f"{named.emoji} {named.name}".strip()
    turn.open("journal", entry=str(entry.entry_id))
    said = f"{text}\n{turn.say('Write a few words about it, if you like.')}"
    message_id = message_of(query)
    if message_id is None:
        turn.send(said)
    else:
        turn.edit(message_id, said)


async def journal(message: Message, command: CommandObject, turn: Turn) -> None:
    """Keep what stands in the line, or ask for it."""
    turn.close()
    if turn.user_id and command.args:
        await keep(turn, message, command.args)
        return
    turn.open("journal")
    find = [[button(f"🔎 {turn.say('Search')}", Press("find"))]]
    turn.send(turn.say("Write, and I keep it in your diary."), find)


async def written(message: Message, turn: Turn, dialog: dict[str, str]) -> None:
    """Keep what was written; beside a mood that was just given, as its words."""
    text = text_of(message)
    if not text:
        turn.send(turn.say("I can keep words only. A picture may bring some below it."))
        return
    turn.close()
    await keep(turn, message, text, dialog.get("entry"))


async def keep(turn: Turn, message: Message, text: str, entry: str | None = None) -> None:
    """Keep words in the diary."""
    if entry is not None:
        await turn.ask(UpdateEntry(entry_id=UUID(entry), text=text))
    else:
        await turn.ask(CreateEntry(text=text))
    turn.react(message.message_id, "✍")
    turn.send(turn.say("Kept in your diary."))


async def picture(message: Message, turn: Turn) -> None:
    """Keep the words below a picture; the picture itself stays in the chat."""
    turn.close()
    if turn.user_id:
        await keep(turn, message, text_of(message))


async def ask_search(query: CallbackQuery, turn: Turn) -> None:
    """Ask what to look for."""
    turn.answer(query.id)
    turn.open("search")
    turn.question(turn.say("What are you looking for?"))


async def search(message: Message, turn: Turn, dialog: dict[str, str]) -> None:
    """Show what the diary holds about some words."""
    turn.close()
    found = await turn.ask(ListEntries(search=fit(text_of(message), 200), limit=FOUND))
    if not found.entries:
        turn.send(turn.say("There is nothing about that in your diary."))
        return
    shown = [f"{one.day}\n{fit(one.text or one.title, SHOWN)}".strip() for one in found.entries]
    turn.send("\n\n".join(shown))
