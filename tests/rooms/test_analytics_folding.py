"""Facts in any order, twice and late: the read model is what they add up to, live and rebuilt."""

import asyncio
import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.analytics import rebuilding
from actors.analytics.settling import settle
from actors.runtime.local import LocalBus
from contracts.analytics import HistoryChanged
from contracts.analytics_upkeep import (
    GetRebuild,
    ListFacts,
    ListLoggedPeople,
    LoggedFact,
    RebuildPerson,
)
from contracts.breaks import AddBreak
from contracts.check_ins import CheckIn, RemoveCheckIn
from contracts.habits import DeleteHabit, UpdateHabit
from contracts.keeping.progress import advance, begin
from contracts.keeping.promise import SKIPPED
from contracts.message import Asked, Fact, new_id
from contracts.principal import Principal
from contracts.retelling import RetellHabits, RetellProfiles
from contracts.users import UserDeleted
from storage.analytics import reading
from storage.analytics.reading import Loaded
from storage.analytics.tables import STATES
from storage.outbox import Waiting, row_of
from storage.session import transaction
from tests.databases import empty
from tests.rooms.facts_of_people import NOW, START, Teller
from tests.rooms.people import ADMIN, NOON, Carry, code_of
from tests.rooms.tracking import Tracker, day

pytestmark = pytest.mark.asyncio

TODAY = NOW.date()
NUMBER = st.integers(0, 5)
BACK = st.integers(0, 124)
MANY = st.integers(0, 12)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("log"), NUMBER, BACK, st.integers(0, 9)),
        st.tuples(st.just("log"), NUMBER, BACK, st.integers(0, 9)),
        st.tuples(st.just("empty"), NUMBER, BACK),
        st.tuples(st.just("fill"), NUMBER, BACK, MANY),
        st.tuples(st.just("retell"), NUMBER),
        st.tuples(st.just("begin")),
        st.tuples(st.just("change"), NUMBER, MANY),
        st.tuples(st.just("archive"), NUMBER),
        st.tuples(st.just("bin"), NUMBER),
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
    max_size=14,
)
MODEL = {
    "people": "user_id, gone, language, zone, day_start, week_start, version, fact_id",
    "habits": "user_id, habit_id, deleted, name, kind, measure, unit, colour, tags, start_day,"
    " versions, position, version, fact_id, archived, archived_at, archived_version,"
    " archived_fact_id, binned, binned_version, binned_fact_id",
    "days": "*",
    "breaks": "*",
    "entries": "*",
    "facts": "user_id, fact_id, address, occurred_at, version, subject, body",
}
"""All that facts say; the log without the order in which it was written."""


async def hear(bus: LocalBus, facts: Sequence[Fact], size: int = 500) -> None:
    """Carry facts as the courier does."""
    rows = [
        Waiting(seq=0, attempts=0, told_at=NOW, sent_at=None, **row_of(fact))  # type: ignore[arg-type]
        for fact in facts
    ]
    for first in range(0, len(rows), size):
        assert not (await bus.deliver(rows[first : first + size])).left


async def model(engine: AsyncEngine) -> dict[str, list[Any]]:
    """Read all that was made of the facts."""
    async with transaction(engine) as tx:
        return {
            table: [
                tuple(row)
                for row in await tx.execute(
                    text(f"SELECT {columns} FROM analytics.{table} t ORDER BY t::text")
                    if columns == "*"
                    else text(f"SELECT {columns} FROM analytics.{table} ORDER BY 1, 2, 3")
                )
            ]
            for table, columns in MODEL.items()
        }


async def number_of(tx: AsyncConnection, rows: str) -> int:
    """Count rows."""
    return int((await tx.execute(text(f"SELECT count(*) FROM {rows}"))).scalar_one())


async def rebuild(engine: AsyncEngine, *people: UUID) -> None:
    """Fold people anew."""
    for user_id in people:
        async with transaction(engine) as tx:
            await rebuilding.run(tx, user_id)


async def load(engine: AsyncEngine, user_id: UUID) -> Loaded:
    """Read a person's whole history."""
    async with transaction(engine) as tx:
        return await reading.load(tx, user_id, date(1900, 1, 1), date(2200, 12, 31))


def shown(loaded: Loaded) -> dict[str, Any]:
    """Lay out a history as `told` does."""
    return {
        "zone": loaded.person.zone,
        "habits": {
            habit.habit_id: (
                habit.name,
                tuple(habit.tags),
                habit.archived_at is not None,
                {
                    date.fromordinal(at): (value, STATES[state - 1])
                    for at, value, state in zip(habit.days, habit.values, habit.states, strict=True)
                },
                sorted(habit.rests),
            )
            for habit in loaded.habits
        },
        "entries": {
            entry.entry_id: (entry.day, entry.mood, tuple(entry.tags), tuple(entry.habit_ids))
            for entry in loaded.entries
        },
    }


