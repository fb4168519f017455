"""The same words are found in a database of whatever locale."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.message import new_id
from storage import embedded
from storage.journal import entries, searches
from storage.journal.entries import EntryRow
from storage.journal.searches import Wanted
from storage.migrations import migrate
from storage.session import open_engine

pytestmark = pytest.mark.asyncio

TEXTS = (
    "«ГРУСТЬ» — и всё",
    "Озёра у домов",
    "tired/sad, file.txt",
    "ÉTÉ à la mer…",
    "the and of",
    "№8 ½ ™ 🪁",
    "ΚΑΛΗΜΈΡΑ",
)
SEARCHES = (
    "№ 8",
    "½",
    "™",
    "🪁",
    "грусть",
    "ОЗЁРО",
    "sad",
    "txt",
    "file.txt",
    "été",
    "the",
    "в",
    "и",
    "καλημέρα",
    "-sad",
)


async def found(engine: AsyncEngine) -> dict[str, list[str]]:
    """Write the texts down, and tell which are found by each search."""
    me, now = new_id(), datetime(2031, 5, 5, tzinfo=UTC)
    async with engine.begin() as tx:
        for one in TEXTS:
            row = EntryRow(
                version=1,
                day=now.date(),
                at=now,
                zone="UTC",
                title="",
                text=one,
                mood=None,
                energy=None,
                tags=(),
                habit_ids=(),
                prompt_id=None,
                question="",
                favourite=False,
                changed_at=now,
                id=new_id(),
                user_id=me,
                created_at=now,
            )
            await entries.add(tx, me, row)
        return {
            search: sorted(
                one.row.text for one in await searches.find(tx, me, Wanted(search=search), None, 50)
            )
            for search in SEARCHES
        }


async def test_the_locale_of_a_database_changes_nothing(
    postgres: embedded.Embedded, engine: AsyncEngine
) -> None:
    async with engine.connect() as plain:
        tx = await plain.execution_options(isolation_level="AUTOCOMMIT")
        made = "CREATE DATABASE plain_c TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'"
        await tx.execute(text(made))
    other = open_engine(
        make_url(postgres.url).set(database="plain_c").render_as_string(hide_password=False), 1
    )
    try:
        await migrate(other)
        there, here = await found(other), await found(engine)
    finally:
        await other.dispose()
    assert there == here
    assert {search: len(texts) for search, texts in here.items()} == {
        **dict.fromkeys(SEARCHES, 1),
        "в": 0,
        "-sad": len(TEXTS) - 1,
    }
