"""Orders that an older version told as facts are done as jobs after an update."""

import asyncio
import json
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import text

from contracts.message import new_id
from ops.platform import rooms
from storage import embedded
from storage.migrations import migrate
from storage.session import open_engine

revision = import_module("storage.migrations.versions.0020_jobs")
moved = import_module("storage.migrations.versions.0025_notifications")

JOBS = {
    before: moved.JOBS.get(then, then)
    for before, then in revision.JOBS.items()
    if before != "analytics.rebuild_requested"
}
"""The addresses of orders before, and those of the jobs that they are now."""

DAYS = {"every": "week", "first": "2026-01-05", "last": "2026-01-11", "language": "en"}

WORDS: dict[str, dict[str, Any]] = {
    "reminders.mail_wanted": {
        "template": "welcome",
        "dedupe_key": "x",
        "data": {"said": '"fact_id": {"version": 1}'},
    },
    "reminders.digest_due": {
        **DAYS,
        "dedupe_key": "x",
        "useful_until": "2026-01-13T00:00:00Z",
    },
    "analytics.digest_composed": {
        "digest": {**DAYS, "summary": {}, "pictures": [{"data": "iVBORw0KGgo="}]},
        "dedupe_key": "y",
        "useful_until": "2026-01-13T00:00:00Z",
    },
    "reminders.habit_marked": {"habit_id": str(new_id()), "day": "2026-01-05", "state": "done"},
    "reminders.mark_withdrawn": {"habit_id": str(new_id()), "day": "2026-01-05"},
    "habits.import_requested": {"import_id": str(new_id()), "dry_run": False},
    "habits.import_undo_requested": {"import_id": str(new_id())},
    "journal.import_requested": {"import_id": str(new_id()), "dry_run": True},
    "journal.import_undo_requested": {"import_id": str(new_id())},
}
"""What was told, by its address then."""

DROPPED = ("reminders.telegram_wanted", "analytics.rebuild_requested")
"""Orders that nobody carries out any more: there is nothing to rebuild."""

UNREADABLE = '{"fact_id": 5'


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """Update a database in which orders wait; return what waits then, and what is parked."""
    server = embedded.start(tmp_path_factory.mktemp("jobs") / "postgres", durable=False)
    try:
        return asyncio.run(updated(server.url))
    finally:
        server.stop()


async def updated(url: str) -> dict[str, list[Any]]:
    engine = open_engine(url, 1)
    await migrate(engine, "0019")
    waits = "INSERT INTO bus.outbox (fact_id, address, user_id, body) VALUES (:id, :at, :me, :body)"
    parked = waits.replace("outbox (", "parked (room, reason, ").replace("(:id", "('x', 'y', :id")
    async with engine.begin() as tx:
        for address, words in {**WORDS, **{name: {} for name in DROPPED}}.items():
            ids = {"id": new_id(), "me": new_id()}
            envelope = {"fact_id": str(ids["id"]), "user_id": str(ids["me"]), "version": 3}
            body = json.dumps(envelope | words)
            for statement in (waits, parked):
                await tx.execute(text(statement), {**ids, "at": address, "body": body})
        broken = {"id": new_id(), "me": new_id(), "at": "habits.import_requested"}
        await tx.execute(text(parked), {**broken, "body": UNREADABLE})
    await migrate(engine)
    async with engine.begin() as tx:
        tables = {
            name: list(await tx.execute(text(f"SELECT * FROM bus.{name} ORDER BY 1")))
            for name in ("outbox", "parked")
        }
    await engine.dispose()
    return tables


def test_every_order_is_a_job_that_its_room_can_read(carried: dict[str, list[Any]]) -> None:
    jobs = {address: job.contract for room in rooms() for address, job in room.jobs.items()}
    assert {*JOBS.values()} <= {*jobs}
    for name, rows in carried.items():
        assert [row.address for row in rows[: len(WORDS)]] == [JOBS[at] for at in WORDS]
        for row, words in zip(rows, WORDS.values(), strict=False):
            job = jobs[row.address].model_validate_json(row.body)
            assert (row.is_job, job.id, job.user_id) == (True, row.message_id, row.user_id), name
            told = {**{k: v for k, v in words.items() if k != "digest"}, **words.get("digest", {})}
            kept = {k: v for k, v in told.items() if k not in ("summary", "pictures")}
            said = json.loads(row.body)
            assert said.items() >= kept.items()
            assert "pictures" not in row.body


def test_what_cannot_be_read_is_kept(carried: dict[str, list[Any]]) -> None:
    (row,) = carried["parked"][len(WORDS) :]
    assert (row.address, row.body) == ("habits.read_import", '{"job_id": 5')
    assert len(carried["outbox"]) == len(WORDS)
