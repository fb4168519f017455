"""The diary over the bus: written, changed, thrown away, brought back, looked at."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from pydantic import ValidationError
from sqlalchemy import text

from actors.journal.room import room as journal_room
from contracts.journal import (
    CreateEntry,
    DeleteEntry,
    EntryWritten,
    GetEntry,
    GetEntryHistory,
    GetOnThisDay,
    JournalEntry,
    ListEntries,
    ListEntryTags,
    RenderEntry,
    RestoreEntry,
    UpdateEntry,
)
from contracts.message import Asked, Conflict, Invalid, NotFound, new_id
from contracts.moods import GetMoodCalendar
from contracts.users import ChangeProfile
from tests.rooms.people import NOON, Carry, code_of
from tests.rooms.tracking import TODAY, Tracker, day

pytestmark = pytest.mark.asyncio


async def write(somebody: Tracker, text: str = "Ran.", **given: Any) -> JournalEntry:
    """Write an entry."""
    return await somebody.ask(CreateEntry.model_validate({"text": text, **given}))


async def texts(somebody: Tracker, **given: Any) -> list[str]:
    """List entries by their texts."""
    page = await somebody.ask(ListEntries.model_validate(given))
    return [entry.text for entry in page.entries]


async def test_a_text_is_enough(ann: Tracker) -> None:
    made = await write(ann, "\r\n  Ran *far*.\r\nTwice. \n\n")
    assert made.text == "  Ran *far*.\nTwice."
    assert (made.title, made.mood, made.energy, made.tags) == ("", None, None, ())
    assert (made.day, made.zone, made.favourite, made.version) == (TODAY, "UTC", False, 1)
    assert made.at == made.created_at == made.changed_at
    assert made.at - NOON < timedelta(minutes=1)
    assert await ann.ask(GetEntry(entry_id=made.entry_id)) == made
    (fact,) = await ann.told()
    assert fact["address"] == "journal.entry_written"
    assert EntryWritten.model_validate(fact).entry_id == made.entry_id
    assert (fact["version"], fact["day"]) == (1, TODAY.isoformat())


async def test_everything_can_be_said_and_words_stay_at_home(ann: Tracker) -> None:
    habit = await ann.begin("psst-0")
    await ann.told()
    made = await write(
        ann,
        "psst-1",
        title="psst-2",
        mood=5,
        energy=2,
        tags=["Sea", "sea", "sun"],
        habit_ids=[habit.habit_id, habit.habit_id],
        prompt_id="went-well",
        favourite=True,
        at=NOON - timedelta(days=3, hours=1),
        zone="Asia/Tokyo",
    )
    assert (made.tags, made.habit_ids) == (("Sea", "sun"), (habit.habit_id,))
    assert made.question == "What went well today?"
    assert (made.day, made.zone) == (day(-3), "Asia/Tokyo")
    await ann.ask(UpdateEntry(entry_id=made.entry_id, question="psst-3", text="psst-4"))
    await ann.ask(DeleteEntry(entry_id=made.entry_id))
    facts = await ann.told()
    assert len(facts) == 3
    assert "psst" not in str(facts)
    assert facts[0]["mood"] == 5
    assert facts[0]["habit_ids"] == [str(habit.habit_id)]


async def test_profiles_are_heard(
    ann: Tracker, carry: Carry, clock: time_machine.Traveller
) -> None:
    await write(ann)
    await ann.ask(ChangeProfile(day_start=180, zone="Europe/Berlin"))
    await carry()
    clock.move_to(datetime(2031, 5, 6, 0, 30, tzinfo=UTC))
    made = await write(ann)
    assert (made.day, made.zone) == (date(2031, 5, 5), "Europe/Berlin")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"text": " \n "}, "entry_empty"),
        ({"text": "x", "day": "2031-05-07"}, "day_out_of_range"),
        ({"text": "x", "at": "2031-05-05T13:00:00Z"}, "at_out_of_range"),
        ({"text": "x", "day": "2031-05-01", "at": "2031-05-05T11:00:00Z"}, "at_not_on_day"),
        ({"text": "x", "habit_ids": [str(new_id())]}, "unknown_habit"),
        ({"text": "x", "prompt_id": "unheard-of"}, "unknown_prompt"),
        ({"text": "x", "prompt_id": str(new_id())}, "unknown_prompt"),
    ],
)
async def test_what_makes_no_sense_is_not_written(
    ann: Tracker, words: dict[str, Any], code: str
) -> None:
    with pytest.raises(Invalid) as no:
        await ann.ask(CreateEntry.model_validate(words))
    assert no.value.code == code
    assert no.value.fields
    assert await texts(ann) == []
    assert await ann.told() == []


@pytest.mark.parametrize(
    "words",
    [
        {"text": "\x00"},
        {"text": "a\x07b"},
        {"text": "x" * 50_001},
        {"mood": 0},
        {"mood": 6},
        {"mood": "5"},
        {"mood": 4.5},
        {"energy": 9},
        {"tags": ["a\nb"]},
        {"tags": [str(number) for number in range(21)]},
        {"title": "two\nlines"},
        {"zone": "Mars/Olympus"},
        {"at": "2031-05-05T11:00:00"},
    ],
)
async def test_what_cannot_be_said(words: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CreateEntry.model_validate_json(json.dumps(words))


async def test_a_mood_alone_is_an_entry(ann: Tracker) -> None:
    made = await write(ann, "", mood=3)
    with pytest.raises(Invalid) as no:
        await ann.ask(UpdateEntry(entry_id=made.entry_id, mood=None))
    assert no.value.code == "entry_empty"


async def test_a_change_says_only_what_changes(ann: Tracker, clock: time_machine.Traveller) -> None:
    made = await write(ann, "One", mood=2, energy=3, tags=["a"], day=day(-2))
    clock.shift(60)
    changed = await ann.ask(UpdateEntry(entry_id=made.entry_id, title="T", mood=None))
    assert (changed.title, changed.text, changed.mood, changed.energy) == ("T", "One", None, 3)
    assert (changed.version, changed.day, changed.at) == (2, made.day, made.at)
    assert changed.changed_at > made.changed_at
    assert changed.created_at == made.created_at
    same = await ann.ask(UpdateEntry(entry_id=made.entry_id, title="T", tags=("a",)))
    assert same == changed
    await ann.told()
    moved = await ann.ask(UpdateEntry(entry_id=made.entry_id, day=day(-1)))
    assert moved.at - made.at == timedelta(days=1)
    (fact,) = await ann.told()
    assert (fact["day"], fact["version"]) == (day(-1).isoformat(), 3)


async def test_a_change_of_another_version_conflicts(ann: Tracker) -> None:
    made = await write(ann)
    changes = [
        ann.ask(UpdateEntry(entry_id=made.entry_id, text=f"{n}", expected_version=1))
        for n in range(8)
    ]
    outcomes = await asyncio.gather(*changes, return_exceptions=True)
    assert sum(isinstance(one, JournalEntry) for one in outcomes) == 1
    assert {one.code for one in outcomes if isinstance(one, Conflict)} == {"version_conflict"}


async def test_what_an_entry_said_is_kept(ann: Tracker, clock: time_machine.Traveller) -> None:
    made = await write(ann, "One", mood=1)
    for number, said in enumerate(("Two", "Three"), start=2):
        clock.shift(60)
        await ann.ask(UpdateEntry(entry_id=made.entry_id, text=said, mood=number))
    liked = await ann.ask(UpdateEntry(entry_id=made.entry_id, favourite=True))
    assert liked.version == 4
    history = (await ann.ask(GetEntryHistory(entry_id=made.entry_id))).versions
    assert [(one.version, one.text, one.mood) for one in history] == [
        (4, "Three", 3),
        (2, "Two", 2),
        (1, "One", 1),
    ]
    assert history[-1].written_at == made.changed_at
    back = await ann.ask(RestoreEntry(entry_id=made.entry_id, to_version=1))
    assert (back.text, back.mood, back.version, back.favourite) == ("One", 1, 5, True)
    seen, cursor = [], None
    while True:
        query = GetEntryHistory(entry_id=made.entry_id, limit=2, cursor=cursor)
        page = await ann.ask(query)
        seen += [one.text for one in page.versions]
        cursor = page.next
        if cursor is None:
            break
    assert seen == ["One", "Three", "Two", "One"]


async def test_versions_without_new_words_say_the_same(ann: Tracker) -> None:
    made = await write(ann, "One")
    await ann.ask(DeleteEntry(entry_id=made.entry_id))
    await ann.ask(RestoreEntry(entry_id=made.entry_id))
    await ann.ask(UpdateEntry(entry_id=made.entry_id, text="Two"))
    back = await ann.ask(RestoreEntry(entry_id=made.entry_id, to_version=2))
    assert (back.text, back.version) == ("One", 5)
    for version in (5, 3):
        assert (
            await ann.ask(RestoreEntry(entry_id=made.entry_id, to_version=version))
        ).text == "One"
    refused = ann.ask(RestoreEntry(entry_id=made.entry_id, to_version=9))
    assert await code_of(refused) == "version_not_found"


async def test_a_deleted_entry_can_be_brought_back(ann: Tracker) -> None:
    made = await write(ann)
    await ann.told()
    await ann.ask(DeleteEntry(entry_id=made.entry_id, expected_version=1))
    await ann.ask(DeleteEntry(entry_id=made.entry_id))
    assert await texts(ann) == []
    assert await texts(ann, deleted=True) == ["Ran."]
    gone = await ann.ask(GetEntry(entry_id=made.entry_id))
    assert gone.deleted_at is not None
    assert gone.changed_at == made.changed_at
    change = ann.ask(UpdateEntry(entry_id=made.entry_id, text="x"))
    assert await code_of(change) == "entry_deleted"
    back = await ann.ask(RestoreEntry(entry_id=made.entry_id))
    assert (back.deleted_at, back.version, back.text) == (None, 3, "Ran.")
    assert await ann.ask(RestoreEntry(entry_id=made.entry_id)) == back
    assert await texts(ann) == ["Ran."]
    facts = await ann.told()
    assert [(fact["address"], fact["version"]) for fact in facts] == [
        ("journal.entry_deleted", 2),
        ("journal.entry_written", 3),
    ]


async def test_what_was_deleted_long_ago_is_gone(
    ann: Tracker, clock: time_machine.Traveller
) -> None:
    old, other = await write(ann, "old"), await write(ann, "other")
    await ann.ask(DeleteEntry(entry_id=old.entry_id))
    clock.shift(timedelta(days=29))
    assert await texts(ann, deleted=True) == ["old"]
    clock.shift(timedelta(days=2))
    assert await texts(ann, deleted=True) == []
    for message in (
        GetEntry(entry_id=old.entry_id),
        RestoreEntry(entry_id=old.entry_id),
    ):
        assert await code_of(ann.ask(message)) == "entry_not_found"
    await ann.ask(DeleteEntry(entry_id=other.entry_id))
    (tick,) = journal_room.ticks
    async with ann.engine.begin() as tx:
        assert not await tick.strike(tx)
    async with ann.engine.begin() as tx:
        left = await tx.execute(text("SELECT text FROM journal.entries"))
        assert left.scalars().all() == ["other"]


async def test_for_ever_is_at_once(ann: Tracker) -> None:
    made, kept = await write(ann), await write(ann, "kept")
    await ann.ask(UpdateEntry(entry_id=made.entry_id, text="x"))
    await ann.told()
    await ann.ask(DeleteEntry(entry_id=made.entry_id, forever=True))
    assert await texts(ann, deleted=True) == []
    assert await code_of(ann.ask(GetEntry(entry_id=made.entry_id))) == "entry_not_found"
    (fact,) = await ann.told()
    assert (fact["address"], fact["version"]) == ("journal.entry_deleted", 3)
    await ann.ask(DeleteEntry(entry_id=kept.entry_id))
    await ann.told()
    await ann.ask(DeleteEntry(entry_id=kept.entry_id, forever=True))
    assert await ann.told() == []
    assert await texts(ann, deleted=True) == []


async def test_another_persons_entry_is_not_found(ann: Tracker, bob: Tracker) -> None:
    made = await write(ann)
    await ann.ask(UpdateEntry(entry_id=made.entry_id, text="Walked."))
    theirs: UUID = made.entry_id
    messages: tuple[Asked[Any], ...] = (
        GetEntry(entry_id=theirs),
        RenderEntry(entry_id=theirs),
        GetEntryHistory(entry_id=theirs),
        UpdateEntry(entry_id=theirs, text="x"),
        RestoreEntry(entry_id=theirs, to_version=1),
        DeleteEntry(entry_id=theirs),
        DeleteEntry(entry_id=theirs, forever=True),
    )
    for message in messages:
        with pytest.raises(NotFound):
            await bob.ask(message)
    assert await texts(bob) == []
    assert await texts(bob, search="walked") == []
    habit = await ann.begin()
    with pytest.raises(Invalid):
        await write(bob, habit_ids=[habit.habit_id])
    assert await texts(ann) == ["Walked."]


async def test_the_same_key_writes_once(ann: Tracker) -> None:
    command = CreateEntry(text="once")
    made = [await ann.ask(command, key="k") for _ in range(3)]
    assert made[0] == made[1] == made[2]
    assert await texts(ann) == ["once"]


async def test_html_is_shown_as_text(ann: Tracker) -> None:
    made = await write(ann, "# Hi\n\n<script>alert(1)</script>")
    shown = await ann.ask(RenderEntry(entry_id=made.entry_id))
    assert shown.html == "<h1>Hi</h1>\n<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"
    assert shown.version == 1


async def test_the_calendar_of_moods(ann: Tracker) -> None:
    await write(ann, mood=5)
    await write(ann, mood=4)
    await write(ann, mood=4)
    await write(ann, "no mood")
    await write(ann, "no mood", day=day(-3))
    gone = await write(ann, mood=1)
    await ann.ask(DeleteEntry(entry_id=gone.entry_id))
    await write(ann, mood=1, day=day(-40))
    month = await ann.ask(GetMoodCalendar())
    assert (month.first, month.last) == (date(2031, 5, 1), date(2031, 5, 31))
    assert [(one.day, one.entries, one.mood) for one in month.days] == [
        (day(-3), 1, None),
        (day(0), 4, 4.33),
    ]
    far = await ann.ask(GetMoodCalendar(first=day(-40), last=day(-40)))
    assert [one.mood for one in far.days] == [1.0]
    with pytest.raises(Invalid):
        await ann.ask(GetMoodCalendar(first=day(0), last=day(-1)))


async def test_on_this_day(ann: Tracker) -> None:
    for year, month, number in ((2030, 5, 5), (2021, 5, 5), (2030, 5, 6), (2028, 2, 29)):
        await write(ann, f"{year}-{month}-{number}", day=date(year, month, number))
    await write(ann, "today")
    back = await ann.ask(GetOnThisDay())
    assert (back.day, [one.text for one in back.entries]) == (TODAY, ["2030-5-5", "2021-5-5"])
    leap = await ann.ask(GetOnThisDay(day=date(2031, 2, 28)))
    assert [one.text for one in leap.entries] == ["2028-2-29"]
    assert (await ann.ask(GetOnThisDay(day=date(2032, 2, 28)))).entries == ()


async def test_tags_with_counts(ann: Tracker, clock: time_machine.Traveller) -> None:
    await write(ann, tags=["Море", "run"])
    clock.shift(60)
    await write(ann, tags=["море"])
    gone = await write(ann, tags=["gone"])
    await ann.ask(DeleteEntry(entry_id=gone.entry_id))
    tags = (await ann.ask(ListEntryTags())).tags
    assert [(one.tag, one.entries) for one in tags] == [("море", 2), ("run", 1)]


@pytest.mark.parametrize(
    ("first", "then"), [("Fu\u00dfball", "FUSSBALL"), ("na\u00efv", "NAI\u0308V")]
)
async def test_a_tag_is_one_however_it_is_composed(
    ann: Tracker, clock: time_machine.Traveller, first: str, then: str
) -> None:
    await write(ann, tags=[first, then, "run"])
    clock.shift(60)
    await write(ann, tags=[then])
    tags = (await ann.ask(ListEntryTags())).tags
    assert [(one.tag, one.entries) for one in tags] == [(then, 2), ("run", 1)]
    for tag in (first, then):
        assert len((await ann.ask(ListEntries(tag=tag))).entries) == 2
    assert (await ann.ask(ListEntries(tag="fusball"))).entries == ()


async def test_a_habit_can_be_linked_before_its_fact_has_come(ann: Tracker, carry: Carry) -> None:
    habit = await ann.begin("Run")
    assert (await write(ann, habit_ids=[habit.habit_id])).habit_ids == (habit.habit_id,)
    await carry()
    assert await texts(ann, habit_id=habit.habit_id) == ["Ran."]
