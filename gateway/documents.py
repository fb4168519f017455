"""Documents that stay as they are while Ritmo runs: written once, and then given from memory."""

import asyncio
import zlib
from collections.abc import Callable

from starlette.responses import Response

from gateway.answers import unless_known


class Document:
    """A text with an ETag. It is written when it is first asked for, off the event loop."""

    def __init__(self, write: Callable[[], str], media: str) -> None:
        """Have it written by `write`."""
        self._write = write
        self._media = media
        self._writing = asyncio.Lock()
        self._text: str | None = None
        self._etag = ""

    async def text(self) -> str:
        """Return the text; who comes while it is written waits."""
        async with self._writing:
            if self._text is None:
                text = await asyncio.to_thread(self._write)
                self._etag = f'"{len(text):x}-{zlib.crc32(text.encode()):08x}"'
                self._text = text
            return self._text

    async def answer(self, known: str | None, headers: dict[str, str] | None = None) -> Response:
        """Give the document, or 304 if the caller `known`s it."""
        text = await self.text()
        given = unless_known(text, self._etag, known, self._media)
        given.headers.update({"Cache-Control": "no-cache", **(headers or {})})
        return given
