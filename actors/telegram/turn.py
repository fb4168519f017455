"""A turn: one update in one chat, with all that a screen needs to answer it.

What a screen asks of other rooms happens at once, and once: commands carry a key made of the
update, so that a turn that is begun again repeats nothing. What it says is kept with its end.
"""

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.runtime.delegation import RoomBus
from actors.telegram.domain import MAX_ALERT, MAX_BUTTON, MAX_CAPTION, MAX_TEXT, Press, fit, pack
from contracts.bus import deadline_in
from contracts.message import Asked, Command, Reply
from contracts.speech import say
from storage.telegram import calls
from storage.telegram.calls import NewCall
from storage.telegram.chats import ChatRow

R = TypeVar("R", bound=Reply)
Keyboard = list[list[dict[str, str]]]

PICTURES = "pictures"
"""What /start is told by who comes for a picture that can be shared."""

PATIENCE = 5.0
"""Seconds that another room has to answer: less than a transaction may wait."""

PICTURE_PATIENCE = 6.5
"""The same for a picture."""


NOT_LINKED = (
    "This chat is not linked to an account. /start begins one; if you have one already, log in to "
    "Ritmo, make a link to Telegram there, and open it here."
)


class NotLinked(Exception):
    """The chat is not linked to anybody, and what is asked needs that."""


