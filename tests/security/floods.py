"""Floods: what one person, or nobody in particular, can send to hold up the others.

Each flood sends what it is made of and returns what it was answered. `share` is 1 for the full
size; tests that are not measured send a small share.
"""

import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

from tests.journeys.running import PASSWORD, Up

MIB = 1 << 20
AWAY = 0
"""Stands for a connection that was closed without an answer."""


@dataclass(frozen=True)
class Target:
    """Who is attacked, and with whose login."""

    ritmo: Up
    attacker: dict[str, str]

    def post(self, path: str, body: bytes, media: str = "application/json") -> int:
        """Send a body, logged in; return the status."""
        headers = {**self.attacker, "Content-Type": media}
        try:
            answer = self.ritmo.client.post(path, content=body, headers=headers)
        except httpx.TransportError:
            return AWAY
        assert len(answer.content) < 64 << 10, "a large answer to nonsense"
        return answer.status_code

    def raw(self, pieces: Iterator[bytes]) -> int:
        """Send bytes over a connection of their own until the other side has enough."""
        with socket.create_connection(("127.0.0.1", self.ritmo.port), timeout=30) as line:
            try:
                for piece in pieces:
                    line.sendall(piece)
            except OSError:
                pass
            try:
                head = line.recv(4096)
            except OSError:
                return AWAY
        return int(head.split()[1]) if head else AWAY


Send = Callable[[Target, float], list[int]]


@dataclass(frozen=True)
class Flood:
    """What is sent, and which answers are right."""

    name: str
    send: Send
    right: frozenset[int]


def keys(target: Target, share: float) -> list[int]:
    """Send a megabyte of unknown keys, to those who are logged in and to those who are not."""
    body = json.dumps({f"k{number}": 1 for number in range(90_000)}).encode()[:MIB]
    nested = b'{"schedule":' + body[: MIB - 20] + b"}"
    paths = ("/v1/habits", "/v1/auth/register", "/v1/auth/login", "/v1/journal/entries")
    return [
        target.post(path, one[: 60 << 10] if "auth" in path else one)
        for _ in range(max(1, round(5 * share)))
        for path in paths
        for one in (body, nested)
    ]


