"""What the journal hears of people and habits, and what it tells once more."""

import asyncio

import pytest
from sqlalchemy import text

from contracts.habit import Outline
from contracts.habits import DeleteHabit, HabitChanged, HabitCreated, HabitDeleted
from contracts.journal import (
    CreateEntry,
    GetEntry,
    ListEntries,
    RestoreEntry,
    UpdateEntry,
)
from contracts.message import Fact, Invalid, new_id
from contracts.moods import MoodName, NameMoods
from contracts.prompts import AddPrompt
from contracts.templates import AddTemplate
from contracts.users import DeleteMe, Profile, ProfileChanged, UserDeleted
from storage.journal import habits
from storage.outbox import tell
from tests.rooms.people import Carry
from tests.rooms.test_journal import texts, write
from tests.rooms.tracking import TODAY, Tracker

pytestmark = pytest.mark.asyncio


TABLES = ("people", "habits", "moods", "entries", "revisions", "prompts", "templates")


async def say(ann: Tracker, *facts: Fact) -> None:
    """Let these facts be on their way."""
    async with ann.engine.begin() as tx:
        await tell(tx, *facts)


async def rows_of(ann: Tracker) -> dict[str, int]:
    """Count what each table of the journal holds."""
    counts = {name: f"SELECT count(*) FROM journal.{name}" for name in TABLES}
    counts["people"] += " WHERE NOT gone"
    async with ann.engine.begin() as tx:
        return {
            name: (await tx.execute(text(count))).scalar_one() for name, count in counts.items()
        }


async def test_a_deleted_habit_is_unlinked(ann: Tracker, carry: Carry) -> None:
    run, read = await ann.begin("Run"), await ann.begin("Read")
    both = (run.habit_id, read.habit_id)
    made = await write(ann, habit_ids=both)
    await ann.ask(UpdateEntry(entry_id=made.entry_id, text="x", habit_ids=()))
    other = await write(ann, habit_ids=both)
    await ann.ask(DeleteHabit(habit_id=run.habit_id))
    await carry()
    shown = await ann.ask(GetEntry(entry_id=other.entry_id))
    assert (shown.habit_ids, shown.version) == ((read.habit_id,), 1)
    assert await texts(ann, habit_id=run.habit_id) == []
    back = await ann.ask(RestoreEntry(entry_id=made.entry_id, to_version=1))
    assert back.habit_ids == (read.habit_id,)
    with pytest.raises(Invalid) as no:
        await write(ann, habit_ids=both)
    assert no.value.code == "unknown_habit"
    assert [wrong.pointer for wrong in no.value.fields] == ["/habit_ids/0"]


async def test_habits_are_known_in_whatever_order_their_facts_come(
    ann: Tracker, carry: Carry
) -> None:
    await write(ann)
    me, known, gone = ann.who.user_id, new_id(), new_id()

    def created(habit_id: object, version: int, name: str) -> HabitCreated:
        return HabitCreated.model_validate(
            {
                "user_id": me,
                "habit_id": habit_id,
                "version": version,
                "habit": Outline(name=name),
                "start_day": TODAY,
                "versions": (),
            }
        )

    changed = HabitChanged(**created(known, 3, "New").model_dump(exclude={"fact_id"}))
    deleted = HabitDeleted(user_id=me, habit_id=gone, version=5)
    facts = (changed, created(known, 1, "Old"), deleted, created(gone, 1, "Gone"))
    for fact in facts:
        await say(ann, fact)
        await carry()
    await say(ann, *facts)
    await carry()
    async with ann.engine.begin() as tx:
        assert await habits.names(tx, me, [known, gone]) == {known: "New"}


async def test_a_habit_that_goes_while_it_is_linked_is_unlinked(ann: Tracker, carry: Carry) -> None:
    await write(ann)
    for _ in range(5):
        habit = await ann.begin()
        linking = ann.ask(CreateEntry(text="x", habit_ids=(habit.habit_id,)))
        await asyncio.gather(
            linking, ann.ask(DeleteHabit(habit_id=habit.habit_id)), carry(), return_exceptions=True
        )
        await carry()
        assert await texts(ann, habit_id=habit.habit_id) == []


async def test_who_is_gone_leaves_nothing_and_does_not_come_back(
    ann: Tracker, bob: Tracker, carry: Carry
) -> None:
    habit = await ann.begin()
    await write(bob, "of bob")
    made = await write(ann, habit_ids=[habit.habit_id])
    await ann.ask(UpdateEntry(entry_id=made.entry_id, text="y"))
    await ann.ask(AddPrompt(question="Why?"))
    await ann.ask(AddTemplate(name="T"))
    five = tuple(MoodName(mood=mood, name=f"m{mood}") for mood in range(1, 6))
    await ann.ask(NameMoods(moods=five))
    await carry()
    await ann.ask(DeleteMe())
    await carry()
    alone = dict.fromkeys(TABLES, 0) | {"people": 1, "entries": 1}
    assert await rows_of(ann) == alone
    me = ann.who.user_id
    late = HabitCreated(
        user_id=me,
        version=99,
        habit_id=habit.habit_id,
        habit=Outline(name="Late"),
        start_day=TODAY,
        versions=(),
    )
    profile = ProfileChanged(user_id=me, version=99, profile=Profile())
    gone = HabitDeleted(user_id=me, habit_id=habit.habit_id, version=100)
    await say(ann, late, profile, gone, UserDeleted(user_id=me, version=100))
    await carry()
    assert await rows_of(ann) == alone
    assert await texts(bob) == ["of bob"]


async def test_who_writes_while_they_go_leaves_nothing(ann: Tracker, carry: Carry) -> None:
    for _ in range(3):
        await asyncio.gather(
            *(write(ann, f"{number}") for number in range(5)),
            ann.ask(DeleteMe()),
            carry(),
            return_exceptions=True,
        )
    await carry()
    counts = await rows_of(ann)
    assert counts["entries"] == counts["people"] == 0


async def test_reading_tells_nothing(ann: Tracker) -> None:
    await ann.ask(ListEntries())
    assert await ann.told() == []
