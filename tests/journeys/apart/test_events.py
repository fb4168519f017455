"""A person who watches, and a machine with a token and a hook: embedded, and over RabbitMQ."""

import json
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.journeys.running import Up, client_of, register, until

Event = tuple[str, str, dict[str, Any]]
"""An event: its id, its name and its data."""


class Watched:
    """A stream that is read in the background."""

    def __init__(self, port: int, header: dict[str, str], last: str = "") -> None:
        self.events: list[Event] = []
        self.over = False
        self._client = client_of(port)
        self._header = header | ({"Last-Event-ID": last} if last else {})
        self._thread = ThreadPoolExecutor(1)
        self._read = self._thread.submit(self._run)
        until(lambda: self.names or self.over, "the stream is open")

    @property
    def names(self) -> list[str]:
        return [name for _, name, _ in self.events]

    def came(self, name: str) -> Event | None:
        return next((one for one in self.events if one[1] == name), None)

    def _run(self) -> None:
        try:
            with self._client.stream("GET", "/v1/events", headers=self._header) as answer:
                assert answer.status_code == 200, answer.read()
                fields: dict[str, str] = {}
                for line in answer.iter_lines():
                    name, _, value = line.partition(": ")
                    if line:
                        fields[name] = value
                    elif "event" in fields:
                        data = json.loads(fields["data"])
                        self.events.append((fields["id"], fields["event"], data))
                        fields = {}
        except (httpx.TransportError, httpx.StreamError):
            pass
        finally:
            self.over = True

    def close(self) -> None:
        self._client.close()
        self._thread.shutdown()


@contextmanager
def watched(running: Up, header: dict[str, str], last: str = "") -> Iterator[Watched]:
    """Watch until the block ends."""
    stream = Watched(running.port, header, last)
    try:
        yield stream
    finally:
        stream.close()


def made(client: httpx.Client, path: str, words: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(path, json=words)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.timeout(300)
def test_a_machine_checks_in_and_a_person_sees_it(running: Up) -> None:
    client = running.client
    session = register(client, "eve@events.example.org", zone="Europe/Berlin")
    client.headers.update(session)
    habit = made(client, "/v1/habits", {"name": "Read"})["habit_id"]
    hook = made(client, f"/v1/habits/{habit}/hooks", {"name": "Button"})
    token = made(client, "/v1/tokens", {"name": "Script", "scopes": ["habits:read"]})
    machine = {"Authorization": f"Bearer {token['token']}"}
    with client_of(running.port) as stranger:
        assert stranger.get("/v1/habits", headers=machine).status_code == 200
        assert stranger.get("/v1/me", headers=machine).status_code == 403
        with watched(running, session) as person, watched(running, machine) as script:
            path = f"/v1/hooks/{hook['secret']}/check-in"
            pressed = stranger.post(path, headers={"Idempotency-Key": "press"})
            assert (pressed.status_code, pressed.json()["state"]) == (200, "done"), pressed.text
            assert (
                stranger.post(path, headers={"Idempotency-Key": "press"}).json() == pressed.json()
            )
            for stream in (person, script):
                until(lambda: stream.came("habits.habit_checked_in"), "it is told")  # noqa: B023
            place, _, told = person.came("habits.habit_checked_in") or ("", "", {})
            assert (told["habit_id"], told["source"]) == (habit, "hook")
            client.post("/v1/journal/entries", json={"text": "A quiet day."})
            until(lambda: person.came("journal.entry_written"), "the entry is told")
            assert script.came("journal.entry_written") is None, "it was not given the journal"
            assert client.delete(f"/v1/tokens/{token['token_id']}").status_code == 204
            until(lambda: script.over, "the stream of the token ends")
            assert script.events[-1][1:] == ("end", {"reason": "token_revoked"})
            until(
                lambda: stranger.get("/v1/habits", headers=machine).status_code == 401,
                "the token is void",
            )
            assert not person.over
        with watched(running, session, last=place) as person:
            until(lambda: person.came("ready"), "the stream goes on")
            assert person.names == ["journal.entry_written", "ready"]
            client.post("/v1/auth/logout")
            until(lambda: person.over, "the stream of the session ends")
            assert person.events[-1][1:] == ("end", {"reason": "session_ended"})
    assert hook["secret"] not in running.said
    assert token["token"] not in running.said


@pytest.mark.timeout(300)
def test_streams_end_in_order_when_ritmo_stops(own: Up) -> None:
    session = register(own.client, "last@example.org", zone="UTC")
    with watched(own, session) as person:
        assert own.stop(signal.SIGTERM) == 0
        until(lambda: person.over, "the stream ends")
        assert person.events[-1][1:] == ("end", {"reason": "restart"})


def test_streams_end_in_order_when_the_gateway_stops(apart: Up) -> None:
    with client_of(apart.port) as client:
        session = register(client, "last@events.example.org", zone="UTC")
    gateway = apart.part("gateway")
    assert gateway is not None
    with watched(apart, session) as person:
        gateway.terminate()
        until(lambda: person.over, "the stream ends")
        assert person.events[-1][1:] == ("end", {"reason": "restart"})
    until(apart.ready, "the gateway is back")
