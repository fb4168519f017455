"""The real Nginx, started by the shipped ops/nginx/start, and what it needs around it.

A name server of our own says where the gateways are, as Docker's does; gateways listen on one port
of several loopback addresses, as containers do on theirs.
"""

import asyncio
import os
import re
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

from tests.backends import free_port, program, with_us

SHIPPED = Path(__file__).parents[2] / "ops" / "nginx"
OUTER_PROXY = "127.0.0.9"
"""The address of the proxy that Nginx believes."""

Manner = Literal["answer", "close", "hang", "stream"]

EVENT = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"d\r\nevent: ready\n\r\n"
)
"""The beginning of a stream."""


@dataclass
class Names(asyncio.DatagramProtocol):
    """A name server: every name has these IPv4 addresses; without any it does not exist."""

    addresses: list[str] = field(default_factory=list)
    asked: int = 0
    transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.asked += 1
        question = data[12 : data.index(b"\0", 12) + 5]
        flags = b"\x81\x80" if self.addresses else b"\x81\x83"
        counts = b"\0\1" + len(self.addresses).to_bytes(2, "big") + b"\0\0\0\0"
        records = b"".join(
            b"\xc0\x0c\0\1\0\1\0\0\x02\x58\0\4" + bytes(map(int, address.split(".")))
            for address in self.addresses
        )
        assert self.transport is not None
        self.transport.sendto(data[:2] + flags + counts + question + records, addr)


@dataclass(frozen=True)
class Request:
    """A request as a gateway got it; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Gateway:
    """Stands where a gateway stands: it answers 200, or closes, hangs or streams once it has read
    all.
    """

    address: str
    manner: Manner = "answer"
    got: list[Request] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.got.append(await read(reader))
            if self.manner == "hang":
                await reader.read()
            elif self.manner == "stream":
                # An event, and no end to it.
                writer.write(EVENT)
                await reader.read()
            elif self.manner == "answer":
                body = self.address.encode()
                head = (
                    f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
                )
                writer.write(head.encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def read(reader: asyncio.StreamReader) -> Request:
    """Read a request, its body by its length or in chunks."""
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {
        name.lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines)
        if name
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    while headers.get("transfer-encoding") == "chunked":
        size = int(await reader.readline(), 16)
        body += (await reader.readexactly(size + 2))[:-2]
        if not size:
            break
    method, path, _ = first.split(" ")
    return Request(method, path, headers, body)


@dataclass
class Nginx:
    """A running Nginx: the ports of it and of the gateways, the names, and what it logs."""

    folder: Path
    port: int
    gateway_port: int
    names: Names

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return "".join(
            path.read_text(errors="replace") for path in sorted(self.folder.glob("logs/*"))
        )

    @asynccontextmanager
    async def gateway(self, address: str, manner: Manner = "answer") -> AsyncIterator[Gateway]:
        """Run a gateway, and let it be found under the name of all."""
        gateway = Gateway(address, manner)
        async with await asyncio.start_server(gateway.serve, address, self.gateway_port):
            self.names.addresses.append(address)
            try:
                yield gateway
            finally:
                self.names.addresses.remove(address)

    async def raw(self, sent: bytes) -> bytes:
        """Send bytes as they are; return the answer, or nothing if the line is closed without."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(sent)
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
            return head + await reader.readexactly(int(length[1]) if length else 0)
        except asyncio.IncompleteReadError as short:
            return short.partial
        finally:
            writer.close()


@asynccontextmanager
async def nginx(folder: Path, gateway_port: int = 0, **other: str) -> AsyncIterator[Nginx]:
    """Run Nginx over the shipped configuration; `other` are values in it to be replaced, or
    settings of `start`.

    Raises `Missing` where Nginx is not installed.
    """
    names, port, dns = Names(), free_port(), free_port()
    gateway_port = gateway_port or free_port()
    shipped, logs = folder / "shipped", folder / "logs"
    logs.mkdir()
    for name in ("stdout", "stderr"):
        (logs / name).touch(0o666)
    shutil.copytree(SHIPPED, shipped, ignore=shutil.ignore_patterns("tls"))
    text = (shipped / "ritmo.conf").read_text()
    for name, value in WAITS:
        found = f"{name} {value}"
        assert text.count(found) == 1, f"{found} stands {text.count(found)} times"
        text = text.replace(found, f"{name} {other.get(name, value)}")
    (shipped / "ritmo.conf").write_text(text)
    settings = {
        "RITMO_NGINX_RUN": str(folder),
        "RITMO_NGINX_LOGS": str(logs),
        "RITMO_NGINX_LISTEN": f"127.0.0.1:{port}",
        "RITMO_NGINX_HEALTH": str(free_port()),
        "RITMO_NGINX_RESOLVER": f"127.0.0.1:{dns}",
        "RITMO_NGINX_GATEWAYS": f"gateway:{gateway_port}",
        "RITMO_NGINX_PER_SECOND": "1000",
        "RITMO_NGINX_USER": "root",
        "RITMO_OUTER_PROXY": OUTER_PROXY,
        **{name: value for name, value in other.items() if name.startswith("RITMO_")},
    }
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: names, ("127.0.0.1", dns))
    program("nginx")
    path = {"PATH": f"{os.environ['PATH']}:/usr/sbin"}
    process = subprocess.Popen(
        [*with_us(), str(shipped / "start")],
        env=path | settings,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    running = Nginx(folder, port, gateway_port, names)
    try:
        await until(lambda: listens(port), lambda: process.poll() is None)
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        transport.close()


WAITS = (("proxy_read_timeout", "10s"), ("client_body_timeout", "10s"))


async def listens(port: int) -> bool:
    """Say whether somebody takes connections there."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def until(
    condition: Callable[[], Awaitable[object]], alive: Callable[[], bool] = lambda: True
) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(30):
        while not await condition():
            assert alive(), "it has ended"
            await asyncio.sleep(0.05)
