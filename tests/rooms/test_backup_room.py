"""The backup room: makes backups when they are due, and tells administrators what is not well."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
import time_machine
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.backup import schedule, worker
from actors.backup.room import take_over, tools
from actors.runtime.local import LocalBus
from actors.runtime.ping import look
from contracts.backup import GetBackupRun, ListBackups, StartBackupRun
from contracts.message import NotFound, new_id
from contracts.notifications import CHANNELS
from contracts.users import ChangeUser
from ops.health import Deployment, seen_states
from storage.backup import runs
from storage.session import transaction
from tests.rooms.backing import settings_of
from tests.rooms.people import ADMIN
from tests.rooms.tracking import Tracker

pytestmark = pytest.mark.asyncio

HOUR = timedelta(hours=1)


@pytest_asyncio.fixture
async def room(
    bus: LocalBus, engine: AsyncEngine, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    """Have the room keep backups below a folder of this test; it came here just now."""
    await take_over(settings_of(tmp_path))
    async with transaction(engine) as tx:
        await runs.note(tx, "since", datetime.now(UTC))


async def work(engine: AsyncEngine) -> None:
    """Do what waits, as the loop of the room does."""
    async with transaction(engine) as tx:
        run = await runs.claim(tx, datetime.now(UTC))
    assert run is not None
    await worker.one(engine, tools.settings, run)


async def planned(engine: AsyncEngine) -> list[str]:
    """Let the clock strike; return what waits then."""
    async with transaction(engine) as tx:
        await schedule.plan(tx)
        return [one.kind for one in await runs.recent(tx, 9) if one.phase == "waiting"]


async def state(engine: AsyncEngine) -> tuple[str, str]:
    """Return the code and the sentence of /readyz and the doctor."""
    async with transaction(engine) as tx:
        seen = await look(tx, Path())
    states = seen_states(seen, Deployment(apart=False))
    found = next(one for one in states if one.part == "backups")
    return found.code, found.said("en")


async def test_backups_come_by_themselves_and_are_told_of(
    room: None,
    bus: LocalBus,
    engine: AsyncEngine,
    clock: time_machine.Traveller,
    ann: Tracker,
    carry: Callable[[], Awaitable[None]],
) -> None:
    assert await planned(engine) == []
    assert await state(engine) == ("ok", "There is no backup yet: the first comes by itself.")
    clock.shift(HOUR)
    assert await planned(engine) == ["create"]
    assert await planned(engine) == ["create"], "it is asked for once"
    run = await bus.ask(StartBackupRun(), ADMIN)
    assert run.phase == "waiting"
    await work(engine)
    done = await bus.ask(GetBackupRun(run_id=run.run_id), ADMIN)
    assert (done.phase, done.why, done.warnings) == ("done", "", "")
    listed = await bus.ask(ListBackups(), ADMIN)
    assert [(one.name, one.verified) for one in listed.backups] == [(done.backup, True)]
    assert listed.backups[0].rows == done.rows > 0
    code, said = await state(engine)
    assert code == "ok"
    assert f"The last backup is of {done.started_at:%Y-%m-%d %H:%M}" in said
    with pytest.raises(NotFound):
        await bus.ask(GetBackupRun(run_id=new_id()), ADMIN)
    assert await planned(engine) == ["drill"]
    await work(engine)
    drilled = (await bus.ask(ListBackups(), ADMIN)).runs[0]
    assert (drilled.kind, drilled.outcome) == ("drill", "verified")
    clock.shift(23 * HOUR)
    assert await planned(engine) == []
    clock.shift(HOUR)
    assert await planned(engine) == ["create"]


async def test_administrators_are_told_that_there_is_none(
    room: None,
    bus: LocalBus,
    engine: AsyncEngine,
    clock: time_machine.Traveller,
    ann: Tracker,
    bob: Tracker,
    carry: Callable[[], Awaitable[None]],
) -> None:
    await bus.ask(ChangeUser(user_id=ann.who.user_id, role="admin"), ADMIN)
    for _ in range(2):
        await planned(engine)
    await carry()
    assert await letters(engine) == []
    clock.shift(27 * HOUR)
    for _ in range(2):
        await planned(engine)
        await carry()
    (user, channel) = (ann.who.user_id, "email")
    assert await letters(engine) == [(user, channel)], "once, and no channel that she has not"
    assert channel in CHANNELS
    assert (await state(engine))[0] == "stale"
    clock.shift(25 * HOUR)
    await planned(engine)
    await carry()
    assert await letters(engine) == [(user, channel)] * 2, "again the next day"


async def letters(engine: AsyncEngine) -> list[tuple[object, object]]:
    async with transaction(engine) as tx:
        found = "SELECT user_id, channel FROM notifications.deliveries WHERE template = :name"
        return [(row[0], row[1]) for row in await tx.execute(text(found), {"name": "backup_alarm"})]


async def test_what_fails_is_told_and_tried_again(
    room: None, engine: AsyncEngine, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "backups").write_text("no folder")
    clock.shift(HOUR)
    assert await planned(engine) == ["create"]
    await work(engine)
    code, said = await state(engine)
    assert code == "failed"
    assert f"The backup folder {tmp_path}/data/backups cannot be used" in said
    assert await planned(engine) == [], "not at once"
    clock.shift(HOUR)
    assert await planned(engine) == ["create"]


async def test_a_run_whose_process_died_failed(
    room: None, engine: AsyncEngine, clock: time_machine.Traveller
) -> None:
    async def claimed() -> runs.RunRow | None:
        async with transaction(engine) as tx:
            return await runs.claim(tx, datetime.now(UTC))

    async with transaction(engine) as tx:
        first = await runs.ask(tx, "create", datetime.now(UTC))
        await runs.ask(tx, "drill", datetime.now(UTC))
    assert (await claimed()) is not None
    assert await claimed() is None, "one at a time"
    clock.shift(timedelta(minutes=2))
    second = await claimed()
    assert second is not None
    assert second.kind == "drill"
    async with transaction(engine) as tx:
        dead = await runs.find(tx, first.id)
    assert dead is not None
    assert (dead.phase, dead.why) == ("failed", "It was interrupted.")
