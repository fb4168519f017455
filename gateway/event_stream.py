"""One stream of Server-Sent Events, as it is sent (WHATWG HTML, section 9.2)."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from contracts.message import Refused
from gateway.event_hub import EventHub, Watcher
from gateway.visit import STREAMS, visit_of

HEARTBEAT = (15.0, 25.0)
"""Seconds after which a line is sent, whatever happens: any time between, so that not all who came
at once are served at once. Whoever watches is verified anew with it.
"""

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class EventStream(Response):
    """Sends what a watcher is told, until they leave or it ends."""

    media_type = "text/event-stream"

    def __init__(
        self,
        hub: EventHub,
        watcher: Watcher,
        verify: Callable[[], Awaitable[object]],
        heartbeat: tuple[float, float] = HEARTBEAT,
    ) -> None:
        """Send what `watcher` is told; `verify` refuses once they may not watch any more."""
        super().__init__()
        self._hub = hub
        self._watcher = watcher
        self._verify = verify
        self._heartbeat = heartbeat

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream; it ends with an event that says why."""
        watcher, wake = self._watcher, asyncio.Event()
        watcher.wake = wake.set
        scope.get(STREAMS, bool)()
        gone = asyncio.ensure_future(_left(receive, watcher))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            due = self._next_look()
            while not (watcher.ended or visit_of(scope).head):
                if time.monotonic() >= due:
                    # However much happens: who may not watch any more is not told for ever.
                    await self._look()
                    due = self._next_look()
                    watcher.tell(b": still here\n\n")
                if watcher.waiting:
                    text, watcher.waiting = b"".join(watcher.waiting), []
                    await send({"type": "http.response.body", "body": text, "more_body": True})
                    continue
                wake.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(max(0.0, due - time.monotonic())):
                        await wake.wait()
            last = b"".join(watcher.waiting)
            if watcher.ended:
                last += self._hub.write("end", b'{"reason":"%b"}' % watcher.ended.encode())
            await send({"type": "http.response.body", "body": last, "more_body": False})
        finally:
            gone.cancel()
            self._hub.leave(watcher)

    def _next_look(self) -> float:
        """Return when to look, and to say something, again."""
        return time.monotonic() + random.uniform(*self._heartbeat)  # noqa: S311 - no secret

    async def _look(self) -> None:
        """End the stream of who may not watch any more."""
        try:
            await self._verify()
        except Refused as no:
            self._watcher.end("expired" if no.code == "expired_token" else no.code)


async def _left(receive: Receive, watcher: Watcher) -> None:
    """Wait until whoever watches leaves."""
    while (await receive())["type"] != "http.disconnect":
        pass
    watcher.end("left")
