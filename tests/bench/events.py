"""A thousand who watch and do nothing: what they hold, and how soon they are told."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from gateway.bounds import MAX_STREAMS_PER_PERSON
from tests.bench.figures import Figure
from tests.bench.people import Account, client_of, register
from tests.bench.subjects import BenchFailed, Subject, ritmo_embedded
from tests.bench.watch import settle

CLIENTS = 1_000
AT_ONCE = 4
"""People who register at once."""

OF_AN_ADDRESS = 50
"""Who watches from one address; it may have so many connections."""

PATIENCE = 60.0
"""Seconds within which all must be connected, or told."""

Watching = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def run(folder: Path, rounds: int) -> Iterator[Figure]:
    """Weigh Ritmo before and while a thousand watch; tell each person something."""
    with ritmo_embedded(folder) as ritmo, client_of(ritmo.port) as client:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            number = CLIENTS // MAX_STREAMS_PER_PERSON
            people = list(pool.map(lambda _: register(client), range(number)))
        # What is loaded on first use, and pages that were used once, are there by then.
        asyncio.run(watched(ritmo, people[:5]))
        held, seconds = asyncio.run(watched(ritmo, people))
    print(
        f"\nevents: {CLIENTS} who watch hold {held:.1f} MB, the latest is told in {seconds:.2f} s"
    )
    yield Figure("events.memory", held, "MB", "<=", 60)
    yield Figure("events.told", seconds, "s", "<=", 1)


async def watched(ritmo: Subject, people: Sequence[Account]) -> tuple[float, float]:
    """Let people watch, each as often as they may, and begin a habit.

    Return what watching holds, in MB (RSS), and the seconds from asking for a habit to when the
    last who watches is told of it.
    """
    process = psutil.Process(ritmo.roots[0])
    await asyncio.to_thread(settle, ritmo.roots)
    before = process.memory_info().rss
    streams: list[Watching] = []
    try:
        async with asyncio.timeout(PATIENCE):
            for person in people:
                for _ in range(MAX_STREAMS_PER_PERSON):
                    streams.append(await watch(ritmo.port, person, len(streams)))
        await asyncio.to_thread(settle, ritmo.roots)
        held = (process.memory_info().rss - before) / 1e6
        telling = asyncio.gather(*(told(reader) for reader, _ in streams))
        began = await asyncio.to_thread(begin, ritmo.port, people)
        async with asyncio.timeout(PATIENCE):
            at = await telling
        each = (one - began[number // MAX_STREAMS_PER_PERSON] for number, one in enumerate(at))
        return held, max(each)
    finally:
        for _, writer in streams:
            writer.close()


async def watch(port: int, person: Account, number: int) -> Watching:
    """Open a stream; it is there once it has begun."""
    local = (f"127.0.1.{number // OF_AN_ADDRESS + 1}", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=local)
    head = f"GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {person.token}\r\n\r\n"
    writer.write(head.encode())
    begun = await reader.readuntil(b"event: ready")
    if not begun.startswith(b"HTTP/1.1 200"):
        raise BenchFailed(f"A stream was refused: {begun[:200]!r}")
    return reader, writer


async def told(reader: asyncio.StreamReader) -> float:
    """Return when a stream tells of a habit that was begun."""
    await reader.readuntil(b"habit_created")
    return time.perf_counter()


def begin(port: int, people: Sequence[Account]) -> list[float]:
    """Let each begin a habit, one after the other; return when each asked for it."""
    asked = []
    with client_of(port) as client:
        for person in people:
            words = {"name": "Read"}
            asked.append(time.perf_counter())
            client.post("/v1/habits", json=words, headers=person.bearer).raise_for_status()
    return asked
