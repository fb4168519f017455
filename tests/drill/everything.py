"""Drills of all services in turn: each broken in every way, and each replaced under load."""

import asyncio
import os
import signal
from collections import Counter
from dataclasses import dataclass, field
from uuid import uuid4

import httpx

from tests.drill.ledger import Ledger, Person
from tests.drill.stack import Stack, demand, until

STORES = ("postgres", "rabbitmq", "redis")
CHECK_INS = int(os.environ.get("DRILL_CHECK_INS") or 5000)
"""Check-ins that the ledger has, at least, when everything was broken."""

PAUSED = 10.0
"""Seconds for which a service is frozen."""

WELL = 30.0
"""Seconds within which all is well again by itself."""

MAX_FAILURES = 0.001
"""Part of the answers that may be 5xx while everything is replaced."""


async def services(stack: Stack) -> list[str]:
    """List the services that run."""
    found = await stack.containers()
    return sorted({one["Service"] for one in found if one["State"] == "running"})


async def ledger(stack: Stack, people: list[Person]) -> None:
    """Each service is restarted, killed and frozen; DRILL_CHECK_INS check-ins, 5 000 by default."""
    kept, slowest = await Ledger.open(stack, people), Counter[str]()
    names = await services(stack)
    async with kept.kept():
        for service in names:
            for way in ("restarted", "killed", "paused"):
                for person in kept.people:
                    await person.stay()
                await broken(stack, service, way)
                took = await until(lambda: well(stack, names), WELL, f"{service} was {way}: well")
                slowest[f"{service} {way}"] = round(took)
                await kept.more(5)
            print(f"  {service}: {kept.done.total()} check-ins so far", flush=True)
        while kept.done.total() < CHECK_INS:
            for person in kept.people:
                await person.stay()
            await kept.more(min(500, CHECK_INS - kept.done.total()))
    await kept.settle()
    (slow, seconds), *_ = slowest.most_common(1)
    print(
        f"  {kept.done.total()} check-ins, {len(names)} services in 3 ways: lost 0, double 0; "
        f"slowest to be well: {slow}, {seconds} s; refused meanwhile: {dict(kept.refused)}",
        flush=True,
    )


async def broken(stack: Stack, service: str, way: str) -> None:
    """Restart, kill or freeze all containers of a service; nobody starts what was killed."""
    if way == "restarted":
        await stack.compose("restart", service)
    elif way == "paused":
        await stack.compose("pause", service)
        try:
            await asyncio.sleep(PAUSED)
        finally:
            await stack.compose("unpause", service)
    else:
        # Not `docker kill`: what an operator has killed is not started again.
        for one in await stack.ids(service):
            process = int(await stack.docker("inspect", "-f", "{{.State.Pid}}", one))
            demand(process, f"{service} does not run")
            os.kill(process, signal.SIGKILL)


async def well(stack: Stack, names: list[str]) -> bool:
    """Tell whether all services are healthy, and /readyz says so."""
    found = await stack.containers(*names)
    healthy = all(one["State"] == "running" and one["Health"] == "healthy" for one in found)
    return healthy and await stack.ready()


@dataclass
class Load:
    """People who read and write as fast as they are answered, within their limits."""

    people: list[Person]
    answers: Counter[int] = field(default_factory=Counter)
    unsaid: int = 0
    """Answers of 5xx that did not say when to come back."""

    async def ask(self, person: Person, over: asyncio.Event) -> None:
        """Ask until it is over; what fails is not asked again."""
        while not over.is_set():
            key = {"Idempotency-Key": uuid4().hex}
            for method, path, words in (
                ("GET", "/v1/today", None),
                ("GET", "/v1/analytics/summary", None),
                ("POST", "/v1/journal/entries", {"text": "Under load"}),
            ):
                try:
                    answer = await person.client.request(method, path, json=words, headers=key)
                except httpx.TransportError:
                    self.answers[599] += 1
                    continue
                self.answers[answer.status_code] += 1
                late = answer.status_code >= 500 and "retry-after" not in answer.headers
                self.unsaid += late
                await asyncio.sleep(0.05)


async def rolling(stack: Stack, people: list[Person]) -> None:
    """All parts are replaced by `ops/roll` under load: nothing is lost, hardly anybody notices."""
    kept = await Ledger.open(stack, people)
    load, over = Load([await Person.register(stack) for _ in range(2)]), asyncio.Event()
    before = {service: set(await stack.ids(service)) for service in await services(stack)}
    async with kept.kept():
        asking = [asyncio.create_task(load.ask(person, over)) for person in load.people]
        try:
            await kept.more(10)
            await stack.run("sh", "ops/roll", *stack.compose_words)
            await kept.more(10)
        finally:
            over.set()
            await asyncio.gather(*asking)
    for service, old in before.items():
        new = set(await stack.ids(service))
        if service not in (*STORES, "nginx"):
            demand(not old & new, f"{service} was not replaced")
            demand(len(old) == len(new), f"{service}: {len(new)} in place of {len(old)}")
    await kept.settle()
    answers = load.answers + Counter({200: kept.done.total()})
    failed = sum(number for status, number in answers.items() if status >= 500)
    failed += sum(number for what, number in kept.refused.items() if not what.startswith("4"))
    print(f"  {answers.total()} answers, {failed} of 5xx; ledger: {dict(kept.refused)}", flush=True)
    demand(not load.unsaid, f"{load.unsaid} answers of 5xx without Retry-After")
    demand(failed <= MAX_FAILURES * answers.total(), f"answers: {dict(answers)}")
