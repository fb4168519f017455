"""Secrets at rest: sealed, sealed anew, and never written over where a key is missing."""

import asyncio
import base64
import errno
import os
import secrets as random
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime import seal as files
from actors.runtime.local import LocalBus
from actors.runtime.seal import Seal, SealKey, written
from actors.runtime.settings import Settings
from contracts.message import Unavailable, new_id
from ops import keys as rotation
from ops.faults import CannotRun
from ops.seal import find_state, ready, seal_all
from storage import sealed, secrets
from storage.auth import keys
from storage.notifications import apprise, links
from storage.sealed import Unreadable
from storage.session import transaction
from tests.rooms.people import register

pytestmark = pytest.mark.asyncio


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Give settings whose keys are in a file of their own that is not there yet."""
    monkeypatch.delenv("RITMO_SEAL_KEYS")
    yield Settings(data=tmp_path)
    monkeypatch.undo()
    sealed.use(Seal(Settings()))


async def live(engine: AsyncEngine) -> tuple[bytes, bytes, list[str]]:
    """Have a secret of each kind; return what they are."""
    users = [new_id() for _ in range(450)]
    async with transaction(engine) as tx:
        secret, link = await secrets.make(tx, "idempotency"), await links.signing_key(tx)
        await keys.add(tx, keys.Key("k", "active", "public", "private"))
        for number, user_id in enumerate(users):
            await apprise.save(tx, user_id, f"ntfy://canary{number}:word@host")
    return secret, link, [f"ntfy://canary{number}:word@host" for number in range(len(users))]


async def seen(engine: AsyncEngine) -> tuple[bytes | None, bytes, list[str]]:
    """Read the same back."""
    async with transaction(engine) as tx:
        key = await keys.active(tx)
        assert key is not None
        assert key.private_pem == "private"
        rows = await tx.execute(select(apprise.apprise.c.url))
        urls = sorted(rows.scalars(), key=lambda url: int(url.split("canary")[1].split(":")[0]))
        return await secrets.find(tx, "idempotency"), await links.signing_key(tx), urls


COLUMNS = (
    ("auth.keys", "private_pem"),
    ("bus.secrets", "value"),
    ("notifications.secrets", "value"),
    ("notifications.apprise", "url"),
)


async def raw(engine: AsyncEngine) -> list[bytes]:
    """Read what is kept, as it is."""
    found: list[bytes] = []
    async with transaction(engine) as tx:
        for table, column in COLUMNS:
            rows = await tx.execute(
                text(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL")
            )
            found += [one.encode() if isinstance(one, str) else one for one in rows.scalars()]
    return found


async def lay_open(engine: AsyncEngine) -> None:
    """Write everything down in the open, as a Ritmo before there were seals did."""
    async with transaction(engine) as tx:
        for place in sealed.places():
            for key, value in (await tx.execute(select(place.key, place.column))).all():
                statement = text(
                    f"UPDATE {place.table.fullname} SET {place.column.name} = :value"
                    f" WHERE {place.key.name} = :key"
                )
                await tx.execute(statement, {"value": value, "key": key})


async def test_what_lies_in_the_open_is_sealed_by_any_number_at_once(
    engine: AsyncEngine, given: Settings
) -> None:
    sealed.use(Seal(Settings(seal_keys="A" * 43)))
    there = await live(engine)
    await lay_open(engine)
    assert await seen(engine) == there
    assert b"ntfy://canary7:word@host" in await raw(engine)
    await asyncio.gather(*(ready(engine, given, make_file=True) for _ in range(4)))
    assert await seen(engine) == there
    kept = await raw(engine)
    assert len(kept) == 454  # with the one that is sealed first
    assert {one[:7] for one in kept} == {b"sealed:"}
    plain = base64.urlsafe_b64encode(b"word@host").rstrip(b"=")
    assert not [one for one in kept if b"canary" in one or b"word" in one or plain in one]
    file = given.data / "seal.keys"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["seal.keys"]


async def test_every_secret_column_is_found(engine: AsyncEngine) -> None:
    found = {(place.table.fullname, place.column.name) for place in sealed.places()}
    assert set(COLUMNS) <= found


@pytest.mark.parametrize("moment", ["file", "some", "all"])
async def test_keys_change_whatever_happens_meanwhile(
    engine: AsyncEngine, given: Settings, moment: str
) -> None:
    """Whoever dies after any step leaves all readable, and the next one gets it done."""
    await ready(engine, given, make_file=True)
    there, seal = await live(engine), Seal(given)
    assert seal.file is not None
    (old,) = seal.keys()
    files.replace(seal.file, [SealKey.made(), old])
    other = Seal(given)  # another process
    if moment == "some":
        async with transaction(engine) as tx:
            for place in sealed.places():
                await sealed.seal_some(tx, place, None)
    elif moment == "all":
        await seal_all(engine)
    sealed.use(other)
    assert await seen(engine) == there
    await asyncio.gather(*(seal_all(engine) for _ in range(3)))
    files.replace(seal.file, other.keys()[:1])
    assert await seen(engine) == there
    async with transaction(engine) as tx:
        assert (await sealed.survey(tx)).heads == {other.head()}


async def test_who_rotates_keys_waits_for_who_is_at_it(
    engine: AsyncEngine, given: Settings
) -> None:
    url = engine.url.render_as_string(hide_password=False)
    settings = given.model_copy(update={"database_url": SecretStr(url)})
    await ready(engine, settings, make_file=True)
    async with transaction(engine) as tx:
        there = await secrets.make(tx, "idempotency")
    file = given.data / "seal.keys"
    before = file.read_text()
    waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    async with rotation._turn(engine):
        other = asyncio.create_task(rotation.rotate(settings))
        async with asyncio.timeout(60), transaction(engine) as tx:
            while not other.done() and not await tx.scalar(waits):
                await asyncio.sleep(0.01)
        assert not other.done()
        assert file.read_text() == before
    await other
    assert file.read_text() != before
    sealed.use(Seal(given))
    async with transaction(engine) as tx:
        assert await secrets.find(tx, "idempotency") == there


@pytest.mark.parametrize("wrong", ["missing", "other", "unreadable"])
async def test_without_the_right_keys_nothing_is_written_over(
    engine: AsyncEngine, given: Settings, wrong: str
) -> None:
    await ready(engine, given, make_file=True)
    await live(engine)
    before, file = await raw(engine), given.data / "seal.keys"
    right = file.read_text()
    if wrong == "missing":
        file.unlink()
    else:
        file.write_text(written([SealKey.made()]) if wrong == "other" else "no keys\n")
    stood = file.read_text() if file.exists() else None
    for _ in range(2):
        with pytest.raises(CannotRun, match=r"put it back|put the right ones back|be read") as no:
            await ready(engine, given, make_file=True)
        assert str(file) in str(no.value)
    async with transaction(engine) as tx:
        assert (await find_state(tx, given)).code == wrong
    with pytest.raises(Unreadable):
        await seen(engine)
    assert (file.read_text() if file.exists() else None) == stood
    assert await raw(engine) == before
    file.write_text(right)
    await ready(engine, given)


async def test_of_two_that_begin_on_one_database_one_makes_the_keys(
    engine: AsyncEngine, given: Settings, tmp_path: Path
) -> None:
    folders = [tmp_path / f"data{number}" for number in range(4)]
    starts = (ready(engine, Settings(data=folder), make_file=True) for folder in folders)
    ended = await asyncio.gather(*starts, return_exceptions=True)
    assert [one for one in ended if not isinstance(one, CannotRun)] == [True]
    (holder,) = [folder for folder in folders if (folder / "seal.keys").exists()]
    assert ended[folders.index(holder)] is True
    there = await live(engine)
    for folder in folders:
        if folder != holder:
            with pytest.raises(CannotRun, match="is missing"):
                await ready(engine, Settings(data=folder), make_file=True)
    with pytest.raises(CannotRun, match="are not those of this database"):
        await ready(engine, Settings(seal_keys="A" * 43))
    await ready(engine, Settings(data=holder))
    assert await seen(engine) == there


@pytest.mark.parametrize("way", ["made", "replaced"])
async def test_a_file_of_keys_and_its_name_are_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    file, kept = tmp_path / "seal.keys", list[Path]()
    if way == "replaced":
        files.make(file)
    with monkeypatch.context() as patch:
        fsync = os.fsync

        def noting(opened: int) -> None:
            kept.append(Path(f"/proc/self/fd/{opened}").readlink())
            fsync(opened)

        patch.setattr(os, "fsync", noting)
        if way == "made":
            files.make(file)
        else:
            files.replace(file, [SealKey.made()])
    half, folder = kept
    assert half.parent == folder == tmp_path
    assert half.name.startswith(".seal.keys.")


@pytest.mark.parametrize("way", ["made", "replaced"])
async def test_keys_that_cannot_be_written_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    file = tmp_path / "seal.keys"
    if way == "replaced":
        files.make(file)
    there = {path.name: path.read_text() for path in tmp_path.iterdir()}

    def full(opened: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(os, "fsync", full)
        if way == "made":
            files.make(file)
        else:
            files.replace(file, [SealKey.made()])
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == there


async def test_a_room_without_keys_says_so(
    bus: LocalBus, engine: AsyncEngine, given: Settings
) -> None:
    sealed.use(Seal(given))
    with pytest.raises(Unavailable) as no:
        await register(bus)
    assert no.value.code == "secrets_sealed"
    async with transaction(engine) as tx:
        assert not (await tx.execute(text("SELECT 1 FROM auth.accounts"))).all()


async def test_what_was_sealed_for_one_thing_opens_nothing_else() -> None:
    seal, plain = Seal(Settings()), random.token_bytes(40)
    one = seal.seal(plain, "auth.keys.private_pem")
    assert seal.open(one, "auth.keys.private_pem") == plain
    assert one != seal.seal(plain, "auth.keys.private_pem")
    with pytest.raises(Unreadable):
        seal.open(one, "bus.secrets.value")
    for place in range(len(one)):
        changed = bytearray(one)
        changed[place] ^= 1
        with pytest.raises(Unreadable):
            seal.open(bytes(changed), "auth.keys.private_pem")
    for length in range(len(one)):
        with pytest.raises(Unreadable):
            seal.open(one[:length], "auth.keys.private_pem")


async def test_a_file_that_others_may_read_is_told(engine: AsyncEngine, given: Settings) -> None:
    await ready(engine, given, make_file=True)
    (given.data / "seal.keys").chmod(0o640)
    async with transaction(engine) as tx:
        assert (await find_state(tx, given)).code == "open"
