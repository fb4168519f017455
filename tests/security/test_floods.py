"""Floods are refused for what they are, and the others do not notice."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import psutil
import pytest

from gateway.bounds import MAX_HASHES
from tests.journeys.running import Up, register
from tests.security.attempts import MEASURED, Attempts, figure
from tests.security.floods import FLOODS, Flood, Target
from tests.security.probe import Probe, p99

SHARE = 1.0 if MEASURED else 0.05
IDLE = 5.0
"""Seconds for which the waits of an idle Ritmo are measured."""

SLOW = 50
"""Connections that send a byte now and then."""


@pytest.fixture(scope="module")
def owner(ritmo: Up) -> dict[str, str]:
    """Register the person whose waits count, and whose password is known."""
    return register(ritmo.client, "owner@example.org")


@pytest.fixture(scope="module")
def target(ritmo: Up, owner: dict[str, str]) -> Target:
    return Target(ritmo, register(ritmo.client, "attacker@example.org"))


@pytest.fixture(scope="module")
def idle(ritmo: Up, owner: dict[str, str]) -> float:
    """Measure the waits of the owner while nothing else happens."""
    if not MEASURED:
        return 0.0
    with Probe(ritmo.port, owner["Authorization"]) as probe:
        time.sleep(IDLE)
    return p99(probe.waits)


def memory(ritmo: Up) -> float:
    """Return how many MiB the process of Ritmo itself takes."""
    return psutil.Process(ritmo.process.pid).memory_info().rss / (1 << 20)


@pytest.mark.parametrize("flood", FLOODS, ids=lambda one: one.name)
def test_a_flood_is_refused(
    target: Target, owner: dict[str, str], idle: float, flood: Flood
) -> None:
    ritmo, before = target.ritmo, memory(target.ritmo)
    with ExitStack() as stack:
        probe = Probe(ritmo.port, owner["Authorization"])
        if MEASURED:
            stack.enter_context(probe)
        answers = flood.send(target, SHARE)
    with Attempts(f"flood of {flood.name}") as attempts:
        for number, status in enumerate(answers):
            attempts.note(f"{number}: {status}", status in flood.right)
    if MEASURED:
        name = flood.name.replace(" ", "_")
        figure(f"flood_{name}_p99", p99(probe.waits) / idle, "times", "<=", 2)
        figure(f"flood_{name}_slowest", max(probe.waits) * 1000, "ms", "<=", 250)
        figure(f"flood_{name}_memory", memory(ritmo) - before, "MiB", "<=", 64)
    today = ritmo.client.get("/v1/today", headers=owner)
    assert today.status_code == 200


def test_most_logins_of_many_are_told_to_wait(target: Target) -> None:
    """Those whose turn comes are let in; the others know when to come again."""
    logins = next(one for one in FLOODS if one.name == "logins")
    answers = logins.send(target, 1.0)
    assert answers.count(200) >= MAX_HASHES
    assert answers.count(503) >= 1
    assert set(answers) <= {200, 503}


def drips(port: int) -> Iterator[socket.socket]:
    """Open connections of which nothing comes but a byte now and then."""
    for number in range(SLOW):
        line = socket.create_connection(("127.0.0.1", port), timeout=30)
        body = number % 2
        line.sendall(b"POST /v1/auth/login HTTP/1.1\r\nHost: x\r\n")
        if body:
            line.sendall(b"Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n{")
        yield line


def test_slow_connections_hold_nobody_up(ritmo: Up, owner: dict[str, str], idle: float) -> None:
    lines = list(drips(ritmo.port))
    with ExitStack() as stack:
        probe = Probe(ritmo.port, owner["Authorization"])
        if MEASURED:
            stack.enter_context(probe)
        answers: list[int] = []
        for line in lines if MEASURED else []:
            line.settimeout(15)
            head = line.recv(4096)
            answers.append(int(head.split()[1]) if head else 0)
        assert ritmo.client.get("/v1/today", headers=owner).status_code == 200
    for line in lines:
        line.close()
    if MEASURED:
        with Attempts("slow connections") as attempts:
            for status in answers:
                attempts.note(str(status), status == 408)
        figure("flood_slow_p99", p99(probe.waits) / idle, "times", "<=", 2)
