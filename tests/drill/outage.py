"""Drills of outages: rooms that stop, a broker that freezes or is recreated, a database anew."""

import asyncio
import json
import time
from contextlib import suppress

from tests.drill.ledger import Ledger, Person, insist
from tests.drill.stack import HEAL, Failed, Stack, demand, until

FROZEN = 40.0
"""Seconds for which the broker is frozen: longer than its heartbeats are waited for."""

PROMPT = 3.0
"""Seconds within which a request for a room that does not run is answered."""


async def room_stopped(stack: Stack, people: list[Person]) -> None:
    """A room that does not run is 503 at once, /readyz names it, and the others go on."""
    ledger = await Ledger.open(stack, people)
    client = ledger.people[0].client
    async with ledger.kept():
        await stack.compose("stop", "journal")
        began = time.monotonic()
        answer = await client.get("/v1/journal/entries")
        took = time.monotonic() - began
        demand(answer.status_code == 503, f"answered {answer.status_code}: {answer.text}")
        demand(answer.headers["content-type"] == "application/problem+json", answer.text)
        demand(answer.headers.get("retry-after"), "503 without Retry-After")
        demand(took < PROMPT, f"503 took {took:.1f} s")

        async def named() -> bool:
            return set(await stack.missing()) == {"journal"}

        await until(named, HEAL, "/readyz names the journal, and it alone")
        await ledger.more(20)
        await stack.compose("start", "journal")
        healed = await until(stack.ready, HEAL, "ready again")
        await insist(client, "GET", "/v1/journal/entries")
    print(f"  503 within {took:.2f} s; ready {healed:.1f} s after the start", flush=True)
    demand(not ledger.refused, f"others noticed: {dict(ledger.refused)}")
    await ledger.settle()


async def broker_recreated(stack: Stack, people: list[Person]) -> None:
    """What is queued for a stopped room is still there when the broker's container is another."""
    ledger = await Ledger.open(stack, people)
    await stack.compose("stop", "analytics")
    async with ledger.kept():
        await ledger.more(60)

    async def waiting() -> bool:
        return await queued(stack) >= ledger.done.total()

    await until(waiting, HEAL, "the facts wait in the broker")
    before, old = await queued(stack), await stack.ids("rabbitmq")
    await stack.compose("up", "-d", "--no-deps", "--force-recreate", "rabbitmq")
    await stack.healthy("rabbitmq")
    demand(await stack.ids("rabbitmq") != old, "it is the same container")
    after = 0

    async def there() -> bool:  # counted once the queue has found its leader
        nonlocal after
        after = await queued(stack)
        return after >= before

    with suppress(Failed):
        await until(there, HEAL, "what was queued is there")
    demand(after >= before, f"{before} facts were queued, {after} are")
    await stack.compose("start", "analytics")
    healed = await until(stack.ready, HEAL, "ready again")
    print(f"  {before} facts queued, {after} after; ready after {healed:.1f} s", flush=True)
    await ledger.settle()


async def queued(stack: Stack) -> int:
    """Return how many facts wait for analytics in the broker."""
    words = ("rabbitmqctl", "-q", "--formatter", "json", "list_queues", "-p", "ritmo")
    found = json.loads(await stack.inside("rabbitmq", *words, "name", "messages"))
    return sum(int(one["messages"]) for one in found if one["name"] == "facts.analytics")


async def broker_frozen(stack: Stack, people: list[Person]) -> None:
    """The broker freezes for 40 s: problem documents meanwhile, all goes on afterwards."""
    ledger = await Ledger.open(stack, people)
    async with ledger.kept():
        await ledger.more(10)
        await stack.compose("pause", "rabbitmq")
        try:
            await asyncio.sleep(FROZEN)
        finally:
            await stack.compose("unpause", "rabbitmq")
        healed = await until(stack.ready, HEAL, "ready again")
        await ledger.more(30)
    print(f"  ready {healed:.1f} s after; refused meanwhile: {dict(ledger.refused)}", flush=True)
    await ledger.settle()


async def broker_killed(stack: Stack, people: list[Person]) -> None:
    """The broker is killed and comes back."""
    await killed(stack, people, "rabbitmq")


async def database_restarted(stack: Stack, people: list[Person]) -> None:
    """The database is stopped in order and comes back."""
    ledger = await Ledger.open(stack, people)
    async with ledger.kept():
        await ledger.more(10)
        await stack.compose("restart", "postgres")
        healed = await until(stack.ready, HEAL, "ready again")
        await ledger.more(20)
    print(f"  ready after {healed:.1f} s; refused: {dict(ledger.refused)}", flush=True)
    await ledger.settle()


async def database_killed(stack: Stack, people: list[Person]) -> None:
    """The database is killed and comes back."""
    await killed(stack, people, "postgres")


async def parts_killed(stack: Stack, people: list[Person]) -> None:
    """The room, the courier and the clock are killed, one after the other, and come back."""
    await killed(stack, people, "habits", "courier", "clock", "analytics", "auth")


async def killed(stack: Stack, people: list[Person], *services: str) -> None:
    """Kill services, one after the other; each is away for a while."""
    ledger = await Ledger.open(stack, people)
    async with ledger.kept():
        for service in services:
            await ledger.more(10)
            await stack.compose("kill", service)
            await asyncio.sleep(2)
            await stack.compose("start", service)
            await until(stack.ready, HEAL, f"ready after {service} was killed")
        await ledger.more(10)
    print(f"  refused meanwhile: {dict(ledger.refused)}", flush=True)
    await ledger.settle()
