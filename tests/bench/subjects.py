"""What is measured: Ritmo started as a user starts it, and the yardstick, each ready to be asked.

A subject has its own PostgreSQL, of the same build and with the same settings.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from storage import embedded
from tests import backends
from tests.backends import free_port
from tests.bench.baseline_people import new_key, settle_in
from tests.bench.load import Person
from tests.bench.people import move_in
from tests.bench.watch import family

UNHURRIED = {"RITMO_RATE_PER_MINUTE": "1000000000", "RITMO_LOGIN_PER_MINUTE": "1000000"}
"""One machine plays thousands of people here: what keeps one person in bounds is set aside."""

PATIENCE = 60.0
"""Seconds that a subject may take to get ready, or to stop."""


class BenchFailed(Exception):  # it reads better where it is raised
    """A scenario could not be run; the message says why."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that answers on `port`; `roots` are its processes, whose children count, too.

    `people(number, days)` returns so many people with ten habits and so many days of history.
    """

    name: str
    port: int
    roots: Sequence[int]
    people: Callable[[int, int], "Crowd"]
    database: str = ""


Crowd = Callable[[], list[Person]]
"""People, with access tokens that are fresh each time."""


@contextmanager
def running(words: Sequence[str], log: Path, port: int) -> Iterator[int]:
    """Run a Python module until it is ready on `port`; yield its process id; stop it in the end."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *words],
            env=os.environ | UNHURRIED,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        wait_until_ready(process, port, log)
        yield process.pid
    finally:
        stop(process)


def wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Ask `/readyz` until it says yes. Raises `BenchFailed` with the end of the log."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        with suppress(httpx.TransportError):
            if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == 200:
                return
        time.sleep(0.02)
    raise BenchFailed(f"It did not get ready: {log.read_text(errors='replace')[-2000:]}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to stop; end what is left of it and of what it started."""
    started = family([process.pid]) if process.poll() is None else {}
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE)
    for one in started.values():
        with suppress(psutil.NoSuchProcess):
            one.kill()
    process.wait()


@contextmanager
def plain_monolith(folder: Path) -> Iterator[Subject]:
    """Start the yardstick on a PostgreSQL of its own."""
    key, port = new_key(folder / "key.pem"), free_port()
    with postgresql(folder / "baseline") as server:
        words = ["tests.bench.baseline", "--database", server.url, "--port", str(port)]
        words += ["--key", str(folder / "key.pem")]
        with running(words, folder / "baseline.log", port) as pid:
            yield Subject(
                "baseline",
                port,
                (pid, server.pid),
                lambda number, days: settle_in(server.url, key, number, days),
            )


@contextmanager
def ritmo_embedded(folder: Path) -> Iterator[Subject]:
    """Start Ritmo as `ritmo up`: everything in one process on its own PostgreSQL."""
    port = free_port()
    words = ["ops.cli", "up", "--data", str(folder / "data"), "--port", str(port)]
    with running(words, folder / "embedded.log", port) as pid:
        yield Subject("embedded", port, (pid,), people_of(port))


@contextmanager
def ritmo_over_rabbitmq(folder: Path) -> Iterator[Subject]:
    """Start Ritmo as `ritmo up --amqp --database`: each part a process of its own."""
    port = free_port()
    with postgresql(folder / "rabbit") as server, backends.rabbitmq() as broker:
        words = ["ops.cli", "up", "--amqp", broker.url, "--database", server.url]
        words += ["--port", str(port), "--data", str(folder / "rabbit-data")]
        with running(words, folder / "rabbit.log", port) as pid:
            roots = (pid, server.pid, broker.pid)
            yield Subject("rabbit", port, roots, people_of(port), server.url)


@contextmanager
def postgresql(folder: Path) -> Iterator[embedded.Embedded]:
    """Start the PostgreSQL that Ritmo brings along."""
    folder.mkdir(parents=True)
    server = embedded.start(folder / "postgres")
    try:
        yield server
    finally:
        server.stop()


def people_of(port: int) -> Callable[[int, int], Crowd]:
    """Return how people come to Ritmo: through its door."""
    return lambda number, days: move_in(port, number, days)
