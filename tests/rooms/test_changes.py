"""Changes for clients that were away: whoever follows the cursor has what the server has."""

import asyncio
import random
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.habits.changes import MAX_AT_WORK, read_place, write
from actors.habits.handlers import room
from actors.runtime.edge import Edge
from actors.runtime.local import LocalBus
from contracts.breaks import AddBreak, ListBreaks, RemoveBreak, UpdateBreak
from contracts.changes import KEEP_REMOVED, Changes, ListChanges
from contracts.check_ins import CheckIn, Increment, ListCheckIns, LogCheckIns, RemoveCheckIn, Undo
from contracts.habit import Target
from contracts.habits import (
    CreateHabit,
    DeleteHabit,
    ListHabits,
    ReorderHabits,
    RestoreHabit,
    UpdateHabit,
)
from contracts.message import Refused, Unanswered, Unavailable
from contracts.users import ChangeProfile, DeleteMe
from storage.changes import Snapshot
from storage.session import open_engine, transaction
from tests.rooms.people import NOON, Carry, code_of
from tests.rooms.tracking import Tracker, day

pytestmark = pytest.mark.asyncio

STANDING = {"streak", "best_streak", "streak_unit", "score", "schedule", "target"}


@dataclass
class Copy:
    """What a client has that follows the cursor, some changes at a time."""

    ann: Tracker
    limit: int = 500
    cursor: str | None = None
    habits: dict[UUID, Any] = field(default_factory=dict)
    breaks: dict[UUID, Any] = field(default_factory=dict)
    days: dict[tuple[UUID, Any], Any] = field(default_factory=dict)

    async def page(self) -> Changes:
        """Ask once, and take over what is told."""
        found = await self.ann.ask(ListChanges(since=self.cursor, limit=self.limit))
        assert len(found.next) <= 200
        for one in found.removed:
            if one.kind == "habit":
                self.habits.pop(one.habit_id, None)  # type: ignore[arg-type]
                for key in [key for key in self.days if key[0] == one.habit_id]:
                    del self.days[key]
                for rest in [
                    one_ for one_ in self.breaks.values() if one_.habit_id == one.habit_id
                ]:
                    del self.breaks[rest.break_id]
            elif one.kind == "break":
                self.breaks.pop(one.break_id, None)  # type: ignore[arg-type]
            else:
                self.days.pop((one.habit_id, one.day), None)  # type: ignore[arg-type]
        self.habits |= {one.habit_id: one for one in found.habits}
        self.breaks |= {one.break_id: one for one in found.breaks}
        self.days |= {(one.habit_id, one.day): one for one in found.check_ins}  # type: ignore[misc]
        told = [*found.removed, *found.habits, *found.breaks, *found.check_ins]
        assert len(told) <= self.limit
        self.cursor = found.next
        return found

    async def follow(self) -> list[Changes]:
        """Ask until there is no more."""
        pages = [await self.page()]
        while pages[-1].more:
            pages.append(await self.page())
        return pages

    def seen(self) -> dict[str, Any]:
        """Show what a person sees of it: nothing of what lies in the bin."""
        hidden = {one.habit_id for one in self.habits.values() if one.deleted_at}
        return {
            "habits": {key: one.model_dump(exclude=STANDING) for key, one in self.habits.items()},
            "breaks": {k: one for k, one in self.breaks.items() if one.habit_id not in hidden},
            "days": {k: one for k, one in self.days.items() if k[0] not in hidden},
        }


async def there(ann: Tracker) -> dict[str, Any]:
    """Show what the server has, as it is asked for otherwise."""
    used = (await ann.ask(ListHabits(archived=None, limit=500))).habits
    lying = (await ann.ask(ListHabits(deleted=True, limit=500))).habits
    days, cursor = list[Any](), None
    while True:
        page = await ann.ask(ListCheckIns(limit=500, cursor=cursor))
        days += page.check_ins
        cursor = page.next
        if cursor is None:
            break
    return {
        "habits": {one.habit_id: one.model_dump(exclude=STANDING) for one in (*used, *lying)},
        "breaks": {one.break_id: one for one in (await ann.ask(ListBreaks())).breaks},
        "days": {(one.habit_id, one.day): one for one in days},
    }


