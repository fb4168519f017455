"""What reports are made of: settled, exported and stamped, whatever the order of the facts."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.analytics.progress import settle
from actors.analytics.room import known as room_known
from actors.runtime.local import LocalBus
from contracts.analytics_upkeep import ListFacts, LoggedFact
from contracts.breaks import AddBreak
from contracts.check_ins import CheckIn, RemoveCheckIn
from contracts.habits import DeleteHabit, UpdateHabit
from contracts.keeping.progress import advance, begin
from contracts.keeping.promise import SKIPPED
from contracts.message import Fact, new_id
from contracts.principal import Principal
from contracts.users import UserDeleted
from storage.analytics import histories
from storage.analytics.histories import LoadedPerson
from storage.outbox import Waiting, row_of
from storage.replica.nouns import STATES
from storage.session import transaction
from tests.databases import empty
from tests.examples import examples
from tests.rooms.facts_of_people import NOW, START, Teller
from tests.rooms.following import theirs
from tests.rooms.people import NOON, Carry, code_of
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


async def hear(bus: LocalBus, facts: Sequence[Fact], size: int = 500) -> None:
    """Carry facts as the courier does."""
    rows = [
        Waiting(seq=0, attempts=0, told_at=NOW, sent_at=None, **row_of(fact))  # type: ignore[arg-type]
        for fact in facts
    ]
    for first in range(0, len(rows), size):
        assert not (await bus.deliver(rows[first : first + size])).left


async def number_of(tx: AsyncConnection, rows: str) -> int:
    """Count rows."""
    return int((await tx.execute(text(f"SELECT count(*) FROM {rows}"))).scalar_one())


async def load(engine: AsyncEngine, user_id: UUID) -> LoadedPerson:
    """Read a person's whole history."""
    async with transaction(engine) as tx:
        return await histories.load(tx, user_id, date(1900, 1, 1), date(2200, 12, 31))


def shown(loaded: LoadedPerson) -> dict[str, Any]:
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
    max_examples=examples(7),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(ann=STEPS, bob=STEPS, seed=st.integers(0, 2**32), cut=st.floats(0, 1))
async def test_what_is_settled_is_what_the_whole_history_gives(
    bus: LocalBus, engine: AsyncEngine, ann: Any, bob: Any, seed: int, cut: float
) -> None:
    """Settled in the middle, and whatever comes then in any order."""
    tellers = [Teller(), Teller()]
    for teller, steps in zip(tellers, (ann, bob), strict=True):
        for name, *words in steps:
            getattr(teller, name)(*words)
    facts = [fact for teller in tellers for fact in teller.facts]
    random.Random(seed).shuffle(facts)
    await empty(engine)
    middle = round(cut * len(facts))
    await hear(bus, facts[:middle], size=7)
    for teller in tellers:
        await check_progress(engine, teller.user_id)
    await hear(bus, facts[middle:], size=7)
    for teller in tellers:
        assert shown(await load(engine, teller.user_id)) == told(teller)
        await check_progress(engine, teller.user_id)


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


async def test_who_is_gone_leaves_nothing(bus: LocalBus, engine: AsyncEngine) -> None:
    ann, bob = plenty(), plenty()
    await hear(bus, [*ann.facts[:60], *bob.facts])
    for teller in (ann, bob):
        await check_progress(engine, teller.user_id)
    before = await theirs(engine, ann.user_id, "analytics")
    assert {name for name, rows in before.items() if rows} >= {"people", "stamps", "progress"}
    await hear(bus, [UserDeleted(user_id=ann.user_id, version=9), *ann.facts[60:]])
    await hear(bus, ann.facts[60:])
    assert not any((await theirs(engine, ann.user_id, "analytics")).values())
    assert shown(await load(engine, bob.user_id)) == told(bob)


async def known(bus: LocalBus, user_id: UUID, **asked: Any) -> list[LoggedFact]:
    """List what is known, page by page."""
    who = Principal(user_id=user_id, scopes=frozenset({"user"}))
    found: list[LoggedFact] = []
    cursor: str | None = None
    while True:
        page = await bus.ask(ListFacts(cursor=cursor, limit=7, **asked), who)
        found += page.facts
        cursor = page.next
        if cursor is None:
            return found


