"""A request's body as it comes: its bytes are counted, and it is not waited for without end."""

import asyncio
import time

from starlette.types import Message, Receive

from gateway.bounds import BODY_SECONDS, MIN_BODY_RATE
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
