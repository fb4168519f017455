"""`make chaos`: one fault after another on a whole Ritmo in many processes, while people check in.

Everything is frozen, killed, deleted in turn; in between Ritmo must be well again by itself, and
/readyz must not have said "ready" while it was not. A ledger says in the end what was lost, and
what counted twice: each check-in adds a power of four to a day, so that the digits of the day's
value, base four, tell how often each one counted. `ONLY=broker` runs faults by part of their name,
`RITMO_LEDGER` and `RITMO_FREEZES` (seconds, by comma) make it longer or shorter.
"""

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from subprocess import CalledProcessError
from uuid import UUID

import aio_pika
import httpx
import psutil
from sqlalchemy import text

from actors import ROOMS
from actors.runtime.rabbit.topology import EXCHANGES
from actors.runtime.settings import Settings
from contracts.check_ins import HabitCheckedIn
from ops.platform import folder_of, rooms
from storage import embedded
from storage.session import open_engine, transaction
from tests import backends
from tests.backends import Private
from tests.bench.figures import Figure, Op, show
from tests.journeys.running import PASSWORD, Up, register

ENTRIES = int(os.environ.get("RITMO_LEDGER", "5000"))
FREEZES = [float(each) for each in os.environ.get("RITMO_FREEZES", "10,45").split(",")]
ONLY = os.environ.get("ONLY", "")

EMAIL = "ada@example.org"
AT_ONCE, IN_A_DAY = 8, 10
HEALED = 30.0
"""Seconds after the end of a fault within which Ritmo must be well by itself."""

STAYS = 5.0
"""Seconds for which Ritmo must stay well to count as such."""

PATIENCE = 240.0
"""Seconds after which it never will be."""

NOTICED = 40.0
"""Seconds of a fault after which /readyz must know of it, whatever part it is."""

PARTS = {
    "gateway": ("gateway",),
    "courier": ("courier",),
    "clock": ("clock",),
    **{room: ("run", room) for room in ROOMS},
}
QUEUES = ("answers.", "overhears.", "habits.", "auth.", *(f"facts.{room}" for room in ROOMS))


@dataclass
class Storm:
    """A whole Ritmo, the broker and the database under it, and what has been confirmed."""

    up: Up
    node: Private
    thread: ThreadPoolExecutor
    folder: Path
    headers: dict[str, str]
    acked: set[int] = field(default_factory=set)
    allowed: int = 0
    lies: list[str] = field(default_factory=list)

    async def ready(self, client: httpx.AsyncClient) -> bool:
        """Ask /readyz whether all is well."""
        with suppress(httpx.TransportError):
            answer = await client.get("/readyz", timeout=8)
            return answer.status_code == 200 and answer.json()["status"] == "ready"
        return False

    async def healed(self, client: httpx.AsyncClient) -> float:
        """Return after how many seconds all is well, and stays so for `STAYS` seconds."""
        began = since = time.monotonic()
        while (now := time.monotonic()) - began < PATIENCE:
            if not await self.ready(client):
                since = time.monotonic()
            elif now - since >= STAYS:
                return since - began
            await asyncio.sleep(0.2)
        return PATIENCE

    def family(self, name: str) -> list[psutil.Process]:
        """Find the processes of a part, of the broker or of the database."""
        if name == "broker":
            return [psutil.Process(self.node.pid), *children(self.node.pid)]
        if name == "database":
            mark = self.folder / "data" / "postmaster.pid"
            pid = int(mark.read_text().split()[0])
            return [psutil.Process(pid), *children(pid)]
        found = self.up.part(*PARTS[name])
        return [found] if found is not None else []

    async def log_in(self, client: httpx.AsyncClient) -> None:
        """Get a new token; nothing while that is not possible."""
        words = {"email": EMAIL, "password": PASSWORD}
        answer = await client.post("/v1/auth/login", json=words, timeout=12)
        if answer.status_code == 200:
            self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    async def freeze(self, name: str, seconds: float) -> None:
        """Stop all processes of something for a while."""
        family = self.family(name)
        for process in family:
            with suppress(psutil.Error):
                process.send_signal(signal.SIGSTOP)
        try:
            await self.watch(f"{name} frozen", seconds)
        finally:
            for process in family:
                with suppress(psutil.Error):
                    process.send_signal(signal.SIGCONT)

    async def kill(self, name: str) -> None:
        """Kill -9; the broker is started again by us, all else has to come back by itself."""
        if name == "broker":
            await asyncio.get_running_loop().run_in_executor(self.thread, self.node.restart)
        else:
            for process in self.family(name)[:1]:
                process.kill()

    async def delete_queues(self, prefix: str) -> None:
        """Delete all queues whose names begin so."""
        loop = asyncio.get_running_loop()

        def delete() -> None:
            for name in self.node.control("list_queues", "name").split():
                if name.startswith(prefix) and name != "name":
                    with suppress(CalledProcessError):
                        self.node.control("delete_queue", name)

        await loop.run_in_executor(self.thread, delete)

    async def delete_exchange(self, name: str) -> None:
        """Delete an exchange, with all that is bound to it."""
        async with await aio_pika.connect(self.node.url) as connection:
            await (await connection.channel()).exchange_delete(name)

    async def watch(self, what: str, seconds: float) -> None:
        """Let a fault last; see whether /readyz knows of it at the end, if it lasts long enough."""
        began = time.monotonic()
        known = False
        base = self.up.client.base_url
        async with httpx.AsyncClient(base_url=base, trust_env=False) as client:
            while (left := seconds - (time.monotonic() - began)) > 0:
                known |= not await self.ready(client)
                await asyncio.sleep(min(1, left))
        if seconds >= NOTICED and not known:
            self.lies.append(what)