def told(teller: Teller) -> dict[str, Any]:
    """Lay out what is true of a person."""
    rests = [
        (START + timedelta(days=first), START + timedelta(days=last), habit_id, tag)
        for _, first, last, habit_id, tag in teller.breaks.values()
    ]
    return {
        "zone": teller.profile.zone if teller.profile else "UTC",
        "habits": {
            habit.habit_id: (
                habit.name,
                habit.tags,
                habit.archived,
                {at: (round(v * 1000), state) for at, (v, state, _) in habit.days.items()},
                sorted(
                    (first, last)
                    for first, last, habit_id, tag in rests
                    if habit_id in (None, habit.habit_id) and (tag is None or habit.tags)
                ),
            )
            for habit in teller.habits.values()
            if not habit.binned
        },
        "entries": {
            entry.entry_id: (entry.day, entry.mood, entry.tags, entry.habit_ids)
            for _, entry in teller.entries.values()
        },
    }


async def check_progress(engine: AsyncEngine, user_id: UUID) -> None:
    """What is settled is what the whole history gives."""
    loaded = await load(engine, user_id)
    async with transaction(engine) as tx:
        settled = await settle(tx, user_id, TODAY)
    assert set(settled) == {habit.habit_id for habit in loaded.habits}
    for habit in loaded.habits:
        entries = {
            at: SKIPPED if STATES[state - 1] == "skipped" else value
            for at, value, state in zip(habit.days, habit.values, habit.states, strict=True)
        }
        until = TODAY - timedelta(days=3)
        start = begin(habit.promise)
        anew = advance(start, habit.promise, entries, habit.rests, until)
        assert settled[habit.habit_id].streaks == anew.streaks
        assert settled[habit.habit_id].score == pytest.approx(anew.score, abs=1e-12)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(ann=STEPS, bob=STEPS, seed=st.integers(0, 2**32), cut=st.floats(0, 1))
