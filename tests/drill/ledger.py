"""The ledger: people check in while something is broken; nothing is lost, nothing counts twice.

Every check-in adds a power of four to the value of a day, so that the digits of the value, base
four, say how often each one counted. Whoever gets no answer asks again with the same key. What
`analytics` has heard is compared, too: each fact says by how much a value grew.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx

from tests.drill.stack import HEAL, Failed, Stack, demand, until

PEOPLE = 3
PASSWORD = "correct horse battery staple"
IN_A_DAY = 10
"""Check-ins of one habit on one day: digits of one value."""

DAYS = 30
PAUSE = 0.15
"""Seconds between two check-ins of a person, within what a person may ask in a minute."""

PATIENCE = 180.0
"""Seconds after which somebody who gets no answer gives up."""

AGAIN = frozenset({429, 502, 503, 504})

Place = tuple[str, str, int]
"""A habit, a day, and which digit of its value."""


@dataclass
class Person:
    """Somebody with an account, and a client that is logged in."""

    client: httpx.AsyncClient
    refresh: str

    @classmethod
    async def register(cls, stack: Stack) -> "Person":
        """Open an account through Nginx."""
        client = stack.client()
        words = {
            "email": f"{uuid4().hex}@example.org",
            "password": PASSWORD,
            "name": "Ada",
            "zone": "UTC",
            "language": "en",
        }
        answer = await insist(client, "POST", "/v1/auth/register", words)
        return cls(client, "").take(answer)

    def take(self, answer: httpx.Response) -> "Person":
        """Go on with the tokens of this answer."""
        told = answer.json()
        self.client.headers["Authorization"] = f"Bearer {told['access_token']}"
        self.refresh = told["refresh_token"]
        return self

    async def stay(self) -> None:
        """Stay logged in for the next minutes."""
        words = {"refresh_token": self.refresh}
        self.take(await insist(self.client, "POST", "/v1/auth/refresh", words))

    async def habit(self, name: str) -> str:
        """Begin a habit that is counted."""
        words = {"name": name, "measure": "count"}
        answer = await insist(self.client, "POST", "/v1/habits", words)
        return str(answer.json()["habit_id"])


async def insist(
    client: httpx.AsyncClient,
    method: str,
    path: str,
    words: object = None,
    refused: Counter[str] | None = None,
) -> httpx.Response:
    """Ask, and ask again with the same key, until it is done; count refusals in `refused`.

    Every refusal must be a problem document, and those of 503 must say when to come back.
    """
    refused = Counter() if refused is None else refused
    key = {"Idempotency-Key": uuid4().hex}
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        wait = 0.5
        try:
            answer = await client.request(method, path, json=words, headers=key)
        except httpx.TransportError as error:
            refused[type(error).__name__] += 1
        else:
            if answer.is_success:
                return answer
            media = answer.headers.get("content-type")
            said = answer.text[:300]
            demand(media == "application/problem+json", f"{answer.status_code} as {media}: {said}")
            code = answer.json()["code"]
            refused[f"{answer.status_code} {code}"] += 1
            busy = answer.status_code == 409 and code == "in_progress"
            demand(busy or answer.status_code in AGAIN, f"{method} {path}: {said}")
            waited = answer.headers.get("retry-after")
            demand(busy or waited, f"{answer.status_code} {code} without Retry-After")
            wait = min(float(waited or wait), 2.0 if answer.status_code != 429 else 60.0)
        await asyncio.sleep(wait)
    raise Failed(f"{method} {path} was not done within {PATIENCE:.0f} s: {dict(refused)}")


@dataclass
class Ledger:
    """What was confirmed, by place; `refused` counts what was answered otherwise, by its kind."""

    people: list[Person]
    done: Counter[Place] = field(default_factory=Counter)
    owners: dict[str, Person] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)

    @classmethod
    async def open(cls, stack: Stack, people: list[Person]) -> "Ledger":
        """Begin a ledger; whoever is missing opens an account first."""
        while len(people) < PEOPLE:
            people.append(await Person.register(stack))
        for person in people:
            await person.stay()
        return cls(people)

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Check in as long as the block lasts, and to the end of what was begun."""
        over = asyncio.Event()
        keeping = [asyncio.create_task(self._keep(person, over)) for person in self.people]
        try:
            yield
            await asyncio.sleep(1)  # some check-ins when all is well again
        finally:
            over.set()
            ended = await asyncio.gather(*keeping, return_exceptions=True)
        for error in ended:
            if isinstance(error, BaseException):
                raise error

    async def more(self, number: int) -> None:
        """Wait for so many more check-ins to be confirmed."""
        wanted = self.done.total() + number

        async def there() -> bool:
            return self.done.total() >= wanted

        await until(there, PATIENCE, f"{number} more check-ins")

    async def _keep(self, person: Person, over: asyncio.Event) -> None:
        async for habit, day, digit in places(person):
            if over.is_set():
                return
            self.owners[habit] = person
            path = f"/v1/habits/{habit}/check-ins/{day}/increment"
            await insist(person.client, "POST", path, {"by": 4**digit}, self.refused)
            self.done[habit, day, digit] += 1
            await asyncio.sleep(PAUSE)

    async def settle(self) -> None:
        """Compare what was confirmed with what is kept, and with what analytics has heard."""
        demand(self.done, "nobody checked in")
        compare("check-ins", self.done, await self.kept_values())
        found: Counter[Place] = Counter()

        async def heard() -> bool:
            nonlocal found
            found = await self.heard_values()
            return found.total() >= self.done.total()

        with suppress(Failed):  # what is missing is named below
            await until(heard, HEAL, "analytics has heard all")
        compare("facts", self.done, found)

    async def kept_values(self) -> Counter[Place]:
        """Read the values of all days."""
        found: Counter[Place] = Counter()
        for habit, person in self.owners.items():
            path = f"/v1/habits/{habit}/check-ins?limit=500"
            for one in (await insist(person.client, "GET", path)).json()["check_ins"]:
                found += digits(habit, one["day"], int(one["value"]))
        return found

    async def heard_values(self) -> Counter[Place]:
        """Read from the facts that analytics heard by how much each value grew."""
        found: Counter[Place] = Counter()
        today = datetime.now(UTC).date()
        # Facts are given by the day that they are about.
        span = f"from={today - timedelta(days=DAYS + 1)}&to={today + timedelta(days=1)}"
        for person in self.people:
            answer = await insist(person.client, "GET", f"/v1/analytics/facts?{span}&format=jsonl")
            for line in answer.text.splitlines():
                fact = json.loads(line)
                told = fact["body"]
                if fact["fact"] == "habits.habit_checked_in" and told["habit_id"] in self.owners:
                    grown = int(told["value"]) - int(told.get("previous_value") or 0)
                    found += digits(told["habit_id"], told["day"], grown)
        return found


async def places(person: Person) -> AsyncIterator[Place]:
    """List places for check-ins: digit after digit, day after day, one new habit after another."""
    while True:
        habit = await person.habit(f"Ledger {uuid4().hex[:8]}")
        today = datetime.now(UTC).date()
        for back in range(DAYS):
            for digit in range(IN_A_DAY):
                yield habit, str(today - timedelta(days=back)), digit


def digits(habit: str, day: str, value: int) -> Counter[Place]:
    """Say how often each check-in of a day is in its value."""
    return +Counter({(habit, day, digit): value // 4**digit % 4 for digit in range(IN_A_DAY)})


def compare(what: str, done: Counter[Place], found: Counter[Place]) -> None:
    """Demand that what was found is what was done."""
    lost, double = (done - found).total(), (found - done).total()
    demand(not lost and not double, f"{what} of {done.total()}: lost {lost}, double {double}")
