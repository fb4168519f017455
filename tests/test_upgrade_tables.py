"""What an update makes of the tables of an older version: of all of them, also of those that were
already updated by a version that forgot some.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.analytics.room import known
from actors.runtime.settings import Settings
from contracts.analytics import GetSummary
from contracts.bus import deadline_in
from contracts.habits import ListHabits, ListTags
from contracts.journal import ListEntries
from contracts.message import Asked, Unanswered
from contracts.moods import GetMoods
from contracts.principal import Principal
from contracts.reminders import ListReminders
from contracts.templates import ListTemplates
from ops.platform import Platform, platform
from storage import embedded
from storage.migrations import migrate
from storage.session import open_engine, transaction
from tests.rooms.people import PATIENCE, TRIES
from tests.upgrade.kept import NAMES, load, recorded

UNSEEN = {"Run": "\u200b", "outside": "\u2800", "health": "\u3164", "Evening": "\u0301" * 200}
"""Names and tags that could be given before, instead of those that were."""

MOODS = {"awful": "\u0301" * 30, "meh": "\u200b", "so-so": "\u2800"}

COLUMNS = {
    "name": ("habits.habits", "analytics.habits", "journal.habits", "reminders.habits"),
    "tag": ("habits.breaks", "analytics.breaks", "reminders.breaks"),
}
LISTS = (
    *("habits.habits", "analytics.habits", "reminders.habits"),
    *("journal.entries", "journal.revisions", "journal.templates", "analytics.entries"),
)

FORGET = """
UPDATE analytics.habits SET position = NULL;
UPDATE analytics.facts SET body = body - 'order'
"""
"""What a database is like that has been updated, and rebuilt, by a version that forgot the log."""

ON_ITS_WAY = """
INSERT INTO bus.outbox (fact_id, address, user_id, body)
SELECT gen_random_uuid(), f.address, f.user_id, (f.body || jsonb_build_object('fact_id',
    gen_random_uuid(), 'occurred_at', f.occurred_at, 'user_id', f.user_id, 'version',
    h.version + 1))::text
