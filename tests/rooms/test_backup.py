"""Backups: that all of it comes back, that nothing that was changed does, and that none is half."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.backup import manifest, shelf
from actors.backup.domain import named
from actors.backup.envelope import WrongKey
from actors.backup.manifest import DATA, MANIFEST, Damaged
from actors.backup.order import make_identity
from actors.backup.process import done
from actors.backup.shelf import BackupAt
from actors.backup.targets.folder import FolderTarget
from actors.backup.verification import keys_of, opened, verify
from actors.runtime.edge import Edge
from actors.runtime.local import LocalBus
from actors.runtime.settings import Settings
from contracts.analytics import GetSummary
from contracts.check_ins import GetToday
from contracts.notifications import SendNotice
from contracts.reminders import CreateReminder
from ops.platform import rooms
from storage import restorations
from storage.backup import aftermath, programs, restoration, snapshot
from storage.outbox import tell
from storage.session import open_engine, transaction
from tests.rooms.backing import another, create, kept, ordered, quiet, ran, settings_of
from tests.rooms.tracking import Tracker, day

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def whole(
    tmp_path: Path, ann: Tracker, database: str, carry: Callable[[], Awaitable[None]]
) -> tuple[Settings, BackupAt]:
    """Make a backup of what Ann keeps."""
    habit = await ann.begin(start_day=day(-400))
    for number in range(-400, 1, 2):
        await ann.log(habit.habit_id, number)
    await carry()
    there = settings_of(tmp_path)
    report = await create(there, database)
    assert report.failed == "" == " ".join(report.warnings)
    (made,) = await kept(there)
    return there, made


async def test_a_restored_ritmo_answers_as_before(
    whole: tuple[Settings, BackupAt],
    ann: Tracker,
    engine: AsyncEngine,
    carry: Callable[[], Awaitable[None]],
) -> None:
    there, _ = whole
    asks = (GetToday(), GetSummary())
    before = [await ann.ask(one) for one in asks]
    url = await another(engine, "restored")
    # What waits to be sent when the backup is made was sent before it is restored.
    await ann.ask(CreateReminder.model_validate({"kind": "fixed", "text": "Stretch"}))
    notice = SendNotice(user_id=ann.who.user_id, template="test", dedupe_key="before")
    waiting = SendNotice(user_id=ann.who.user_id, template="test", dedupe_key="waiting")
    async with transaction(engine) as tx:
        await tell(tx, notice)
    await carry()
    async with transaction(engine) as tx:
        await tell(tx, waiting)
        due = {"at": datetime.now(UTC) - timedelta(minutes=10)}
        moved = await tx.execute(text("UPDATE reminders.rules SET next_fire_at = :at"), due)
        assert moved.rowcount == 1
    report = await create(there, engine.url.render_as_string(hide_password=False))
    newest = (await kept(there))[0]
    assert newest.name == report.backup
    assert newest.manifest is not None
    order = ordered(there, work="verify")
    async with opened(order, newest, keys_of(order), quiet()) as file:
        await restoration.restore(
            url,
            programs.fitting(18),
            restoration.Archive(file, lambda count: None),
            newest.manifest.tables,
            after=aftermath.statements(newest.name, datetime.now(UTC)),
        )
    restored = open_engine(url, 4)
    bus = LocalBus()
    for room in rooms():
        bus.open_room(Edge(room, restored, bus, 2))
    again = Tracker(bus, restored, ann.who)
    assert [await again.ask(one) for one in asks] == before
    async with transaction(restored) as tx:
        left = "SELECT count(*) FROM notifications.deliveries WHERE state = 'pending'"
        assert await tx.scalar(text(left)) == 0
        sent = "SELECT count(*) FROM bus.outbox WHERE address LIKE 'notifications.%'"
        assert await tx.scalar(text(sent)) == 0
        assert await restorations.last(tx) is not None
    reminding = next(room for room in rooms() if room.name == "reminders")
    claim = next(tick for tick in reminding.ticks if tick.name == "reminders.claim")
    async with transaction(restored) as tx:
        await claim.strike(tx)
        fires = await tx.execute(text("SELECT outcome FROM reminders.fires"))
        assert [*fires.scalars()] == ["missed"]
        assert await tx.scalar(text(sent)) == 0
    await restored.dispose()


async def test_a_backup_is_what_it_says(
    whole: tuple[Settings, BackupAt], engine: AsyncEngine
) -> None:
    there, made = whole
    assert made.verified
    assert made.verdict is not None
    assert made.verdict.depth == "opened"
    assert made.manifest is not None
    async with snapshot.opened(engine) as tx:
        assert (await snapshot.contents(tx)).counts == made.manifest.tables
    file = there.data / "backups" / made.name / DATA
    assert file.stat().st_size == made.manifest.cipher.bytes
    assert file.stat().st_mode & 0o077 == 0
    assert b"example.org" not in file.read_bytes()
    assert not await asyncio.to_thread(lambda: [*(there.data / "scratch").glob("*")])


async def test_age_zstd_and_pg_restore_alone_bring_it_back(
    whole: tuple[Settings, BackupAt], engine: AsyncEngine
) -> None:
    there, made = whole
    page = (Path(__file__).parents[2] / "docs" / "backup.md").read_text()
    line = re.search(r"^age .*pg_restore.*$", page, re.MULTILINE)
    assert line is not None, "docs/backup.md says how"
    url = await another(engine, "by_hand")
    path = f"{programs.fitting(18).folder}:{os.environ['PATH']}"
    await ran(
        f"cd {there.data}/backups/{made.name}; cp {there.backup_identity} backup.key; {line[0]}",
        **programs.environment_of(url) | {"PATH": path},
    )
    restored = open_engine(url, 1, command=None)
    async with snapshot.opened(restored) as tx:
        assert made.manifest is not None
        assert (await snapshot.contents(tx)).counts == made.manifest.tables
    await restored.dispose()


def damaged(data: bytes, how: str, place: float, other: bytes) -> bytes:
    """Damage some bytes: one is flipped, cut off, swapped with the next, or something follows."""
    at = int(place * (len(data) - 2))
    if how == "flipped":
        return data[:at] + bytes([data[at] ^ (1 + at % 255)]) + data[at + 1 :]
    if how == "cut":
        return data[:at]
    if how == "swapped":
        first, second = data[at : at + 1], data[at + 1 : at + 2]
        return data[:at] + second + first + data[at + 2 :] if first != second else data[:at]
    return data + other


async def test_what_was_changed_is_refused(
    whole: tuple[Settings, BackupAt], tmp_path: Path
) -> None:
    there, made = whole
    order = ordered(there, work="verify")
    keys, target = keys_of(order), FolderTarget(tmp_path / "changed")
    objects = {part: await made.target.get(f"{made.name}/{part}") for part in (DATA, MANIFEST)}
    loop, tried = asyncio.get_running_loop(), list[str]()

    async def attempt(part: str, how: str, place: float, more: bytes) -> None:
        for one, data in objects.items():
            changed = damaged(data, how, place, more) if one == part else data
            await target.put(f"{made.name}/{one}", changed)
        kept = await shelf.find([target], made.name)
        for key in (keys, []):
            assert not (await verify(kept, key, quiet())).verified
        with pytest.raises((Damaged, WrongKey)):
            async with opened(order, kept, keys, quiet()):
                tried.append("opened")

    @settings(max_examples=80, deadline=None, suppress_health_check=[*HealthCheck])
    @given(
        st.sampled_from([DATA, MANIFEST]),
        st.sampled_from(["flipped", "cut", "swapped", "appended"]),
        st.floats(0, 1),
        st.binary(min_size=1, max_size=9),
    )
    def change(part: str, how: str, place: float, more: bytes) -> None:
        asyncio.run_coroutine_threadsafe(attempt(part, how, place, more), loop).result()

    await asyncio.to_thread(change)
    assert tried == []
    for part, data in objects.items():
        await target.put(f"{made.name}/{part}", data)
    assert (await verify(await shelf.find([target], made.name), keys, quiet())).verified
    # That of another backup is refused as well.
    name = named(datetime.now(UTC), "0" * 8)
    for part, data in objects.items():
        await target.put(f"{name}/{part}", data)
    assert not (await verify(await shelf.find([target], name), keys, quiet())).verified


async def test_a_wrong_key_is_told(whole: tuple[Settings, BackupAt], tmp_path: Path) -> None:
    there, made = whole
    make_identity(tmp_path / "other.key")
    order = ordered(there, work="verify").model_copy(update={"identity": tmp_path / "other.key"})
    with pytest.raises(WrongKey):
        async with opened(order, made, keys_of(order), quiet()):
            raise AssertionError("it was opened")
    report = await done(order.model_copy(update={"work": "drill"}), quiet())
    assert "None of the keys given opens this backup" in report.failed
    assert made.verified


async def test_a_drill_compares(whole: tuple[Settings, BackupAt], tmp_path: Path) -> None:
    there, made = whole
    drill = ordered(there, work="drill")
    report = await done(drill, quiet())
    assert (report.outcome, report.why) == ("verified", "")
    assert made.manifest is not None
    assert report.rows == made.manifest.rows
    told = made.manifest.tables | {"habits.habits": 2}
    lie = made.manifest.model_copy(update={"tables": told})
    await made.target.put(f"{made.name}/{MANIFEST}", manifest.written(lie))
    report = await done(drill, quiet())
    assert (report.outcome, report.why) == ("differs", "habits.habits has 1 rows, not 2.")
    report = await done(drill.model_copy(update={"identity": None}), quiet())
    assert report.outcome == "could_not_verify"


async def test_a_target_that_fails_is_left_out(ann: Tracker, database: str, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    there = settings_of(tmp_path, str(blocked), str(tmp_path / "data" / "backups"))
    report = await create(there, database)
    assert report.failed == ""
    assert str(blocked) in " ".join(report.warnings)
    assert [one.name for one in await kept(there)] == [report.backup]
    alone = settings_of(tmp_path, str(blocked))
    assert str(blocked) in (await create(alone, database)).failed


@pytest.mark.parametrize("until", ["phase", "verify"])
async def test_who_is_killed_leaves_no_half_backup_and_no_lock(
    until: str, ann: Tracker, database: str, tmp_path: Path
) -> None:
    there = settings_of(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-m", "actors.backup.process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(ordered(there, database).model_dump_json().encode() + b"\n")
    process.stdin.flush()
    for line in process.stdout:
        if until in line.decode():
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    found = await kept(there)
    assert [one.verified for one in found] == [False] * len(found)
    assert len(found) == (until == "verify"), "without a manifest there is none"
    report = await create(there, database)
    assert report.failed == ""
    assert (await kept(there))[0].verified


async def test_what_a_dead_one_left_is_cleared_away(
    ann: Tracker, database: str, tmp_path: Path
) -> None:
    there = settings_of(tmp_path)
    folder = there.data / "backups"
    old = named(datetime.now(UTC) - timedelta(days=2), "0" * 8)
    new = named(datetime.now(UTC), "1" * 8)
    for name in (old, new, "mine"):
        (folder / name).mkdir(parents=True)
        (folder / name / f"{DATA}.part").write_bytes(b"half")
    await create(there, database)
    assert not (folder / old).exists()
    assert (folder / new).exists(), "that one may still be written"
    assert (folder / "mine").exists(), "that is none of ours"


async def test_the_newest_is_kept_and_old_ones_go(whole: tuple[Settings, BackupAt]) -> None:
    there, made = whole
    folder = there.data / "backups"
    assert made.manifest is not None
    for number in range(1, 40):
        name = named(made.manifest.started_at - timedelta(hours=number), f"{number:08x}")
        shutil.copytree(folder / made.name, folder / name)
        said = made.manifest.model_copy(update={"name": name})
        (folder / name / MANIFEST).write_bytes(manifest.written(said))
    order = ordered(there)
    dropped = await shelf.prune(made.target, order.keeping, dry=True)
    assert len(await kept(there)) == 40
    assert await shelf.prune(made.target, order.keeping) == dropped
    left = await kept(there)
    assert next(one.name for one in left) == made.name
    assert len(left) == 40 - len(dropped) < 8
    assert json.loads((folder / made.name / MANIFEST).read_text())["name"] == made.name
