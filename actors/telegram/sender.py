"""The sender: makes the calls that were written down, no faster than Telegram allows.

There is one for each token (`attendance.py`): at most `PER_SECOND` calls begin in a second, one at
a time in each chat, and none before Telegram's `retry_after` is over, also if the sender is another
one by then.
"""

import asyncio
import json
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.runtime.figures import TELEGRAM_CALLS
from actors.telegram.call import FREE, MadeMessage, is_new, made_of, method_of, too_late
from actors.telegram.errors import Verdict, judge
from contracts.telegram import ChatChanged, DeliveryEnd, EndDelivery
from storage.outbox import tell
from storage.session import transaction
from storage.telegram import bots, calls, chats, owners, pictures
from storage.telegram.calls import Call

if TYPE_CHECKING:
    from aiogram import Bot

log = structlog.get_logger()

PER_SECOND = 25
"""Calls that begin in a second, at most: Telegram allows about thirty."""

CHAT_SPACING = 1.05
"""Seconds between two messages into one chat."""

LEASE = timedelta(seconds=90)
"""For how long a claimed call is this sender's."""

MAX_UNSURE = 2
"""How often a message is sent again of which nobody knows whether it arrived."""

MAX_ATTEMPTS = 12
"""How often a call is tried, whatever the reason."""

PAUSES = (1, 2, 5, 15, 30, 60, 120, 300)
"""Seconds before a call is tried again."""

AT_ONCE = 40
"""Calls that are claimed, at most."""