async def test_any_order_gives_the_same(
    bus: LocalBus, engine: AsyncEngine, ann: Any, bob: Any, seed: int, cut: float
) -> None:
    tellers = [Teller(), Teller()]
    for teller, steps in zip(tellers, (ann, bob), strict=True):
        for name, *words in steps:
            getattr(teller, name)(*words)
    people = [teller.user_id for teller in tellers if teller.facts]
    facts = [fact for teller in tellers for fact in teller.facts]
    await empty(engine)
    middle = round(cut * len(facts))
    await hear(bus, facts[:middle], size=7)
    for user_id in people:
        await check_progress(engine, user_id)
    await hear(bus, facts[middle:], size=7)
    live = await model(engine)
    for teller in tellers:
        assert shown(await load(engine, teller.user_id)) == told(teller)
        await check_progress(engine, teller.user_id)
    await rebuild(engine, *people)
    assert await model(engine) == live
    for user_id in people:
        await check_progress(engine, user_id)
    await empty(engine)
    chance = random.Random(seed)
    mixed = facts + chance.choices(facts, k=len(facts) // 2) if facts else []
    chance.shuffle(mixed)
    await hear(bus, mixed)
    assert await model(engine) == live
    async with transaction(engine) as tx:
        await tx.execute(text("DELETE FROM bus.inbox"))
    await hear(bus, mixed[::2])
    assert await model(engine) == live
    await rebuild(engine, *people)
    assert await model(engine) == live


SETTLED = (TODAY - timedelta(days=3) - START).days
"""The number of the last day that is settled."""

TOUCHES: list[tuple[Any, ...]] = [
    ("log", 0, SETTLED, 0),
    ("log", 0, SETTLED, 3),
    ("log", 0, 7, 1),
    ("empty", 0, 8),
    ("fill", 0, 8, 1),
    ("change", 0, 3),
    ("change", 0, 2),
    ("rest", 5, 2, 2),
    ("change", 0, 3),
    ("change", 0, 1),
    ("move", 0, SETTLED + 9, 2),
    ("move", 0, 5, 2),
    ("unrest", 0),
    ("rest", 5, 2, 0),
]


async def test_what_touches_a_settled_day_unsettles_it(bus: LocalBus, engine: AsyncEngine) -> None:
    ann = Teller()
    ann.begin()
    habit = ann.habit(0)
    habit.target = 1.0
    ann.change(0, 1)
    for back in range(SETTLED + 4):
        ann.log(0, back, 8)
    heard, before = 0, None
    for touch in (("log", 0, SETTLED + 1, 8), *TOUCHES):
        name, *words = touch
        getattr(ann, name)(*words)
        await hear(bus, ann.facts[heard:])
        heard = len(ann.facts)
        await check_progress(engine, ann.user_id)
        async with transaction(engine) as tx:
            now = await settle(tx, ann.user_id, TODAY)
        assert now[habit.habit_id] != before, touch
        before = now[habit.habit_id]


DEADLOCK = "40P01"
"""What PostgreSQL calls it, by its SQLSTATE."""


async def test_many_people_at_once_do_not_wait_in_a_circle(
    bus: LocalBus, engine: AsyncEngine
) -> None:
    """A deadlock is passed over in silence and tried again, so it is looked for where it is met."""
    met: list[str] = []

    def note(about: ExceptionContext) -> None:
        met.append(getattr(about.original_exception, "sqlstate", ""))

    event.listen(engine.sync_engine, "handle_error", note)
    tellers = [Teller() for _ in range(250)]
    for teller in tellers:
        teller.begin()
        for back in range(3):
            teller.log(0, back, back)
    facts = [fact for teller in tellers for fact in teller.facts]
    random.Random(1).shuffle(facts)
    await hear(bus, facts)
    # A lock that is waited for too long is none: it comes of a busy machine.
    assert DEADLOCK not in met
    assert shown(await load(engine, tellers[0].user_id)) == told(tellers[0])


def plenty() -> Teller:
    """Let somebody do a bit of everything."""
    teller = Teller()
    teller.live("Europe/Berlin")
    for _ in range(2):
        teller.begin()
    for back in range(100):
        teller.log(back, back, back % 7)
    teller.fill(0, 80, 30)
    teller.change(1, 3)
    teller.archive(1)
    teller.rest(20, 3, 0)
    teller.empty(0, 4)
    for number in range(5):
        teller.write(number * 2, number, number)
    teller.bring(50, 4)
    teller.throw(0)
    return teller


async def test_who_is_gone_stays_gone(bus: LocalBus, engine: AsyncEngine) -> None:
    ann, bob = plenty(), plenty()
    bye = UserDeleted(user_id=ann.user_id, version=9)
    await hear(bus, [*ann.facts[:60], *bob.facts])
    await hear(bus, [bye])
    await hear(bus, ann.facts[60:])
    left = await model(engine)
    assert [row for table in left for row in left[table] if row[0] == ann.user_id] == [
        (ann.user_id, True, None, None, None, None, 0, None)
    ]
    assert shown(await load(engine, bob.user_id)) == told(bob)
    await rebuild(engine, ann.user_id)
    assert await model(engine) == left
    assert await code_of(bus.ask(RebuildPerson(user_id=ann.user_id), ADMIN)) == "nothing_heard"


async def test_gone_before_anything_was_heard(bus: LocalBus, engine: AsyncEngine) -> None:
    ann = plenty()
    await hear(bus, [UserDeleted(user_id=ann.user_id, version=9)])
    await hear(bus, ann.facts)
    left = await model(engine)
    assert len(left.pop("people")) == 1
    assert not any(left.values())


async def test_what_was_deleted_leaves_no_trace_in_the_log(
    bus: LocalBus, engine: AsyncEngine
) -> None:
    ann = plenty()
    gone = ann.habit(0).habit_id
    late = [fact for fact in ann.facts if getattr(fact, "habit_id", None) == gone][-5:]
    ann.delete(0)
    await hear(bus, [fact for fact in ann.facts if fact not in late])
    await hear(bus, late)
    logged = (await model(engine))["facts"]
    assert [row[2] for row in logged if row[5] == gone] == ["habits.habit_deleted"]
    assert not [row for row in logged if "ill" in str(row[6])]
    assert shown(await load(engine, ann.user_id)) == told(ann)


async def test_a_rebuild_mends_what_is_wrong(
    bus: LocalBus, engine: AsyncEngine, carry: Carry
) -> None:
    ann, bob = plenty(), plenty()
    await hear(bus, [*ann.facts, *bob.facts])
    right = await model(engine)
    async with transaction(engine) as tx:
        await tx.execute(text("DELETE FROM analytics.habits"))
        await tx.execute(text("UPDATE analytics.days SET value = 9, state = 4"))
        await tx.execute(text("UPDATE analytics.people SET zone = 'UTC'"))
    assert await model(engine) != right
    listed = await bus.ask(ListLoggedPeople(), ADMIN)
    assert {one.user_id: one.facts for one in listed.people} == {
        ann.user_id: len(ann.facts),
        bob.user_id: len(bob.facts),
    }
    for one in listed.people:
        waiting = await bus.ask(RebuildPerson(user_id=one.user_id), ADMIN)
        assert (waiting.phase, waiting.folded, waiting.total) == ("waiting", 0, one.facts)
    await carry()
    assert await model(engine) == right
    for one in listed.people:
        done = await bus.ask(GetRebuild(user_id=one.user_id), ADMIN)
        assert (done.phase, done.folded, done.total) == ("done", one.facts, one.facts)


async def test_what_is_heard_during_a_rebuild_waits_and_counts_once(
    bus: LocalBus, engine: AsyncEngine
) -> None:
    ann = plenty()
    await hear(bus, ann.facts)
    ann.log(0, 3, 8)
    async with transaction(engine) as tx:
        await rebuilding.run(tx, ann.user_id)
        # Who reads meanwhile reads what was.
        before = shown(await load(engine, ann.user_id))
        assert before != told(ann)
        assert len(before["habits"]) == 2
    await hear(bus, ann.facts[-1:])
    assert shown(await load(engine, ann.user_id)) == told(ann)


async def test_only_administrators_look_after_it(bus: LocalBus) -> None:
    ann = Principal(user_id=new_id(), scopes=frozenset({"user"}))
    asks: tuple[Asked[Any], ...] = (
        ListLoggedPeople(),
        RebuildPerson(user_id=ann.user_id),
        GetRebuild(user_id=ann.user_id),
        RetellHabits(user_id=ann.user_id),
        RetellProfiles(user_id=ann.user_id),
    )
    for asked in asks:
        assert await code_of(bus.ask(asked, ann)) == "denied"
    assert await code_of(bus.ask(GetRebuild(user_id=ann.user_id), ADMIN)) == "nothing_heard"


async def facts(bus: LocalBus, user_id: UUID, **asked: Any) -> list[LoggedFact]:
    """List what was heard, page by page."""
    who = Principal(user_id=user_id, scopes=frozenset({"user"}))
    found: list[LoggedFact] = []
    cursor: str | None = None
    while True:
        page = await bus.ask(ListFacts(cursor=cursor, limit=7, **asked), who)
        found += page.facts
        cursor = page.next
        if cursor is None:
            return found


async def test_the_log_page_by_page(bus: LocalBus, engine: AsyncEngine) -> None:
    ann, bob = plenty(), plenty()
    await hear(bus, ann.facts, size=1)
    await hear(bus, bob.facts[:3])
    listed = await facts(bus, ann.user_id)
    assert [one.fact_id for one in listed] == [fact.fact_id for fact in ann.facts]
    first = listed[0]
    assert (first.fact, first.version) == ("users.profile_changed", 1)
    assert first.body == {"profile": ann.facts[0].model_dump(mode="json")["profile"]}
    assert len(await facts(bus, bob.user_id)) == 3
    assert not await facts(bus, new_id())
    # It all happened on one day, in Berlin.
    assert await facts(bus, ann.user_id, first=TODAY, last=TODAY) == listed
    assert not await facts(bus, ann.user_id, last=TODAY - timedelta(days=1))
    assert not await facts(bus, ann.user_id, first=TODAY + timedelta(days=1))
    who = Principal(user_id=ann.user_id, scopes=frozenset({"user"}))
    turned = ListFacts(first=TODAY, last=START)
    assert await code_of(bus.ask(turned, who)) == "range_reversed"
    for cursor in ("x", "²", "9" * 30):
        assert await code_of(bus.ask(ListFacts(cursor=cursor), who)) == "wrong_cursor"
    assert await code_of(bus.ask(ListLoggedPeople(cursor="x"), ADMIN)) == "wrong_cursor"


async def test_news_comes_once_a_transaction_with_the_stamp(
    bus: LocalBus, engine: AsyncEngine, carry: Carry
) -> None:
    ann = plenty()
    news: list[HistoryChanged] = []

    async def keep(fact: HistoryChanged) -> None:
        news.append(fact)

    await bus.overhear(HistoryChanged, keep)
    await hear(bus, ann.facts[:1])
    await carry()
    assert [one.version for one in news] == [1]
    await hear(bus, ann.facts[1:60])
    await carry()
    # Four hands at most, so four transactions at most; each raised the stamp once.
    assert [one.version for one in news] == list(range(1, len(news) + 1))
    assert 2 <= len(news) <= 5
    assert (await load(engine, ann.user_id)).person.stamp == len(news)


async def test_told_by_the_rooms_and_told_again(
    ann: Tracker, bus: LocalBus, engine: AsyncEngine, carry: Carry
) -> None:
    read, run = await ann.begin("Read", tags=["calm"]), await ann.begin("Run", measure="count")
    for number in range(-40, 1):
        await ann.log(read.habit_id, number)
        at = NOON + timedelta(days=number, minutes=-1)
        await ann.log(run.habit_id, number, value=float(number % 5), at=at)
    at = NOON - timedelta(days=2)
    await ann.ask(CheckIn(habit_id=run.habit_id, day=day(-2), state="skipped", at=at))
    await ann.ask(RemoveCheckIn(habit_id=run.habit_id, day=day(-3)))
    await ann.ask(AddBreak.model_validate({"from": day(-9), "to": day(-8), "tag": "Calm"}))
    swim = await ann.begin("Swim")
    await ann.ask(UpdateHabit(habit_id=run.habit_id, archived=True))
    await ann.ask(DeleteHabit(habit_id=swim.habit_id))
    await carry()
    who = ann.who.user_id
    before = shown(await load(engine, who))
    assert {name for name, *_ in before["habits"].values()} == {"Read", "Run"}
    assert len(before["habits"][read.habit_id][3]) == 41
    assert before["habits"][run.habit_id][2:3] == (True,)
    async with transaction(engine) as tx:
        whole = await reading.load_habit(tx, who, run.habit_id)
        for table in ("facts", "people", "habits", "days", "breaks"):
            await tx.execute(text(f"DELETE FROM analytics.{table}"))
    assert whole is not None
    assert len(whole.at) == len(whole.zones) == len(whole.habit.days) == 40
    assert set(whole.zones) == {"UTC"}
    assert None not in whole.at
    assert (await bus.ask(RetellProfiles(user_id=who), ADMIN)).told == 1
    retold = await bus.ask(RetellHabits(user_id=who), ADMIN)
    assert (retold.told, retold.next) == (8, None), "what is in the bin is told, too"
    await carry()
    assert shown(await load(engine, who)) == before
    async with transaction(engine) as tx:
        again = await reading.load_habit(tx, who, run.habit_id)
        assert again is not None
        assert again.at == whole.at
        assert await reading.load_habit(tx, new_id(), run.habit_id) is None
    # Once more is no news, and what comes later is newer.
    await bus.ask(RetellHabits(user_id=who), ADMIN)
    await ann.log(read.habit_id, -1, state="skipped")
    await carry()
    now = shown(await load(engine, who))
    assert now["habits"][read.habit_id][3].pop(day(-1))[1] == "skipped"
    before["habits"][read.habit_id][3].pop(day(-1))
    assert now == before
    assert (await bus.ask(RetellProfiles(user_id=new_id()), ADMIN)).told == 0


async def test_habits_are_told_again_some_at_a_time(
    ann: Tracker, bus: LocalBus, engine: AsyncEngine, carry: Carry
) -> None:
    for number in range(21):
        await ann.begin(f"Habit {number}")
    await ann.told()
    told_of, cursor = 0, None
    for more in (True, True, False):
        page = await bus.ask(RetellHabits(user_id=ann.who.user_id, cursor=cursor), ADMIN)
        told_of, cursor = told_of + page.told, page.next
        assert (cursor is not None) == more
    assert told_of == 21
    await carry()
    assert len((await load(engine, ann.who.user_id)).habits) == 21


async def test_while_analytics_cannot_work_habits_do_and_it_catches_up(
    ann: Tracker, bus: LocalBus, engine: AsyncEngine, carry: Carry
) -> None:
    habit = await ann.begin()
    async with transaction(engine) as held:
        await held.execute(text("LOCK TABLE analytics.people IN ACCESS EXCLUSIVE MODE"))
        carrying = asyncio.ensure_future(carry())
        for number in range(-5, 1):
            await ann.log(habit.habit_id, number)
        assert (await ann.on(habit.habit_id)).streak == 6
        async with transaction(engine) as tx:
            while not await number_of(tx, "pg_locks WHERE NOT granted"):
                pass
            assert await number_of(tx, "analytics.days") == 0
    await carrying
    await carry()
    loaded = await load(engine, ann.who.user_id)
    assert [len(one.days) for one in loaded.habits] == [6]
    async with transaction(engine) as tx:
        assert await number_of(tx, "bus.parked") == 0
