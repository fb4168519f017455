"""A person's day, over the bus: what it costs to look at one."""

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.breaks import AddBreak
from contracts.check_ins import GetToday
from tests.rooms.tracking import Tracker, day

pytestmark = pytest.mark.asyncio


async def test_a_past_day_costs_the_same_queries_however_many_habits_there_are(
    ann: Tracker, engine: AsyncEngine
) -> None:
    """All of them are settled behind that day, and rest on days around it."""
    asked = list[str]()

    def note(*said: object) -> None:
        asked.append(str(said[2]))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    counts = list[int]()
    for habits in range(1, 5):
        made = await ann.begin(f"Read {habits}", start_day=day(-40))
        if habits == 1:
            await ann.ask(AddBreak.model_validate({"from": day(-29), "to": day(-21)}))
        for back in (-30, -20, 0):
            await ann.log(made.habit_id, back)
        asked.clear()
        shown = (await ann.ask(GetToday(day=day(-19)))).habits
        counts.append(sum("habits." in one for one in asked))
        assert [(one.best_streak, one.on_break) for one in shown] == [(2, False)] * habits
        resting = (await ann.ask(GetToday(day=day(-25)))).habits
        assert [one.on_break for one in resting] == [True] * habits
    event.remove(engine.sync_engine, "before_cursor_execute", note)
    assert counts == [2] * 4, "the person, and all their habits"
