"""A room that begins to follow is told what there is, page by page, while life goes on."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.edge import Edge
from actors.runtime.local import LocalBus
from actors.runtime.settings import Settings
from contracts.breaks import AddBreak, ListBreaks, RemoveBreak
from contracts.check_ins import CheckIn, RemoveCheckIn
from contracts.habits import CreateHabit, DeleteHabit, ListHabits, RestoreHabit, UpdateHabit
from contracts.journal import CreateEntry, DeleteEntry, ListEntries, RestoreEntry, UpdateEntry
from contracts.users import ChangeProfile, DeleteMe
from storage import inbox, outbox
from storage.replica import backfills
from storage.session import transaction
from tests.databases import empty
from tests.examples import examples
from tests.rooms.following import Watch, lay_out, theirs, watch
from tests.rooms.people import Carry
from tests.rooms.tracking import TODAY, Tracker, day, newcomer

pytestmark = pytest.mark.asyncio

TRUE = {
    "people": "SELECT user_id, email, name, language, zone, day_start, week_start, disabled"
    " FROM users.users",
    "habits": "SELECT user_id, id, name, kind, measure, colour, tags, start_day, versions,"
    " position, archived, binned_at IS NOT NULL FROM habits.habits",
    "days": "SELECT h.user_id, habit_id, day, value, state, at, zone FROM habits.check_ins c"
    " JOIN habits.habits h ON h.id = c.habit_id",
    "breaks": "SELECT user_id, id, first_day, last_day, habit_id, tag FROM habits.breaks",
    "entries": "SELECT user_id, id, day, at, zone, mood, energy, tags FROM journal.entries"
    " WHERE deleted_at IS NULL",
}
"""What the owners have."""

KEPT = {
    "people": "SELECT user_id, email, name, language, zone, day_start, week_start, disabled"
    " FROM watch.people WHERE NOT gone AND version > 0",
    "habits": "SELECT user_id, habit_id, name, kind, measure, colour, tags, start_day, versions,"
    " position, archived, binned FROM watch.habits WHERE NOT deleted AND version > 0",
    "days": "SELECT user_id, habit_id, day, value,"
    " (ARRAY['done', 'partial', 'skipped', 'failed'])[state], at, zone FROM watch.days"
    " WHERE state IS NOT NULL",
    "breaks": "SELECT user_id, break_id, first_day, last_day, habit_id, tag FROM watch.breaks"
    " WHERE first_day IS NOT NULL",
    "entries": "SELECT user_id, entry_id, day, at, zone, mood, energy, tags FROM watch.entries"
    " WHERE day IS NOT NULL",
}
"""What the room keeps, in the same columns."""

Rows = dict[str, list[tuple[Any, ...]]]


async def read(engine: AsyncEngine, queries: dict[str, str]) -> Rows:
    """Read all that is there."""
    async with transaction(engine) as tx:
        return {
            noun: [tuple(row) for row in await tx.execute(text(f"{query} ORDER BY 1, 2, 3"))]
            for noun, query in queries.items()
        }


@pytest_asyncio.fixture
async def watching(bus: LocalBus, engine: AsyncEngine) -> Watch:
    """Open the room beside the others."""
    made = watch()
    await lay_out(engine, made.known)
    await empty(engine)
    bus.open_room(Edge(made.room, engine, bus, 8))
    return made


async def ask_to_tell(engine: AsyncEngine, watching: Watch, *, again: bool = True) -> None:
    """Have the owners tell."""
    async with transaction(engine) as tx:
        await watching.known.backfill(tx, again=again)


async def carry_some(engine: AsyncEngine, bus: LocalBus, chance: random.Random) -> None:
    """Carry some of what waits, in any order; some of it is delivered, and counts as not."""
    async with transaction(engine) as tx:
        waiting = await outbox.claim(tx, 500)
        chance.shuffle(waiting)
        some = waiting[: chance.randint(0, len(waiting))]
        delivered = await bus.deliver(some)
        assert not delivered.left
        await outbox.forget(tx, [row for row in delivered.heard if chance.random() < 0.7])


async def begin(ann: Tracker, chance: random.Random) -> None:
    await ann.ask(CreateHabit(name=f"Habit {chance.random():.4f}", tags=("calm",)))


async def habit_of(ann: Tracker, chance: random.Random, *, binned: bool = False) -> UUID | None:
    """Choose a habit."""
    habits = (await ann.ask(ListHabits(deleted=binned))).habits
    return chance.choice(habits).habit_id if habits else None


async def log(ann: Tracker, chance: random.Random) -> None:
    if habit_id := await habit_of(ann, chance):
        at = day(-chance.randint(0, 9))
        state = chance.choice([None, "skipped", "done"])
        await ann.ask(CheckIn.model_validate({"habit_id": habit_id, "day": at, "state": state}))


async def clear(ann: Tracker, chance: random.Random) -> None:
    if habit_id := await habit_of(ann, chance):
        await ann.ask(RemoveCheckIn(habit_id=habit_id, day=day(-chance.randint(0, 9))))


async def change(ann: Tracker, chance: random.Random) -> None:
    if habit_id := await habit_of(ann, chance):
        name, archived = f"New {chance.random():.4f}", chance.random() < 0.3
        await ann.ask(UpdateHabit(habit_id=habit_id, name=name, archived=archived))


async def delete(ann: Tracker, chance: random.Random) -> None:
    if habit_id := await habit_of(ann, chance):
        await ann.ask(DeleteHabit(habit_id=habit_id, forever=chance.random() < 0.5))


async def restore(ann: Tracker, chance: random.Random) -> None:
    if habit_id := await habit_of(ann, chance, binned=True):
        await ann.ask(RestoreHabit(habit_id=habit_id))


async def rest(ann: Tracker, chance: random.Random) -> None:
    habit_id = await habit_of(ann, chance) if chance.random() < 0.6 else None
    span = {"from": day(-3), "to": day(chance.randint(0, 3)), "habit_id": habit_id}
    await ann.ask(AddBreak.model_validate(span))


async def unrest(ann: Tracker, chance: random.Random) -> None:
    if found := (await ann.ask(ListBreaks())).breaks:
        await ann.ask(RemoveBreak(break_id=chance.choice(found).break_id))


async def write(ann: Tracker, chance: random.Random) -> None:
    await ann.ask(CreateEntry(text="x", mood=chance.randint(1, 5), tags=("rain", 'a "b\\ {c},')))


async def rewrite(ann: Tracker, chance: random.Random) -> None:
    if found := (await ann.ask(ListEntries())).entries:
        entry_id = chance.choice(found).entry_id
        await ann.ask(UpdateEntry(entry_id=entry_id, mood=chance.randint(1, 5)))


async def throw(ann: Tracker, chance: random.Random) -> None:
    if found := (await ann.ask(ListEntries())).entries:
        entry_id, forever = chance.choice(found).entry_id, chance.random() < 0.5
        await ann.ask(DeleteEntry(entry_id=entry_id, forever=forever))
        if not forever and chance.random() < 0.5:
            await ann.ask(RestoreEntry(entry_id=entry_id))


async def move(ann: Tracker, chance: random.Random) -> None:
    zone = chance.choice(["UTC", "Asia/Tokyo", "Europe/Berlin"])
    await ann.ask(ChangeProfile(zone=zone, week_start=chance.choice(["mon", "sun"])))


Act = Callable[[Tracker, random.Random], Awaitable[None]]
ACTS: tuple[Act, ...] = (
    *(begin, begin, log, log, log, clear, change, delete, restore),
    *(rest, unrest, write, write, rewrite, throw, move),
)


@settings(
    max_examples=examples(8),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    before=st.lists(st.sampled_from(ACTS), max_size=8),
    during=st.lists(st.sampled_from(ACTS), max_size=10),
    seed=st.integers(0, 2**32),
)
async def test_what_is_kept_is_what_the_owners_have(
    watching: Watch,
    bus: LocalBus,
    engine: AsyncEngine,
    carry: Carry,
    clock: object,
    before: list[Act],
    during: list[Act],
    seed: int,
) -> None:
    """Life before anybody followed, pages in the middle of what goes on, some of it twice."""
    chance = random.Random(seed)
    await empty(engine)
    ann = await newcomer(bus, engine)
    for act in before:
        await act(ann, chance)
    async with transaction(engine) as tx:
        await tx.execute(text("DELETE FROM bus.outbox"))  # nobody was there to hear it
    await ask_to_tell(engine, watching)
    for act in during:
        await act(ann, chance)
        await carry_some(engine, bus, chance)
    await carry()
    assert await read(engine, KEPT) == await read(engine, TRUE)


async def fill(ann: Tracker, habits: int) -> None:
    """Begin many habits, with a day each."""
    for number in range(habits):
        habit = await ann.begin(f"Habit {number}")
        await ann.log(habit.habit_id, -number)


async def test_pages_follow_one_another_and_each_may_come_twice(
    watching: Watch, bus: LocalBus, engine: AsyncEngine, clock: object
) -> None:
    ann = await newcomer(bus, engine)
    await fill(ann, 23)
    await ann.told()
    await ask_to_tell(engine, watching)
    pages = 0
    while True:
        # One message at a time, and killed before it is noted that it was delivered.
        async with transaction(engine) as tx:
            waiting = await outbox.claim(tx, 1)
            if not waiting:
                break
            await bus.deliver(waiting)
            await bus.deliver(waiting)
            await outbox.forget(tx, waiting)
            pages += waiting[0].address == "habits.tell_state"
    assert pages == 1 + 3 + 1, "days come ten habits a page"
    assert await read(engine, KEPT) == await read(engine, TRUE)
    async with transaction(engine) as tx:
        told = {one.noun: one for one in await backfills.find(tx, "watch")}
        assert not await inbox.count_parked(tx)
    assert {name: one.rows for name, one in told.items()} == {
        "people": 1,
        "habits": 23,
        "days": 23,
        "breaks": 0,
        "entries": 0,
    }
    assert all(one.done_at for one in told.values())


async def test_a_room_fills_itself_when_it_meets_an_installed_ritmo(
    watching: Watch, bus: LocalBus, engine: AsyncEngine, carry: Carry, clock: object
) -> None:
    ann = await newcomer(bus, engine)
    await fill(ann, 2)
    await ann.told()

    async def started() -> None:
        """Start two replicas of the room, and stop them once they have looked."""
        loops = [
            asyncio.ensure_future(watching.known.meet(engine, Settings(), bus)) for _ in range(2)
        ]
        async with transaction(engine) as tx:
            while not await backfills.find(tx, "watch"):
                await asyncio.sleep(0)
        await asyncio.wait(loops, timeout=0.2)
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)

    await started()
    async with transaction(engine) as tx:
        assert await outbox.backlog(tx, ["habits.tell_state"]) != (0, 0)
        assert (await outbox.backlog(tx, ["habits.tell_state"]))[0] == 3
    await carry()
    assert await read(engine, KEPT) == await read(engine, TRUE)
    await started()
    async with transaction(engine) as tx:
        assert (await outbox.backlog(tx))[0] == 0, "it has met it before"


async def test_what_is_wrong_is_mended(
    watching: Watch, bus: LocalBus, engine: AsyncEngine, carry: Carry, clock: object
) -> None:
    ann = await newcomer(bus, engine)
    await fill(ann, 3)
    await carry()
    async with transaction(engine) as tx:
        await tx.execute(text("UPDATE watch.days SET value = 9, state = 4"))
        await tx.execute(text("UPDATE watch.people SET zone = 'Asia/Tokyo'"))
        await tx.execute(text("UPDATE watch.habits SET tags = '{x}', archived = true"))
    assert await read(engine, KEPT) != await read(engine, TRUE)
    await ask_to_tell(engine, watching)
    await carry()
    assert await read(engine, KEPT) == await read(engine, TRUE)
    watching.news.clear()
    await ask_to_tell(engine, watching)
    await carry()
    assert not watching.news, "what is right is no news"


async def test_who_goes_while_they_are_told_of_does_not_come_back(
    watching: Watch, bus: LocalBus, engine: AsyncEngine, carry: Carry, clock: object
) -> None:
    ann = await newcomer(bus, engine)
    await fill(ann, 12)
    await ann.told()
    await ask_to_tell(engine, watching)
    async with transaction(engine) as tx:  # the first pages are on their way
        waiting = await outbox.claim(tx, 500)
        await bus.deliver(waiting)
        await outbox.forget(tx, waiting)
    await ann.ask(DeleteMe())
    async with transaction(engine) as tx:
        waiting = await outbox.claim(tx, 500)
        await bus.deliver(waiting[::-1])
        await outbox.forget(tx, waiting)
    await carry()
    assert not any((await theirs(engine, ann.who.user_id)).values())
    assert TODAY