def elements(target: Target, share: float) -> list[int]:
    """Send a megabyte of array elements."""
    bodies = [
        b'{"tags":[' + one * (MIB // len(one) - 20) + b"1]}"
        for one in (b"1,", b'"",', b"{},", b"[],", b"null,", b'{"a":1},')
    ]
    return [
        target.post("/v1/habits", body) for _ in range(max(1, round(3 * share))) for body in bodies
    ]


def long_words(target: Target, share: float) -> list[int]:
    """Send what is large without being many: a key, a text, a number, escapes, depth."""
    bodies = [
        b'{"' + b"k" * (MIB - 20) + b'":1}',
        b'{"name":"' + b"\\ud83d\\ude00" * 80_000 + b'"}',
        b'{"name":"' + b"\\\\" * 500_000 + b'"}',
        b'{"target":{"value":' + b"9" * (MIB - 40) + b"}}",
        b'{"target":{"value":0.' + b"9" * (MIB - 40) + b"}}",
        b'{"name":' + b"[" * 500_000 + b"]" * 500_000 + b"}",
        b'{"schedule":{"every":"' + b"x" * (MIB - 40) + b'"}}',
        b" " * (MIB - 2) + b"{}",
    ]
    return [
        target.post("/v1/habits", body) for _ in range(max(1, round(3 * share))) for body in bodies
    ]


def parts(target: Target, share: float) -> list[int]:
    """Send fifteen megabytes of empty parts, of headers, of what looks like a boundary."""
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n'
    size = round(15 * MIB * share)
    bodies = [
        b"--b\r\n\r\n\r\n" * (size // 11),
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * (size // 52),
        head + b"A: b\r\n" * (size // 6),
        head + b"\r\n" + b"\r\n--b\r" * (size // 60) + b"x",
        head + b"\r\n" + b"\r\n--b-" * (size // 60) + b"x",
    ]
    media = "multipart/form-data; boundary=b"
    return [target.post("/v1/import", body, media) for body in bodies]


def header(target: Target, share: float) -> list[int]:
    """Send a header of two hundred megabytes; an address; many headers; trailers."""
    piece, number = b"a" * MIB, max(2, round(200 * share))

    def of(start: bytes, each: bytes = piece) -> Iterator[bytes]:
        yield start
        for _ in range(number):
            yield each

    return [
        target.raw(of(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")),
        target.raw(of(b"GET /")),
        target.raw(of(b"GET / HTTP/1.1\r\nHost: x\r\n", b"a: b\r\n" * 100_000)),
        target.raw(of(b"\r\n", b"\r\n" * 100_000)),
    ]


def pipeline(target: Target, share: float) -> list[int]:
    """Send many requests at once over one connection, and a body of the smallest chunks."""
    request = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    chunked = (
        b"POST /v1/habits HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Authorization: " + target.attacker["Authorization"].encode() + b"\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    number = max(2, round(20 * share))
    return [
        target.raw(iter([request * 5000] * number)),
        target.raw(iter([chunked, *[b"1\r\n \r\n" * 40_000] * number, b"0\r\n\r\n"])),
    ]


def queries(target: Target, share: float) -> list[int]:
    """Send as many parameters, and headers with as many parts, as go into a head."""
    many = b"&a" * 15_000
    begin = b"Authorization: " + target.attacker["Authorization"].encode() + b"\r\nHost: x\r\n"
    heads = [
        b"GET /v1/today?" + many + b" HTTP/1.1\r\n" + begin,
        b"GET /v1/today?day=" + b"%20" * 10_000 + b" HTTP/1.1\r\n" + begin,
        b"GET /" + b"a/" * 15_000 + b" HTTP/1.1\r\n" + begin,
        *(
            b"GET /v1/today HTTP/1.1\r\n" + begin + name + b": " + value + b"\r\n"
            for name, value in (
                (b"If-None-Match", b'"a",' * 7_000),
                (b"If-Match", b'"a",' * 7_000),
                (b"Accept-Language", b"xx;q=0.5," * 3_000),
                (b"Accept", b"text/x;q=0.5," * 2_000),
                (b"Cookie", b"a=b;" * 7_000),
                (b"X-Forwarded-For", b"127.0.0.1," * 3_000),
                (b"Content-Type", b"a;b=c;" * 5_000),
                (b"Range", b"bytes=" + b"0-1," * 7_000),
            )
        ),
    ]
    return [
        target.raw(iter([head + b"\r\n"]))
        for _ in range(max(1, round(5 * share)))
        for head in heads
    ]


def logins(target: Target, share: float) -> list[int]:
    """Log in three hundred times at once."""
    number = max(60, round(300 * share))
    body = {"email": "owner@example.org", "password": PASSWORD}

    def login(client: httpx.Client) -> int:
        answer = client.post("/v1/auth/login", json=body)
        if answer.status_code == 503:
            assert int(answer.headers["retry-after"]) >= 1
        return answer.status_code

    limits = httpx.Limits(max_connections=number)
    base = f"http://127.0.0.1:{target.ritmo.port}"
    with (
        httpx.Client(base_url=base, timeout=60, limits=limits, trust_env=False) as client,
        ThreadPoolExecutor(number) as threads,
    ):
        return list(threads.map(login, [client] * number))


REFUSED = frozenset({400, 413, 422})
FLOODS = (
    Flood("keys", keys, REFUSED),
    Flood("elements", elements, REFUSED),
    Flood("long words", long_words, REFUSED),
    Flood("parts", parts, REFUSED),
    Flood("header", header, frozenset({431})),
    Flood("pipeline", pipeline, frozenset({200, 400})),
    Flood("queries", queries, frozenset({200, 404, 422})),
    Flood("logins", logins, frozenset({200, 503})),
)
