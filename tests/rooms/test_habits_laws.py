"""Whatever happens in whatever order: what is shown is what a replay of the stored days gives."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.local import LocalBus
from contracts.breaks import AddBreak, ListBreaks, RemoveBreak, UpdateBreak
from contracts.check_ins import (
    CheckedIn,
    CheckIn,
    GetStreaks,
    Increment,
    RemoveCheckIn,
    Undo,
)
from contracts.habit import Habit, Target
from contracts.habits import UpdateHabit
from contracts.message import Conflict, Invalid, NotFound
from contracts.schedule import EveryDay, EveryNDays, MonthDays, Rule, Schedule, Times, Weekdays
from contracts.time import day_of
from contracts.users import ChangeProfile
from tests.examples import examples
from tests.rooms.people import NOON, Carry
from tests.rooms.tracking import Tracker, newcomer

SCHEDULES: list[Schedule] = [
    EveryDay(),
    Weekdays(days=("mon", "thu")),
    EveryNDays(n=3),
    Times(times=3, per="week"),
    Times(times=4, per="month"),
    Times(times=2, per="days", days=9),
    MonthDays(days=(1, 15, -1)),
    Rule(rrule="FREQ=DAILY;COUNT=20"),
]
SHAPES: list[dict[str, Any]] = [
    {},
    {"schedule": Times(times=2)},
    {"kind": "quit"},
    {"measure": "count", "target": Target(value=3)},
    {"measure": "count", "target": Target(value=5, per="week")},
    {"measure": "count", "target": Target(at="most", value=4, per="rolling", days=6)},
    {"kind": "quit", "measure": "count", "target": Target(at="most", value=2)},
]
BACK = st.one_of(st.integers(-4, 1), st.integers(-75, 1))
SPAN = st.tuples(BACK, st.integers(0, 20))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("log"), BACK, st.integers(0, 5)),
        st.tuples(st.just("log"), BACK, st.integers(0, 5)),
        st.tuples(st.just("more"), BACK, st.integers(1, 3)),
        st.tuples(st.just("skip"), BACK, st.none()),
        st.tuples(st.just("empty"), BACK, st.none()),
        st.tuples(st.just("undo"), st.just(0), st.none()),
        st.tuples(st.just("plan"), st.integers(0, 9), st.sampled_from(SCHEDULES)),
        st.tuples(st.just("aim"), st.integers(0, 9), st.integers(1, 4)),
        st.tuples(st.just("rest"), BACK, st.integers(0, 20)),
        st.tuples(st.just("move"), BACK, st.integers(0, 20)),
        st.tuples(st.just("unrest"), st.just(0), st.none()),
        st.tuples(st.just("tag"), st.just(0), st.booleans()),
        st.tuples(st.just("week"), st.just(0), st.sampled_from(["mon", "sun", "sat"])),
        st.tuples(st.just("zone"), st.just(0), st.sampled_from(["UTC", "Asia/Tokyo"])),
        st.tuples(st.just("wait"), st.integers(1, 40), st.none()),
    ),
    min_size=4,
    max_size=22,
)
Step = tuple[str, int, Any]


class Story:
    """One habit and what happens to it."""

    def __init__(
        self, ann: Tracker, habit: Habit, clock: time_machine.Traveller, carry: Carry
    ) -> None:
        self.ann, self.habit, self.clock, self.carry = ann, habit, clock, carry
        self.zone = "UTC"

    def day(self, number: int) -> Any:
        """Return the day so many days from today."""
        now = NOON.now(NOON.tzinfo)
        today = day_of(now, self.zone)
        return today.fromordinal(today.toordinal() + number)

    async def take(self, step: Step) -> CheckedIn | None:
        """Let one thing happen; what is refused does not."""
        name, number, value = step
        acts: dict[str, Callable[[int, Any], Awaitable[Any]]] = {
            "rest": self.rest,
            "move": self.move,
            "unrest": self.unrest,
            "week": self.week,
            "zone": self.move_to,
            "wait": self.wait,
        }
        try:
            if name in acts:
                await acts[name](number, value)
                return None
            reply = await self.ann.ask(self.message(name, number, value))
        except (Invalid, NotFound, Conflict):
            return None
        return reply if isinstance(reply, CheckedIn) else None

    def message(self, name: str, number: int, value: Any) -> Any:
        """Ask for a change of a day or a plan."""
        about = {"habit_id": self.habit.habit_id}
        at = {**about, "day": self.day(number)}
        if self.habit.measure == "yes_no" and self.habit.kind == "build" and name == "log":
            value = value % 3 / 2
        asks: dict[str, Callable[[], Any]] = {
            "log": lambda: CheckIn(**at, value=value),
            "more": lambda: Increment(**at, by=value),
            "skip": lambda: CheckIn(**at, state="skipped"),
            "empty": lambda: RemoveCheckIn(**at),
            "undo": lambda: Undo(**about),
            "plan": lambda: UpdateHabit(**about, schedule=value, effective_from=at["day"]),
            "aim": lambda: UpdateHabit(
                **about,
                target=Target(at="most" if self.habit.kind == "quit" else "least", value=value),
                effective_from=at["day"],
            ),
            "tag": lambda: UpdateHabit(**about, tags=("a", "b") if value else ()),
        }
        return asks[name]()

    async def rest(self, number: int, length: int) -> None:
        """Add a break of the habit, of a tag, or of all."""
        scopes: list[dict[str, Any]] = [{}, {"tag": "B"}, {"habit_id": self.habit.habit_id}]
        span = {"first": self.day(number), "last": self.day(number + length)}
        await self.ann.ask(AddBreak.model_validate({**span, **scopes[length % 3]}))

    async def move(self, number: int, length: int) -> None:
        """Move the last break."""
        for one in (await self.ann.ask(ListBreaks())).breaks[:1]:
            span = {"first": self.day(number), "last": self.day(number + length)}
            await self.ann.ask(UpdateBreak.model_validate({"break_id": one.break_id, **span}))

    async def unrest(self, number: int, value: None) -> None:
        """Take the last break back."""
        for one in (await self.ann.ask(ListBreaks())).breaks[:1]:
            await self.ann.ask(RemoveBreak(break_id=one.break_id))

    async def week(self, number: int, start: Any) -> None:
        """Let weeks begin elsewhere."""
        await self.ann.ask(ChangeProfile(week_start=start))
        await self.carry()

    async def move_to(self, number: int, zone: str) -> None:
        """Live elsewhere."""
        await self.ann.ask(ChangeProfile(zone=zone))
        await self.carry()
        self.zone = zone

    async def wait(self, days: int, value: None) -> None:
        """Let days pass."""
        self.clock.shift(days * 86400)

    async def check(self, said: CheckedIn | None) -> None:
        """Compare what is shown with what a replay gives."""
        habit_id, today = self.habit.habit_id, self.day(0)
        shown = await self.ann.look(habit_id)
        whole = await self.ann.recomputed(habit_id, max(today, shown.start_day))
        standing = (shown.streak, shown.best_streak, shown.score)
        assert standing == (whole.streak, whole.best_streak, whole.score)
        if shown.start_day <= today:
            runs = await self.ann.ask(GetStreaks(habit_id=habit_id))
            assert (runs.streak, runs.best_streak) == standing[:2]
        if said is not None:
            # Whatever day was logged, the reply is as of today.
            assert (said.streak, said.best_streak, said.score) == standing
        past = self.day(-7)
        seen, then = await self.ann.on(habit_id, past), await self.ann.recomputed(habit_id, past)
        assert (seen.streak, seen.score, seen.due) == (then.streak, then.score, then.due)


@pytest.mark.asyncio
@given(shape=st.sampled_from(SHAPES), began=st.sampled_from([None, 0, 20, 70]), steps=STEPS)
@settings(
    max_examples=examples(8),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_what_is_shown_is_what_a_replay_gives(
    bus: LocalBus,
    engine: AsyncEngine,
    carry: Carry,
    shape: dict[str, Any],
    began: int | None,
    steps: list[Step],
) -> None:
    with time_machine.travel(NOON) as clock:
        ann = await newcomer(bus, engine)
        start = None if began is None else NOON.date().fromordinal(NOON.toordinal() - began)
        habit = await ann.begin(**shape, start_day=start)
        story = Story(ann, habit, clock, carry)
        for step in steps:
            await story.check(await story.take(step))
