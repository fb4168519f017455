"""Links: how a chat becomes a person's, and how it stops being theirs.

A link is made where the person is logged in, opened once in a private chat, and confirmed where it
was made, with the name shown that its opener has in Telegram: a link that was passed on joins
nobody to a stranger's chat.
"""

import hashlib
import json
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.runtime.room import TheBus, Transaction, Who
from actors.telegram.room import TheSettings, bot_id_of, known, room
from actors.telegram.turn import Turn
from contracts.message import Conflict, Done, Unavailable
from contracts.speech import say
from contracts.telegram import (
    ChatChanged,
    ConfirmLink,
    DropTelegramLink,
    GetTelegramLink,
    OfferLink,
    TelegramLink,
)
from contracts.users import UserDeleted
from storage import idempotency
from storage.outbox import tell
from storage.telegram import bots, calls, chats, owners, pictures, proofs, updates
from storage.telegram.calls import NewCall
from storage.telegram.owners import ChatOwner

LIFE = timedelta(minutes=10)
"""For how long a link can be opened and confirmed."""

TOKEN_BYTES = 16
"""Bytes of chance in a link: 22 characters."""


def hash_of(token: str) -> bytes:
    """Return what is kept of a link's token."""
    return hashlib.sha256(token.encode()).digest()


@room.answer
async def offer_link(
    command: OfferLink, who: Who, tx: Transaction, given: TheSettings
) -> TelegramLink:
    """Make a link for the caller."""
    bot_id = bot_id_of(given)
    if bot_id is None:
        text = "This Ritmo has no Telegram bot. Whoever runs it can set one: RITMO_TELEGRAM_TOKEN."
        raise Conflict("telegram_off", text)
    person = await owners.find(tx, who.user_id)
    if person is not None and person.chat_id is not None:
        raise Conflict("telegram_linked", "A chat is linked already; unlink it first.")
    bot = await bots.find(tx, bot_id)
    if bot is None:
        text = "Telegram has not answered yet; try again in a moment."
        raise Unavailable("bot_unreachable", text, retry_after=5)
    token, expires = secrets.token_urlsafe(TOKEN_BYTES), datetime.now(UTC) + LIFE
    await owners.offer(tx, who.user_id, hash_of(token), expires)
    url = f"https://t.me/{bot.username}?start={token}"
    return TelegramLink(state="offered", url=url, expires_at=expires, bot=bot.username)


@room.answer
async def get_link(
    query: GetTelegramLink, who: Who, tx: Transaction, given: TheSettings
) -> TelegramLink:
    """Show how the caller and their chat stand."""
    bot_id = bot_id_of(given)
    if bot_id is None:
        return TelegramLink(state="off")
    bot = await bots.find(tx, bot_id)
    username = bot.username if bot else ""
    person = await owners.find(tx, who.user_id)
    if person is not None and person.chat_id is not None:
        return TelegramLink(
            state="blocked" if person.blocked else "linked",
            name=person.name,
            username=person.username,
            bot=username,
        )
    link = await owners.find_link(tx, who.user_id, datetime.now(UTC))
    if link is None:
        return TelegramLink(state="none", bot=username)
    return TelegramLink(
        state="offered" if link.chat_id is None else "opened",
        name=link.name,
        username=link.username,
        expires_at=link.expires_at,
        bot=username,
    )


@room.answer
async def confirm_link(
    command: ConfirmLink, who: Who, tx: Transaction, bus: TheBus, given: TheSettings
) -> TelegramLink:
    """Join the chat in which the caller's link was opened to them."""
    link = await owners.find_link(tx, who.user_id, datetime.now(UTC))
    if link is None or link.chat_id is None:
        text = "Nobody has opened the link in Telegram, or it is too old. Make a new one."
        raise Conflict("link_not_opened", text)
    person = await known.person(tx, bus, who, "stay")
    before = await owners.of_chat(tx, link.chat_id)
    if before is not None and before.user_id != who.user_id:
        await part(tx, before)
    version = await owners.join(tx, who.user_id, link.chat_id, link.name, link.username)
    await owners.drop_link(tx, who.user_id)
    chat = await chats.find(tx, link.chat_id, person.language)
    chat.language, chat.dialog = person.language, ""
    chat.today_message, chat.today_shown = None, ""
    user_id, name = who.user_id, link.name
    fact = ChatChanged(user_id=user_id, version=version, name=name, linked=True, new=True)
    await tell(tx, fact)
    text = "This chat is linked now. /today shows what is to be done, /help what else there is."
    chat.user_id = who.user_id
    turn = Turn(tx, bus, chat, f"telegram:link:{who.user_id}:{version}")
    turn.send(turn.say(text))
    turn.ask_zone(person.zone)
    await turn.end()
    await chats.save(tx, chat)
    return await get_link(GetTelegramLink(), who, tx, given)


@room.answer
async def drop_link(command: DropTelegramLink, who: Who, tx: Transaction) -> Done:
    """Unlink the caller's chat."""
    await owners.drop_link(tx, who.user_id)
    person = await owners.find(tx, who.user_id)
    if person is not None and person.chat_id is not None:
        chat = await chats.find(tx, person.chat_id, "en")
        await part(tx, person)
        await write(
            tx, person.chat_id, say(chat.language, "This chat is unlinked. /start begins anew.")
        )
    return Done()


async def part(tx: AsyncConnection, person: ChatOwner) -> None:
    """Unlink a person's chat, and tell so; what waits to be sent there is not sent."""
    version = await owners.join(tx, person.user_id, None)
    fact = ChatChanged(user_id=person.user_id, version=version, name="", linked=False)
    await tell(tx, fact)
    if person.chat_id is not None:
        await calls.drop(tx, person.chat_id)
        chat = await chats.find(tx, person.chat_id, "en")
        chat.dialog, chat.today_message, chat.today_shown = "", None, ""
        await chats.save(tx, chat)


async def write(tx: AsyncConnection, chat_id: int, text: str) -> None:
    """Send a message into a chat."""
    body = json.dumps({"chat_id": chat_id, "text": text}, ensure_ascii=False)
    await calls.enqueue(tx, [NewCall(chat_id, "sendMessage", body)], datetime.now(UTC))


@room.hear
async def erase_person(fact: UserDeleted, tx: Transaction) -> None:
    """Erase all that is known of a user, and of the chat that was theirs."""
    person = await owners.find(tx, fact.user_id)
    link = await owners.find_link(tx, fact.user_id, datetime.min.replace(tzinfo=UTC))
    for chat_id in {one.chat_id for one in (person, link) if one is not None}:
        if chat_id is None:
            continue
        await updates.erase(tx, chat_id)
        await calls.drop(tx, chat_id)
        await chats.erase(tx, chat_id)
    await calls.erase(tx, fact.user_id)
    await owners.erase(tx, fact.user_id)
    await pictures.erase(tx, [fact.user_id])
    await proofs.erase(tx, fact.user_id)
    await idempotency.erase(tx, fact.user_id)
