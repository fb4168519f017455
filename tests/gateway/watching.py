"""Somebody who watches a stream of events, at the seam between server and application."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

PATIENCE = 30.0
"""Seconds after which what does not come counts as a failure."""


class Event(dict[str, Any]):
    """An event, by its fields; `data` is read."""

    @property
    def name(self) -> str:
        return str(self.get("event", ""))

    @property
    def id(self) -> str:
        return str(self.get("id", ""))


class Watching:
    """A stream, and the client that reads it or does not."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.over = False
        self.sends = 0
        self.reads = asyncio.Event()
        self.reads.set()
        self._left = asyncio.Event()
        self._asked = False
        self._text = ""
        self._came: asyncio.Queue[str | None] = asyncio.Queue()

    def leave(self) -> None:
        self._left.set()

    async def receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            return
        self.sends += 1
        await self.reads.wait()
        self._text += message.get("body", b"").decode()
        while "\n\n" in self._text:
            block, _, self._text = self._text.partition("\n\n")
            await self._came.put(block)
        if not message.get("more_body"):
            self.over = True
            await self._came.put(None)

    async def block(self) -> str | None:
        """Wait for the next block of lines; None when the stream is over."""
        async with asyncio.timeout(PATIENCE):
            return await self._came.get()

    async def next(self) -> Event:
        """Wait for the next event; what keeps the line open is none."""
        while (block := await self.block()) is not None:
            if block.startswith(":"):
                continue
            fields = Event(line.split(": ", 1) for line in block.splitlines())
            fields["data"] = json.loads(fields["data"])
            return fields
        raise AssertionError("the stream was over")

    async def rest(self) -> list[Event]:
        """Return all that comes until the stream is over."""
        found = []
        try:
            while True:
                found.append(await self.next())
        except AssertionError:
            return found


@asynccontextmanager
async def watching(
    app: FastAPI, token: str = "good", last: str | None = None, method: str = "GET"
) -> AsyncIterator[Watching]:
    """Watch while the block runs, then leave, and see the stream end."""
    headers = [(b"host", b"ritmo"), (b"authorization", f"Bearer {token}".encode())]
    if last is not None:
        headers.append((b"last-event-id", last.encode()))
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": "/v1/events",
        "raw_path": b"/v1/events",
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("192.0.2.7", 1234),
        "server": ("ritmo", 80),
        "state": {},
    }
    stream = Watching()
    served = asyncio.create_task(app(scope, stream.receive, stream.send))  # type: ignore[arg-type]
    try:
        yield stream
    finally:
        stream.reads.set()
        stream.leave()
        async with asyncio.timeout(PATIENCE):
            await served