def children(pid: int) -> list[psutil.Process]:
    """List the processes below one."""
    return psutil.Process(pid).children(recursive=True)


def faults(storm: Storm) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
    """List every fault by its name."""
    things = ("broker", "database", *PARTS)
    found: list[tuple[str, Callable[[], Awaitable[None]]]] = []
    for thing in things:
        found.append((f"{thing} killed", partial(storm.kill, thing)))
        for seconds in FREEZES:
            name = f"{thing} frozen for {seconds:g} s"
            found.append((name, partial(storm.freeze, thing, seconds)))
    for prefix in (*QUEUES, "ritmo.parked"):
        found.append((f"queues {prefix}* deleted", partial(storm.delete_queues, prefix)))
    for exchange in EXCHANGES:
        found.append((f"exchange {exchange} deleted", partial(storm.delete_exchange, exchange)))
    return [fault for fault in found if ONLY in fault[0]]


def made(habits: list[UUID], number: int) -> tuple[str, float]:
    """Return where a check-in goes, and what it adds."""
    today = datetime.now(UTC).date()
    slot = number // IN_A_DAY
    day = today - timedelta(days=1 + slot // len(habits))
    return f"/v1/habits/{habits[slot % len(habits)]}/check-ins/{day}", 4.0 ** (number % IN_A_DAY)


async def check_in(storm: Storm, habits: list[UUID], numbers: Iterator[int]) -> None:
    """Log one check-in after another, each with its key until it is confirmed."""
    base = storm.up.client.base_url
    async with httpx.AsyncClient(base_url=base, trust_env=False) as client:
        for number in numbers:
            while number >= storm.allowed:
                await asyncio.sleep(0.1)
            path, by = made(habits, number)
            while True:
                with suppress(httpx.TransportError):
                    answer = await client.post(
                        f"{path}/increment",
                        json={"by": by},
                        headers={**storm.headers, "Idempotency-Key": f"storm-{number}"},
                        timeout=12,
                    )
                    if answer.status_code == 200:
                        storm.acked.add(number)
                        break
                    if answer.status_code == 401:  # a storm outlasts a token
                        await storm.log_in(client)
                        continue
                    if answer.status_code not in (409, 502, 503, 504):
                        raise RuntimeError(f"{answer.status_code}: {answer.text}")
                await asyncio.sleep(0.2)


async def rage(storm: Storm) -> list[float]:
    """Let one fault follow another; return how long each took to heal, in seconds."""
    planned, took = faults(storm), []
    base = storm.up.client.base_url
    async with httpx.AsyncClient(base_url=base, trust_env=False) as client:
        for place, (name, fault) in enumerate(planned):
            storm.allowed = ENTRIES * (place + 1) // len(planned)
            await fault()
            seconds = await storm.healed(client)
            took.append(seconds)
            verdict = "held" if seconds <= HEALED else "failed"
            print(f"tried {name}: {verdict}, well after {seconds:.1f} s", flush=True)
    storm.allowed = ENTRIES
    return took


async def counted(storm: Storm, habits: list[UUID]) -> tuple[int, int]:
    """Compare what was confirmed with what is kept: how many are lost, and how many double."""
    kept: dict[tuple[str, str], int] = {}
    base = storm.up.client.base_url
    async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=30) as client:
        await storm.log_in(client)
        for habit in habits:
            query = {"from": f"{datetime.now(UTC).date() - timedelta(days=366)}"}
            path = f"/v1/habits/{habit}/check-ins"
            page = (await client.get(path, params=query, headers=storm.headers)).json()
            for logged in page["check_ins"]:
                kept[str(habit), logged["day"]] = int(logged["value"])
    lost = double = 0
    for number in range(ENTRIES):
        path, by = made(habits, number)
        *_, habit_id, _, day = path.split("/")
        times = kept.get((habit_id, day), 0) // int(by) % 4
        lost += times == 0
        double += max(0, times - 1)
    return lost, double


