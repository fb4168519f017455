"""Durations are seconds and take no unit; those that had one go on, and are shown as time."""

from typing import Any

import pytest
import time_machine
from sqlalchemy import text

from contracts.analytics import GetHabitInsight, GetSummary
from contracts.changes import ListChanges
from contracts.habits import CreateHabit, GetHabit, UpdateHabit
from contracts.message import Invalid
from tests.rooms.people import Carry
from tests.rooms.reminding import Reminded
from tests.rooms.tracking import Tracker

pytestmark = pytest.mark.asyncio


@pytest.fixture
def me(ann: Tracker, carry: Carry, clock: time_machine.Traveller) -> Reminded:
    return Reminded(ann, carry, clock)


@pytest.mark.parametrize("unit", ["min", "h", "seconds", "мин", "km"])
async def test_a_duration_takes_no_unit(me: Reminded, unit: str) -> None:
    words: dict[str, Any] = {"name": "Play", "measure": "duration", "unit": unit}
    with pytest.raises(Invalid) as refused:
        await me.ask(CreateHabit.model_validate(words))
    assert refused.value.code == "unit_not_allowed"
    assert [one.pointer for one in refused.value.fields] == ["/unit"]
    play = await me.habit("Play", measure="duration")
    with pytest.raises(Invalid) as again:
        await me.ask(UpdateHabit(habit_id=play, unit=unit, name="Played"))
    assert again.value.code == "unit_not_allowed"
    assert (await me.ask(GetHabit(habit_id=play))).name == "Play"


@pytest.mark.parametrize("measure", ["count", "amount"])
async def test_other_measures_keep_their_units(me: Reminded, measure: str) -> None:
    run = await me.habit("Run", measure=measure, unit="km")
    assert (await me.ask(GetHabit(habit_id=run))).unit == "km"


async def test_a_duration_that_had_a_unit_goes_on_without(me: Reminded) -> None:
    play = await me.habit("Play", measure="duration", target={"value": 1800})
    for schema, key in (("habits", "id"), ("reminders", "habit_id"), ("analytics", "habit_id")):
        async with me.engine.begin() as tx:  # as it was kept when units were taken
            statement = text(f"UPDATE {schema}.habits SET unit = 'min' WHERE {key} = :id")
            assert (await tx.execute(statement, {"id": play})).rowcount == 1
    await me.log(play, 0, value=2700.0)
    assert (await me.ask(GetHabit(habit_id=play))).unit == ""
    assert (await me.tracker.on(play)).unit == ""
    assert [one.unit for one in (await me.ask(ListChanges())).habits] == [""]
    renamed = await me.ask(UpdateHabit(habit_id=play, name="Play the guitar", unit=""))
    assert (renamed.name, renamed.unit) == ("Play the guitar", "")
    await me.carry()
    report = await me.ask(GetHabitInsight(habit_id=play))
    assert (report.unit, report.line.measure, report.line.total) == ("", "duration", 2700)
    (line,) = (await me.ask(GetSummary())).habits
    assert (line.unit, line.measure) == ("", "duration")
