"""Feeds: made with a secret address, read by whoever holds it, and written when it is needed.

A file is kept as it was written last. It is written anew when something that it shows is news,
when the person's day has changed, and every hour, for of reminders nobody tells. What comes out
the same stays the same, to the byte.
"""

import asyncio
import hashlib
import secrets
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.calendar.contents import items_of, words_of
from actors.calendar.google_farewell import bid
from actors.calendar.ics import ComponentVersion, Style, calendar_file
from actors.calendar.room import known, room
from actors.runtime.delegation import RoomBus
from actors.runtime.room import TheBus, Transaction, Who
from contracts.calendar import (
    CalendarFile,
    CreateFeed,
    Feed,
    FeedForm,
    Feeds,
    FeedWords,
    ListFeeds,
    NewFeed,
    ReadFeed,
    RevokeFeed,
    RotateFeed,
)
from contracts.message import (
    Conflict,
    Done,
    Invalid,
    NotFound,
    Unanswered,
    Unavailable,
    Wrong,
    new_id,
)
from contracts.speech import say
from contracts.time import day_of
from contracts.users import UserDeleted
from storage import idempotency
from storage.calendar import busy, feeds, google
from storage.calendar.feeds import ComponentRow, FeedRow
from storage.replica.replica import PersonRow

MAX_FEEDS = 50
"""Feeds of a person."""

FRESH = timedelta(hours=1)
"""Time for which a file is taken to be right if nothing was told: of reminders nobody tells."""


@room.answer
async def create_feed(command: CreateFeed, who: Who, tx: Transaction, bus: TheBus) -> NewFeed:
    """Make a feed with an address of its own."""
    await known.person(tx, bus, who, "lock")  # so that nobody makes more than they may
    _check(command)
    if command.habit_id is not None:
        await known.ask_habit(tx, bus, who, command.habit_id)
    if len(await feeds.list_of(tx, who.user_id)) >= MAX_FEEDS:
        raise Conflict("too_many_feeds", "There are {most} feeds already.", most=MAX_FEEDS)
    secret = secrets.token_urlsafe(32)
    said = {name: getattr(command, name) for name in FeedWords.model_fields}
    values = {**said, "feed_id": new_id(), "secret_hash": _hashed(secret)}
    return _new(await feeds.add(tx, who.user_id, values), secret)


@room.answer
async def rotate_feed(command: RotateFeed, who: Who, tx: Transaction) -> NewFeed:
    """Give a feed another address."""
    row = await feeds.lock(tx, who.user_id, command.feed_id)
    if row is None:
        raise _unknown()
    secret = secrets.token_urlsafe(32)
    await feeds.change(tx, who.user_id, row.feed_id, {"secret_hash": _hashed(secret)})
    return _new(row, secret)


@room.answer
async def revoke_feed(command: RevokeFeed, who: Who, tx: Transaction) -> Done:
    """End a feed."""
    if not await feeds.remove(tx, who.user_id, command.feed_id):
        raise _unknown()
    return Done()


@room.answer
async def list_feeds(query: ListFeeds, who: Who, tx: Transaction) -> Feeds:
    """List the caller's feeds."""
    return Feeds(feeds=tuple(_feed(row) for row in await feeds.list_of(tx, who.user_id)))


@room.answer
async def read_feed(query: ReadFeed, tx: Transaction, bus: TheBus) -> CalendarFile:
    """Give the file of a feed, unless it is known already."""
    now = datetime.now(UTC)
    row = await feeds.find_by_secret(tx, _hashed(query.secret))
    person = None if row is None else await known.replica.find_person(tx, row.user_id)
    if row is None or person is None or person.gone or person.disabled:
        raise _unknown()
    today = day_of(now, person.zone, person.day_start)
    if row.written_at is None or row.day != today or now - row.written_at > FRESH:
        try:
            row = await _write(tx, bus, row.feed_id, person, today, now)
        except (Unavailable, Unanswered):
            # Reminders are away: the plan of an hour ago is better than none.
            if row.etag is None:
                raise
    if not query.peek and (row.used_at is None or now - row.used_at > timedelta(hours=1)):
        await feeds.note_use(tx, row.user_id, row.feed_id)
    etag, changed_at = cast(str, row.etag), cast(datetime, row.changed_at)
    file = None
    if query.etag != etag and not query.peek:
        file = (await feeds.file_of(tx, row.user_id, row.feed_id)).decode()
    name = _name(row, person)
    return CalendarFile(
        etag=etag, changed_at=changed_at, file=file, name=name, language=person.language
    )