async def heard(storm: Storm) -> tuple[int, int]:
    """Wait until every room has heard all; return how many days are missing, and how many differ,
    where rooms keep what is logged.
    """
    url = embedded.connect_url(storm.folder)
    assert url is not None
    engine = open_engine(url, 1)
    listening = [room.name for room in rooms() if HabitCheckedIn.address in room.hears]
    joined = "FROM habits.check_ins c FULL JOIN {room}.days d USING (habit_id, day)"
    queries = [
        text(
            f"SELECT count(*) FILTER (WHERE d.value IS NULL),"
            f" count(*) FILTER (WHERE d.value <> c.value OR c.value IS NULL)"
            f" {joined.format(room=room)}"
        )
        for room in listening
    ]
    until = time.monotonic() + PATIENCE
    missing = differing = ENTRIES
    while (missing or differing) and time.monotonic() < until:
        await asyncio.sleep(1)
        async with transaction(engine) as tx:
            counts = [(await tx.execute(query)).one() for query in queries]
        missing, differing = (sum(row[at] for row in counts) for at in (0, 1))
    await engine.dispose()
    return missing, differing


async def run(up: Up, node: Private, thread: ThreadPoolExecutor, data: Path) -> bool:
    """Rage, and print what came of it; return whether all goals are reached."""
    client = up.client
    storm = Storm(up, node, thread, folder_of(Settings(data=data)), register(client, EMAIL))
    habits = [
        UUID(
            client.post(
                "/v1/habits", json={"name": f"Habit {n}", "measure": "count"}, headers=storm.headers
            ).json()["habit_id"]
        )
        for n in range(5)
    ]
    numbers = iter(range(ENTRIES))
    async with asyncio.TaskGroup() as group:
        raging = group.create_task(rage(storm))
        for _ in range(AT_ONCE):
            group.create_task(check_in(storm, habits, numbers))
    took = raging.result()
    lost, double = await counted(storm, habits)
    missing, differing = await heard(storm)
    worst: Op = "<="
    figures = [
        Figure("chaos_check_ins", len(storm.acked), "entries", ">=", ENTRIES),
        Figure("chaos_lost", lost, "entries", worst, 0),
        Figure("chaos_double", double, "entries", worst, 0),
        Figure("chaos_facts_lost", missing, "facts", worst, 0),
        Figure("chaos_facts_double", differing, "days", worst, 0),
        Figure("chaos_slowest_to_heal", max(took, default=0.0), "s", worst, HEALED),
        Figure(
            "chaos_faults_unnoticed", len(storm.lies), "faults", worst, 0, "; ".join(storm.lies)
        ),
    ]
    for figure in figures:
        show(figure)
    return all(figure.holds for figure in figures)


def main() -> int:
    """Start everything, let the storm rage, and stop in order."""
    with (
        ThreadPoolExecutor(1) as thread,
        tempfile.TemporaryDirectory(prefix="ritmo-chaos-", ignore_cleanup_errors=True) as name,
        backends.rabbitmq() as node,
    ):
        data = Path(name) / "data"
        up = Up(data, "--amqp", node.url)
        try:
            late = time.monotonic() + PATIENCE
            while not up.ready():
                if time.monotonic() > late:
                    raise SystemExit(f"Ritmo does not start:\n{up.said}")
                time.sleep(0.2)
            well = asyncio.run(run(up, node, thread, data))
        finally:
            up.stop()
        return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
