"""The account of a chat: /start, the link that joins it to a person, /link and /help."""

from datetime import UTC, datetime

from aiogram import Router
from aiogram.filters import Command, CommandObject, CommandStart
from aiogram.types import Message, User

from actors.runtime.settings import Settings
from actors.telegram.accounts import begin
from actors.telegram.commands import COMMANDS
from actors.telegram.links import hash_of
from actors.telegram.screens.insight import offer
from actors.telegram.turn import NOT_LINKED, PICTURES, Turn
from contracts.users import GetProfile
from storage.telegram import owners


def router(settings: Settings) -> Router:
    """Make the screen."""
    made = Router(name="account")
    made.message.register(start, CommandStart())
    made.message.register(show_link, Command("link"))
    made.message.register(show_help, Command("help"))
    made.message.register(unlink, Command("unlink"))
    return made


async def start(message: Message, command: CommandObject, turn: Turn) -> None:
    """Open a link, or greet."""
    turn.close()
    sender = message.from_user
    if command.args == PICTURES and turn.chat.user_id is not None:
        await offer(turn)
        return
    if command.args and sender is not None:
        name = name_of(sender)
        given = (hash_of(command.args), message.chat.id, name, sender.username or "")
        if sender.id == message.chat.id:
            link = await owners.open_link(turn.tx, *given, datetime.now(UTC))
            if link is not None:
                text = "Almost there: go back to Ritmo and confirm that “{name}” is you."
                turn.send(turn.say(text, name=name))
                return
        if turn.chat.user_id is None:
            text = "This link was used already, or it is too old. Make a new one in Ritmo."
            turn.send(turn.say(text))
            return
    if turn.chat.user_id is None and sender is not None:
        await welcome(turn, sender)
        return
    greet(turn)


def name_of(sender: User) -> str:
    """Return what somebody is called in Telegram."""
    return " ".join(part for part in (sender.first_name, sender.last_name) if part)[:128]


async def welcome(turn: Turn, sender: User) -> None:
    """Give somebody an account, and say what is next."""
    await begin(turn, name_of(sender), sender.username or "")
    hello = turn.say("Hello! I keep your habits, diary and moods.")
    text = "/add begins a habit, /today shows what is to be done, /help what else there is."
    known = "Do you have an account in Ritmo already? Make a link to Telegram there, and open it."
    turn.send(f"{hello}\n\n{turn.say(text)}\n\n{turn.say(known)}")
    zone = (await turn.ask(GetProfile())).zone
    turn.ask_zone(zone)


def greet(turn: Turn) -> None:
    """Greet whoever comes, and say what is next."""
    if turn.chat.user_id is None:
        turn.send(turn.say(NOT_LINKED))
        return
    hello = turn.say("Good to see you! /today shows what is to be done, /help what else there is.")
    turn.send(hello)


async def show_link(message: Message, turn: Turn) -> None:
    """Say whether the chat is linked."""
    turn.close()
    if turn.chat.user_id is None:
        greet(turn)
        return
    turn.send(turn.say("This chat is linked to your account. /unlink ends that."))


async def unlink(message: Message, turn: Turn) -> None:
    """Unlink the chat from here."""
    from actors.telegram.links import part

    person = await owners.find(turn.tx, turn.user_id)
    if person is not None:
        await part(turn.tx, person)
    turn.chat.dialog, turn.chat.today_message, turn.chat.user_id = "", None, None
    turn.send(turn.say("This chat is unlinked. /start begins anew."))


async def show_help(message: Message, turn: Turn) -> None:
    """Say what the bot can do."""
    turn.close()
    lines = [f"/{name}: {turn.say(text)}" for name, text in COMMANDS.items()]
    tip = turn.say("You can also just write what you did, such as “ran 5 km”.")
    turn.send("\n".join([*lines, "", tip]))