def sizes(pages: list[Changes]) -> tuple[int, int, int, int]:
    """Count what pages told: removed, habits, breaks, check-ins."""
    return (
        sum(len(page.removed) for page in pages),
        sum(len(page.habits) for page in pages),
        sum(len(page.breaks) for page in pages),
        sum(len(page.check_ins) for page in pages),
    )


async def test_first_all_then_what_has_changed(ann: Tracker, bob: Tracker) -> None:
    await bob.log((await bob.begin("Bob's")).habit_id)
    read, run = await ann.begin("Read", cue="tea"), await ann.begin("Run", measure="count")
    for number in range(-5, 1):
        await ann.log(read.habit_id, number, note="fine")
    copy = Copy(ann)
    assert sizes(await copy.follow()) == (0, 2, 0, 6)
    assert copy.seen() == await there(ann)
    assert sizes(await copy.follow()) == (0, 0, 0, 0)
    # A check-in is one change: how the habit stands moves, but that is not what it is.
    await ann.log(run.habit_id, 0, value=3)
    assert sizes(await copy.follow()) == (0, 0, 0, 1)
    await ann.ask(Increment(habit_id=run.habit_id, by=1))
    await ann.ask(RemoveCheckIn(habit_id=read.habit_id, day=day(-2)))
    rest = await ann.ask(AddBreak.model_validate({"from": day(1), "to": day(2)}))
    assert sizes(await copy.follow()) == (1, 0, 1, 1)
    assert copy.seen() == await there(ann)
    await ann.ask(RemoveBreak(break_id=rest.break_id))
    await ann.log(read.habit_id, -2)
    await ann.ask(UpdateHabit(habit_id=read.habit_id, name="Write"))
    await ann.ask(ReorderHabits(habit_ids=(run.habit_id,)))
    assert sizes(await copy.follow()) == (1, 2, 0, 1)
    assert copy.seen() == await there(ann)
    assert copy.habits[read.habit_id].name == "Write"
    await ann.ask(UpdateHabit(habit_id=run.habit_id, target=Target(value=9)))
    assert sizes(await copy.follow()) == (0, 1, 0, 1), "what a day is goes by the terms"
    assert copy.seen() == await there(ann)


async def test_the_bin_is_told(ann: Tracker, clock: time_machine.Traveller) -> None:
    read = await ann.begin()
    await ann.log(read.habit_id)
    copy = Copy(ann)
    await copy.follow()
    await ann.ask(DeleteHabit(habit_id=read.habit_id))
    assert sizes(await copy.follow()) == (0, 1, 0, 0)
    assert copy.habits[read.habit_id].deleted_at is not None
    assert copy.seen() == await there(ann)
    late = Copy(ann)
    assert sizes(await late.follow()) == (0, 1, 0, 1), "with its days, which may come back"
    await ann.ask(Undo())
    for one in (copy, late):
        assert sizes(await one.follow()) == (0, 1, 0, 0)
        assert one.seen() == await there(ann)
    await ann.ask(DeleteHabit(habit_id=read.habit_id))
    clock.shift(timedelta(days=31))
    (tick,) = [tick for tick in room.ticks if tick.name == "habits.purge"]
    await Edge(room, ann.engine, LocalBus(), 4).strike(tick)
    (page,) = await copy.follow()
    assert [(one.kind, one.habit_id) for one in page.removed] == [("habit", read.habit_id)]
    assert (copy.habits, copy.days) == ({}, {})