@room.hear
async def erase_person(fact: UserDeleted, tx: Transaction) -> None:
    """Erase what the room keeps of a person."""
    await feeds.erase(tx, fact.user_id)
    await bid(tx, await google.find_link(tx, fact.user_id), revoke=True)
    await google.erase(tx, fact.user_id)
    await busy.erase(tx, fact.user_id)
    await idempotency.erase(tx, fact.user_id)


# -- writing ---------------------------------------------------------------------------------------


async def _write(
    tx: AsyncConnection, bus: RoomBus, feed_id: UUID, person: PersonRow, today: date, now: datetime
) -> FeedRow:
    """Write the file of a feed anew; return the feed as it is then."""
    row = await feeds.lock(tx, person.user_id, feed_id)
    if row is None:
        raise _unknown()
    items = await items_of(tx, bus, row, person, today)
    style = Style(_name(row, person), person.language, person.zone, cast(FeedForm, row.form))
    before = {
        one.uid: ComponentVersion(one.digest, one.sequence, one.changed_at)
        for one in await feeds.components_of(tx, feed_id)
    }
    # To the second, as a file says it. A thousand habits take longer than the event loop may wait.
    second = now.replace(microsecond=0)
    written = await asyncio.to_thread(calendar_file, style, items, before, second)
    changed = [
        ComponentRow(uid, one.digest, one.sequence, one.changed_at)
        for uid, one in written.versions.items()
        if before.get(uid) != one
    ]
    await feeds.save_components(tx, feed_id, changed, before.keys() - written.versions.keys())
    file = written.file.encode()
    etag = hashlib.sha256(file).hexdigest()[:32]
    row = replace(row, written_at=now, day=today)
    values: dict[str, object] = {"written_at": now, "day": today}
    if etag != row.etag:
        row = replace(row, etag=etag, changed_at=second)
        values |= {"etag": etag, "changed_at": second, "file": file}
    await feeds.change(tx, person.user_id, feed_id, values)
    return row


def _check(command: CreateFeed) -> None:
    """Refuse with `Invalid` a feed that cannot be both."""
    wrong = None
    if command.shows == "journal" and (command.habit_id or command.tag):
        wrong = "/shows"
    elif command.habit_id is not None and command.tag is not None:
        wrong = "/tag"
    if wrong is not None:
        text = "A feed shows one habit, or those of one tag; the diary has neither."
        raise Invalid("feed_contradicts_itself", text, fields=(Wrong(pointer=wrong, detail=text),))


def _feed(row: FeedRow) -> Feed:
    """Show a feed."""
    return Feed(
        **words_of(row).model_dump(),
        feed_id=row.feed_id,
        created_at=row.created_at,
        used_at=row.used_at,
    )


def _new(row: FeedRow, secret: str) -> NewFeed:
    return NewFeed(**_feed(row).model_dump(), secret=secret)


def _name(row: FeedRow, person: PersonRow) -> str:
    """Say what a calendar is called."""
    texts = {"habits": "Habits", "journal": "Diary", "history": "Done"}
    said = say(person.language, texts[row.shows])
    return f"Ritmo: {said}" if row.tag is None else f"Ritmo: {said} · {row.tag}"


def _hashed(secret: str) -> bytes:
    """Return what is kept of a secret of 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()


def _unknown() -> NotFound:
    return NotFound("feed_not_found", "There is no such feed.")
