"""Feeds of calendars over the bus: made, read, followed by what happens, and ended."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from icalendar import Calendar
from sqlalchemy import text

from actors.auth.handlers import room as auth
from actors.calendar.handlers import room as calendar
from actors.runtime.edge import Edge
from actors.runtime.local import LocalBus
from contracts.breaks import AddBreak
from contracts.calendar import (
    CalendarFile,
    CreateFeed,
    ListFeeds,
    NewFeed,
    ReadFeed,
    RevokeFeed,
    RotateFeed,
)
from contracts.habits import DeleteHabit, UpdateHabit
from contracts.journal import CreateEntry
from contracts.reminders import CreateReminder
from contracts.users import ChangeProfile, ChangeUser, DeleteMe
from storage.session import transaction
from tests.rooms.people import ADMIN, Carry, code_of
from tests.rooms.tracking import Tracker, day

pytestmark = pytest.mark.asyncio


def parsed(text: str) -> Any:
    """Read a file; the library says of few values what they are."""
    return Calendar.from_ical(text)


async def look(bus: LocalBus, feed: NewFeed, etag: str | None = None) -> CalendarFile:
    """Read a feed, as a program that knows nothing but its address."""
    return await bus.ask(ReadFeed(secret=feed.secret, etag=etag))


async def seen(bus: LocalBus, feed: NewFeed) -> list[str]:
    """Return what a feed shows, in its order."""
    file = (await look(bus, feed)).file
    assert file is not None
    return [str(one["SUMMARY"]) for one in parsed(file).walk() if "SUMMARY" in one]


async def test_a_feed_follows_what_happens(ann: Tracker, bus: LocalBus, carry: Carry) -> None:
    feed = await ann.ask(CreateFeed())
    assert await seen(bus, feed) == []
    read = await ann.begin("Read", start_day=day(-3), tags=("mind",))
    await ann.begin("No sugar", kind="quit")
    await carry()
    assert await seen(bus, feed) == ["Read"]
    await ann.log(read.habit_id, -1)
    await ann.log(read.habit_id, 0)
    await carry()
    assert await seen(bus, feed) == ["Read", "✓ Read", "✓ Read"]
    await ann.ask(UpdateHabit(habit_id=read.habit_id, name="Read a book"))
    await carry()
    assert await seen(bus, feed) == ["Read a book", "✓ Read a book", "✓ Read a book"]
    await ann.ask(AddBreak.model_validate({"from": day(2), "to": day(4)}))
    await carry()
    assert str((await look(bus, feed)).file).count("EXDATE") == 3
    await ann.ask(DeleteHabit(habit_id=read.habit_id))
    await carry()
    assert await seen(bus, feed) == []


async def test_feeds_show_what_they_are_for(ann: Tracker, bus: LocalBus, carry: Carry) -> None:
    read = await ann.begin("Read", start_day=day(-3), tags=("mind",))
    run = await ann.begin("Run", measure="amount", unit="km", tags=("body",))
    await ann.log(run.habit_id, 0, value=5.5)
    await ann.ask(CreateEntry(day=day(-1), mood=4, text="Nobody else's business"))
    await carry()
    wanted: dict[str, list[str]] = {}
    for words in (
        {"tag": "Mind"},
        {"habit_id": run.habit_id},
        {"shows": "history"},
        {"shows": "journal"},
        {"form": "todos", "habit_id": read.habit_id},
    ):
        feed = await ann.ask(CreateFeed.model_validate(words))
        wanted[str(words)] = await seen(bus, feed)
        assert "business" not in str((await look(bus, feed)).file)
    assert list(wanted.values()) == [
        ["Read"],
        ["Run", "✓ Run: 5.5\N{NO-BREAK SPACE}km"],
        ["✓ Run: 5.5\N{NO-BREAK SPACE}km"],
        ["Diary: mood 4 of 5"],
        ["Read"],
    ]


async def test_an_unchanged_feed_is_not_sent_again(
    ann: Tracker, bus: LocalBus, carry: Carry, clock: time_machine.Traveller
) -> None:
    await ann.begin("Read", start_day=day(-3))
    await carry()
    feed = await ann.ask(CreateFeed())
    first = await look(bus, feed)
    clock.shift(timedelta(hours=30))
    again = await look(bus, feed, first.etag)
    assert (again.file, again.etag, again.changed_at) == (None, first.etag, first.changed_at)
    assert (await look(bus, feed)).file == first.file


async def test_reminders_ring_and_set_the_time(ann: Tracker, bus: LocalBus, carry: Carry) -> None:
    read = await ann.begin("Read")
    await carry()
    times = ("08:30", "20:00")
    await ann.ask(CreateReminder.model_validate({"habit_id": read.habit_id, "times": times}))
    for words, starts, alarms in (
        ({}, day(0), [510, 1200]),
        ({"alarms": False}, day(0), []),
        ({"timed": True}, "08:30", [0, 690]),
    ):
        feed = await ann.ask(CreateFeed.model_validate(words))
        (event,) = parsed(str((await look(bus, feed)).file)).walk("VEVENT")
        start = event["DTSTART"].dt
        assert (f"{start:%H:%M}" if isinstance(start, datetime) else start) == starts
        rings = [one["TRIGGER"].dt.total_seconds() / 60 for one in event.walk("VALARM")]
        assert rings == alarms


async def test_an_address_can_be_changed_and_ended(
    ann: Tracker, bob: Tracker, bus: LocalBus
) -> None:
    feed = await ann.ask(CreateFeed())
    other = await ann.ask(CreateFeed(shows="journal"))
    rotated = await ann.ask(RotateFeed(feed_id=feed.feed_id))
    assert rotated.feed_id == feed.feed_id
    assert await code_of(look(bus, feed)) == "feed_not_found"
    assert (await look(bus, rotated)).file is not None
    assert await code_of(bob.ask(RotateFeed(feed_id=feed.feed_id))) == "feed_not_found"
    assert await code_of(bob.ask(RevokeFeed(feed_id=feed.feed_id))) == "feed_not_found"
    assert (await bob.ask(ListFeeds())).feeds == ()
    await ann.ask(RevokeFeed(feed_id=feed.feed_id))
    assert await code_of(look(bus, rotated)) == "feed_not_found"
    assert [one.feed_id for one in (await ann.ask(ListFeeds())).feeds] == [other.feed_id]


async def test_no_secret_is_kept(ann: Tracker) -> None:
    feed = await ann.ask(CreateFeed())
    async with transaction(ann.engine) as tx:
        rows = (await tx.execute(text("SELECT f::text FROM calendar.feeds f"))).scalars().all()
    assert feed.secret not in str(rows)
    assert "secret" not in repr(feed).replace("secret_hash", "")


async def test_nobody_is_shown_who_is_disabled_or_gone(
    ann: Tracker, bob: Tracker, bus: LocalBus, carry: Carry
) -> None:
    feed, bobs = await ann.ask(CreateFeed()), await bob.ask(CreateFeed())
    await bus.ask(ChangeUser(user_id=bob.who.user_id, disabled=True), ADMIN)
    await ann.ask(DeleteMe())
    await carry()
    for one in (feed, bobs):
        assert await code_of(look(bus, one)) == "feed_not_found"
    async with transaction(ann.engine) as tx:
        left = (await tx.execute(text("SELECT user_id FROM calendar.feeds"))).scalars().all()
    assert left == [bob.who.user_id]


async def test_words_of_a_feed_do_not_contradict_each_other(ann: Tracker, bob: Tracker) -> None:
    read = await ann.begin("Read")
    for words in (
        {"shows": "journal", "tag": "mind"},
        {"shows": "journal", "habit_id": read.habit_id},
        {"habit_id": read.habit_id, "tag": "mind"},
    ):
        feed = CreateFeed.model_validate(words)
        assert await code_of(ann.ask(feed)) == "feed_contradicts_itself"
    assert await code_of(bob.ask(CreateFeed(habit_id=read.habit_id))) == "habit_not_found"


async def test_a_calendar_speaks_the_language_of_its_owner(
    ann: Tracker, bus: LocalBus, carry: Carry
) -> None:
    feed = await ann.ask(CreateFeed(shows="history"))
    await ann.ask(ChangeProfile(language="ru"))
    await carry()
    found = await look(bus, feed)
    assert (found.language, found.name) == ("ru", "Ritmo: Сделано")
    assert "X-WR-CALNAME:Ritmo: Сделано" in str(found.file)


async def test_a_file_is_given_while_reminders_are_away(
    ann: Tracker, bus: LocalBus, carry: Carry, clock: time_machine.Traveller
) -> None:
    await ann.begin("Read")
    await carry()
    feed, other = await ann.ask(CreateFeed()), await ann.ask(CreateFeed())
    first = await look(bus, feed)
    clock.shift(timedelta(hours=2))
    alone = LocalBus()
    for one in (auth, calendar):
        alone.open_room(Edge(one, ann.engine, alone, 4))
    assert (await look(alone, feed)).file == first.file
    assert await code_of(look(alone, other)) == "room_down", "there is none to give"
