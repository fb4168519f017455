"""How people come to Ritmo: they register and import their history, all over HTTP."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from contracts.message import new_id
from tests.bench.load import Person
from tests.bench.shelves import shelves_zip

HABITS = 10
"""Habits of each person."""

PASSWORD = "a quiet heron reads at dawn"
_AT_ONCE = 4
_PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who has registered."""

    email: str
    token: str

    @property
    def bearer(self) -> dict[str, str]:
        """Return the header that says who asks."""
        return {"Authorization": f"Bearer {self.token}"}


def client_of(port: int) -> httpx.Client:
    """Open a client of Ritmo; imports may take a while."""
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60.0)


def register(client: httpx.Client) -> Account:
    """Open an account in UTC."""
    email = f"{new_id().hex}@bench.example.org"
    body = {"email": email, "password": PASSWORD, "name": "Heron", "zone": "UTC", "language": "en"}
    answer = client.post("/v1/auth/register", json=body).raise_for_status().json()
    return Account(email, answer["access_token"])


def log_in(client: httpx.Client, account: Account) -> Account:
    """Get a fresh access token: one lasts ten minutes."""
    body = {"email": account.email, "password": PASSWORD}
    answer = client.post("/v1/auth/login", json=body).raise_for_status().json()
    return Account(account.email, answer["access_token"])


def bring(client: httpx.Client, account: Account, archive: bytes) -> dict[str, Any]:
    """Import a Loop export and return the finished account of it.

    Raises TimeoutError when it is not done after two minutes, ValueError when it failed.
    """
    end = time.monotonic() + _PATIENCE
    files = {"file": ("loop.zip", archive, "application/zip")}
    answer = client.post("/v1/import", files=files, headers=account.bearer).raise_for_status()
    found: dict[str, Any] = answer.json()
    while found["phase"] not in ("done", "failed"):
        if time.monotonic() > end:
            raise TimeoutError(f"The import is still {found['phase']} after {_PATIENCE:.0f} s.")
        time.sleep(0.05)
        path = f"/v1/imports/{found['import_id']}"
        found = client.get(path, headers=account.bearer).raise_for_status().json()
    if found["phase"] == "failed":
        raise ValueError(f"The import failed: {found['problem']}")
    return found


def habits_of(client: httpx.Client, account: Account) -> list[str]:
    """Return the ids of somebody's habits."""
    today = client.get("/v1/today", headers=account.bearer).raise_for_status().json()
    return [habit["habit_id"] for habit in today["habits"]]


def move_in(port: int, number: int, days: int) -> Callable[[], list[Person]]:
    """Register people who bring so many days of history; return who gets them fresh tokens."""
    archive = shelves_zip(HABITS, datetime.now(UTC).date(), days)

    def settled(client: httpx.Client) -> tuple[Account, list[str]]:
        account = register(client)
        bring(client, account, archive)
        return account, habits_of(client, account)

    with client_of(port) as client, ThreadPoolExecutor(_AT_ONCE) as hands:
        crowd = list(hands.map(settled, [client] * number))

    def fresh() -> list[Person]:
        with client_of(port) as client:
            return [
                Person(token=log_in(client, account).token, habits=habits)
                for account, habits in crowd
            ]

    return fresh
