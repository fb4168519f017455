"""A file on its way in: read from a multipart body piece by piece, never held whole."""

from collections.abc import AsyncIterator

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from contracts.message import Invalid, Wrong
from gateway.problems import BadRequest


class Upload:
    """The first file of a multipart body, as `size` bytes at a time."""

    def __init__(self, request: Request, size: int) -> None:
        """Read the body of `request`. Refuses what is no multipart form."""
        media, options = parse_options_header(request.headers.get("content-type", ""))
        boundary = options.get(b"boundary", b"")
        if media != b"multipart/form-data" or not 0 < len(boundary) <= 70:
            text = "Send the file as multipart/form-data, in a field called file."
            raise BadRequest(415, "not_multipart", text)
        self.name = ""
        self._request = request
        self._size = size
        self._held = bytearray()
        self._found = self._inside = self._whole = False
        self._header = [b"", b""]
        self._disposition = b""
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._add(0, data[start:end]),
                "on_header_value": lambda data, start, end: self._add(1, data[start:end]),
                "on_header_end": self._end_header,
                "on_headers_finished": self._open,
                "on_part_data": self._take,
                "on_part_end": self._close,
                "on_end": self._end,
            },
        )

    async def parts(self) -> AsyncIterator[bytes]:
        """Yield the file in parts; all but the last have the full size.

        Refuses with `Invalid` (`file_missing`), or as a bad request what is no form.
        """
        try:
            async for chunk in self._request.stream():
                self._parser.write(chunk)
                while len(self._held) >= self._size:
                    yield self._cut()
            self._parser.finalize()
        except FormParserError:
            raise _damaged() from None
        if not self._whole:
            raise _damaged()
        if self._held:
            yield self._cut()
        if not self._found:
            wrong = Wrong(pointer="/file", detail="This is needed.")
            raise Invalid("file_missing", "There is no file in the form.", fields=(wrong,))

    def _cut(self) -> bytes:
        part = bytes(self._held[: self._size])
        del self._held[: self._size]
        return part

    def _begin(self) -> None:
        self._disposition = b""
        self._header = [b"", b""]

    def _add(self, place: int, data: bytes) -> None:
        self._header[place] += data
        if len(self._header[place]) > 4096:
            raise _damaged()

    def _end_header(self) -> None:
        if self._header[0].lower() == b"content-disposition":
            self._disposition = self._header[1]
        self._header = [b"", b""]

    def _open(self) -> None:
        options = parse_options_header(self._disposition)[1]
        if self._found or options.get(b"name") != b"file":
            return
        self._found = self._inside = True
        name = options.get(b"filename", b"").decode("utf-8", "replace")
        self.name = "".join(c for c in name if c.isprintable()).strip()[:200]

    def _take(self, data: bytes, start: int, end: int) -> None:
        if self._inside:
            self._held += data[start:end]

    def _close(self) -> None:
        self._inside = False

    def _end(self) -> None:
        self._whole = True


def _damaged() -> BadRequest:
    return BadRequest(400, "invalid_form", "The form in the body is damaged.")
