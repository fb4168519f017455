"""One HTTP connection: uvicorn's, but bounded in its head, its time, and its number.

httptools hands a header on when all of it has come, however long that is; uvicorn waits for the
rest of a request for ever. Both are watched here. The body is watched by `gateway.body`, once the
application asks for it.
"""

import asyncio
import secrets
from collections.abc import Callable
from typing import ClassVar

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from contracts.networks import networks_of
from contracts.speech import chosen, say
from gateway import bounds
from gateway.problems import problem
from gateway.proxies import TrustedProxies
from gateway.register import ConnectionRegister
from gateway.visit import KEY, STREAMS, Visit, observe

REFUSALS: dict[int, tuple[str, str]] = {
    400: ("bad_request", "The request cannot be read."),
    408: ("too_slow", "The request did not come in time. Please send it again."),
    431: ("head_too_large", "The address or the headers of the request are too long or too many."),
    503: ("too_many_connections", "Too many connections are open; try again in a moment."),
}
"""Code and sentence of what is refused before there is a request."""


class _TooMuch(Exception):  # it ends the parser's work on what came
    pass


class Connection(HttpToolsProtocol):
    """One connection. `register` is shared by all of a server; see `bounded`."""

    register: ClassVar[ConnectionRegister]
    head_seconds: ClassVar[float] = bounds.HEAD_SECONDS
    reader_seconds: ClassVar[float] = bounds.READER_SECONDS
    linger_seconds: ClassVar[float] = bounds.LINGER_SECONDS

    _address = ""
    _head_timer: asyncio.TimerHandle | None = None
    _reader_timer: asyncio.TimerHandle | None = None
    _linger_timer: asyncio.TimerHandle | None = None
    _in_head = False
    _streams = False
    _over = False
    """Nothing that comes from now on is read as a request."""
    _head = _headers = _unseen = 0
    """Bytes and headers of this head; bytes fed since the parser had anything to show for it."""
    _chunks = _body = 0
    """Chunks and bytes of this body."""

    # The connection.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection in, if there is room for it."""
        super().connection_made(transport)
        host = self.client[0] if self.client else ""
        self.register.idle[self] = None
        if host and not self._is_proxy(host):
            self._address = networks_of(host).own
            self.register.of_address[self._address] += 1
        if self.register.full_for(self._address) or (
            len(self.connections) - self.register.streams > self.register.most
            and not self.register.give_way(self)
        ):
            self._refuse(503)
        else:
            self._await_head()

    def _is_proxy(self, host: str) -> bool:
        """Tell whether this is a trusted proxy, from which many people come."""
        return isinstance(self.app, TrustedProxies) and self.app.trusts(host)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        self.register.forget(self)
        if self._address:
            self.register.leave(self._address)
            self._address = ""
        self._end_stream()
        for timer in (self._head_timer, self._reader_timer, self._linger_timer):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, within the bounds of a head."""
        if self._over:
            return
        if self._linger_timer is None:
            self._unset_keepalive_if_required()
        self._unseen += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # to nothing that is offered here: it goes on as HTTP/1.1
        except httptools.HttpParserError as error:
            too_much = self._in_head and isinstance(error.__context__, _TooMuch)
            self._refuse(431 if too_much else 400)
            return
        if self._unseen > bounds.MAX_HEAD_BYTES:
            self._refuse(431)
        elif self.cycle is None or (self.cycle.response_complete and not self.cycle.more_body):
            self._await_head()

    # The head.

    def on_message_begin(self) -> None:
        """Begin a request."""
        if len(self.pipeline) >= bounds.MAX_PIPELINED:
            raise _TooMuch
        self._in_head, self._head, self._headers, self._chunks, self._body = True, 0, 0, 0, 0
        super().on_message_begin()
        self.scope[STREAMS] = self._begin_stream  # type: ignore[literal-required]

    def on_url(self, url: bytes) -> None:
        """Read a piece of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Read a header; trailers are counted and dropped, since what they say comes too late."""
        self._headers += 1
        self._count(len(name) + len(value) + len(b": \r\n"))
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Let the application begin."""
        self._in_head, self._unseen = False, 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
        self.register.forget(self)
        self.register.sending[self] = None
        super().on_headers_complete()
        self.cycle.transport = _Lingering(self, self.cycle.transport)  # type: ignore[assignment]

    def _count(self, size: int) -> None:
        self._head += size
        if self._head > bounds.MAX_HEAD_BYTES or self._headers > bounds.MAX_HEADERS:
            raise _TooMuch

    def _await_head(self) -> None:
        """Begin to wait for a whole head, unless that has begun."""
        if self._head_timer is None and not self._over:
            self._head_timer = self.loop.call_later(self.head_seconds, self._head_is_late)

    def _head_is_late(self) -> None:
        if self._in_head or self._unseen:
            self._refuse(408)
        else:
            self.transport.close()

    # The body: what the application does not want is dropped.

    def on_chunk_header(self) -> None:
        """Begin a chunk."""
        self._unseen = 0
        self._chunks += 1
        if self._chunks > bounds.MAX_CHUNKS + self._body // bounds.MIN_CHUNK_BYTES:
            raise _TooMuch

    def on_body(self, body: bytes) -> None:
        """Read a piece of a body."""
        self._unseen = 0
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._unseen = 0
        self.register.forget(self)
        super().on_message_complete()
        self.cycle.more_body = False
        if self._linger_timer is not None:
            self._linger_timer.cancel()
            self._linger_timer = None
            self._rest()

    # The answer.

    def on_response_complete(self) -> None:
        """Wait for the next request; for the rest of this one, if it is not whole yet."""
        super().on_response_complete()
        self._end_stream()
        if self.transport.is_closing():
            return
        if self._over:
            self.linger()
            return
        if not self.cycle.response_complete:  # the next one was here already
            return
        if self.cycle.more_body:
            self._unset_keepalive_if_required()
            self._linger_timer = self.loop.call_later(self.linger_seconds, self.transport.abort)
        else:
            self._rest()

    def _begin_stream(self) -> None:
        """Note that this connection carries a stream of events from now on."""
        if not self._streams:
            self._streams = True
            self.register.streams += 1

    def _end_stream(self) -> None:
        if self._streams:
            self._streams = False
            self.register.streams -= 1

    def _rest(self) -> None:
        """Be idle until something comes."""
        self.register.idle[self] = None
        if self._in_head:
            self._unset_keepalive_if_required()
            self._await_head()
        elif self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def pause_writing(self) -> None:
        """Wait for a client that does not read, but not for ever."""
        super().pause_writing()
        self._reader_timer = self.loop.call_later(self.reader_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: the client reads."""
        super().resume_writing()
        if self._reader_timer is not None:
            self._reader_timer.cancel()
            self._reader_timer = None

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that is not used, also if what was said last is not read."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()

    # The end.

    def _refuse(self, status: int) -> None:
        """Answer in place of the application, and end the connection."""
        if self._over or self.transport.is_closing():
            return
        queued, cycle = len(self.pipeline), self.cycle
        self.pipeline.clear()
        if cycle is not None and not cycle.response_complete:
            if queued or cycle.response_started or not cycle.more_body:
                # Somebody else is speaking; whatever it is, it is the last.
                self._over = True
                return
            # The application waits for a body of which no more is read.
            cycle.disconnected = True
            cycle.message_event.set()
        elif cycle is not None and cycle.more_body:
            # It was answered before all of it came.
            self.linger()
            return
        accepted = next((v for n, v in self.headers or () if n == b"accept-language"), b"")
        language, (code, text) = chosen(accepted.decode("latin-1")), REFUSALS[status]
        scope = {"path": "/", "method": "-", KEY: Visit(secrets.token_hex(16))}
        wait = 2 if status == 503 else None
        answer = problem(scope, status, code, say(language, text), language, retry_after=wait)
        answer.headers["Connection"] = "close"
        head = b"".join(b"%b: %b\r\n" % header for header in answer.raw_headers)
        self.transport.write(STATUS_LINE[status] + head + b"\r\n" + bytes(answer.body))
        observe(scope, status, 0.0)
        self.linger()

    def linger(self) -> None:
        """Say no more, and drop what still comes, so that the client reads what was said.

        A connection that is closed with something unread in it is reset, and the answer is lost.
        """
        self._over = True
        self.register.forget(self)
        self._unset_keepalive_if_required()
        if self._linger_timer is None:
            self._linger_timer = self.loop.call_later(self.linger_seconds, self.transport.abort)
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()


class _Lingering:
    """A transport that, told to close in the middle of a request, lingers."""

    __slots__ = ("_connection", "_transport", "is_closing", "write")

    def __init__(self, connection: Connection, transport: asyncio.Transport) -> None:
        self._connection = connection
        self._transport = transport
        self.write: Callable[[bytes], None] = transport.write
        self.is_closing: Callable[[], bool] = transport.is_closing

    def close(self) -> None:
        """Close now, or once the request was read."""
        if self._connection.cycle.more_body:
            self._connection.linger()
        else:
            self._transport.close()


def bounded(**limits: object) -> type[Connection]:
    """Make the protocol of one server, with a register of its own; `limits` replace the usual."""
    return type("BoundedConnection", (Connection,), {"register": ConnectionRegister(), **limits})
