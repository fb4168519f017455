"""A connection over a real socket: what it takes, how long it waits, and how many there are."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from contracts.users import Profile, ProfileChanged
from gateway.bounds import MAX_HEAD_BYTES, MAX_HEADERS, MAX_PIPELINED
from gateway.connection import Connection, bounded
from gateway.proxies import TrustedProxies
from gateway.register import ConnectionRegister
from tests.gateway.standing_in import ADA, StandInBus

CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
PLAIN = b"GET /livez HTTP/1.1\r\nHost: ritmo\r\n\r\n"
PATIENCE = 20.0
"""Seconds after which what does not happen counts as a failure."""


@dataclass(frozen=True)
class Line:
    """One connection of a client."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, data: bytes) -> None:
        """Send; a server that does not listen any longer is no failure of the client."""
        try:
            self.writer.write(data)
            await self.writer.drain()
        except ConnectionError:
            pass

    async def answer(self) -> tuple[int, bytes]:
        """Read one answer: its status and its body."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE)
        lines = head.decode("latin-1").lower().split("\r\n")
        size = next(int(one.split(":")[1]) for one in lines if one.startswith("content-length:"))
        return int(lines[0].split()[1]), await self.reader.readexactly(size)

    async def ended(self) -> bool:
        """Wait until the server has closed, and tell whether it said nothing more."""
        try:
            return await asyncio.wait_for(self.reader.read(), PATIENCE) == b""
        except ConnectionError:
            return True


@dataclass(frozen=True)
class Server:
    """A server, and how to reach it."""

    port: int
    protocol: type[Connection]

    async def line(self) -> Line:
        return Line(*await asyncio.open_connection("127.0.0.1", self.port))

    async def counts(self, number: int) -> None:
        """Wait until so many connections are counted."""
        async with asyncio.timeout(PATIENCE):
            while self.protocol.register.of_address.total() != number:
                await asyncio.sleep(0)

    async def waits_for(self, number: int) -> None:
        """Wait until so many connections wait for their client."""
        async with asyncio.timeout(PATIENCE):
            while len(self.protocol.register.idle) != number:
                await asyncio.sleep(0)


@asynccontextmanager
async def serving(
    app: Any, most: int = 50, most_of_address: int = 50, **limits: float
) -> AsyncIterator[Server]:
    """Serve on a free port of loopback."""
    protocol = bounded(
        register=ConnectionRegister(most=most, most_of_address=most_of_address), **limits
    )
    config = uvicorn.Config(
        app, port=0, http=protocol, ws="none", lifespan="off", log_config=None, proxy_headers=False
    )
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield Server(server.servers[0].sockets[0].getsockname()[1], protocol)
    finally:
        await server.shutdown()


@pytest.fixture
async def server(app: FastAPI) -> AsyncIterator[Server]:
    async with serving(app) as running:
        yield running


async def test_a_connection_serves_one_after_the_other(server: Server) -> None:
    line = await server.line()
    for _ in range(3):
        await line.say(PLAIN)
        assert (await line.answer())[0] == 200
    await line.say(PLAIN * MAX_PIPELINED)
    for _ in range(MAX_PIPELINED):
        assert (await line.answer())[0] == 200
    for byte in PLAIN:
        await line.say(bytes([byte]))
    assert (await line.answer())[0] == 200


async def test_more_requests_at_once_are_not_queued(server: Server) -> None:
    line = await server.line()
    await line.say(PLAIN * 3000)
    served = 0
    while True:
        try:
            status, _ = await line.answer()
        except (asyncio.IncompleteReadError, ConnectionError):
            break
        assert status == 200
        served += 1
    assert served <= MAX_PIPELINED + 1


async def test_a_body_in_crumbs_is_refused(server: Server) -> None:
    """While the application waits for it; it is not left waiting."""
    head = CHUNKED.replace(b"/ ", b"/v1/auth/login ") + b"Content-Type: application/json\r\n\r\n"
    line = await server.line()
    await line.say(head + b"1\r\n \r\n" * 1100 + b"2\r\n{}\r\n0\r\n\r\n")
    assert (await line.answer())[0] == 400  # that many are too many
    line = await server.line()
    await line.say(head + b"1\r\n \r\n" * 900 + b"2\r\n{}\r\n0\r\n\r\n")
    assert (await line.answer())[0] == 422  # these are read
    line = await server.line()
    await line.say(head + b"c00\r\n" + b" " * 3072 + b"\r\n" + b"1\r\n \r\n" * 1008)
    await line.say(b"2\r\n{}\r\n0\r\n\r\n")
    assert (await line.answer())[0] == 422


async def test_a_body_that_is_broken_is_refused_at_once(server: Server) -> None:
    head = CHUNKED.replace(b"/ ", b"/v1/auth/login ") + b"Content-Type: application/json\r\n\r\n"
    line = await server.line()
    await line.say(head + b"1\r\n{\r\nnonsense")
    status, body = await line.answer()
    assert (status, json.loads(body)["code"]) == (400, "bad_request")
    assert await line.ended()


BIG = MAX_HEAD_BYTES + 1
HEADS: dict[str, Callable[[], bytes]] = {
    "one header": lambda: b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * BIG + b"\r\n\r\n",
    "an endless header": lambda: b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * (8 << 20),
    "an endless name": lambda: b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a" * (8 << 20),
    "an endless address": lambda: b"GET /" + b"a" * (8 << 20),
    "a long address": lambda: b"GET /" + b"a" * BIG + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "many headers": lambda: b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * MAX_HEADERS + b"\r\n",
    "endless headers": lambda: b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * (1 << 20),
    "empty lines": lambda: b"\r\n" * (1 << 20),
    "headers in sum": lambda: b"GET / HTTP/1.1\r\n" + (b"X: " + b"a" * 999 + b"\r\n") * 33,
    "trailers": lambda: CHUNKED + b"\r\n0\r\nX: " + b"a" * (8 << 20),
    "a chunk's extension": lambda: CHUNKED + b"\r\n1;" + b"a" * (8 << 20),
}


@pytest.mark.parametrize("kind", HEADS)
async def test_a_head_that_is_too_large(server: Server, kind: str) -> None:
    line = await server.line()
    sending = asyncio.create_task(line.say(HEADS[kind]()))
    status, body = await line.answer()
    if kind in ("trailers", "a chunk's extension"):
        # The application has answered before the end came; but the line goes.
        assert status in (404, 405)
    else:
        assert status == 431
        assert json.loads(body)["code"] == "head_too_large"
    assert await line.ended()
    await sending


async def test_a_head_of_the_largest_size(server: Server) -> None:
    line = await server.line()
    start = b"GET /livez HTTP/1.1\r\nHost: ritmo\r\n"
    room = MAX_HEAD_BYTES - len("/livez") - len("Host: ritmo\r\n") - len("X: \r\n")
    await line.say(start + b"X: " + b"a" * room + b"\r\n\r\n")
    assert (await line.answer())[0] == 200
    await line.say(start + b"a: b\r\n" * (MAX_HEADERS - 1) + b"\r\n")
    assert (await line.answer())[0] == 200


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"FETCH / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        CHUNKED + b"Content-Length: 5\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    ],
)
async def test_what_is_no_request(server: Server, data: bytes) -> None:
    line = await server.line()
    await line.say(data)
    status, body = await line.answer()
    assert status == 400
    assert json.loads(body)["code"] == "bad_request"
    assert await line.ended()


@pytest.mark.parametrize("begun", [b"GET / HTTP/1.1\r\nHost: x\r\n", b"G", b"\r\n"])
async def test_a_head_that_does_not_come(app: FastAPI, begun: bytes) -> None:
    async with serving(app, head_seconds=0.05) as server:
        line = await server.line()
        await line.say(begun)
        assert (await line.answer())[0] == 408
        assert await line.ended()


async def test_a_second_head_that_does_not_come(app: FastAPI) -> None:
    async with serving(app, head_seconds=0.2) as server:
        line = await server.line()
        await line.say(PLAIN + PLAIN[:20])
        assert (await line.answer())[0] == 200
        assert (await line.answer())[0] == 408


async def test_a_connection_without_a_word_is_closed(app: FastAPI) -> None:
    async with serving(app, head_seconds=0.05) as server:
        assert await (await server.line()).ended()


async def test_what_is_not_wanted_is_read_and_dropped(app: FastAPI) -> None:
    """The answer comes at once; who sends all the rest nevertheless may go on."""
    async with serving(app) as server:
        line = await server.line()
        await line.say(b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 3000\r\n\r\n")
        assert (await line.answer())[0] == 404
        await line.say(b"x" * 3000 + PLAIN)
        assert (await line.answer())[0] == 200
    async with serving(app, linger_seconds=0.05) as server:
        line = await server.line()
        await line.say(b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 3000\r\n\r\nx")
        assert (await line.answer())[0] == 404
        assert await line.ended()


async def test_a_body_that_is_too_large_is_answered_while_it_comes(server: Server) -> None:
    line = await server.line()
    head = b"POST /v1/habits HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n"
    sending = asyncio.create_task(line.say(head + b"x" * 9_999_999))
    assert (await line.answer())[0] == 413
    assert await line.ended()
    await sending


async def test_trailers_are_not_believed() -> None:
    seen: list[list[tuple[bytes, bytes]]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:
            pass
        seen.append(list(scope["headers"]))
        await send({"type": "http.response.start", "status": 200,
                    "headers": [(b"content-length", b"0")]})  # fmt: skip
        await send({"type": "http.response.body", "body": b""})

    async with serving(app) as server:
        line = await server.line()
        await line.say(CHUNKED + b"\r\n1\r\nx\r\n0\r\nAuthorization: Bearer good\r\n\r\n")
        assert (await line.answer())[0] == 200
    assert [name for name, _ in seen[0]] == [b"host", b"transfer-encoding"]


async def test_a_client_that_reads_nothing_is_left() -> None:
    left = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            for _ in range(10_000):
                await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
        finally:
            left.set()

    async with serving(app, reader_seconds=0.05) as server:
        line = await server.line()
        line.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await line.say(PLAIN)
        await asyncio.wait_for(left.wait(), PATIENCE)


async def test_the_longest_idle_connection_gives_way(app: FastAPI) -> None:
    async with serving(app, most=3) as server:
        lines = []
        for number in range(3):
            lines.append(await server.line())
            await server.waits_for(number + 1)
        await lines[0].say(PLAIN)  # it is the one that was used last
        assert (await lines[0].answer())[0] == 200
        newest = await server.line()
        await newest.say(PLAIN)
        assert (await newest.answer())[0] == 200
        assert await lines[1].ended()
        for line in (lines[0], lines[2]):
            await line.say(PLAIN)
            assert (await line.answer())[0] == 200


async def test_no_connection_is_cut_off_while_it_is_answered() -> None:
    go = asyncio.Event()
    asked = asyncio.Semaphore(0)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        asked.release()
        await go.wait()
        await send({"type": "http.response.start", "status": 200,
                    "headers": [(b"content-length", b"0")]})  # fmt: skip
        await send({"type": "http.response.body", "body": b""})

    async with serving(app, most=2) as server:
        lines = [await server.line() for _ in range(2)]
        for line in lines:
            await line.say(PLAIN)
            await asked.acquire()
        third = await server.line()
        status, body = await third.answer()
        assert (status, json.loads(body)["code"]) == (503, "too_many_connections")
        assert await third.ended()
        go.set()
        for line in lines:
            assert (await line.answer())[0] == 200


async def test_one_address_has_few_connections_unless_it_is_a_proxy(app: FastAPI) -> None:
    async with serving(app, most_of_address=2) as server:
        lines = [await server.line() for _ in range(2)]
        refused = await server.line()
        assert (await refused.answer())[0] == 503
        for line in (refused, lines[0]):  # one that is refused counts until it has ended
            line.writer.close()
        await server.counts(1)
        again = await server.line()
        await again.say(PLAIN)
        assert (await again.answer())[0] == 200
    async with serving(TrustedProxies(app, "127.0.0.1"), most_of_address=2) as server:
        for line in [await server.line() for _ in range(4)]:
            await line.say(PLAIN)
            assert (await line.answer())[0] == 200


WATCH = b"GET /v1/events HTTP/1.1\r\nHost: ritmo\r\nAuthorization: Bearer good\r\n\r\n"


async def test_streams_of_events_take_no_place_of_others(app: FastAPI) -> None:
    async with serving(app, most=2) as server:
        streams = []
        for _ in range(4):
            streams.append(await server.line())
            await streams[-1].say(WATCH)
            await asyncio.wait_for(streams[-1].reader.readuntil(b"event: ready"), PATIENCE)
        assert server.protocol.register.streams == 4
        line = await server.line()
        await line.say(PLAIN)
        assert (await line.answer())[0] == 200
        for stream in streams:
            stream.writer.close()
        await server.counts(1)
        assert server.protocol.register.streams == 0
        app.state.door.events.close()


async def test_who_reads_nothing_of_a_stream_is_cut_off(app: FastAPI, bus: StandInBus) -> None:
    await app.state.door.listen(bus)
    async with serving(app, reader_seconds=0.1) as server:
        line = await server.line()
        await line.say(WATCH)
        await server.counts(1)
        fact = ProfileChanged(user_id=ADA, profile=Profile(name="x" * 100))
        async with asyncio.timeout(PATIENCE):
            while server.protocol.register.of_address:
                await bus.tell(fact)
                await asyncio.sleep(0)
        assert server.protocol.register.streams == 0
        app.state.door.events.close()
