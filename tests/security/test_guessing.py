"""Guessing passwords is slow, keeps no owner out, and tells nobody who has an account."""

import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from actors.auth.guard import WIDE
from tests.databases import prepared
from tests.journeys.running import PASSWORD, Up, up
from tests.security.attempts import MEASURED, Attempts, figure

PER_MINUTE = 10
"""Wrong tries a minute, as Ritmo lets through unless it is told otherwise."""

GUESSES = 1000 if MEASURED else 200
SAMPLES = 300 if MEASURED else 10
GUESSERS = [f"127.0.0.{n}" for n in range(2, 18)]
"""Addresses of one network."""

AT_ONCE = 4
"""Guesses at once: more would keep the owner waiting, who is in the same process, by that alone."""


@pytest.fixture(scope="module")
def guarded(cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """Run Ritmo with the rate of wrong tries that it has for people."""
    data = prepared(cluster, tmp_path_factory.mktemp("guarded") / "data")
    with up(data, login_per_minute=str(PER_MINUTE)) as running:
        yield running


def account(running: Up, email: str) -> str:
    """Open an account; return the token of its device."""
    words = {"email": email, "password": PASSWORD}
    answer = running.client.post("/v1/auth/register", json=words)
    assert answer.status_code == 201, answer.text
    token: str = answer.json()["device_token"]
    return token


def client_at(running: Up, address: str) -> httpx.Client:
    """Open a client with an address of its own."""
    transport = httpx.HTTPTransport(local_address=address)
    base = f"http://127.0.0.1:{running.port}"
    return httpx.Client(base_url=base, transport=transport, timeout=60)


def test_guesses_are_few_and_the_owner_is_let_in(guarded: Up) -> None:
    """Each guess that is answered 401 was hashed; the owner sits in the guessers' network."""
    device = account(guarded, "owner@example.org")
    mine = {"email": "owner@example.org", "password": PASSWORD}
    clients = [client_at(guarded, address) for address in GUESSERS]
    waits: list[float] = []
    began = time.monotonic()

    def guess(number: int) -> int:
        email = "owner@example.org" if number % 2 else f"n{number}@example.org"
        words = {"email": email, "password": f"wrong wrong {number}"}
        client = clients[number % len(clients)]
        return client.post("/v1/auth/login", json=words).status_code

    with (
        Attempts("guesses from one network") as attempts,
        client_at(guarded, GUESSERS[0]) as owner,
        ThreadPoolExecutor(AT_ONCE) as threads,
    ):
        guesses = [threads.submit(guess, number) for number in range(GUESSES)]
        while not all(one.done() for one in guesses):
            asked = time.perf_counter()
            answer = owner.post("/v1/auth/login", json=mine | {"device_token": device})
            waits.append(time.perf_counter() - asked)
            attempts.note(f"owner: {answer.status_code}", answer.status_code == 200)
        stranger = owner.post("/v1/auth/login", json=mine)
        answers = [one.result() for one in guesses]
        for status in answers:
            attempts.note(f"{status}", status in (401, 429, 503))
        # So many in any minute; on a busy machine it takes longer than one.
        minutes = int((time.monotonic() - began) // 60) + 1
        hashed = answers.count(401)
        attempts.note(f"{hashed} were hashed", hashed <= WIDE * PER_MINUTE * minutes)
        attempts.note("an unknown device waits", stranger.status_code in (429, 503))
        attempts.note("it is told how long", int(stranger.headers["retry-after"]) >= 1)
    for client in clients:
        client.close()
    if MEASURED:
        figure("guesses_hashed_of_1000", hashed / minutes, "hashes", "<=", 20)
        figure("guessed_owner_logs_in", max(waits), "s", "<=", 1)


def test_a_login_does_not_tell_who_has_an_account(ritmo: Up) -> None:
    account(ritmo, "has-an-account@example.org")
    spent: dict[str, list[float]] = {"has-an-account": [], "has-none": []}
    seen = set()
    with Attempts("logins that ask who has an account") as attempts:
        for number in range(SAMPLES):
            for name in sorted(spent, reverse=bool(number % 2)):
                words = {"email": f"{name}@example.org", "password": "wrong wrong"}
                began = time.perf_counter()
                answer = ritmo.client.post("/v1/auth/login", json=words)
                spent[name].append(time.perf_counter() - began)
                said = {k: v for k, v in answer.json().items() if k != "trace_id"}
                names = sorted(name for name in answer.headers)
                seen.add((answer.status_code, str(said), len(answer.content), str(names)))
                attempts.note(f"{name}: {answer.status_code}", answer.status_code == 401)
        attempts.note(f"answers differ: {seen}", len(seen) == 1)
    if MEASURED:
        one, other = (statistics.median(waits) for waits in spent.values())
        figure("login_tells_accounts_apart", abs(one - other) * 1000, "ms", "<=", 5)
