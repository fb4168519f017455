"""Intake: updates are written down, each once, before Telegram is told that they came.

Telegram brings them to the gateway, which asks for that here (`TakeUpdate`), or they are fetched by
the one who leads (`Poller`). Both write into the same table.
"""

import asyncio
import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.runtime.figures import TELEGRAM_UPDATES
from actors.runtime.room import Transaction
from actors.telegram.domain import chat_of
from actors.telegram.errors import judge
from actors.telegram.outside import raw_updates
from actors.telegram.room import TheSettings, bot_id_of, room
from contracts.message import Denied, Done, NotFound
from contracts.telegram import TakeUpdate
from storage.session import transaction
from storage.telegram import calls, chats, owners, pictures, proofs, updates

if TYPE_CHECKING:
    from aiogram import Bot

log = structlog.get_logger()

ALLOWED = ["message", "edited_message", "callback_query", "inline_query", "my_chat_member"]
"""The kinds of updates that the bot wants."""

HOLD = 25
"""Seconds that Telegram keeps a question for updates open."""

PAUSES = (1.0, 2.0, 5.0, 15.0, 30.0)
"""Seconds before Telegram is asked again, after so many failures in a row."""

KEEP = timedelta(days=3)
"""For how long it is remembered that an update came: Telegram brings it for a day."""


async def take_in(tx: AsyncConnection, bot_id: int, raws: Iterable[Mapping[str, Any]]) -> int:
    """Write updates down; return how many are new. What is no update is passed over."""
    rows = {
        raw["update_id"]: (raw["update_id"], chat_of(raw), json.dumps(raw, ensure_ascii=False))
        for raw in raws
        if type(raw.get("update_id")) is int and 0 <= raw["update_id"] < 2**63
    }
    clean = [
        # Neither a NUL nor half a character can be kept.
        (number, chat, body.replace("\\u0000", "").encode("utf-8", "replace").decode())
        for number, chat, body in rows.values()
        if -(2**63) <= chat < 2**63
    ]
    if not clean:
        return 0
    new = await updates.write(tx, bot_id, clean, datetime.now(UTC))
    TELEGRAM_UPDATES.inc(new)
    return new


@room.answer
async def take_update(command: TakeUpdate, tx: Transaction, given: TheSettings) -> Done:
    """Write an update down that Telegram brought."""
    bot_id, secret = bot_id_of(given), given.telegram_webhook_secret
    if bot_id is None or secret is None:
        raise NotFound("no_webhook", "Nothing is brought here.")
    if not hmac.compare_digest(command.secret.encode(), secret.get_secret_value().encode()):
        raise Denied("wrong_secret", "This does not come from Telegram.")
    try:
        raw = json.loads(command.body)
    except (ValueError, RecursionError):
        raw = None
    if not isinstance(raw, dict) or not await take_in(tx, bot_id, [raw]):
        log.info("update passed over")
    return Done()


@room.tick("telegram.clean_up", every="29 * * * *")
async def clean_up(tx: AsyncConnection) -> bool:
    """Drop what is long over."""
    now = datetime.now(UTC)
    await updates.forget(tx, now - KEEP)
    await calls.forget(tx, now - KEEP)
    await owners.forget_links(tx, now)
    await chats.forget(tx, now - KEEP)
    await pictures.forget(tx, now - KEEP)
    await proofs.forget(tx, now)
    return False


class Poller:
    """Fetches updates, for ever; only one may, for each token."""

    def __init__(self, engine: AsyncEngine, bot: "Bot") -> None:
        """Fetch what is sent to `bot`."""
        self._engine, self._bot = engine, bot
        self._offset: int | None = None
        self._failures = 0
        self._ask = raw_updates()

    async def run(self) -> None:
        """Fetch, for ever."""
        while True:
            await self.fetch()

    async def fetch(self, hold: int = HOLD) -> int:
        """Fetch once, and write down what came; return how many updates are new."""
        from aiogram.exceptions import AiogramError, TelegramRetryAfter

        ask = self._ask(offset=self._offset, timeout=hold, allowed_updates=ALLOWED)
        try:
            raws = await self._bot(ask, request_timeout=hold + 10)
        except TelegramRetryAfter as error:
            await asyncio.sleep(error.retry_after)
            return 0
        except (AiogramError, TimeoutError) as error:
            await self._failed(error)
            return 0
        self._failures = 0
        async with transaction(self._engine) as tx:
            new = await take_in(tx, self._bot.id, raws)
        known = [raw["update_id"] for raw in raws if isinstance(raw.get("update_id"), int)]
        if known:
            self._offset = max(known) + 1
        return new

    async def _failed(self, error: Exception) -> None:
        """Wait after a failure; say it once in a row of them."""
        verdict = judge(error)
        if self._failures == 0:
            log.warning("updates cannot be fetched", why=type(error).__name__, verdict=verdict)
        if verdict == "conflict" and "webhook" in str(error).lower():
            await self._bot.delete_webhook(drop_pending_updates=False)
        pause = PAUSES[min(self._failures, len(PAUSES) - 1)]
        self._failures += 1
        await asyncio.sleep(pause)