async def test_pages_of_any_size_tell_what_is_gone_once(ann: Tracker) -> None:
    ids = [(await ann.begin(f"Habit {number}")).habit_id for number in range(4)]
    for number, habit_id in enumerate(ids):
        await ann.log(habit_id)
        await ann.ask(
            AddBreak.model_validate({"from": day(number), "to": day(number), "habit_id": habit_id})
        )
    rests = (await ann.ask(ListBreaks())).breaks
    copies = [Copy(ann, limit) for limit in (1, 2, 3, 5, 500)]
    for copy in copies:
        await copy.follow()
    for rest in rests[:2]:
        await ann.ask(RemoveBreak(break_id=rest.break_id))
    for habit_id in ids[1:]:
        await ann.ask(DeleteHabit(habit_id=habit_id, forever=True))
    await ann.ask(RemoveCheckIn(habit_id=ids[0]))
    for copy in copies:
        pages = [await copy.page() for _ in range(12)]
        told = [(one.kind, one.habit_id or one.break_id) for page in pages for one in page.removed]
        assert len(told) == len(set(told)) == 1 + 3 + 3, "check-in, habits, breaks"
        assert not pages[-1].more
        assert copy.seen() == await there(ann)


async def test_pages_of_any_size_are_the_whole(ann: Tracker) -> None:
    ids = [(await ann.begin(f"Habit {number}")).habit_id for number in range(5)]
    for habit_id in ids:
        for number in range(-3, 1):
            await ann.log(habit_id, number)
    copies = [Copy(ann, limit) for limit in (1, 2, 3, 7, 25, 26)]
    for copy in copies:
        pages = await copy.follow()
        assert sizes(pages) == (0, 5, 0, 20)
        assert copy.seen() == await there(ann)
    for habit_id in ids[1:]:
        await ann.ask(RemoveCheckIn(habit_id=habit_id, day=day(-1)))
        await ann.log(habit_id, 0, note="again")
    for copy in copies:
        assert sizes(await copy.follow()) == (4, 0, 0, 4)
        assert copy.seen() == await there(ann)


async def test_who_commits_late_is_not_missed(ann: Tracker, engine: AsyncEngine) -> None:
    read, slow = await ann.begin(), await ann.begin("Slow")
    copy = Copy(ann)
    await copy.follow()
    other = open_engine(engine.url.render_as_string(hide_password=False), 12)
    late = text(
        "INSERT INTO habits.check_ins (habit_id, day, value, state, zone, source)"
        " VALUES (:habit_id, :day, 1000, 'done', 'UTC', 'api')"
    )
    async with AsyncExitStack() as stack:
        # More of them than a cursor remembers.
        for number in range(1, MAX_AT_WORK + 4):
            tx = await stack.enter_async_context(transaction(other))
            await tx.execute(late, {"habit_id": slow.habit_id, "day": day(-number)})
            await ann.log(read.habit_id, 1 - number)
            await copy.follow()
            # What is committed is told at once, whoever is still at work.
            assert copy.seen() == await there(ann)
            assert len(copy.days) == number
    await copy.follow()
    assert copy.seen() == await there(ann)
    assert len(copy.days) == 2 * (MAX_AT_WORK + 3)
    assert sizes(await copy.follow()) == (0, 0, 0, 0)
    await other.dispose()


ROUNDS, WRITERS = 12, 4
MAX_REFUSED = 3
"""Times in a row that who follows may be told to come again."""


