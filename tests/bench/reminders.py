"""A million reminders: how fast what is due is claimed, how late it comes, what idling costs.

Beside each other in one run: the room's own claiming (decide, deliver, advance), and the bare SQL
that claims, advances and inserts the same rows without deciding anything. Rules belong to people
with a daily habit, in many zones; a third of the days are done already, so that it keeps silent.
"""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.reminders import due as claiming
from actors.reminders.handlers import room
from actors.runtime.clock import Clock
from actors.runtime.edge import Edge
from actors.runtime.local import LocalBus
from storage import embedded
from storage.migrations import migrate
from storage.session import open_engine, transaction
from tests.bench.figures import Figure
from tests.bench.subjects import BenchFailed

RULES, DUE, MINUTE, CROWD = 1_000_000, 50_000, 10_000, 100_000
"""Reminders in all, due at once, due in one minute, and due in one minute for a large crowd."""

PEOPLE = 50_000
IDLE = 200
"""Ticks without anything to do."""

_ZONES = (
    "ARRAY['Europe/Berlin','America/New_York','Asia/Tokyo','UTC','Asia/Kolkata','Africa/Lagos']"
)
_FILL = (
    "INSERT INTO reminders.people (user_id, email, name, zone, version)"
    " SELECT gen_random_uuid(), n || '@example.org', 'Person', (" + _ZONES + ")[1 + n % 6], 1"
    " FROM generate_series(1, :people) n",
    "INSERT INTO reminders.habits (user_id, habit_id, name, kind, measure, unit, tags, start_day,"
    " versions, version) SELECT user_id, gen_random_uuid(), 'Read', 'build', 'yes_no', '', '{}',"
    " current_date - 100, jsonb_build_array(jsonb_build_object('effective_from',"
    " current_date - 100, 'schedule', jsonb_build_object('every', 'day'), 'anchor',"
    " current_date - 100))::text, 1 FROM reminders.people",
    "INSERT INTO reminders.days (user_id, habit_id, day, value, state, at, zone, version)"
    " SELECT user_id, habit_id, current_date - d, 1000, 1, now() - d * interval '1 day', 'UTC', 1"
    " FROM reminders.habits, generate_series(-1, 8) d WHERE abs(hashtext(user_id::text)) % 3 = 0",
    "INSERT INTO reminders.rules (id, user_id, habit_id, kind, text, times, weekdays, streak,"
    " after_days, mode, unless_written, enabled, next_fire_at, next_slot, created_at)"
    " SELECT gen_random_uuid(), user_id, habit_id, 'fixed', '', ARRAY[(n * 67 % 1440)::smallint],"
    " 127, 3, 3, 'propose', false, true, now() + interval '1 day' + n * interval '1 minute', 0,"
    " now() FROM reminders.habits, generate_series(1, :each) n",
    "ANALYZE",
)
_PICK = text("SELECT id FROM reminders.rules WHERE next_fire_at > now() ORDER BY id LIMIT :number")
_MAKE_DUE = text(
    "UPDATE reminders.rules SET next_fire_at = now() + CAST(:away AS interval), last_slot = 0,"
    " next_slot = (current_date - DATE '0001-01-01') * 1440"
    " WHERE id = ANY(CAST(:ids AS uuid[]))"
)
_BARE_CLAIM = text(
    "SELECT id, user_id, next_fire_at FROM reminders.rules WHERE next_fire_at <= now()"
    " ORDER BY next_fire_at, id LIMIT 500 FOR UPDATE SKIP LOCKED"
)
_BARE_ADVANCE = text(
    "UPDATE reminders.rules SET next_fire_at = next_fire_at + interval '1 day'"
    " WHERE id = ANY(CAST(:ids AS uuid[]))"
)
_BARE_FIRES = text(
    "INSERT INTO reminders.fires (rule_id, fire_at, day, outcome, late)"
    " SELECT id, at, current_date, 'sent', false FROM"
    " unnest(CAST(:ids AS uuid[]), CAST(:ats AS timestamptz[])) AS t(id, at)"
)
_BARE_INSERT = text(
    "INSERT INTO bus.outbox (message_id, address, is_job, user_id, body)"
    " SELECT gen_random_uuid(), 'notifications.send_notice', true, user_id,"
    " json_build_object('reminder_id', id, 'dedupe_key', id::text || at::text)::text FROM"
    " unnest(CAST(:ids AS uuid[]), CAST(:users AS uuid[]), CAST(:ats AS timestamptz[]))"
    " AS t(id, user_id, at)"
)
_SENT = text("SELECT count(*), count(DISTINCT rule_id) FROM reminders.fires")


