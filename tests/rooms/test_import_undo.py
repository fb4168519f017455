"""A whole import is taken back: what it made goes, what people changed since stays."""

from uuid import UUID

import pytest

from contracts.analytics import GetSummary
from contracts.check_ins import CheckIn, GetToday, ListCheckIns, RemoveCheckIn
from contracts.habits import DeleteHabit, ListHabits, UpdateHabit
from contracts.import_account import Undone
from contracts.imports import GetImport, StartImport, UndoImport
from contracts.journal import DeleteEntry, ListEntries, UpdateEntry
from tests.daylio_files import daylio_csv
from tests.loop_zip import SomeHabit, loop_zip, some_days
from tests.rooms.people import Carry, code_of
from tests.rooms.test_imports import export, run
from tests.rooms.test_journal_import import SOME
from tests.rooms.test_journal_import import run as run_diary
from tests.rooms.tracking import TODAY, Tracker, day

pytestmark = pytest.mark.asyncio

NO, YES = 0, 2


async def undone(ann: Tracker, carry: Carry, import_id: UUID) -> Undone:
    """Take an import back, twice: the second time changes nothing."""
    assert (await ann.ask(UndoImport(import_id=import_id))).phase == "undoing"
    await carry()
    done = await ann.ask(GetImport(import_id=import_id))
    again = await ann.ask(UndoImport(import_id=import_id))
    assert (done.phase, again) == ("undone", done)
    assert done.undone is not None
    return done.undone


async def test_habits_and_days_go_and_come_again(ann: Tracker, carry: Carry) -> None:
    mine = await ann.begin("Mine")
    await ann.log(mine.habit_id, 0)
    done = await run(ann, carry, export())
    assert await undone(ann, carry, done.import_id) == Undone(habits=4)
    assert [one.name for one in (await ann.ask(ListHabits(archived=None))).habits] == ["Mine"]
    year = await ann.ask(GetSummary(first=day(-360), last=TODAY))
    assert [(one.name, one.kept) for one in year.habits] == [("Mine", 1)]
    again = await run(ann, carry, export())
    assert [(one.outcome, one.imported) for one in again.habits] == [
        (one.outcome, one.imported) for one in done.habits
    ]


async def test_what_was_changed_since_stays(ann: Tracker, carry: Carry) -> None:
    names = ("Renamed", "Logged", "Corrected", "Emptied", "Deleted", "Left")
    values = some_days(20, [YES, YES, NO], day(-2))
    done = await run(ann, carry, loop_zip([SomeHabit(name, values) for name in names]))
    ids = {one.name: one.habit_id for one in done.habits if one.habit_id}
    await ann.ask(UpdateHabit(habit_id=ids["Renamed"], name="My own"))
    await ann.log(ids["Logged"], 0)
    await ann.ask(CheckIn(habit_id=ids["Corrected"], day=day(-9), state="skipped", note="ill"))
    await ann.ask(RemoveCheckIn(habit_id=ids["Emptied"], day=day(-9)))
    await ann.ask(DeleteHabit(habit_id=ids["Deleted"]))
    await carry()
    told = await undone(ann, carry, done.import_id)
    assert told == Undone(habits=3, check_ins=20 + 20 + 19, kept=3)
    assert (await ann.ask(ListHabits(deleted=True))).habits == (), "that of the bin is gone as well"
    kept = (await ann.ask(ListHabits())).habits
    assert [one.name for one in kept] == ["My own", "Logged", "Corrected"]
    logged = {
        one.name: [
            (found.day, found.state, found.note)
            for found in (await ann.ask(ListCheckIns(habit_id=one.habit_id))).check_ins
        ]
        for one in kept
    }
    assert logged == {
        "My own": [],
        "Logged": [(TODAY, "done", "")],
        "Corrected": [(day(-9), "skipped", "ill")],
    }
    assert [one.start_day for one in kept] == [TODAY, TODAY, day(-9)]
    for one in kept:
        whole = await ann.recomputed(one.habit_id, TODAY)
        assert (one.streak, one.best_streak, one.score) == (
            (whole.streak, whole.best_streak, whole.score)
        )
    year = await ann.ask(GetSummary(first=day(-360), last=TODAY))
    assert {one.name: one.kept for one in year.habits if one.kept} == {"Logged": 1}
    assert year.check_ins == 2  # the skipped day, too
    assert len((await ann.ask(GetToday())).habits) == 3


async def test_only_the_days_of_that_import_go(ann: Tracker, carry: Carry) -> None:
    values = some_days(10, [YES], day(-20))
    first = await run(ann, carry, loop_zip([SomeHabit("Read", values)]))
    before = (await ann.ask(ListHabits())).habits
    more = {**values, **some_days(5, [YES], day(-5)), day(-100): YES}
    second = await run(ann, carry, loop_zip([SomeHabit("Read", more)]))
    assert second.habits[0].imported == 6
    assert await undone(ann, carry, second.import_id) == Undone(check_ins=6)
    (habit,) = (await ann.ask(ListHabits())).habits
    assert (habit.start_day, habit.score, habit.best_streak) == (
        before[0].start_day,
        before[0].score,
        before[0].best_streak,
    )
    third = await run(ann, carry, loop_zip([SomeHabit("Read", more)]))
    assert await undone(ann, carry, first.import_id) == Undone(check_ins=10, kept=1)
    (habit,) = (await ann.ask(ListHabits())).habits
    assert habit.start_day == day(-100)
    assert await undone(ann, carry, third.import_id) == Undone(check_ins=6)


async def test_what_is_not_done_cannot_be_taken_back(
    ann: Tracker, bob: Tracker, carry: Carry
) -> None:
    receiving = (await ann.ask(StartImport())).import_id
    dry = (await run(ann, carry, export(), dry=True)).import_id
    failed = (await run(ann, carry, b"hello")).import_id
    for import_id in (receiving, dry, failed):
        assert await code_of(ann.ask(UndoImport(import_id=import_id))) == "import_not_done"
    done = (await run(ann, carry, export())).import_id
    assert await code_of(bob.ask(UndoImport(import_id=done))) == "import_not_found"


async def test_a_diary_goes_but_for_what_was_changed(ann: Tracker, carry: Carry) -> None:
    done = await run_diary(ann, carry, daylio_csv(SOME))
    first, second, *_ = (await ann.ask(ListEntries())).entries
    await ann.ask(UpdateEntry(entry_id=first.entry_id, text="Mine"))
    await ann.ask(DeleteEntry(entry_id=second.entry_id))
    await carry()
    await ann.ask(UndoImport(import_id=done.import_id))
    await carry()
    after = await ann.ask(GetImport(import_id=done.import_id))
    assert (after.phase, after.undone) == ("undone", Undone(entries=2, kept=2))
    assert [one.text for one in (await ann.ask(ListEntries())).entries] == ["Mine"]
    summary = await ann.ask(GetSummary(first=done.entries and done.entries.first, last=TODAY))
    assert summary.entries == 1
    again = await run_diary(ann, carry, daylio_csv(SOME))
    assert again.entries is not None
    assert again.entries.imported == 2
