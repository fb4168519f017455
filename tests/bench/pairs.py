"""Requests a second through the real Nginx with 1, 2 and 4 pairs of gateway and room, beside the
yardstick: what each hop costs, and what another pair brings on this machine.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from tests import backends
from tests.backends import free_port, program
from tests.bench.figures import Figure, parts_of, table
from tests.bench.load import Errand
from tests.bench.measure import ask, in_turn
from tests.bench.subjects import (
    UNHURRIED,
    Subject,
    people_of,
    plain_monolith,
    postgresql,
    running,
    stop,
    wait_until_ready,
)

PAIRS = (1, 2, 4)
CONCURRENCY = 32
MONTH = 30
SHIPPED = Path(__file__).parents[2] / "ops" / "nginx"
ERRANDS: tuple[Errand, ...] = ("check-in", "today")


def run(folder: Path, rounds: int) -> Iterator[Figure]:
    """Measure the yardstick and each number of pairs in turn, all of them running."""
    with ExitStack() as stack:
        yardstick = stack.enter_context(plain_monolith(folder))
        subjects = [stack.enter_context(pairs(folder / f"pairs-{n}", n)) for n in PAIRS]
        everybody = (yardstick, *subjects)
        crowds = {one.name: one.people(CONCURRENCY, MONTH) for one in everybody}
        for errand in ERRANDS:
            sides = {
                one.name: partial(ask, one, crowds[one.name], errand, CONCURRENCY)
                for one in everybody
            }
            taken = in_turn(sides, rounds)
            table(f"{errand} through Nginx, {CONCURRENCY} at once", list(taken.items()))
            first, theirs = taken[subjects[0].name], taken[yardstick.name]
            for one in subjects:
                ours = taken[one.name]
                why = f"CPU ms of a request: {parts_of(ours)}, against {parts_of(theirs)}"
                name = f"{one.name}.{errand}"
                ratio = ours.per_second / first.per_second
                yield Figure(f"{name}.cost", theirs.cost / ours.cost, "x", ">=", 0.33, why)
                yield Figure(f"{name}.grown", ratio, "x", ">=", 0.9, why)


@contextmanager
def pairs(folder: Path, number: int) -> Iterator[Subject]:
    """Start so many gateways and rooms of habits behind Nginx, and one of each other part."""
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        server = stack.enter_context(postgresql(folder / "postgres"))
        broker = stack.enter_context(backends.rabbitmq())
        cache = stack.enter_context(backends.redis())
        ports = [free_port() for _ in range(number)]
        shared = ["--amqp", broker.url, "--database", server.url, "--redis", cache.url]
        words = ["ops.cli", "up", *shared, "--port", str(ports[0]), "--data", str(folder / "data")]
        roots = [stack.enter_context(running(words, folder / "up.log", ports[0])), server.pid]
        roots += [broker.pid, cache.pid]
        given = {
            "RITMO_AMQP_URL": broker.url,
            "RITMO_DATABASE_URL": server.url,
            "RITMO_REDIS_URL": cache.url,
            "RITMO_DATA": str(folder / "data"),
        }
        os.environ.update(given)
        try:
            for index, port in enumerate(ports[1:]):
                words = ["ops.cli", "gateway", "--port", str(port)]
                roots.append(stack.enter_context(running(words, folder / f"{index}.log", port)))
                roots.append(stack.enter_context(part(folder / f"room-{index}.log")))
        finally:
            for name in given:
                del os.environ[name]
        door, pid = stack.enter_context(nginx(folder / "nginx", ports))
        yield Subject(f"pairs{number}", door, (*roots, pid), people_of(door), server.url)


@contextmanager
def part(log: Path) -> Iterator[int]:
    """Run another room of habits."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "ops.cli", "run", "habits"],
            env=os.environ | UNHURRIED,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process.pid
    finally:
        stop(process)


@contextmanager
def nginx(folder: Path, gateways: list[int]) -> Iterator[tuple[int, int]]:
    """Run Nginx before gateways, without a bound on requests; yield its port and its process."""
    shipped, logs, port = folder / "shipped", folder / "logs", free_port()
    logs.mkdir(parents=True)
    shutil.copytree(SHIPPED, shipped, ignore=shutil.ignore_patterns("tls"))
    servers = " ".join(f"server 127.0.0.1:{gateway};" for gateway in gateways)
    text = (shipped / "ritmo.conf").read_text().replace("limit_req zone=rate", "# limit_req")
    (shipped / "ritmo.conf").write_text(f"upstream gateways {{ {servers} }}\n{text}")
    settings = {
        "PATH": f"{os.environ['PATH']}:/usr/sbin",
        "RITMO_NGINX_RUN": str(folder),
        "RITMO_NGINX_LOGS": str(logs),
        "RITMO_NGINX_LISTEN": f"127.0.0.1:{port}",
        "RITMO_NGINX_HEALTH": str(free_port()),
        "RITMO_NGINX_GATEWAYS": "gateways",
        "RITMO_NGINX_USER": "root",
    }
    for name in ("stdout", "stderr"):
        (logs / name).touch()
    program("nginx")
    process = subprocess.Popen(
        [str(shipped / "start")], env=settings, stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        wait_until_ready(process, port, logs / "stderr")
        yield port, process.pid
    finally:
        stop(process)
