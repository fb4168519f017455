"""Which migrations the version before lives through is known, and told before they are begun."""

from pathlib import Path

import pytest

from storage import embedded
from storage.migrations import known, migrate
from storage.migrations.safety import (
    NOT_SAFE,
    Catalogue,
    SchemaColumn,
    breaks,
    catalogue,
    unsafe,
)
from storage.session import open_engine, transaction


async def test_each_migration_is_what_is_said_of_it(tmp_path: Path) -> None:
    server = embedded.start(tmp_path / "postgres", durable=False)
    engine = open_engine(server.url, 2)
    try:
        found: dict[str, list[str]] = {}
        before = Catalogue()
        for revision in known():
            await migrate(engine, revision)
            async with transaction(engine) as tx:
                after = await catalogue(tx)
            if wrong := breaks(before, after):
                found[revision] = wrong
            before = after
        assert len(before.tables) > 50
        said = "a migration that the version before trips over; make it in two steps, or name it"
        told = {revision: found.get(revision) for revision in sorted(set(found) ^ NOT_SAFE)}
        assert not told, f"{said} in NOT_SAFE: {told}"
    finally:
        await engine.dispose()
        server.stop()


def one(**columns: SchemaColumn) -> Catalogue:
    return Catalogue({"habits.tags": columns})


FREE, NEEDED = SchemaColumn("text", False, False), SchemaColumn("text", True, False)
FILLED = SchemaColumn("text", True, True)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (one(a=FREE), Catalogue(), ["habits.tags is gone"]),
        (one(a=FREE, b=FREE), one(a=FREE), ["habits.tags.b is gone"]),
        (one(a=FREE), one(a=FREE, b=NEEDED), ["habits.tags.b is asked for"]),
        (one(a=FREE), one(a=NEEDED), ["habits.tags.a may not be empty"]),
        (
            one(a=FREE),
            one(a=SchemaColumn("uuid", False, False)),
            ["habits.tags.a is uuid, not text"],
        ),
        (one(a=FILLED), one(a=NEEDED), ["habits.tags.a is filled by nobody"]),
        (one(a=FREE), one(a=FREE, b=FREE, c=FILLED), []),
        (Catalogue(), one(a=NEEDED), []),
    ],
)
def test_what_the_version_before_trips_over(
    before: Catalogue, after: Catalogue, told: list[str]
) -> None:
    assert breaks(before, after) == told


def test_rules_that_are_new_or_gone_are_told() -> None:
    tables = {"habits.tags": {"a": FREE}}
    ruled = Catalogue(tables, frozenset({("habits.tags", "UNIQUE (a)")}))
    assert breaks(Catalogue(tables), ruled) == ["habits.tags: UNIQUE (a) is new"]
    assert breaks(ruled, Catalogue(tables)) == ["habits.tags: UNIQUE (a) is gone"]


def test_an_empty_database_has_no_version_before() -> None:
    everything = sorted(NOT_SAFE)
    assert unsafe(None, known()) == []
    assert unsafe("0000", known()) == everything
    assert unsafe(known()[-1], known()) == []