class CallSender:
    """Makes calls for one bot."""

    def __init__(self, engine: AsyncEngine, bot: "Bot", chat_spacing: float = CHAT_SPACING) -> None:
        """Speak as `bot`, with so many seconds between two messages into one chat."""
        self._engine, self._bot, self._chat_spacing = engine, bot, chat_spacing
        self._begun: deque[float] = deque()
        self._rests: dict[int, float] = {}
        self._busy: dict[asyncio.Task[None], int | None] = {}
        self._quiet_until = datetime.min.replace(tzinfo=UTC)
        self._turnstile = asyncio.Lock()

    async def open(self) -> None:
        """Take over until when Telegram does not want to be called."""
        async with transaction(self._engine) as tx:
            bot = await bots.find(tx, self._bot.id)
        if bot is not None and bot.quiet_until is not None:
            self._quiet_until = bot.quiet_until

    async def look(self) -> bool:
        """Begin what is due; false if there is nothing that may begin now."""
        now, clock = datetime.now(UTC), asyncio.get_running_loop().time()
        for task in [one for one in self._busy if one.done()]:
            del self._busy[task]
            task.result()  # what nobody foresaw ends the loop
        free = AT_ONCE - len(self._busy)
        if free <= 0 or now < self._quiet_until:
            return False
        self._rests = {chat: until for chat, until in self._rests.items() if until > clock}
        busy = {chat for chat in self._busy.values() if chat is not None} | {*self._rests}
        async with transaction(self._engine) as tx:
            claimed = await calls.claim(tx, free, now, LEASE, sorted(busy))
        for call in claimed:
            self._busy[asyncio.create_task(self._make(call))] = call.chat_id
        return bool(claimed)

    def soon(self) -> float:
        """Return the seconds after which something that waits may begin."""
        waits = [until - asyncio.get_running_loop().time() for until in self._rests.values()]
        quiet = (self._quiet_until - datetime.now(UTC)).total_seconds()
        return min([1.0, *(max(wait, 0.01) for wait in waits), *([quiet] if quiet > 0.01 else [])])

    async def finish(self) -> None:
        """Wait for the calls that were begun."""
        if self._busy:
            await asyncio.wait(self._busy)

    async def stop(self) -> None:
        """Let what was begun end; what was only claimed is given back by its lease."""
        if self._busy:
            await asyncio.wait(self._busy, timeout=5)
        for task in self._busy:
            task.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)

    async def _make(self, call: Call) -> None:
        """Make a call, and write down what became of it."""
        if too_late(call, datetime.now(UTC)):
            await self._settle(call, "expired", "too_late")
            return
        if call.unsure > MAX_UNSURE and is_new(call.method):
            await self._settle(call, "unsure", "unsure")
            return
        method = method_of(call)
        if not await self._pass(call):
            async with transaction(self._engine) as tx:
                await calls.postpone(tx, call, self._quiet_until, unsure=False)
            return
        try:
            result = await self._bot(method)
        except self._errors() as error:
            await self._failed(call, error)
            return
        finally:
            if call.chat_id is not None and is_new(call.method):
                self._rests[call.chat_id] = asyncio.get_running_loop().time() + self._chat_spacing
        sizes = getattr(result, "photo", None)
        made = MadeMessage(getattr(result, "message_id", None), sizes[-1].file_id if sizes else "")
        await self._settle(call, "sent", "", made)

    async def _pass(self, call: Call) -> bool:
        """Wait until a call may begin; false if that is not before `retry_after` is over."""
        loop = asyncio.get_running_loop()
        async with self._turnstile:
            if call.method not in FREE:
                while len(self._begun) >= PER_SECOND:
                    wait = self._begun[0] + 1.02 - loop.time()
                    if wait > 0:
                        await asyncio.sleep(wait)
                    self._begun.popleft()
                # Evenly: a burst would meet a 429 with all of it on its way.
                if self._begun and (gap := self._begun[-1] + 0.02 - loop.time()) > 0:
                    await asyncio.sleep(gap)
            if datetime.now(UTC) < self._quiet_until:
                return False
            if call.method not in FREE:
                self._begun.append(loop.time())
            return True

    @staticmethod
    def _errors() -> tuple[type[Exception], ...]:
        from aiogram.exceptions import AiogramError

        return (AiogramError, TimeoutError, OSError)

    async def _failed(self, call: Call, error: Exception) -> None:
        """Decide what becomes of a call that was not taken."""
        verdict, now = judge(error), datetime.now(UTC)
        if verdict != "done":
            log.info("call failed", method=call.method, verdict=verdict, why=type(error).__name__)
        if verdict == "wait":
            await self._wait(call, now + timedelta(seconds=float(getattr(error, "retry_after", 1))))
        elif verdict == "blocked":
            await self._blocked(call)
        elif verdict == "moved":
            async with transaction(self._engine) as tx:
                new = int(getattr(error, "migrate_to_chat_id", 0))
                body = json.dumps({**json.loads(call.body), "chat_id": new}, ensure_ascii=False)
                await calls.rewrite(tx, call, call.method, body, now)
        elif verdict == "lost" and call.method == "editMessageText":
            await self._anew(call, now)
        elif verdict == "done":
            await self._settle(call, "sent", "", made_of(error))
        elif verdict in ("again", "unsure", "revoked", "conflict"):
            await self._again(call, verdict, now)
        else:
            await self._settle(call, "refused", "telegram_refused")

    async def _wait(self, call: Call, until: datetime) -> None:
        """Call nobody until then: it is the bot's limit, as far as one can tell."""
        self._quiet_until = max(self._quiet_until, until + timedelta(milliseconds=100))
        async with transaction(self._engine) as tx:
            await bots.hush(tx, self._bot.id, self._quiet_until)
            await calls.postpone(tx, call, self._quiet_until, unsure=False)

    async def _again(self, call: Call, verdict: Verdict, now: datetime) -> None:
        """Try a call again after a pause, unless that was done often enough."""
        unsure = verdict == "unsure"
        if call.attempts >= MAX_ATTEMPTS or (call.method in FREE and call.attempts > 1):
            await self._settle(call, "unsure" if unsure else "refused", "telegram_away")
            return
        due = now + timedelta(seconds=PAUSES[min(call.attempts, len(PAUSES)) - 1])
        async with transaction(self._engine) as tx:
            await calls.postpone(tx, call, due, unsure=unsure and is_new(call.method))

    async def _anew(self, call: Call, now: datetime) -> None:
        """Send a message in the place of one that is gone."""
        body = json.loads(call.body)
        body.pop("message_id", None)
        async with transaction(self._engine) as tx:
            await calls.rewrite(tx, call, "sendMessage", json.dumps(body, ensure_ascii=False), now)
            if call.purpose == "today" and call.chat_id is not None:
                await chats.forget_today(tx, call.chat_id)

    async def _blocked(self, call: Call) -> None:
        """Note that a person takes no messages; all that waits for them ends."""
        async with transaction(self._engine) as tx:
            await end(tx, call, "no_mailbox", "telegram_blocked")
            if call.chat_id is not None:
                await shut(tx, call.chat_id)

    async def _settle(
        self, call: Call, how: DeliveryEnd, detail: str, made: MadeMessage | None = None
    ) -> None:
        TELEGRAM_CALLS.labels(call.method, how).inc()
        async with transaction(self._engine) as tx:
            if await end(tx, call, how, detail) and made is not None:
                await self._note(tx, call, made)

    async def _note(self, tx: AsyncConnection, call: Call, made: MadeMessage) -> None:
        """Note what is to be known of a message later."""
        what, _, of = call.purpose.partition(":")
        if what == "today" and made.message_id is not None and call.chat_id:
            await chats.note_today(tx, call.chat_id, made.message_id)
        if what == "picture" and made.file_id and call.user_id is not None:
            about = (call.user_id, UUID(of), self._bot.id, made.file_id)
            await pictures.keep(tx, *about, datetime.now(UTC))


async def end(tx: AsyncConnection, call: Call, how: DeliveryEnd, detail: str) -> bool:
    """End a call, and tell whoever wanted it delivered; false if it is somebody else's by now."""
    mine = await calls.end(tx, call, datetime.now(UTC))
    if mine and call.delivery_id is not None and call.user_id is not None:
        job = EndDelivery(
            user_id=call.user_id, delivery_id=call.delivery_id, end=how, detail=detail
        )
        await tell(tx, job)
    return mine


async def shut(tx: AsyncConnection, chat_id: int) -> None:
    """Note that a chat takes no messages any more, and tell so."""
    person = await owners.block(tx, chat_id, blocked=True)
    waiting = await calls.drop(tx, chat_id)
    known = person or await owners.of_chat(tx, chat_id)
    if known is not None:
        for delivery_id in waiting:
            job = EndDelivery(
                user_id=known.user_id,
                delivery_id=delivery_id,
                end="no_mailbox",
                detail="telegram_blocked",
            )
            await tell(tx, job)
    if person is not None:
        fact = ChatChanged(
            user_id=person.user_id,
            version=person.version,
            name=person.name,
            linked=True,
            blocked=True,
        )
        await tell(tx, fact)
