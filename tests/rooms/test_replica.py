"""What a room keeps of others is what their owners have, whatever the order in which it is told."""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import MetaData, event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.edge import Edge
from actors.runtime.local import LocalBus
from actors.runtime.room import Room
from contracts.bus import Bus
from contracts.message import Fact, Gone, new_id
from contracts.principal import Principal
from contracts.users import UserDeleted
from storage import inbox
from storage.replica.nouns import Breaks, Days, Entries, Habits, People
from storage.replica.tables import create_tables
from storage.session import transaction
from tests.databases import empty
from tests.examples import examples
from tests.rooms.facts_of_people import START, STATES, Teller
from tests.rooms.following import Watch, kept, lay_out, theirs, watch
from tests.rooms.tracking import Tracker

pytestmark = pytest.mark.asyncio

NUMBER = st.integers(0, 5)
BACK = st.integers(0, 124)
MANY = st.integers(0, 12)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("log"), NUMBER, BACK, st.integers(0, 9)),
        st.tuples(st.just("log"), NUMBER, BACK, st.integers(0, 9)),
        st.tuples(st.just("empty"), NUMBER, BACK),
        st.tuples(st.just("fill"), NUMBER, BACK, MANY),
        st.tuples(st.just("begin")),
        st.tuples(st.just("change"), NUMBER, MANY),
        st.tuples(st.just("archive"), NUMBER),
        st.tuples(st.just("bin"), NUMBER),
        st.tuples(st.just("delete"), NUMBER),
        st.tuples(st.just("rest"), BACK, MANY, NUMBER),
        st.tuples(st.just("move"), NUMBER, BACK, MANY),
        st.tuples(st.just("unrest"), NUMBER),
        st.tuples(st.just("write"), NUMBER, BACK, NUMBER),
        st.tuples(st.just("bring"), BACK, MANY),
        st.tuples(st.just("throw"), NUMBER),
        st.tuples(st.just("live"), st.sampled_from(["UTC", "Asia/Tokyo", "Europe/Berlin"])),
    ),
    max_size=16,
)


@pytest_asyncio.fixture
async def watching(engine: AsyncEngine) -> Watch:
    """Open the room, with empty tables."""
    made = watch()
    await lay_out(engine, made.known)
    return made


async def hear(engine: AsyncEngine, watching: Watch, facts: Sequence[Fact], size: int) -> None:
    """Take facts in, so many at a time."""
    for first in range(0, len(facts), size):
        async with transaction(engine) as tx:
            await watching.known.take_in(tx, facts[first : first + size])


def told(teller: Teller) -> dict[str, set[Any]]:
    """Say what is true of a person: what is there."""
    breaks = {
        break_id: (START + timedelta(days=first), START + timedelta(days=last), habit_id, tag)
        for break_id, (_, first, last, habit_id, tag) in teller.breaks.items()
        if habit_id is None or habit_id in teller.habits
    }
    return {
        "people": {teller.profile.zone} if teller.profile else set(),
        "habits": {
            (one.habit_id, one.name, one.tags, one.archived, one.binned)
            for one in teller.habits.values()
        },
        "days": {
            (one.habit_id, at, round(value * 1000), STATES.index(state) + 1)
            for one in teller.habits.values()
            for at, (value, state, _) in one.days.items()
        },
        "breaks": {(break_id, *said) for break_id, said in breaks.items()},
        "entries": {
            (one.entry_id, one.day, one.mood, one.tags, one.habit_ids)
            for _, one in teller.entries.values()
        },
    }


def shown(rows: dict[str, list[tuple[Any, ...]]], user_id: object) -> dict[str, set[Any]]:
    """Say what a room keeps of a person: what is there, as `told` does."""
    mine = {noun: [row for row in said if row[0] == user_id] for noun, said in rows.items()}
    return {
        "people": {row[5] for row in mine["people"] if row[5]},
        "habits": {
            (row[1], row[3], tuple(row[8]), row[12], row[14])
            for row in mine["habits"]
            if not row[2] and row[3]
        },
        "days": {row[1:5] for row in mine["days"] if row[4]},
        "breaks": {row[1:] for row in mine["breaks"] if row[2]},
        "entries": {
            (row[1], row[2], row[5], tuple(row[7]), tuple(row[8]))
            for row in mine["entries"]
            if row[2]
        },
    }


