"""Workers: take the oldest open update of a chat, have a screen answer it, and end it.

All of that is one transaction; the lock on the update makes it one worker's, whichever process that
is in. One that fails is tried again after a pause, and given up with a friendly word in the end.
"""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.runtime.delegation import RoomBus
from actors.telegram.domain import (
    BURST_WINDOW,
    MAX_ATTEMPTS,
    MAX_BURST,
    WARNING_REST,
    language_of,
    pause_after,
)
from actors.telegram.intake import ALLOWED
from actors.telegram.turn import NOT_LINKED, NotLinked, Turn
from contracts.message import Broken, Refused, TooMany, Unanswered, Unavailable
from contracts.speech import say
from storage.session import transaction
from storage.telegram import bots, chats, updates
from storage.telegram.updates import Update

if TYPE_CHECKING:
    from aiogram import Bot, Dispatcher

log = structlog.get_logger()

PASSING = (Unavailable, Unanswered, TooMany, Broken)
"""Refusals that may be over the next time."""

FAULTS = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError)
"""What an update that is not as it should be may end in."""


GONE = {
    "habit_not_found": "This habit is not there any more.",
    "reminder_not_found": "This reminder is not there any more.",
    "break_not_found": "This break is not there any more.",
    "entry_not_found": "This entry is not there any more.",
}
"""What is said in a chat of what is gone: nobody there knows it by its id."""


class Worker:
    """Answers updates one by one."""

    def __init__(
        self, engine: AsyncEngine, bus: RoomBus, bot: "Bot", dispatcher: "Dispatcher"
    ) -> None:
        """Ask other rooms over `bus`; `dispatcher` knows the screens."""
        self._engine, self._bus, self._bot, self._dispatcher = engine, bus, bot, dispatcher

    async def work(self) -> bool:
        """Take an update and answer it; false if there is none."""
        try:
            async with transaction(self._engine) as tx:
                row = await updates.claim(tx, self._bot.id, datetime.now(UTC))
                if row is None:
                    return False
                await self._answer(tx, row)
        except _Failed as failed:
            await self._put_off(failed)
        return True

    async def _answer(self, tx: AsyncConnection, row: Update) -> None:
        raw = json.loads(row.body)
        if not any(isinstance(raw.get(kind), dict) for kind in ALLOWED):
            log.info("update passed over", update=row.update_id)
            await updates.end(tx, row, datetime.now(UTC))
            return
        turn = await self._turn(tx, row, raw)
        if await self._is_flood(tx, row, turn):
            return
        try:
            await self._dispatcher.feed_raw_update(self._bot, raw, turn=turn)
        except NotLinked:
            unlinked(turn, raw)
        except PASSING as no:
            raise _Failed(row, no.code) from no
        except Refused as no:
            if no.code == "in_progress":
                raise _Failed(row, no.code) from no
            refused(turn, raw, no)
        except ValidationError as error:
            log.warning("update not understood", update=row.update_id, errors=error.error_count())
            misfit(turn, raw, error)
        except FAULTS as error:
            log.error("update failed", update=row.update_id, exc_info=error)
            raise _Failed(row, type(error).__name__) from error
        rest(turn, raw)
        await chats.save(tx, turn.chat)
        await turn.end()
        await updates.end(tx, row, datetime.now(UTC))

    async def _is_flood(self, tx: AsyncConnection, row: Update, turn: Turn) -> bool:
        """Let a chat that sends more than anybody could mean wait, so that others need not."""
        now = datetime.now(UTC)
        counted, until = await chats.count(tx, row.chat_id, now, BURST_WINDOW)
        if counted <= MAX_BURST:
            return False
        if await chats.warn(tx, row.chat_id, now, WARNING_REST):
            log.info("chat sends too much", until=until.isoformat())
            text = "That was a lot at once! I take a breath, and go on with it in a minute."
            turn.send(turn.say(text))
            await turn.end()
        await updates.defer(tx, row, until)
        return True

    async def _turn(self, tx: AsyncConnection, row: Update, raw: dict[str, Any]) -> Turn:
        spoken = language_of(sender_of(raw).get("language_code"))
        chat = await chats.find(tx, row.chat_id, spoken)
        bot = await bots.find(tx, row.bot_id)
        key = f"telegram:{row.bot_id}:{row.update_id}"
        return Turn(tx, self._bus, chat, key, bot.username if bot else "", row.bot_id)

    async def _put_off(self, failed: "_Failed") -> None:
        row, now = failed.row, datetime.now(UTC)
        async with transaction(self._engine) as tx:
            if row.attempts + 1 < MAX_ATTEMPTS:
                await updates.postpone(tx, row, now + pause_after(row.attempts))
                return
            log.error("update given up", update=row.update_id, why=failed.why)
            turn = await self._turn(tx, row, json.loads(row.body))
            text = "Something went wrong here, and nothing was changed. Please try again later."
            turn.send(turn.say(text))
            await turn.end()
            await updates.end(tx, row, now)


class _Failed(Exception):
    """An update could not be answered now; all that it did is rolled back."""

    def __init__(self, row: Update, why: str) -> None:
        super().__init__(why)
        self.row, self.why = row, why


def sender_of(raw: dict[str, Any]) -> dict[str, Any]:
    """Return who sent an update; empty if it does not say."""
    for said in raw.values():
        if isinstance(said, dict) and isinstance(said.get("from"), dict):
            return dict(said["from"])
    return {}


def callback_of(raw: dict[str, Any]) -> str:
    """Return the id of the press that an update is; empty if it is none."""
    said = raw.get("callback_query")
    return str(said.get("id", "")) if isinstance(said, dict) else ""


def refused(turn: Turn, raw: dict[str, Any], no: Refused) -> None:
    """Say what a room refused, where it was asked: beside the button, or in the chat."""
    words = say(turn.language, GONE.get(no.code, no.text), no.params)
    if callback := callback_of(raw):
        turn.said = [one for one in turn.said if one.method != "answerCallbackQuery"]
        turn.answer(callback, words, alert=True)
    elif "inline_query" not in raw:
        turn.close()
        turn.send(words)


def unlinked(turn: Turn, raw: dict[str, Any]) -> None:
    """Say how a chat is linked."""
    words, turn.said, turn.chat.dialog = turn.say(NOT_LINKED), [], ""
    if callback := callback_of(raw):
        turn.answer(callback, words, alert=True)
    elif "inline_query" not in raw and "my_chat_member" not in raw:
        turn.send(words)


def misfit(turn: Turn, raw: dict[str, Any], error: ValidationError) -> None:
    """Say that what a person wrote does not fit; of what Telegram itself sent, nothing is said."""
    if error.title != "Update" and "message" in raw:
        turn.close()
        turn.send(turn.say("That does not fit together. Please write it another way."))


def rest(turn: Turn, raw: dict[str, Any]) -> None:
    """Let the button rest that was pressed, if no screen did."""
    callback = callback_of(raw)
    if callback and not any(one.method == "answerCallbackQuery" for one in turn.said):
        turn.answer(callback, turn.say("This button is too old. /today shows what is to be done."))
