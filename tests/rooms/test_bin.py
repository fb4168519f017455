"""The bin: whoever deletes a habit by mistake gets it back as if nothing had happened."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.analytics.room import known
from actors.habits import bin as binned
from actors.habits.handlers import room
from actors.runtime.edge import Edge
from actors.runtime.local import LocalBus
from contracts.analytics import GetHabitInsight, GetSummary
from contracts.breaks import AddBreak, ListBreaks, RemoveBreak
from contracts.check_ins import GetHistory, GetStreaks, GetToday, ListCheckIns, LogCheckIns, Undo
from contracts.habit import Habit
from contracts.habits import (
    KEEP_DELETED,
    CreateHabit,
    DeleteHabit,
    ListHabits,
    ListTags,
    ReorderHabits,
    RestoreHabit,
    UpdateHabit,
)
from contracts.journal import CreateEntry, GetEntry, ListEntries, UpdateEntry
from contracts.message import Asked, NotFound
from contracts.reminders import CreateReminder, GetReminder, ListReminders, SnoozeReminder
from storage import bin as kept_bin
from storage.habits import HabitRow
from storage.session import transaction
from tests.examples import examples
from tests.rooms.people import NOON, Carry, code_of
from tests.rooms.reminding import strike
from tests.rooms.test_habits_laws import BACK, SHAPES, STEPS, Step, Story
from tests.rooms.tracking import Tracker, day, newcomer

pytestmark = pytest.mark.asyncio


async def test_what_is_brought_back_meanwhile_is_not_thrown_away(ann: Tracker) -> None:
    made = [await ann.begin(name) for name in ("Read", "Run")]
    for one in made:
        await ann.ask(DeleteHabit(habit_id=one.habit_id))
    async with transaction(ann.engine) as restoring:
        await kept_bin.take(restoring, ann.who.user_id, made[0].habit_id)

        async def beyond() -> list[HabitRow]:
            async with transaction(ann.engine) as tx:
                await tx.execute(text("SET LOCAL application_name = 'beyond'"))
                return await kept_bin.beyond(tx, ann.who.user_id, 1)

        waiting = asyncio.create_task(beyond())
        asked = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'beyond'"
        async with asyncio.timeout(20):
            while True:
                async with transaction(ann.engine) as aside:
                    where = " AND wait_event_type = 'Lock'"
                    if (await aside.execute(text(asked + where))).scalar_one():
                        break
    assert await waiting == []


async def purge(engine: AsyncEngine) -> None:
    """Strike the tick that empties bins."""
    (tick,) = [tick for tick in room.ticks if tick.name == "habits.purge"]
    await Edge(room, engine, LocalBus(), 4).strike(tick)


async def names(ann: Tracker, **wanted: Any) -> list[str]:
    return [one.name for one in (await ann.ask(ListHabits(**wanted))).habits]


async def gone_everywhere(ann: Tracker, habit: Habit) -> None:
    """Look for a habit wherever one could be found."""
    about = {"habit_id": habit.habit_id}
    asks: list[Asked[Any]] = [
        GetStreaks(**about),
        GetHistory(**about),
        ListCheckIns(**about),
        UpdateHabit(**about, name="Mine"),
        UpdateHabit(**about, archived=True),
        CreateReminder(**about, times=("09:00",)),
        GetHabitInsight(**about),
        DeleteHabit(**about),
        AddBreak.model_validate({**about, "from": day(0), "to": day(1)}),
        ReorderHabits(habit_ids=(habit.habit_id,)),
    ]
    for message in asks:
        assert (await code_of(ann.ask(message))).endswith("not_found"), message
    with pytest.raises(NotFound):
        await ann.look(habit.habit_id)
    with pytest.raises(NotFound):
        await ann.log(habit.habit_id)
    logged = LogCheckIns.model_validate({"check_ins": [about]})
    (outcome,) = (await ann.ask(logged)).outcomes
    assert outcome.refusal is not None
    assert outcome.refusal.code == "habit_not_found"
    assert await code_of(ann.ask(CreateEntry(text="x", habit_ids=(habit.habit_id,)))) == (
        "unknown_habit"
    )
    assert habit.name not in await names(ann, archived=None)
    assert habit.name not in [one.name for one in (await ann.ask(GetToday())).habits]
    assert habit.habit_id not in {
        one.habit_id for one in (await ann.ask(ListCheckIns(limit=500))).check_ins
    }
    assert habit.habit_id not in {one.habit_id for one in (await ann.ask(ListBreaks())).breaks}
    assert (await ann.ask(ListTags())).tags == ()
    assert (await ann.ask(ListReminders())).reminders == ()
    summary = await ann.ask(GetSummary(period="week"))
    assert (summary.habits, summary.at_risk, summary.check_ins) == ((), (), 0)


async def test_what_moves_while_it_lies_in_the_bin_is_told(ann: Tracker, carry: Carry) -> None:
    made = {name: await ann.begin(name, start_day=day(-3)) for name in "abcd"}
    await ann.ask(DeleteHabit(habit_id=made["b"].habit_id))
    await carry()
    await ann.ask(ReorderHabits(habit_ids=(made["d"].habit_id, made["c"].habit_id)))
    await carry()
    assert await code_of(ann.ask(ReorderHabits(habit_ids=(made["b"].habit_id,)))) == (
        "habit_not_found"
    )
    await ann.ask(RestoreHabit(habit_id=made["b"].habit_id))
    await carry()
    assert await names(ann) == ["d", "c", "a", "b"]
    assert [one.name for one in (await ann.ask(GetSummary())).habits] == ["d", "c", "a", "b"]


async def test_what_is_deleted_is_nowhere_and_comes_back_whole(ann: Tracker, carry: Carry) -> None:
    read = await ann.begin(tags=["calm"], cue="tea")
    for number in range(-9, 0):
        await ann.log(read.habit_id, number, note="fine")
    rest = await ann.ask(
        AddBreak.model_validate({"from": day(3), "to": day(4), "habit_id": read.habit_id})
    )
    rule = await ann.ask(CreateReminder(habit_id=read.habit_id, kind="at_risk", times=("20:00",)))
    await carry()
    entry = await ann.ask(CreateEntry(text="tea", habit_ids=(read.habit_id,)))
    await carry()
    read = await ann.look(read.habit_id)
    week, calendar = GetSummary(period="week"), ListCheckIns(habit_id=read.habit_id)
    before = [(await ann.ask(week)).model_dump(exclude={"stamp"}), await ann.ask(calendar)]
    assert (await ann.ask(week)).at_risk

    await ann.ask(DeleteHabit(habit_id=read.habit_id))
    await carry()
    await gone_everywhere(ann, read)
    assert (await ann.ask(GetEntry(entry_id=entry.entry_id))).habit_ids == ()
    assert (await ann.ask(ListEntries())).entries[0].habit_ids == ()
    assert (await ann.ask(ListEntries(habit_id=read.habit_id))).entries == ()
    assert await code_of(ann.ask(GetReminder(reminder_id=rule.reminder_id))) == "reminder_not_found"
    assert await code_of(ann.ask(RemoveBreak(break_id=rest.break_id))) == "break_not_found"
    (lying,) = (await ann.ask(ListHabits(deleted=True))).habits
    assert lying.deleted_at is not None
    assert lying.model_copy(update={"deleted_at": None}) == read
    # A link that is not seen is not lost when the others are written anew.
    changed = UpdateEntry(entry_id=entry.entry_id, text="coffee", habit_ids=())
    assert (await ann.ask(changed)).habit_ids == ()

    back = await ann.ask(RestoreHabit(habit_id=read.habit_id))
    assert back == read
    assert await ann.ask(RestoreHabit(habit_id=read.habit_id)) == read, "once more is the same"
    await carry()
    assert [(await ann.ask(week)).model_dump(exclude={"stamp"}), await ann.ask(calendar)] == before
    assert (await ann.ask(GetEntry(entry_id=entry.entry_id))).habit_ids == (read.habit_id,)
    assert (await ann.ask(GetReminder(reminder_id=rule.reminder_id))).next_at == rule.next_at
    assert (await ann.ask(ListBreaks())).breaks == (rest,)
    assert await names(ann, deleted=True) == []


async def test_undo_brings_back_what_was_deleted_last(ann: Tracker, carry: Carry) -> None:
    read, run = await ann.begin("Read"), await ann.begin("Run")
    await ann.log(read.habit_id, -1)
    await ann.log(run.habit_id)
    await ann.ask(DeleteHabit(habit_id=read.habit_id))
    await ann.ask(DeleteHabit(habit_id=run.habit_id))
    said = await ann.ask(Undo())
    assert (said.habit_id, said.restored, said.day) == (run.habit_id, True, day(0))
    assert (said.state, said.streak) == ("done", 1)
    said = await ann.ask(Undo())
    assert (said.habit_id, said.restored, said.state) == (read.habit_id, True, None)
    # And only then the days: first the one that was logged last.
    said = await ann.ask(Undo())
    assert (said.habit_id, said.restored, said.state) == (run.habit_id, False, None)
    # What was logged since a habit was deleted is taken back first.
    await ann.ask(DeleteHabit(habit_id=read.habit_id))
    await ann.log(run.habit_id)
    assert (await ann.ask(Undo())).habit_id == run.habit_id
    assert (await ann.ask(Undo(habit_id=read.habit_id))).restored
    assert await names(ann) == ["Read", "Run"]


async def test_what_is_deleted_for_good_is_not_undone(ann: Tracker, carry: Carry) -> None:
    read = await ann.begin()
    await ann.log(read.habit_id)
    await ann.ask(DeleteHabit(habit_id=read.habit_id))
    await ann.ask(DeleteHabit(habit_id=read.habit_id, forever=True))
    assert await ann.addresses() == [
        *("habit_created", "habit_checked_in", "habit_binned", "habit_deleted")
    ]
    assert await code_of(ann.ask(RestoreHabit(habit_id=read.habit_id))) == "habit_not_found"
    assert await code_of(ann.ask(Undo())) == "change_not_found"
    assert await names(ann, deleted=True) == []


async def test_the_bin_is_nobody_elses(ann: Tracker, bob: Tracker) -> None:
    read = await ann.begin()
    await ann.ask(DeleteHabit(habit_id=read.habit_id))
    restore, delete = RestoreHabit(habit_id=read.habit_id), DeleteHabit(habit_id=read.habit_id)
    forever = delete.model_copy(update={"forever": True})
    assert await code_of(bob.ask(restore)) == "habit_not_found"
    assert await code_of(bob.ask(delete)) == "habit_not_found"
    assert await code_of(bob.ask(forever)) == "habit_not_found"
    assert await code_of(bob.ask(Undo())) == "change_not_found"
    assert await names(bob, deleted=True) == []
    assert await names(ann, deleted=True) == ["Read"]


async def test_after_thirty_days_it_is_gone_from_all_rooms(
    ann: Tracker, engine: AsyncEngine, carry: Carry, clock: time_machine.Traveller
) -> None:
    early, late = await ann.begin("Early"), await ann.begin("Late")
    await ann.log(early.habit_id)
    await ann.ask(CreateReminder(habit_id=early.habit_id, times=("20:00",)))
    await ann.ask(DeleteHabit(habit_id=early.habit_id))
    clock.shift(60)
    await ann.ask(DeleteHabit(habit_id=late.habit_id))
    await carry()
    clock.move_to(NOON + timedelta(days=KEEP_DELETED, seconds=-1))
    await purge(engine)
    assert await names(ann, deleted=True) == ["Early", "Late"]
    clock.shift(32)
    await purge(engine)
    assert await names(ann, deleted=True) == ["Late"]
    assert await ann.addresses() == ["habit_deleted"]
    assert (await ann.ask(RestoreHabit(habit_id=late.habit_id))).name == "Late"
    async with transaction(engine) as tx:
        for table in ("check_ins", "changes"):
            left = await tx.execute(text(f"SELECT count(*) FROM habits.{table}"))
            assert left.scalar_one() == 0, table


async def test_a_bin_holds_so_many_and_blocks_nothing(ann: Tracker, engine: AsyncEngine) -> None:
    first = await ann.begin("First")
    await ann.ask(DeleteHabit(habit_id=first.habit_id))
    async with transaction(engine) as tx:
        await tx.execute(
            text(
                "INSERT INTO habits.habits SELECT (h2).* FROM (SELECT jsonb_populate_record(h,"
                " jsonb_build_object('id', gen_random_uuid(), 'bin_id', lpad(to_hex(n), 8, '0')"
                " || substr(gen_random_uuid()::text, 9))) AS h2"
                " FROM habits.habits h, generate_series(1, :many) n) x"
            ),
            {"many": binned.MAX_BINNED - 1},
        )
    again = await ann.begin("First")
    assert await names(ann) == ["First"]
    assert await code_of(ann.ask(CreateHabit(name="x", habit_id=first.habit_id))) == "habit_exists"
    await ann.ask(DeleteHabit(habit_id=again.habit_id))
    async with transaction(engine) as tx:
        count = await tx.execute(text("SELECT count(*) FROM habits.habits"))
        assert count.scalar_one() == binned.MAX_BINNED, "the one put there first has gone"
    assert (await ann.ask(RestoreHabit(habit_id=first.habit_id))).name == "First"


async def test_a_snooze_goes_on_after_the_bin(
    ann: Tracker, carry: Carry, clock: time_machine.Traveller
) -> None:
    read = await ann.begin()
    await carry()
    rule = await ann.ask(CreateReminder(habit_id=read.habit_id, times=("20:00",)))
    snoozed = await ann.ask(SnoozeReminder(reminder_id=rule.reminder_id, minutes=90))
    await ann.ask(DeleteHabit(habit_id=read.habit_id))
    await carry()
    clock.shift(600)
    await ann.ask(Undo())
    await carry()
    now = await ann.ask(GetReminder(reminder_id=rule.reminder_id))
    assert (now.next_at, now.snoozed_until) == (snoozed.next_at, snoozed.snoozed_until)


async def test_told_again_while_it_lies_in_the_bin(
    ann: Tracker, bus: LocalBus, engine: AsyncEngine, carry: Carry
) -> None:
    read = await ann.begin()
    await ann.log(read.habit_id)
    await ann.ask(DeleteHabit(habit_id=read.habit_id))
    await carry()
    async with transaction(engine) as tx:
        for table in ("analytics.habits", "analytics.days", "bus.inbox"):
            await tx.execute(text(f"DELETE FROM {table}"))
        await known.backfill(tx, again=True)
    await carry()
    assert (await ann.ask(GetSummary(period="week"))).habits == ()
    await ann.ask(Undo())
    await carry()
    summary = await ann.ask(GetSummary(period="week"))
    assert [(one.name, one.streak) for one in summary.habits] == [("Read", 1)]


MEANWHILE = st.lists(
    st.one_of(
        st.tuples(st.just("rest"), BACK, st.integers(0, 20)),
        st.tuples(st.just("unrest"), st.just(0), st.none()),
        st.tuples(st.just("week"), st.just(0), st.sampled_from(["mon", "sun", "sat"])),
        st.tuples(st.just("zone"), st.just(0), st.sampled_from(["UTC", "Asia/Tokyo"])),
        st.tuples(st.just("wait"), st.integers(1, 29), st.none()),
        st.tuples(st.just("other"), BACK, st.integers(0, 2)),
    ),
    max_size=6,
)


class Twin(Story):
    """One of two who live the same life; only one of them deletes the habit for a while."""

    other: Habit

    async def take(self, step: Step) -> Any:
        if step[0] == "other":
            return await self.ann.log(self.other.habit_id, min(step[1], 0), value=step[2] / 2)
        return await super().take(step)

    async def rest(self, number: int, length: int) -> None:
        """Add a break of a tag, or of all: one of the habit alone cannot be added meanwhile."""
        span = {"first": self.day(number), "last": self.day(number + length)}
        await self.ann.ask(
            AddBreak.model_validate({**span, **({"tag": "B"} if length % 2 else {})})
        )

    async def shown(self) -> list[Any]:
        """Tell all that can be seen, without what names the one or the other."""
        await self.carry()
        await strike(self.ann.engine)
        habit_id = self.habit.habit_id
        asks: list[Any] = [
            *(GetToday(day=self.day(number)) for number in (-40, -8, -1, 0, 1)),
            *(GetSummary(period=period) for period in ("day", "week", "month", "year")),
            GetHabitInsight(habit_id=habit_id, period="month"),
            ListHabits(archived=None),
            ListCheckIns(limit=500),
            GetStreaks(habit_id=habit_id),
            ListBreaks(),
            ListReminders(),
            ListTags(),
        ]
        return [self.plain(await self.ann.ask(one)) for one in asks]

    def plain(self, reply: Any) -> Any:
        """Leave out ids and what counts changes."""
        left_out = {"stamp", "at", "created_at", "break_id", "reminder_id", "version"}
        left_out |= {"history"}  # nothing came of a reminder while its habit was away

        def without(said: Any) -> Any:
            if isinstance(said, dict):
                return {name: without(one) for name, one in said.items() if name not in left_out}
            return [without(one) for one in said] if isinstance(said, list) else said

        said = reply.model_dump_json()
        for habit in (self.habit, self.other):
            said = said.replace(str(habit.habit_id), habit.name)
        return without(json.loads(said))


async def twin(bus: LocalBus, engine: AsyncEngine, clock: Any, carry: Carry, shape: Any) -> Twin:
    ann = await newcomer(bus, engine)
    start = NOON.date() - timedelta(days=30)
    story = Twin(ann, await ann.begin("One", **shape, start_day=start), clock, carry)
    story.other = await ann.begin("Other", tags=["b"])
    await carry()
    for kind in ("at_risk", "fixed"):
        rule = {"habit_id": story.habit.habit_id, "kind": kind, "times": ["23:30"]}
        await ann.ask(CreateReminder.model_validate(rule))
    return story


EVERY_DAY: list[Step] = [("log", -number, 2) for number in range(20, -1, -1)]


@example(shape=SHAPES[0], before=EVERY_DAY, meanwhile=[("rest", -12, 6)], after=[])
@example(shape=SHAPES[1], before=EVERY_DAY[::3], meanwhile=[("week", 0, "sun")], after=[])
@given(shape=st.sampled_from(SHAPES), before=STEPS, meanwhile=MEANWHILE, after=STEPS)
@settings(
    max_examples=examples(2),
    phases=[Phase.explicit, Phase.generate],  # an example takes seconds: too long to shrink
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_deleted_and_restored_is_never_deleted(
    bus: LocalBus,
    engine: AsyncEngine,
    carry: Carry,
    shape: dict[str, Any],
    before: list[Step],
    meanwhile: list[Step],
    after: list[Step],
) -> None:
    with time_machine.travel(NOON) as clock:
        kept, deleted = [await twin(bus, engine, clock, carry, shape) for _ in range(2)]

        async def live(steps: list[Step]) -> None:
            for step in steps:
                if step[0] == "wait":
                    clock.shift(step[1] * 86400)
                else:
                    await kept.take(step)
                    await deleted.take(step)

        await live(before)
        await deleted.ann.ask(DeleteHabit(habit_id=deleted.habit.habit_id))
        await carry()
        await live(meanwhile)
        await deleted.ann.ask(RestoreHabit(habit_id=deleted.habit.habit_id))
        assert await deleted.shown() == await kept.shown()
        await live(after[:5])
        assert await deleted.shown() == await kept.shown()