def mixed(facts: Sequence[Fact], chance: random.Random) -> list[Fact]:
    """Return facts in any order, some of them twice."""
    told_twice = [*facts, *chance.choices(facts, k=len(facts) // 2)] if facts else []
    chance.shuffle(told_twice)
    return told_twice


@settings(
    max_examples=examples(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(ann=STEPS, bob=STEPS, seed=st.integers(0, 2**32), size=st.integers(1, 40))
async def test_any_order_twice_and_in_any_batches_gives_the_same(
    watching: Watch, engine: AsyncEngine, ann: Any, bob: Any, seed: int, size: int
) -> None:
    tellers = [Teller(), Teller()]
    for teller, steps in zip(tellers, (ann, bob), strict=True):
        for name, *words in steps:
            getattr(teller, name)(*words)
    facts = [fact for teller in tellers for fact in teller.facts]
    await empty(engine)
    await hear(engine, watching, facts, 1)
    live = await kept(engine)
    for teller in tellers:
        assert shown(live, teller.user_id) == told(teller)
    await empty(engine)
    await hear(engine, watching, mixed(facts, random.Random(seed)), size)
    again = await kept(engine)
    assert all(shown(again, one.user_id) == shown(live, one.user_id) for one in tellers)
    # What is told once more is no news.
    watching.news.clear()
    await hear(engine, watching, facts, size)
    assert not watching.news
    assert await kept(engine) == again


def plenty() -> Teller:
    """Let somebody do a bit of everything."""
    teller = Teller()
    teller.live("Europe/Berlin")
    for _ in range(2):
        teller.begin()
    for back in range(40):
        teller.log(back, back, back % 7)
    teller.fill(0, 80, 30)
    teller.archive(1)
    teller.rest(20, 3, 0)
    teller.rest(20, 3, 1)
    for number in range(5):
        teller.write(number * 2, number, number)
    return teller


async def test_what_was_news_is_told_once_a_transaction(
    watching: Watch, engine: AsyncEngine
) -> None:
    ann, bob = plenty(), plenty()
    facts = [*ann.facts, *bob.facts]
    random.Random(7).shuffle(facts)
    await hear(engine, watching, facts, 1000)
    (news,) = watching.news
    assert news.users == sorted([ann.user_id, bob.user_id])
    assert news.nouns == {People, Habits, Days, Breaks, Entries}
    spans = {(one.habit_id, one.first, one.last) for one in news.days}
    days = ann.habit(0).days
    assert (ann.habit(0).habit_id, min(days), max(days)) in spans
    assert len(spans) == 4
    watching.news.clear()
    ann.delete(0)
    await hear(engine, watching, [*facts, ann.facts[-1]], 1000)
    (news,) = watching.news
    assert [(one.deleted, one.user_id) for one in news.habits] == [(True, ann.user_id)]
    assert not news.days


async def test_who_is_gone_leaves_nothing_and_does_not_come_back(
    watching: Watch, engine: AsyncEngine
) -> None:
    ann, bob = plenty(), plenty()
    bye = UserDeleted(user_id=ann.user_id, version=9)
    await hear(engine, watching, [*ann.facts[:60], *bob.facts], 25)
    before = await theirs(engine, ann.user_id)
    assert all(before.values())
    assert len(before) == 5
    # In one batch with what came before it and after it, and again with what comes late.
    await hear(engine, watching, [*ann.facts[55:65], bye, *ann.facts[60:]], 200)
    await hear(engine, watching, ann.facts, 7)
    assert not any((await theirs(engine, ann.user_id)).values())
    assert shown(await kept(engine), bob.user_id) == told(bob)
    async with transaction(engine) as tx:
        row = await tx.execute(
            text("SELECT * FROM watch.people WHERE user_id = :id"), {"id": ann.user_id}
        )
        said = {name: value for name, value in row.one()._mapping.items() if value}
    assert said == {"user_id": ann.user_id, "gone": True}


@pytest_asyncio.fixture
async def edge(watching: Watch, bus: LocalBus, engine: AsyncEngine) -> Edge:
    """Open the room beside the others."""
    edge = Edge(watching.room, engine, bus, 8)
    bus.open_room(edge)
    return edge


async def take_in(edge: Edge, facts: Sequence[Fact]) -> None:
    """Let facts come in at once, as they do from a broker."""

    async def unheard() -> None:
        raise AssertionError("a fact that is gathered is not heard alone")

    await asyncio.gather(*(edge.take_in(fact, unheard) for fact in facts))


async def test_what_cannot_be_taken_in_is_parked_alone(
    watching: Watch, edge: Edge, engine: AsyncEngine
) -> None:
    ann, bob = plenty(), plenty()
    habit = ann.habit(0)
    right = habit.version
    habit.version = 2**40  # no version of ours grows so large
    ann.log(0, 111, 5)
    poison = ann.facts.pop()
    habit.days.pop(START + timedelta(days=111))
    habit.version = right
    await take_in(edge, [*ann.facts[:30], poison, *ann.facts[30:], *bob.facts])
    async with transaction(engine) as tx:
        (parked,) = await inbox.list_parked(tx)
    assert (parked.message_id, parked.room) == (poison.fact_id, "watch")
    rows = await kept(engine)
    assert shown(rows, bob.user_id) == told(bob)
    assert shown(rows, ann.user_id) == told(ann)


async def test_many_hands_do_not_wait_in_a_circle(
    watching: Watch, edge: Edge, engine: AsyncEngine
) -> None:
    """A deadlock is passed over in silence and tried again, so it is looked for where it is met."""
    met: list[str] = []

    def note(about: ExceptionContext) -> None:
        met.append(getattr(about.original_exception, "sqlstate", ""))

    event.listen(engine.sync_engine, "handle_error", note)
    tellers = [Teller() for _ in range(200)]
    for teller in tellers:
        teller.begin()
        for back in range(3):
            teller.log(0, back, back)
    facts = [fact for teller in tellers for fact in teller.facts]
    facts += [UserDeleted(user_id=teller.user_id, version=9) for teller in tellers[::5]]
    random.Random(1).shuffle(facts)
    await take_in(edge, facts)
    event.remove(engine.sync_engine, "handle_error", note)
    assert "40P01" not in met
    rows = await kept(engine)
    for number, teller in enumerate(tellers):
        assert shown(rows, teller.user_id) == (told(teller) if number % 5 else told(Teller()))


async def test_one_statement_a_noun_whatever_the_batch(
    watching: Watch, engine: AsyncEngine
) -> None:
    said: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        said.append(statement)

    tellers = [plenty() for _ in range(5)]
    event.listen(engine.sync_engine, "before_cursor_execute", note)
    await hear(engine, watching, [fact for one in tellers for fact in one.facts], 10_000)
    event.remove(engine.sync_engine, "before_cursor_execute", note)
    assert len(said) == 1 + 5, "locking, and a statement each"


async def test_what_has_not_arrived_is_asked_for(
    ann: Tracker, bus: Bus, watching: Watch, engine: AsyncEngine
) -> None:
    await ann.begin()
    async with transaction(engine) as tx:
        person = await watching.known.person(tx, bus, ann.who, "stay")
        assert (person.zone, person.version) == ("UTC", 1)
        assert person.email
    stranger = Principal(user_id=new_id(), scopes=frozenset({"user"}))
    await hear(engine, watching, [UserDeleted(user_id=stranger.user_id, version=2)], 1)
    async with transaction(engine) as tx:
        with pytest.raises(Gone):
            await watching.known.person(tx, bus, stranger)


async def test_whoever_stays_is_erased_after_that(watching: Watch, engine: AsyncEngine) -> None:
    ann = plenty()
    await hear(engine, watching, ann.facts, 100)
    bye = partial(hear, engine, watching, [UserDeleted(user_id=ann.user_id, version=9)], 1)
    async with transaction(engine) as tx:
        assert await watching.known.replica.find_person(tx, ann.user_id, "stay")
        erasing = asyncio.ensure_future(bye())
        async with transaction(engine) as other:
            waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            while not (await other.execute(waits)).scalar_one():
                pass
        assert not erasing.done()
        row = (await tx.execute(text("SELECT gone FROM watch.people"))).scalar_one()
        assert not row
    await erasing
    assert not any((await theirs(engine, ann.user_id)).values())


@pytest.mark.parametrize(
    "nouns",
    [
        lambda: (Days(),),
        lambda: (Habits(), Habits()),
        lambda: (People("shoe_size"),),
        lambda: (Breaks("", since=3),),
    ],
)
async def test_what_makes_no_sense_is_refused_at_once(nouns: Any) -> None:
    with pytest.raises(TypeError):
        Room("watch").follow(*nouns(), tables=MetaData())


async def test_only_what_is_recent_is_kept_where_no_more_is_wanted(
    engine: AsyncEngine, clock: object
) -> None:
    room = Room("recent")
    nouns = (People("zone"), Habits(), Days(since=20), Entries("day", since=20))
    known = room.follow(*nouns, tables=MetaData())
    async with engine.begin() as tx:
        await tx.execute(text("DROP SCHEMA IF EXISTS recent CASCADE"))
        await tx.execute(text("CREATE SCHEMA recent"))
        await tx.run_sync(create_tables, "recent", *nouns)
    today = datetime.now(UTC).date()
    ann = Teller()
    ann.begin()
    for back in (0, 20, 21, 300):
        ann.log(0, (today - START).days - back, 4)
    ann.write(0, (today - START).days - 30, 2)
    async with transaction(engine) as tx:
        await known.take_in(tx, ann.facts)
        days = text("SELECT day FROM recent.days ORDER BY day")
        assert (await tx.execute(days)).scalars().all() == [today - timedelta(days=20), today]
        assert not (await tx.execute(text("SELECT * FROM recent.entries"))).all()
        assert await known.replica.forget(tx, today + timedelta(days=5), 10) == 1
        assert (await tx.execute(days)).scalars().all() == [today]


async def test_one_who_is_held_up_holds_up_nobody_else(
    watching: Watch, edge: Edge, engine: AsyncEngine
) -> None:
    """However many facts there are of somebody whose row is locked, one hand waits for it."""
    ann, bob = plenty(), plenty()
    await hear(engine, watching, [*ann.facts[:1], *bob.facts[:1]], 10)
    async with transaction(engine) as tx:
        await watching.known.replica.lock(tx, [ann.user_id])
        first = asyncio.ensure_future(take_in(edge, ann.facts[1:2]))
        async with transaction(engine) as other:
            waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            while not (await other.execute(waits)).scalar_one():
                pass
        rest = asyncio.ensure_future(take_in(edge, ann.facts[2:]))
        for fact in bob.facts[1:]:
            await take_in(edge, [fact])
        assert not first.done()
        assert not rest.done()
    await asyncio.gather(first, rest)
    rows = await kept(engine)
    assert shown(rows, ann.user_id) == told(ann)
    assert shown(rows, bob.user_id) == told(bob)