@dataclass(slots=True)
class Turn:
    """One update in a chat. `key` names the update."""

    tx: AsyncConnection
    bus: RoomBus
    chat: ChatRow
    key: str
    bot: str = ""
    bot_id: int = 0
    said: list[NewCall] = field(default_factory=list)
    asked: int = 0

    @property
    def language(self) -> str:
        """The language of the chat."""
        return self.chat.language

    @property
    def user_id(self) -> UUID:
        """Whose chat it is. Raises NotLinked."""
        if self.chat.user_id is None:
            raise NotLinked
        return self.chat.user_id

    def say(self, text: str, **params: object) -> str:
        """Say a sentence in the language of the chat."""
        return say(self.language, text, params or None)

    async def ask(self, message: Asked[R], patience: float = PATIENCE) -> R:
        """Ask a room on behalf of whose chat it is; a command takes effect once."""
        key = None
        if isinstance(message, Command):
            self.asked += 1
            key = f"{self.key}:{self.asked}"
        return await self.bus.ask(
            message,
            deadline=deadline_in(patience),
            idempotency_key=key,
            on_behalf_of=self.user_id,
        )

    def send(self, text: str, keyboard: Keyboard | None = None, purpose: str = "") -> None:
        """Send a message."""
        body: dict[str, Any] = {"chat_id": self.chat.chat_id, "text": fit(text, MAX_TEXT)}
        self._call("sendMessage", with_keyboard(body, keyboard), purpose)

    def question(self, text: str, hint: str = "") -> None:
        """Send a message that asks for words, and open the field for them."""
        body = {"chat_id": self.chat.chat_id, "text": fit(text, MAX_TEXT)}
        reply: dict[str, Any] = {"force_reply": True}
        if hint:
            reply["input_field_placeholder"] = fit(hint, MAX_BUTTON)
        self._call("sendMessage", {**body, "reply_markup": reply})

    def edit(
        self, message_id: int, text: str, keyboard: Keyboard | None = None, purpose: str = ""
    ) -> None:
        """Change a message."""
        body: dict[str, Any] = {"chat_id": self.chat.chat_id, "message_id": message_id}
        body["text"] = fit(text, MAX_TEXT)
        self._call("editMessageText", with_keyboard(body, keyboard), purpose)

    def picture(
        self,
        png: str,
        name: str,
        caption: str = "",
        keyboard: Keyboard | None = None,
        purpose: str = "",
    ) -> None:
        """Send a picture: base64 of its bytes."""
        body: dict[str, Any] = {"chat_id": self.chat.chat_id, "caption": fit(caption, MAX_CAPTION)}
        body["photo"] = {"base64": png, "name": name}
        self._call("sendPhoto", with_keyboard(body, keyboard), purpose)

    def document(self, data: bytes, name: str, caption: str = "") -> None:
        """Send a file."""
        body: dict[str, Any] = {"chat_id": self.chat.chat_id, "caption": fit(caption, MAX_CAPTION)}
        body["document"] = {"base64": base64.b64encode(data).decode(), "name": name}
        self._call("sendDocument", body)

    def react(self, message_id: int, emoji: str) -> None:
        """Set a reaction under a message."""
        reaction = [{"type": "emoji", "emoji": emoji}]
        body = {"chat_id": self.chat.chat_id, "message_id": message_id, "reaction": reaction}
        self._call("setMessageReaction", body)

    def answer(self, callback_id: str, text: str = "", *, alert: bool = False) -> None:
        """Answer a press, so that its button rests; nothing waits for that."""
        body = {"callback_query_id": callback_id, "text": fit(text, MAX_ALERT)}
        body_ = {**body, "show_alert": alert}
        self.said.insert(0, NewCall(None, "answerCallbackQuery", json.dumps(body_)))

    def inline(self, query_id: str, results: list[dict[str, Any]], lead: str = "") -> None:
        """Answer an inline query; what it shows is this person's alone.

        `lead`: the label of a button above it, which leads to pictures in the chat with the bot.
        """
        body: dict[str, Any] = {"inline_query_id": query_id, "results": results}
        body |= {"is_personal": True, "cache_time": 5}
        if lead:
            body["button"] = {"text": fit(lead, MAX_BUTTON), "start_parameter": PICTURES}
        self.said.append(NewCall(None, "answerInlineQuery", json.dumps(body)))

    def ask_zone(self, zone: str) -> None:
        """Ask for the time zone, once, of whom none is known: UTC is where one begins."""
        if zone == "UTC" and not self.chat.zone_asked:
            self.chat.zone_asked = True
            text = "Where are you? I ask once, so that your day and reminders begin in time."
            self.send(self.say(text), zone_keyboard(self.language))

    def open(self, name: str, **said: object) -> None:
        """Open a dialog: what is written next belongs to it."""
        self.chat.dialog = json.dumps({"name": name, **said}, ensure_ascii=False)

    def dialog(self) -> dict[str, Any]:
        """Return the dialog that is open; empty: none."""
        return dict(json.loads(self.chat.dialog)) if self.chat.dialog else {}

    def close(self) -> None:
        """Close the dialog."""
        self.chat.dialog = ""

    async def end(self) -> None:
        """Have said what was said."""
        await calls.enqueue(self.tx, self.said, datetime.now(UTC))

    def _call(self, method: str, body: dict[str, Any], purpose: str = "") -> None:
        said = json.dumps(body, ensure_ascii=False)
        self.said.append(
            NewCall(self.chat.chat_id, method, said, purpose, user_id=self.chat.user_id)
        )


def with_keyboard(body: dict[str, Any], keyboard: Keyboard | None) -> dict[str, Any]:
    """Add buttons to the body of a call."""
    return body if keyboard is None else {**body, "reply_markup": {"inline_keyboard": keyboard}}


def sharing(label: str, words: str) -> dict[str, str]:
    """Make a button that lets a person choose a chat, and asks inline there for these words."""
    return {"text": fit(label, MAX_BUTTON), "switch_inline_query": fit(words, MAX_BUTTON)}


def zone_keyboard(language: str) -> Keyboard:
    """Lay out both ways in which a time zone can be told."""
    clock = button(f"🕑 {say(language, 'What does your clock say?')}", Press("clock"))
    places = button(f"🌍 {say(language, 'Choose from a list')}", Press("regions"))
    return [[clock], [places]]


def button(label: str, press: Press, style: str = "") -> dict[str, str]:
    """Make a button; `style`, where Telegram can: `primary`, `success` or `danger`."""
    made = {"text": fit(label, MAX_BUTTON), "callback_data": pack(press)}
    return {**made, "style": style} if style else made
