"""The gate: the bot talks to one person in their own chat, and hears there if it is blocked."""

from aiogram import F, Router
from aiogram.types import ChatMemberUpdated, Message

from actors.runtime.settings import Settings
from actors.telegram.sender import shut
from actors.telegram.turn import Turn
from contracts.telegram import ChatChanged
from storage.outbox import tell
from storage.telegram import owners


def router(settings: Settings) -> Router:
    """Make the screen."""
    made = Router(name="gate")
    made.my_chat_member.register(member)
    made.message.register(group, F.chat.type != "private")
    made.edited_message.register(edited)
    return made


async def member(event: ChatMemberUpdated, turn: Turn) -> None:
    """Note that a person has blocked the bot, or lets it write again."""
    if event.chat.type != "private":
        return
    if event.new_chat_member.status in ("kicked", "left"):
        await shut(turn.tx, event.chat.id)
        return
    person = await owners.block(turn.tx, event.chat.id, blocked=False)
    if person is not None:
        fact = ChatChanged(
            user_id=person.user_id, version=person.version, name=person.name, linked=True
        )
        await tell(turn.tx, fact)


async def group(message: Message, turn: Turn) -> None:
    """Say in a group, if the bot is meant, that it talks to one person."""
    text = message.text or ""
    if text.startswith("/") and (turn.bot.lower() in text.lower() or "@" not in text):
        turn.send(turn.say("I talk to one person at a time: write to me in a private chat."))


async def edited(message: Message, turn: Turn) -> None:
    """Leave what was changed alone: what it said before was answered already."""