async def test_all_that_is_known_page_by_page(bus: LocalBus, engine: AsyncEngine) -> None:
    ann, bob = plenty(), plenty()
    await hear(bus, [*ann.facts, *bob.facts[:3]])
    listed = await known(bus, ann.user_id)
    assert len({one.fact_id for one in listed}) == len(listed)
    counts = Counter(one.fact for one in listed)
    assert counts == {
        "users.profile_changed": 1,
        "habits.habit_changed": 2,
        "habits.habit_archived": 1,
        "habits.habit_checked_in": sum(len(one.days) for one in ann.habits.values()),
        "habits.break_added": len(ann.breaks),
        "journal.entry_written": len(ann.entries),
    }
    days = {
        (one.body["habit_id"], one.body["day"]): (one.body["value"], one.body["state"])
        for one in listed
        if one.fact == "habits.habit_checked_in"
    }
    assert days == {
        (str(habit.habit_id), at.isoformat()): (value, state)
        for habit in ann.habits.values()
        for at, (value, state, _) in habit.days.items()
    }
    (profile,) = (one for one in listed if one.fact == "users.profile_changed")
    assert profile.body["profile"]["zone"] == "Europe/Berlin"  # type: ignore[index, call-overload]
    assert await known(bus, ann.user_id) == listed, "the same as long as nothing changes"
    some = await known(bus, ann.user_id, first=START, last=START)
    assert {one.body.get("day", "2031-01-01") for one in some} == {"2031-01-01"}
    assert not await known(bus, new_id())
    who = Principal(user_id=ann.user_id, scopes=frozenset({"user"}))
    turned = ListFacts(first=TODAY, last=START)
    assert await code_of(bus.ask(turned, who)) == "range_reversed"
    nothing = "00000000-0000-0000-0000-000000000000"
    for cursor in ("x", "²", "9" * 30, f"secrets/{nothing}/2031-01-01", f"days/{nothing}/31"):
        assert await code_of(bus.ask(ListFacts(cursor=cursor), who)) == "wrong_cursor"


async def test_the_stamp_rises_with_what_is_news(bus: LocalBus, engine: AsyncEngine) -> None:
    ann = plenty()
    await hear(bus, ann.facts[:1])
    assert (await load(engine, ann.user_id)).person.stamp == 1
    await hear(bus, ann.facts[1:60])
    # Four hands at most, so four transactions at most; each raised the stamp once.
    now = (await load(engine, ann.user_id)).person.stamp
    assert 2 <= now <= 5
    async with transaction(engine) as tx:
        await tx.execute(text("DELETE FROM bus.inbox"))
    await hear(bus, ann.facts[:60])
    assert (await load(engine, ann.user_id)).person.stamp == now, "nothing of it is news"


async def tell_again(engine: AsyncEngine) -> None:
    """Have the owners tell the room all there is."""
    async with transaction(engine) as tx:
        await room_known.backfill(tx, again=True)


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
        whole = await histories.load_habit(tx, who, run.habit_id)
        for table in ("people", "habits", "days", "breaks", "progress"):
            await tx.execute(text(f"DELETE FROM analytics.{table}"))
    assert whole is not None
    assert len(whole.at) == len(whole.zones) == len(whole.habit.days) == 40
    assert set(whole.zones) == {"UTC"}
    assert None not in whole.at
    await tell_again(engine)
    await carry()
    assert shown(await load(engine, who)) == before
    async with transaction(engine) as tx:
        again = await histories.load_habit(tx, who, run.habit_id)
        assert again is not None
        assert again.at == whole.at
        assert await histories.load_habit(tx, new_id(), run.habit_id) is None
    # Once more is no news, and what comes later is newer.
    await tell_again(engine)
    await ann.log(read.habit_id, -1, state="skipped")
    await carry()
    now = shown(await load(engine, who))
    assert now["habits"][read.habit_id][3].pop(day(-1))[1] == "skipped"
    before["habits"][read.habit_id][3].pop(day(-1))
    assert now == before


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