FROM analytics.habits h JOIN analytics.facts f ON f.fact_id = h.fact_id WHERE h.name = 'Run'
"""
"""A fact that an older version told, and nobody has heard yet."""

MODEL = {
    "people": "user_id, language, zone, day_start, week_start, gone",
    "habits": "habit_id, name, tags, position, archived, archived_at, binned, deleted",
    "days": "habit_id, day, value, state, zone",
    "breaks": "break_id, tag, first_day, last_day",
    "entries": "entry_id, tags, day, mood",
}

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Tables:
    """What stood in tables before and after an update, and what Ann is shown then."""

    check_ins: tuple[Rows, Rows]
    archived: tuple[Rows, Rows]
    model: dict[str, Rows]
    rebuilt: dict[str, Rows]
    own: Rows
    shown: dict[str, Any]


@pytest.fixture(scope="module", params=[(name, way) for name in NAMES for way in ("old", "half")])
def tables(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Tables]:
    """Load a database, hide its names, update it, and read its tables."""
    name, way = request.param
    record = recorded(name)
    folder = tmp_path_factory.mktemp("tables")
    server = embedded.start(folder / "postgres", durable=False)
    try:
        load(server.url, name)
        with time_machine.travel(datetime.fromisoformat(record["at"])):
            yield asyncio.run(updated(server.url, folder, half=way == "half"))
    finally:
        server.stop()


async def updated(url: str, folder: Path, *, half: bool) -> Tables:
    """Update a database, after half an update if that is wanted."""
    engine = open_engine(url, 2)
    days = "SELECT habit_id, day, at, source FROM habits.check_ins ORDER BY 1, 2"
    aside = "SELECT habit_id, archived_at FROM analytics.habits WHERE archived ORDER BY 1"
    before = await rows(engine, days), await rows(engine, aside)
    if half:
        await migrate(engine, "0018")
        await run(engine, FORGET)
    await run(engine, ON_ITS_WAY)
    async with engine.begin() as tx:
        await hide(tx)
    await migrate(engine)
    check_ins = before[0], await rows(engine, days)
    since = "SELECT id, archived_at FROM habits.habits WHERE archived ORDER BY 1"
    archived = before[1], await rows(engine, since)
    settings = Settings(data=folder, base_url="http://ritmo.test")
    async with platform(settings, url) as here:
        while await here.courier.carry():
            pass
        model = await model_of(engine)
        async with transaction(engine) as tx:
            await known.backfill(tx, again=True)
        while await here.courier.carry():
            pass
        rebuilt = await model_of(engine)
        own = await rows(engine, "SELECT id, name, tags, position FROM habits.habits ORDER BY 1")
        shown = await seen(engine, here)
    await engine.dispose()
    return Tables(check_ins, archived, model, rebuilt, own, shown)


async def hide(tx: AsyncConnection) -> None:
    """Call things as they could be called before, wherever that stands."""
    for name, unseen in UNSEEN.items():
        about = {"name": name, "unseen": unseen}
        for column, holders in COLUMNS.items():
            for table in (*holders, *(("journal.templates",) if column == "name" else ())):
                words = f"UPDATE {table} SET {column} = :unseen WHERE {column} = :name"
                await tx.execute(text(words), about)
        for table in LISTS:
            words = f"UPDATE {table} SET tags = array_replace(tags, CAST(:name AS text), :unseen)"
            await tx.execute(text(words), about)
        for table, kind in (("analytics.facts", "jsonb"), ("bus.outbox", "text")):
            words = (
                f"UPDATE {table} SET body = CAST(replace(CAST(body AS text), '\"' || :name || '\"',"
                f" '\"' || :unseen || '\"') AS {kind})"
            )
            await tx.execute(text(words), about)
    for name, unseen in MOODS.items():
        words = "UPDATE journal.people SET moods = replace(moods, :name, :unseen)"
        await tx.execute(text(words), {"name": f'"{name}"', "unseen": f'"{unseen}"'})


async def rows(engine: AsyncEngine, query: str) -> Rows:
    """Read rows."""
    async with transaction(engine) as tx:
        return [tuple(row) for row in await tx.execute(text(query))]


async def run(engine: AsyncEngine, statements: str) -> None:
    """Write straight into the database, as another Ritmo did."""
    async with engine.begin() as tx:
        for statement in statements.split(";"):
            await tx.execute(text(statement))


async def model_of(engine: AsyncEngine) -> dict[str, Rows]:
    """Read what analytics knows."""
    return {
        table: await rows(engine, f"SELECT {columns} FROM analytics.{table} ORDER BY 1, 2")
        for table, columns in MODEL.items()
    }


async def seen(engine: AsyncEngine, here: Platform) -> dict[str, Any]:
    """Ask what Ann is shown."""
    ((ann,),) = await rows(engine, "SELECT user_id FROM users.users WHERE email LIKE 'ann@%'")
    who = Principal(user_id=ann, scopes=frozenset({"user"}))
    asks: dict[str, Asked[Any]] = {
        "habits": ListHabits(archived=None, limit=500),
        "tags": ListTags(),
        "entries": ListEntries(search="\u25cc"),
        "moods": GetMoods(),
        "templates": ListTemplates(),
        "reminders": ListReminders(),
        "summary": GetSummary(),
    }
    return {name: await answer(here, asked, who) for name, asked in asks.items()}


async def answer(here: Platform, asked: Asked[Any], who: Principal) -> Any:
    """Ask; where a room says that it is late, as when it loads what reports need, ask again."""
    for _ in range(TRIES):
        try:
            reply = await here.bus.ask(asked, who, deadline=deadline_in(PATIENCE))
        except Unanswered:
            continue
        return json.loads(reply.model_dump_json())
    raise AssertionError(f"{asked.address} is not answered")


def test_being_told_anew_gives_the_tables_that_an_update_made(tables: Tables) -> None:
    assert tables.rebuilt == tables.model


def test_analytics_knows_habits_as_their_own_room_does(tables: Tables) -> None:
    known = {row[0]: row[1:4] for row in tables.rebuilt["habits"] if row[1]}
    own = {row[0]: row[1:] for row in tables.own}
    assert len(own) >= 20
    assert known == own


def test_reports_list_habits_in_their_order(tables: Tables) -> None:
    listed = [one["habit_id"] for one in tables.shown["habits"]["habits"]]
    reported = [one["habit_id"] for one in tables.shown["summary"]["habits"]]
    names = [one["name"] for one in tables.shown["summary"]["habits"]]
    assert names != sorted(names)
    assert reported == [one for one in listed if one in reported]


def test_what_could_not_be_seen_is_shown_everywhere(tables: Tables) -> None:
    shown = tables.shown
    (run,) = (one for one in shown["habits"]["habits"] if one["name"] == "\u25cc")
    assert run["tags"] == ["\u25cc"]
    assert "\u25cc" in [one["tag"] for one in shown["tags"]["tags"]]
    assert "\u25cc" in [one["name"] for one in shown["summary"]["habits"]]
    tags = {tag for one in tables.rebuilt["entries"] for tag in one[1] or ()}
    assert tags == {"\u25cc", "прогулка"}
    assert {tag for one in shown["entries"]["entries"] for tag in one["tags"]} == {"\u25cc"}
    assert [one[1] for one in tables.rebuilt["breaks"] if one[1]] == ["\u25cc"]
    own = [one["name"] for one in shown["templates"]["templates"] if one["own"]]
    assert own == ["\u25cc" + "\u0301" * 199]
    moods = [one["name"] for one in shown["moods"]["moods"]]
    assert moods == ["\u25cc" + "\u0301" * 29, "\u25cc", "\u25cc 3", "fine", "splendid"]


def test_times_that_nobody_can_have_said_are_taken_away(tables: Tables) -> None:
    before, after = tables.check_ins
    assert len(before) == len(after) > 300
    kept = [
        (habit_id, day, None if source == "import" or later(at, day) > 2 else at, source)
        for habit_id, day, at, source in before
    ]
    assert after == kept
    times = {late: at is None for _, day, at, _ in before for late in (min(later(at, day), 4),)}
    assert times.keys() >= {0, 2, 3, 4}, "days logged at once, just in time, and just too late"
    assert None in {at for _, _, at, _ in after} != {None}


def later(at: datetime, day: date) -> int:
    """Return how many days after a day a time lies, by UTC."""
    return (at.date() - day).days


def test_habits_are_laid_aside_since_what_the_reports_had_heard(tables: Tables) -> None:
    before, after = tables.archived
    assert before == after
    assert before
