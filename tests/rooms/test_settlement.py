"""A database whose habits were settled by other rules comes along, and loses nothing."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from contracts.breaks import AddBreak
from contracts.check_ins import GetStreaks, ListCheckIns
from contracts.habit import Target
from contracts.schedule import MonthDays, Rule, Times, Weekdays
from storage.migrations.settlement import BATCH, settle_all
from tests.rooms.people import Carry
from tests.rooms.tracking import TODAY, Tracker, day

SHAPES: list[dict[str, Any]] = [
    {},
    {"schedule": Weekdays(days=("mon", "thu")), "tags": ("Sport",)},
    {"schedule": Times(times=3, per="week"), "tags": ("sport",)},
    {"schedule": Times(times=4, per="month")},
    {"schedule": MonthDays(days=(1, -1))},
    {"schedule": Rule(rrule="FREQ=DAILY;COUNT=30")},
    {"measure": "count", "target": Target(value=5, per="week")},
    {"measure": "count", "target": Target(at="most", value=4, per="rolling", days=6)},
    {"kind": "quit"},
]
WRONG = """
UPDATE habits.habits SET progress = jsonb_set(progress::jsonb, '{score}', '0.123')::text,
    window_days = 60;
UPDATE habits.snapshots SET progress = jsonb_set(progress::jsonb, '{best}', '[1, 9, 9]')::text
"""


async def tell(engine: AsyncEngine, statements: str) -> None:
    """Write straight into the database, as another Ritmo did."""
    async with engine.begin() as tx:
        for statement in statements.split(";"):
            await tx.execute(text(statement))


async def some_habits(ann: Tracker, many: int) -> None:
    """Keep habits of all kinds for some months, with breaks."""
    for at in range(many):
        habit = await ann.begin(f"Habit {at}", start_day=day(-150), **SHAPES[at % len(SHAPES)])
        for number in range(-150, 0, 3 + at % 4):
            await ann.log(habit.habit_id, number, value=1)
        await ann.log(habit.habit_id, -40, state="skipped")
        if at % 3 == 0:
            span = {"first": day(-33), "last": day(-20), "habit_id": habit.habit_id}
            await ann.ask(AddBreak.model_validate(span))
    span = {"first": day(-95), "last": day(-91), "tag": "SPORT"}
    await ann.ask(AddBreak.model_validate(span))


@pytest.mark.asyncio
async def test_all_is_worked_out_anew(
    ann: Tracker, bob: Tracker, engine: AsyncEngine, carry: Carry
) -> None:
    await some_habits(ann, len(SHAPES))
    await some_habits(bob, 2)
    await carry()
    habits = [(one, habit_id) for one in (ann, bob) for habit_id in await ids(one, engine)]
    logged = [await one.ask(ListCheckIns(habit_id=each, limit=500)) for one, each in habits]
    stood = [await one.look(each) for one, each in habits]
    runs = [await one.ask(GetStreaks(habit_id=each)) for one, each in habits]
    settled = await settled_days(engine)
    await tell(engine, WRONG)
    assert [await one.look(each) for one, each in habits] != stood
    with capture_logs() as said:
        async with engine.begin() as tx:
            await tx.run_sync(settle_all)
    assert said[-1]["done"] == said[-1]["of"] == len(habits)
    assert [await one.look(each) for one, each in habits] == stood
    assert [await one.ask(ListCheckIns(habit_id=each, limit=500)) for one, each in habits] == logged
    # Settled as far as before, so that a check-in costs no history; months to go back to, too.
    assert await settled_days(engine) == settled
    for (one, habit_id), before in zip(habits, runs, strict=True):
        assert await one.ask(GetStreaks(habit_id=habit_id)) == before
        await one.log(habit_id, -70, value=1)
        shown, whole = await one.look(habit_id), await one.recomputed(habit_id, TODAY)
        now = (shown.streak, shown.best_streak, shown.score)
        assert now == (whole.streak, whole.best_streak, whole.score)


@pytest.mark.asyncio
async def test_more_habits_than_are_read_at_once(ann: Tracker, engine: AsyncEngine) -> None:
    for at in range(BATCH + 3):
        await ann.begin(f"Habit {at}", start_day=day(-3))
    await tell(engine, WRONG)
    with capture_logs() as said:
        async with engine.begin() as tx:
            await tx.run_sync(settle_all)
    assert [one["done"] for one in said] == [BATCH, BATCH + 3]
    for habit_id in await ids(ann, engine):
        assert (await ann.look(habit_id)).score == 0


async def ids(ann: Tracker, engine: AsyncEngine) -> list[Any]:
    """List the habits of somebody."""
    async with engine.begin() as tx:
        found = await tx.execute(
            text("SELECT id FROM habits.habits WHERE user_id = :who ORDER BY id"),
            {"who": ann.who.user_id},
        )
        return [row.id for row in found]


async def settled_days(engine: AsyncEngine) -> list[Any]:
    """Say how far each habit is settled, and that its progress says the same."""
    async with engine.begin() as tx:
        rows = await tx.execute(
            text("SELECT id, settled_day, progress FROM habits.habits ORDER BY id")
        )
        found = []
        for row in rows:
            assert json.loads(row.progress)["settled"] == row.settled_day.toordinal()
            assert row.settled_day < TODAY - timedelta(days=1)
            found.append((row.id, row.settled_day))
        return found
