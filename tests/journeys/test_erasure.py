"""Who deletes their account leaves nothing behind: in no table, and in no file of the data folder.

Tables and columns are found, not listed: a new one is looked into without a word here.
"""

import asyncio
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.embedded import connect_url
from storage.session import open_engine
from tests.databases import prepared
from tests.journeys.running import PATIENCE, up
from tests.security.person import Person, arrive, live

TABLES = text(
    "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
    " AND table_schema NOT IN ('pg_catalog', 'information_schema')"
)
THAT_THEY_ARE_GONE = {
    "users.gone",
    *("analytics.people", "backup.people", "calendar.people", "habits.people", "journal.people"),
    *("notifications.people", "reminders.people", "telegram.people"),
}
"""Tables that keep the id of who is gone, so that what comes late does not bring them back."""


def traces(person: Person) -> tuple[str, ...]:
    """Say by what a person would be known: their words, also as bytes are written out."""
    return (person.mark, person.email, person.mark.encode().hex())


async def tables_with(tx: AsyncConnection, words: tuple[str, ...]) -> dict[str, str]:
    """Return the tables in which a word stands anywhere, each with a row."""
    found = {}
    for schema, table in (await tx.execute(TABLES)).all():
        condition = " OR ".join(f"one::text ILIKE :w{at}" for at in range(len(words)))
        rows = await tx.execute(
            text(f'SELECT one::text FROM "{schema}"."{table}" AS one WHERE {condition} LIMIT 1'),
            {f"w{at}": f"%{word}%" for at, word in enumerate(words)},
        )
        if (row := rows.scalar()) is not None:
            found[f"{schema}.{table}"] = str(row)[:300]
    return found


def files_with(data: Path, words: tuple[str, ...]) -> list[str]:
    """List the files in which, or in whose name, a word stands; PostgreSQL's own are its affair."""
    found = []
    for file in data.rglob("*"):
        if file.is_file() and "postgres" not in file.relative_to(data).parts:
            content = str(file).encode() + file.read_bytes()
            if any(word.encode() in content for word in words):
                found.append(str(file))
    return found


@pytest.mark.asyncio
async def test_who_is_gone_left_nothing(cluster: Path, tmp_path: Path) -> None:
    data = prepared(cluster, tmp_path / "data")
    with up(data) as ritmo:
        arrive(ritmo, "somebodyelse")
        ann, bob = arrive(ritmo, "annsmark7731"), arrive(ritmo, "bobsmark7731")
        live(ann)
        live(bob)
        url = connect_url(data / "postgres")
        assert url is not None
        engine = open_engine(url, 1)

        async def left(words: tuple[str, ...]) -> dict[str, str]:
            async with engine.begin() as tx:
                return await tables_with(tx, words)

        before = await left(traces(ann))
        assert len(before) > 15, before.keys()
        assert files_with(data, traces(ann)), "her mails are files"
        ann.ask("DELETE", "/v1/me")

        end = time.monotonic() + PATIENCE
        while (remains := await left(traces(ann))) and time.monotonic() < end:
            await asyncio.sleep(0.05)
        assert remains == {}
        assert files_with(data, traces(ann)) == []
        assert ann.email not in ritmo.said
        assert ann.mark not in ritmo.said
        by_id = await left((ann.ids["user_id"],))
        assert set(by_id) <= THAT_THEY_ARE_GONE, by_id
        assert len(await left(traces(bob))) > 15, "and only she is gone"
        await engine.dispose()
