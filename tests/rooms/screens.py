"""A chat without Telegram: updates are brought and answered at once; what is to be sent is read."""

import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.local import LocalBus
from actors.telegram.workers import Worker
from contracts.telegram import TakeUpdate
from storage.session import transaction
from storage.telegram import calls
from tests.telegram_server import chat, person

SECRET = "a-secret-of-a-webhook"
NUMBERS = count(1)
"""Ids of updates and messages: never the same twice."""


@dataclass
class Screen:
    """Somebody in a chat, and all that the bot had to say there, as bodies of calls."""

    bus: LocalBus
    engine: AsyncEngine
    worker: Worker
    chat_id: int
    language: str = "en"
    name: str = "Ann"
    said: list[dict[str, Any]] = field(default_factory=list)

    async def say(self, text: str, **more: Any) -> str:
        """Write something; return the texts that answer it."""
        return await self.send(message=self._message(text, **more))

    def written(self, text: str) -> str:
        """Write an update that brings a message."""
        return json.dumps({"update_id": next(NUMBERS), "message": self._message(text)})

    async def send(self, **update: Any) -> str:
        """Let something happen; return the texts that answer it."""
        raw = json.dumps({"update_id": next(NUMBERS), **update})
        await self.bus.ask(TakeUpdate(secret=SECRET, body=raw))
        before = len(self.said)
        while await self.worker.work():
            continue
        await self.read()
        return "\n".join(filter(None, (words_of(one) for one in self.said[before:])))

    async def press(self, label: str) -> str:
        """Press the newest button with this label; return the texts that answer it."""
        for body in reversed(self.said):
            for one in buttons_of(body):
                if label in one["text"] and "callback_data" in one:
                    return await self.press_data(one["callback_data"], words_of(body))
        raise AssertionError(f"no button says {label!r}: {self.labels()}")

    async def press_data(self, data: str, text: str = "x") -> str:
        """Press a button that is for this."""
        about = {"message_id": next(NUMBERS), "date": 1, "chat": chat(self.chat_id), "text": text}
        said = {"id": f"q{next(NUMBERS)}", "chat_instance": "1", "data": data, "message": about}
        return await self.send(callback_query={**said, "from": self._person()})

    async def inline(self, query: str) -> dict[str, Any]:
        """Ask inline; return the answer."""
        said = {"id": f"i{next(NUMBERS)}", "query": query, "offset": "", "from": self._person()}
        await self.send(inline_query=said)
        return self.said[-1]

    def labels(self) -> list[str]:
        """Return the labels on the newest message that has buttons."""
        shown = [buttons_of(body) for body in self.said if buttons_of(body)]
        return [one["text"] for one in shown[-1]] if shown else []

    async def read(self) -> None:
        """Read what is to be sent, and count it as sent."""
        async with transaction(self.engine) as tx:
            rows = await tx.execute(select(calls.calls).order_by(calls.calls.c.id))
            for row in rows:
                if row.chat_id in (None, self.chat_id):
                    body = json.loads(row.body)
                    self.said.append({**body, "method": row.method, "purpose": row.purpose})
            await tx.execute(calls.calls.delete())

    def _person(self) -> dict[str, Any]:
        return person(self.chat_id, self.language, self.name)

    def _message(self, text: str, **more: Any) -> dict[str, Any]:
        said = {"message_id": next(NUMBERS), "date": 1, "chat": chat(self.chat_id)}
        return {**said, "from": self._person(), "text": text, **more}


def words_of(body: dict[str, Any]) -> str:
    """Return the words of a call."""
    return str(body.get("text") or body.get("caption") or "")


def buttons_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the buttons of a call."""
    rows = (body.get("reply_markup") or {}).get("inline_keyboard", [])
    return [one for row in rows for one in row]