async def test_who_follows_while_others_write_has_it_all(
    bus: LocalBus, ann: Tracker, carry: Carry
) -> None:
    first = [(await ann.begin(f"First {number}")).habit_id for number in range(4)]
    done = asyncio.Event()
    chance = random.Random(7)

    async def write(number: int) -> None:
        made = random.Random(number)
        mine = [*first]
        for _ in range(ROUNDS):
            try:
                await ann.ask(await message(made, mine))
            except Refused:
                continue  # somebody else was quicker

    async def message(made: random.Random, mine: list[UUID]) -> Any:
        habit_id, at = made.choice(mine), day(-made.randrange(12))
        name = made.choice(
            ["log", "log", "log", "empty", "empty", "many", "name", "begin", "bin", "back"]
            + ["gone", "rest", "unrest", "move", "undo", "order", "week"]
        )
        if name == "begin":
            mine.append((await ann.ask(CreateHabit(name="More"))).habit_id)
        span = {"from": at, "to": at}
        rests = (await ann.ask(ListBreaks())).breaks if name in ("move", "unrest") else ()
        if rests and name == "move":
            return UpdateBreak.model_validate({"break_id": made.choice(rests).break_id, **span})
        if rests:
            return RemoveBreak(break_id=made.choice(rests).break_id)
        logs = [{"habit_id": one, "day": at, "note": str(made.random())} for one in mine]
        asks: dict[str, Any] = {
            "empty": RemoveCheckIn(habit_id=habit_id, day=at),
            "many": LogCheckIns.model_validate({"check_ins": logs}),
            "name": UpdateHabit(habit_id=habit_id, name=f"Name {made.random()}"),
            "bin": DeleteHabit(habit_id=habit_id),
            "back": RestoreHabit(habit_id=habit_id),
            "gone": DeleteHabit(habit_id=mine[-1], forever=len(mine) > 4),
            "rest": AddBreak.model_validate({**span, "habit_id": habit_id}),
            "undo": Undo(),
            "order": ReorderHabits(habit_ids=(habit_id,)),
            "week": ChangeProfile(week_start=made.choice(["mon", "sun"])),
        }
        logged = CheckIn(habit_id=habit_id, day=at, note=str(made.random()))
        return asks.get(name, logged)

    async def follow(copy: Copy) -> int:
        pages, refused = 0, 0
        while not done.is_set():
            try:
                await copy.page()
            except (Unavailable, Unanswered):  # on a busy machine: once more
                refused += 1
                assert refused <= MAX_REFUSED
            else:
                pages, refused = pages + 1, 0
            await asyncio.sleep(0.02)  # as clients do; others are to have their turn
        return pages

    copies = [Copy(ann, limit) for limit in (1, 3, 500)]
    followers = [asyncio.create_task(follow(copy)) for copy in copies]
    await asyncio.gather(*map(write, range(WRITERS)))
    await carry()
    done.set()
    assert min(await asyncio.gather(*followers)) > 0
    copies.append(Copy(ann, chance.randrange(1, 9)))
    expected = await there(ann)
    assert expected["days"]
    for copy in copies:
        await copy.follow()  # to the end of the round that it was in
        await copy.follow()
        assert copy.seen() == expected


@pytest.fixture
async def copy(ann: Tracker) -> Copy:
    """Give a client that has it all."""
    read = await ann.begin()
    await ann.log(read.habit_id)
    copied = Copy(ann)
    await copied.follow()
    return copied


async def test_a_cursor_that_is_none_is_refused(ann: Tracker, copy: Copy) -> None:
    assert copy.cursor is not None
    parts = copy.cursor.split(".")
    for place, wrong in ((1, "-1"), (2, "5-6"), (3, ""), (3, "0"), (4, "9"), (5, "x"), (6, "0")):
        cursor = ".".join([*parts[:place], wrong, *parts[place + 1 :]])
        assert await code_of(ann.ask(ListChanges(since=cursor))) == "wrong_cursor", cursor
    for cursor in ("", "x", "1.2.3", "~" * 200, copy.cursor + ".", copy.cursor.replace(".", "~")):
        assert await code_of(ann.ask(ListChanges(since=cursor))) == "wrong_cursor", cursor


async def test_a_cursor_is_good_for_its_owner_alone(ann: Tracker, bob: Tracker, copy: Copy) -> None:
    assert copy.cursor is not None
    place = read_place(copy.cursor, ann.who.user_id)
    assert await code_of(ann.ask(ListChanges(since=write(place, ann.who.user_id)))) == ""
    assert await code_of(bob.ask(ListChanges(since=copy.cursor))) == "wrong_cursor"
    moved = write(place.__class__(**{**_parts(place), "began": place.began + 7}), ann.who.user_id)
    forged = ".".join([*moved.split(".")[:-1], copy.cursor.split(".")[-1]])
    former = copy.cursor.rpartition(".")[0]
    for cursor in (forged, former):
        assert await code_of(ann.ask(ListChanges(since=cursor))) == "wrong_cursor"


