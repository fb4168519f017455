"""A database with names from before they had to be seen comes along, and loses nothing."""

from importlib import import_module

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.analytics import rebuilding
from contracts.analytics import GetSummary
from contracts.breaks import AddBreak, ListBreaks
from contracts.habits import ListHabits
from contracts.journal import CreateEntry, GetEntryHistory, ListEntries, UpdateEntry
from contracts.moods import GetMoods, MoodName, NameMoods
from contracts.templates import AddTemplate, ListTemplates
from storage.migrations.unseen import show_all
from tests.rooms.people import Carry
from tests.rooms.tracking import Tracker, day

pytestmark = pytest.mark.asyncio

UNSEEN = {"walk": "\u0301", "park": "\ufe0f\u200b", "swim": "\u2800"}
"""What was called so is called so that nobody can see it."""

SHOWN = {"walk": "\u25cc\u0301", "park": "\u25cc\ufe0f", "swim": "\u25cc"}
OURS = {
    "reminders.habits.name": {"\u25cc\u0301", "\u25cc"},
    "reminders.habits.tags": {"\u25cc\ufe0f", "home"},
    "reminders.breaks.tag": {"\u25cc\ufe0f"},
}


NAMED = """
SELECT table_schema || '.' || table_name, column_name, data_type FROM information_schema.columns
WHERE table_schema IN ('habits', 'journal', 'reminders', 'analytics')
    AND column_name IN ('name', 'tag', 'tags', 'moods', 'body')
ORDER BY 1, 2
"""
"""Wherever names and tags stand."""


async def hide(engine: AsyncEngine) -> None:
    """Call all things as they could be called before."""
    async with engine.begin() as tx:
        for table, column, kind in (await tx.execute(text(NAMED))).all():
            now = {
                "ARRAY": f"array_replace({column}, CAST(:name AS text), CAST(:unseen AS text))",
                "text": f"replace({column}, CAST(:name AS text), CAST(:unseen AS text))",
                "jsonb": f"CAST(replace({column}::text, :name, :unseen) AS jsonb)",
            }[kind]
            for name, unseen in UNSEEN.items():
                words = f"UPDATE {table} SET {column} = {now}"
                await tx.execute(text(words), {"name": name, "unseen": unseen})


async def stands(engine: AsyncEngine) -> dict[str, set[str]]:
    """Return what all things are called in the tables and in the log of facts."""
    found = dict[str, set[str]]()
    async with engine.begin() as tx:
        for table, column, kind in (await tx.execute(text(NAMED))).all():
            one = f"unnest({column})" if kind == "ARRAY" else column
            values = (await tx.execute(text(f"SELECT DISTINCT {one} FROM {table}"))).scalars()
            found[f"{table}.{column}"] = {str(value) for value in values if value}
    return found


async def test_names_that_nobody_could_see_are_shown(
    ann: Tracker, engine: AsyncEngine, carry: Carry
) -> None:
    # Loaded before: pandas takes longer than a transaction may idle where much else is at work.
    import_module("actors.analytics.summary")
    await ann.begin("walk", tags=["park", "home"], start_day=day(-5))
    await ann.begin("swim")
    rest = {"from": day(-2), "to": day(-1), "tag": "park"}
    await ann.ask(AddBreak.model_validate(rest))
    entry = await ann.ask(CreateEntry(text="Ran.", tags=("park", "home", "swim")))
    await ann.ask(UpdateEntry(entry_id=entry.entry_id, text="Ran on."))
    await ann.ask(AddTemplate(name="swim", tags=("park",)))
    names = ("walk", "park", "swim", "good", "great")
    scale = tuple(MoodName(mood=mood, name=name) for mood, name in enumerate(names, start=1))
    await ann.ask(NameMoods(moods=scale))
    await carry()
    before = await stands(engine)
    await hide(engine)
    async with engine.begin() as tx:
        await tx.run_sync(show_all)
        await tx.run_sync(show_all)
    found = (await ann.ask(ListHabits())).habits
    assert [one.name for one in found] == ["\u25cc\u0301", "\u25cc"]
    assert found[0].tags == ("\u25cc\ufe0f", "home")
    (one,) = (await ann.ask(ListBreaks())).breaks
    assert one.tag == "\u25cc\ufe0f"
    assert (await ann.on(found[0].habit_id, day(-1))).on_break
    (shown,) = (await ann.ask(ListEntries(tag="\u25cc\ufe0f"))).entries
    assert shown.tags == ("\u25cc\ufe0f", "home", "\u25cc")
    history = await ann.ask(GetEntryHistory(entry_id=entry.entry_id))
    assert {version.tags for version in history.versions} == {shown.tags}
    templates = (await ann.ask(ListTemplates())).templates
    named = [one.tags for one in templates if one.name == "\u25cc"]
    assert named == [("\u25cc\ufe0f",)]
    moods = (await ann.ask(GetMoods())).moods
    assert [one.name for one in moods] == [
        "\u25cc\u0301",
        "\u25cc\ufe0f",
        "\u25cc",
        "good",
        "great",
    ]
    after = await stands(engine)
    for place, said in before.items():
        called = {name for name in UNSEEN if any(name in one for one in said)}
        assert all(any(SHOWN[name] in one for one in after[place]) for name in called), place
    for place in ("reminders.habits.name", "reminders.habits.tags", "reminders.breaks.tag"):
        assert after[place] == after[f"analytics.{place.partition('.')[2]}"] == OURS[place], place
    summary = await ann.ask(GetSummary())
    assert [one.name for one in summary.habits] == ["\u25cc\u0301", "\u25cc"]
    async with engine.begin() as tx:
        await rebuilding.run(tx, ann.who.user_id)
    assert await stands(engine) == after
    assert (await ann.ask(GetSummary())).habits == summary.habits
