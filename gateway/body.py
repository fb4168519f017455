"""A request's body as it comes: counted, not waited for without end, and looked through.

A body of JSON is looked through once for its tokens (how many keys, elements and levels), and
nothing is built; the look ends at the first limit that is passed. Whether it is JSON at all is for
the parser to say.
"""

import asyncio
import re
import time

from starlette.types import Message, Receive

from gateway.bounds import (
    BODY_SECONDS,
    MAX_DEPTH,
    MAX_ELEMENTS,
    MAX_KEYS,
    MAX_TOKENS,
    MIN_BODY_RATE,
)
from gateway.problems import BadRequest


def too_large(most: int) -> BadRequest:
    """Say how large a body may be here."""
    text = "The body is too large: at most {kib} KiB are taken here."
    return BadRequest(413, "too_large", text, kib=most >> 10)


class BodyStream:
    """Hands on what is received of a body, until it is too large or too slow."""

    def __init__(self, receive: Receive, most: int, seconds: float = BODY_SECONDS) -> None:
        """Take at most `most` bytes, and wait at most `seconds` for each piece of them."""
        self._receive = receive
        self._most = most
        self._seconds = seconds
        self._taken = 0
        self._whole = False
        self._began = time.monotonic()

    async def receive(self) -> Message:
        """Receive the next piece. Refuses as a bad request (408, 413)."""
        if self._whole:
            # What is waited for now is that the client goes away.
            return await self._receive()
        try:
            async with asyncio.timeout(self._seconds):
                message = await self._receive()
        except TimeoutError:
            raise _too_slow() from None
        self._taken += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._taken > self._most:
            raise too_large(self._most)
        late = time.monotonic() - self._began - self._seconds
        if not self._whole and self._taken < late * MIN_BODY_RATE:
            raise _too_slow()
        return message


def _too_slow() -> BadRequest:
    return BadRequest(408, "too_slow", "The body did not come in time. Please send it again.")


# Possessive, so that a string that never ends is looked through once.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{},:]', re.DOTALL)

_OBJECT, _ARRAY, _COLON, _COMMA = b"{", b"[", b":", b","


def _surely_small(raw: bytes) -> bool:
    """Tell whether a body is small even if what stands in its strings were tokens, too."""
    objects, arrays, colons, commas = map(raw.count, (_OBJECT, _ARRAY, _COLON, _COMMA))
    return (
        objects + arrays <= MAX_DEPTH
        and colons <= MAX_KEYS
        and arrays + commas <= MAX_ELEMENTS
        and raw.count(b'"') <= MAX_KEYS
    )


def check_shape(raw: bytes) -> None:
    """Refuse JSON that is too deep, or holds too many keys or elements."""
    if _surely_small(raw):
        return
    elements = 0
    open_: list[int] = []
    """Keys of each object that is open; -1 for an array."""
    for number, found in enumerate(_TOKEN.finditer(raw)):
        if number >= MAX_TOKENS:
            text = "The JSON holds too much: at most {most} strings, brackets, colons and commas."
            raise _too_many("tokens", text, MAX_TOKENS)
        token = found[0][:1]
        if token in (_OBJECT, _ARRAY):
            open_.append(0 if token == _OBJECT else -1)
            elements += token == _ARRAY
            if len(open_) > MAX_DEPTH:
                raise BadRequest(
                    400,
                    "too_deep",
                    "The JSON is nested too deeply: at most {deepest} levels.",
                    deepest=MAX_DEPTH,
                )
        elif token in (b"}", b"]"):
            del open_[-1:]
        elif token == _COLON and open_ and open_[-1] >= 0:
            open_[-1] += 1
            if open_[-1] > MAX_KEYS:
                text = "An object of the JSON has too many keys: at most {most}."
                raise _too_many("keys", text, MAX_KEYS)
        elif token == _COMMA and open_ and open_[-1] < 0:
            elements += 1
        if elements > MAX_ELEMENTS:
            text = "The arrays of the JSON hold too many elements: at most {most}."
            raise _too_many("elements", text, MAX_ELEMENTS)


def _too_many(what: str, text: str, most: int) -> BadRequest:
    return BadRequest(422, f"too_many_{what}", text, most=most)