async def test_a_cursor_of_a_lost_future_is_refused(
    ann: Tracker, copy: Copy, engine: AsyncEngine
) -> None:
    assert copy.cursor is not None
    known = read_place(copy.cursor, ann.who.user_id)

    async def told(cursor: str | None) -> str:
        return await code_of(ann.ask(ListChanges(since=cursor)))

    ahead = write(
        known.__class__(**{**_parts(known), "until": Snapshot(known.until.end + 10**6)}),
        ann.who.user_id,
    )
    assert await told(ahead) == "cursor_expired"
    assert await told(
        write(known.__class__(**{**_parts(known), "run": "0" * 12}), ann.who.user_id)
    ) == ("cursor_expired")
    # The server starts once more: a cursor from before is good, one from after that moment is not.
    async with transaction(engine) as tx:
        await tx.execute(text("UPDATE habits.runs SET started = started - interval '1 day'"))
    later = write(
        known.__class__(**{**_parts(known), "until": Snapshot(known.until.end + 50)}),
        ann.who.user_id,
    )
    assert await told(copy.cursor) == ""
    assert await told(later) == "cursor_expired"
    assert sizes(await copy.follow()) == (0, 0, 0, 0)
    # Its data comes from another cluster, out of a dump.
    async with transaction(engine) as tx:
        await tx.execute(text("UPDATE habits.runs SET cluster = 'another'"))
    assert await told(copy.cursor) == "cursor_expired"
    fresh = Copy(ann)
    assert sizes(await fresh.follow()) == (0, 1, 0, 1)
    assert sizes(await fresh.follow()) == (0, 0, 0, 0)


def _parts(place: Any) -> dict[str, Any]:
    return {name: getattr(place, name) for name in place.__slots__}


async def test_a_cursor_expires_before_what_was_removed_is_forgotten(
    ann: Tracker, engine: AsyncEngine, copy: Copy, clock: time_machine.Traveller
) -> None:
    await ann.ask(RemoveCheckIn(habit_id=next(iter(copy.habits))))
    clock.move_to(NOON + timedelta(days=KEEP_REMOVED, minutes=-1))
    assert sizes([await Copy(ann, cursor=copy.cursor).page()]) == (1, 0, 0, 0)
    clock.shift(timedelta(minutes=2))
    assert await code_of(ann.ask(ListChanges(since=copy.cursor))) == "cursor_expired"
    async with transaction(engine) as tx:
        await tx.execute(text("UPDATE habits.removed SET removed_at = :at"), {"at": NOON})
    clock.shift(timedelta(days=1))
    (tick,) = [tick for tick in room.ticks if tick.name == "habits.changes"]
    await Edge(room, engine, LocalBus(), 4).strike(tick)
    async with transaction(engine) as tx:
        assert (await tx.execute(text("SELECT count(*) FROM habits.removed"))).scalar_one() == 0


async def test_whoever_is_erased_leaves_nothing_removed(
    ann: Tracker, bob: Tracker, engine: AsyncEngine, carry: Carry
) -> None:
    for one in (ann, bob):
        read = await one.begin()
        await one.log(read.habit_id)
        await one.ask(AddBreak.model_validate({"from": day(1), "to": day(2)}))
        await one.ask(RemoveCheckIn(habit_id=read.habit_id))
        await one.log(read.habit_id)
    await ann.ask(DeleteMe())
    await carry()
    async with transaction(engine) as tx:
        rows = await tx.execute(text("SELECT user_id FROM habits.removed"))
        assert [row.user_id for row in rows] == [bob.who.user_id]
