"""Telegram: its room sends, if the person has linked a chat, and says later how that ended."""

import base64
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.notifications.composer import Notice, language_of
from actors.notifications.domain import DeliveryOutcome
from actors.notifications.letter import DigestWords
from actors.runtime.settings import Settings
from contracts.deliveries import Channel
from contracts.language import Language
from contracts.notifications import ChannelName
from contracts.speech import say
from contracts.telegram import DeliverNotice
from storage.notifications import chats
from storage.notifications.ledger import DeliveryRow
from storage.outbox import tell
from storage.replica.replica import PersonRow
from storage.session import transaction

LIFE = timedelta(days=1)
"""For how long a notice without an end of its usefulness is tried."""


async def recipient(tx: AsyncConnection, person: PersonRow) -> str | None:
    """Return a person's id, if a chat of theirs takes messages."""
    chat = await chats.find(tx, person.user_id)
    return str(person.user_id) if chat is not None and chat.linked and not chat.blocked else None


async def show(
    tx: AsyncConnection, person: PersonRow, settings: Settings, language: Language
) -> Channel:
    """Show whether a chat is linked, by the name that its owner has in Telegram."""
    chat = await chats.find(tx, person.user_id)
    if chat is None or not chat.linked:
        note = "No chat is linked. Make a link to Telegram in Ritmo, and open it there."
        return Channel(channel="telegram", on=False, note=say(language, note))
    note = "You have blocked the bot in Telegram. Unblock it there to be reached again."
    return Channel(
        channel="telegram",
        on=not chat.blocked,
        to=chat.name,
        note=say(language, note) if chat.blocked else "",
    )


class TelegramChannel:
    """Hands notices on, as jobs; one that was handed on twice is sent once."""

    name: ChannelName = "telegram"
    per_minute: int | None = None
    at_once = 1
    batch = 50

    def __init__(self, engine: AsyncEngine) -> None:
        """Write jobs over `engine`."""
        self._engine = engine

    async def send(self, notice: Notice) -> DeliveryOutcome:
        """Hand the words of a letter on."""
        row, words = notice.delivery, notice.words
        lines, picture = list(words.paragraphs), None
        if isinstance(words, DigestWords):
            lines += [f"{card.figure} · {card.name}" for card in words.cards]
            lines += [f"{bar.name}: {bar.figure}" for bar in words.bars]
            lines += words.notes
            picture = next(iter(words.pictures), None)
        title = words.heading if words.heading == words.subject else words.subject
        if words.heading and words.heading not in title:
            lines.insert(0, words.heading)
        job = DeliverNotice(
            user_id=row.user_id,
            delivery_id=row.id,
            language=language_of(row),
            title=title,
            lines=tuple(lines),
            reminder_id=row.reminder_id,
            habit_id=row.habit_id,
            day=row.day,
            useful_until=row.useful_until or datetime.now(UTC) + LIFE,
            picture=base64.b64encode(picture.data).decode() if picture else "",
            alt=picture.alt if picture else "",
        )
        async with transaction(self._engine) as tx:
            await tell(tx, job)
        return DeliveryOutcome("handed", "handed_on")

    async def take_back(self, delivery: DeliveryRow) -> None:
        """Do nothing: what was sent is sent."""

    async def rest(self) -> None:
        """Do nothing: nothing is held."""

    async def close(self) -> None:
        """Do nothing: nothing is held."""
