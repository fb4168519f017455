"""Logins that come while too many wait are refused before anything else is done with them.

What a route does with a request before it could refuse costs ten times as much, and hundreds of
logins at once would hold up everybody else by that alone.
"""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.speech import say
from gateway.bulkhead import Bulkhead, busy
from gateway.devices import COOKIE
from gateway.language import liked
from gateway.problems import problem

SHED = ("/v1/auth/login", "/v1/auth/register")
"""Paths for which a password is hashed though nobody is logged in."""


class Overload:
    """Wraps an application."""

    def __init__(self, app: ASGIApp, hashing: Bulkhead) -> None:
        """Refuse while `hashing` is full whoever sends no token of a device."""
        self._app = app
        self._hashing = hashing
        self._turn = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request."""
        if scope["type"] != "http" or scope["path"] not in SHED:
            await self._app(scope, receive, send)
            return
        async with self._turn:
            # One in each round of the event loop: of many that come at once, each would have its
            # piece of work done before anybody else's turn comes.
            await asyncio.sleep(0)
        if not self._hashing.full:
            await self._app(scope, receive, send)
            return
        cookies = b"".join(value for name, value in scope["headers"] if name == b"cookie")
        if COOKIE.encode() in cookies:
            await self._app(scope, receive, send)
            return
        body = await _whole(receive)
        if body is None or b'"device_token"' in body:
            await self._app(scope, _again(body, receive), send)
            return
        no, language = busy(), liked(scope)
        said = say(language, no.text, no.params)
        answer = problem(scope, 503, no.code, said, language, retry_after=no.retry_after)
        await answer(scope, receive, send)


async def _whole(receive: Receive) -> bytes | None:
    """Receive a body to its end; None if its client goes away."""
    pieces: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(pieces)


def _again(body: bytes | None, receive: Receive) -> Receive:
    """Give a body that was received once more, and then what comes."""
    waiting: list[Message] = [
        {"type": "http.disconnect"}
        if body is None
        else {"type": "http.request", "body": body, "more_body": False}
    ]

    async def received() -> Message:
        return waiting.pop() if waiting else await receive()

    return received