@dataclass
class Taken:
    """What was measured: rules a second, and milliseconds or seconds of each thing."""

    one: list[float] = field(default_factory=list)
    two: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    ratio: list[float] = field(default_factory=list)
    idle: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    crowd: float = 0.0
    doubles: int = 0


def run(folder: Path, rounds: int) -> Iterator[Figure]:
    """Measure on a PostgreSQL of its own."""
    server = embedded.start(folder / "postgres")
    try:
        taken = asyncio.run(measure(server.url, rounds))
    finally:
        server.stop()
    late = sorted(taken.late)[len(taken.late) * 99 // 100]
    print(f"\nreminders: {RULES} rules, {DUE} due; one worker, two, and the bare SQL, by round")
    for name, rates in (("one", taken.one), ("two", taken.two), ("bare", taken.bare)):
        print(f"  {name:5} " + ", ".join(f"{rate:.0f}/s" for rate in rates))
    yield Figure("reminders.claimed", median(taken.one), "rules/s", ">=", 5000)
    yield Figure("reminders.of_bare", median(taken.ratio), "of bare SQL", ">=", 0.5)
    yield Figure("reminders.two", median(taken.two), "rules/s", ">=", 5000)
    yield Figure("reminders.doubles", taken.doubles, "doubles", "<=", 0)
    yield Figure("reminders.idle", median(taken.idle), "ms", "<=", 5)
    yield Figure("reminders.late_p99", late, "s", "<=", 5)
    yield Figure("reminders.crowd", taken.crowd, f"s for {CROWD}", "<=", 60)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[AsyncEngine]:
    """Open an engine, and close it in the end."""
    engine = open_engine(url, 4, None)  # to fill it takes as long as it takes
    try:
        yield engine
    finally:
        await engine.dispose()


async def measure(url: str, rounds: int) -> Taken:
    """Fill the database, and measure everything in turn."""
    taken = Taken()
    async with opened(url) as engine, opened(url) as other:
        await migrate(engine)
        await fill(engine)
        await idle(engine, taken)
        await due(engine, 2000)
        await claimed(engine)  # warm: caches of zones, plans of statements
        gc.freeze()  # as `ritmo up` and `ritmo clock` do
        for _ in range(rounds):
            await one_round(engine, other, taken)
        await idle(engine, taken)
        await lateness(engine, taken)
        began = time.monotonic()
        await due(engine, CROWD)
        began = time.monotonic()
        await asyncio.gather(claimed(engine), claimed(other))
        taken.crowd = time.monotonic() - began
    return taken


async def fill(engine: AsyncEngine) -> None:
    """Make people, habits, days and rules."""
    for statement in _FILL:
        async with transaction(engine) as tx:
            await tx.execute(text("SET LOCAL statement_timeout = 0"))
            values = {"people": PEOPLE, "each": RULES // PEOPLE}
            wanted = {name: value for name, value in values.items() if f":{name}" in statement}
            await tx.execute(text(statement), wanted)


async def due(engine: AsyncEngine, number: int) -> None:
    """Let so many rules be due since a moment ago; forget what became of others."""
    async with transaction(engine) as tx:
        await tx.execute(text("SET LOCAL statement_timeout = 0"))
        await tx.execute(text("TRUNCATE reminders.fires, bus.outbox"))
        ids = list((await tx.execute(_PICK, {"number": number})).scalars())
        await tx.execute(_MAKE_DUE, {"away": timedelta(seconds=-1), "ids": ids})
    async with engine.connect() as connection:
        plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await plain.execute(text("SET statement_timeout = 0"))
        await plain.execute(text("VACUUM ANALYZE reminders.rules"))
        await plain.execute(text("CHECKPOINT"))
        await plain.execute(text("RESET statement_timeout"))


async def one_round(engine: AsyncEngine, other: AsyncEngine, taken: Taken) -> None:
    """Claim the same number by one worker, by the bare SQL, and by two workers."""
    one = await timed(engine, lambda: claimed(engine))
    bare = await timed(engine, lambda: bare_claims(engine))
    await due(engine, DUE)
    began = time.monotonic()
    await asyncio.gather(claimed(engine), claimed(other))
    taken.two.append(DUE / (time.monotonic() - began))
    taken.one.append(one)
    taken.bare.append(bare)
    taken.ratio.append(one / bare)
    async with transaction(engine) as tx:
        fires, rules = (await tx.execute(_SENT)).one()
    if rules != DUE:
        raise BenchFailed(f"{rules} of {DUE} rules were claimed.")
    taken.doubles += fires - rules


async def timed(engine: AsyncEngine, work: Callable[[], Awaitable[None]]) -> float:
    """Return how many of the due rules were claimed a second."""
    await due(engine, DUE)
    began = time.monotonic()
    await work()
    return DUE / (time.monotonic() - began)


async def claimed(engine: AsyncEngine) -> None:
    """Claim until nothing is due, as the clock does."""
    more = True
    while more:
        async with transaction(engine) as tx:
            more = await claiming.claim(tx)


async def bare_claims(engine: AsyncEngine) -> None:
    """Claim, advance and insert until nothing is due, and decide nothing."""
    while await _bare(engine):
        pass


async def _bare(engine: AsyncEngine) -> bool:
    async with transaction(engine) as tx:
        rows = (await tx.execute(_BARE_CLAIM)).all()
        if rows:
            ids, users, ats = (list(column) for column in zip(*rows, strict=True))
            await tx.execute(_BARE_ADVANCE, {"ids": ids})
            await tx.execute(_BARE_FIRES, {"ids": ids, "ats": ats})
            await tx.execute(_BARE_INSERT, {"ids": ids, "users": users, "ats": ats})
        return bool(rows)


async def idle(engine: AsyncEngine, taken: Taken) -> None:
    """Time ticks that find nothing."""

    async def tick(tx: AsyncConnection) -> None:
        await claiming.claim(tx)

    for _ in range(IDLE):
        began = time.perf_counter()
        async with transaction(engine) as tx:
            await tick(tx)
        taken.idle.append((time.perf_counter() - began) * 1000)


async def lateness(engine: AsyncEngine, taken: Taken) -> None:
    """Let a real clock strike while many come due in the same minute; see how late each was."""
    async with transaction(engine) as tx:
        await tx.execute(text("TRUNCATE reminders.fires, bus.outbox"))
        ids = list((await tx.execute(_PICK, {"number": MINUTE})).scalars())
    async with transaction(engine) as tx:
        await tx.execute(_MAKE_DUE, {"away": timedelta(seconds=5), "ids": ids})
    bus = LocalBus()
    bus.open_room(Edge(room, engine, bus, 8))
    claim = [tick for tick in room.ticks if tick.name == "reminders.claim"]
    clock = Clock(engine, claim, bus.strike)
    clock.start()
    try:
        await _until_sent(engine)
    finally:
        await clock.stop()
    async with transaction(engine) as tx:
        # Notices are told at the time of the stroke; it commits in less than a second.
        rows = await tx.execute(
            text(
                "SELECT extract(epoch FROM o.told_at - f.fire_at) FROM bus.outbox o"
                " JOIN reminders.fires f ON f.rule_id = (o.body::json ->> 'reminder_id')::uuid"
            )
        )
        taken.late = [float(row[0]) for row in rows]


async def _until_sent(engine: AsyncEngine) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        async with transaction(engine) as tx:
            if (await tx.execute(_SENT)).one()[0] >= MINUTE:
                return
        await asyncio.sleep(0.2)
    raise BenchFailed(f"Not all of {MINUTE} reminders were sent in time.")
