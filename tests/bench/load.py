"""The load driver: a process of its own that asks over HTTP/1.1 keep-alive and takes the time.

It reads a `Plan` as JSON from standard input and writes a `Taken` to standard output. Raw asyncio
protocols and httptools keep its own cost small beside the servers that share its cores.
"""

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import count
from typing import Literal, cast

import httptools
import uvloop
from pydantic import BaseModel

from tests.bench.watch import cpu_seconds, settle, spent

PATIENCE = 30.0
"""Seconds after which an answer counts as lost."""

Errand = Literal["check-in", "today"]


class Person(BaseModel):
    """Somebody who asks: their access token and their habits."""

    token: str
    habits: list[str]


class Aside(BaseModel):
    """Requests beside the measured ones, so many a second, whether answered or not."""

    path: str
    per_second: float


class Plan(BaseModel):
    """What to ask, how often, how many at once, and whose CPU time to watch.

    With `seconds` it lasts that long; otherwise until `requests` are answered. The process `asleep`
    is stopped meanwhile.
    """

    port: int
    errand: Errand
    people: list[Person]
    concurrency: int
    requests: int = 0
    seconds: float | None = None
    warm_up: int = 0
    watch: list[int] = []
    aside: Aside | None = None
    asleep: int | None = None


class Taken(BaseModel):
    """What was measured: answers, seconds, latencies in ms, CPU seconds by part.

    `failed` counts answers that were not good by their status; 0 is a connection that was lost.
    """

    answered: int
    failed: dict[int, int]
    seconds: float
    p50: float
    p99: float
    slowest: float
    cpu: dict[str, float]

    @property
    def errors(self) -> int:
        """Return how many answers were not good."""
        return sum(self.failed.values())

    @property
    def per_second(self) -> float:
        """Return requests answered in a second."""
        return self.answered / self.seconds

    @property
    def cpu_ms(self) -> dict[str, float]:
        """Return the CPU milliseconds of a request, by part."""
        return {part: 1000 * used / self.answered for part, used in self.cpu.items()}

    @property
    def cost(self) -> float:
        """Return the CPU milliseconds of a request in all parts together."""
        return sum(self.cpu_ms.values())


class Connection(asyncio.Protocol):
    """One keep-alive connection with one request under way."""

    def __init__(self) -> None:
        """Begin without anything under way."""
        self._answer: asyncio.Future[int] | None = None
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self._parser.feed_data(data)

    def connection_lost(self, _: Exception | None) -> None:
        """Fail what is under way."""
        if self._answer and not self._answer.done():
            self._answer.set_exception(ConnectionError("the server hung up"))

    def on_message_complete(self) -> None:
        """Hand over the status; called by the parser."""
        status = self._parser.get_status_code()
        self._parser = httptools.HttpResponseParser(self)
        if self._answer and not self._answer.done():
            self._answer.set_result(status)

    async def send(self, request: bytes) -> int:
        """Send a request and return the status of its answer. Raises OSError if none comes."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        async with asyncio.timeout(PATIENCE):
            return await self._answer

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


async def connect(port: int) -> Connection:
    """Open a connection."""
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
    return connection


def get(path: str, token: str) -> bytes:
    """Write a GET request."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
    ).encode()


def put(path: str, token: str, body: str) -> bytes:
    """Write a PUT request with a JSON body of ASCII."""
    return (
        f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def request_of(errand: Errand, person: Person, number: int) -> bytes:
    """Write a person's request: every fifth check-in is for yesterday, each sets a new value."""
    if errand == "today":
        return get("/v1/today", person.token)
    day = datetime.now(UTC).date() - timedelta(days=number % 5 == 4)
    habit = person.habits[number % len(person.habits)]
    path = f"/v1/habits/{habit}/check-ins/{day}"
    return put(path, person.token, f'{{"value":{8 + number % 7}.0}}')


class Drive:
    """A plan being carried out: each of its people has a connection and waits for each answer."""

    def __init__(self, plan: Plan) -> None:
        """Take a plan."""
        self.plan = plan
        self.latencies: list[float] = []
        self.failed: Counter[int] = Counter()

    async def person(self, person: Person, numbers: "count[int]", goes_on: "Goes") -> None:
        """Ask one thing after another until it is enough."""
        connection = await connect(self.plan.port)
        while goes_on():
            request = request_of(self.plan.errand, person, next(numbers))
            began = time.perf_counter()
            try:
                status = await connection.send(request)
            except OSError:  # a time-out is one, too
                connection.close()
                connection, status = await connect(self.plan.port), 0
            self.latencies.append(time.perf_counter() - began)
            if status != HTTPStatus.OK:
                self.failed[status] += 1
        connection.close()

    async def all(self, goes_on: "Goes") -> float:
        """Let everyone ask at once; return how many seconds it took."""
        self.latencies, self.failed = [], Counter()
        began = time.perf_counter()
        people = self.plan.people[: self.plan.concurrency]
        await asyncio.gather(*(self.person(person, count(), goes_on) for person in people))
        return time.perf_counter() - began


class Goes:
    """Tells whether to go on: so many times, or until a moment."""

    def __init__(self, requests: int, seconds: float | None = None) -> None:
        """Begin to count."""
        self._left = requests
        self._end = None if seconds is None else time.perf_counter() + seconds

    def __call__(self) -> bool:
        """Take one of the requests that are left."""
        if self._end is not None:
            return time.perf_counter() < self._end
        self._left -= 1
        return self._left >= 0


async def beside(plan: Plan, aside: Aside) -> None:
    """Ask for something else at a steady pace, each on a connection of its own."""
    request = get(aside.path, plan.people[0].token)
    asked: set[asyncio.Task[None]] = set()

    async def once() -> None:
        connection = await connect(plan.port)
        try:
            await connection.send(request)
        except OSError:
            return
        finally:
            connection.close()

    while True:
        task = asyncio.create_task(once())
        asked.add(task)
        task.add_done_callback(asked.discard)
        await asyncio.sleep(1 / aside.per_second)


@contextmanager
def sleeping(pid: int | None) -> Iterator[None]:
    """Stop a process for a while; let it go on in any case."""
    if pid is None:
        yield
        return
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def drive(plan: Plan) -> Taken:
    """Warm up, measure, and wait for the work that the answers left behind."""
    work = Drive(plan)
    if plan.warm_up:
        await work.all(Goes(plan.warm_up))
    await asyncio.to_thread(settle, plan.watch)
    aside = asyncio.create_task(beside(plan, plan.aside)) if plan.aside else None
    before = cpu_seconds(plan.watch)
    with sleeping(plan.asleep):
        seconds = await work.all(Goes(plan.requests, plan.seconds))
    if aside:
        aside.cancel()
    await asyncio.to_thread(settle, plan.watch)
    return taken(work, seconds, spent(before, cpu_seconds(plan.watch)))


def taken(work: Drive, seconds: float, cpu: dict[str, float]) -> Taken:
    """Sum up latencies and costs."""
    times = sorted(1000 * latency for latency in work.latencies)
    return Taken(
        answered=len(times),
        failed=dict(work.failed),
        seconds=seconds,
        p50=times[len(times) // 2],
        p99=times[min(len(times) - 1, len(times) * 99 // 100)],
        slowest=times[-1],
        cpu=cpu,
    )


def main() -> None:
    """Carry out the plan on standard input."""
    plan = Plan.model_validate_json(sys.stdin.read())
    sys.stdout.write(uvloop.run(drive(plan)).model_dump_json())


if __name__ == "__main__":
    main()
