"""A disk that fills up: what is refused, what goes on, who says so, and that it heals by itself."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from actors.runtime.faults import refusal_of
from storage import disk, embedded
from storage.session import open_engine
from tests.chaos.test_database import Diary, server_of
from tests.journeys.running import ritmo, until, up

SIZE = "256m"
"""Of the disk: a database, its log, and a little more."""


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(folder)]
    mounted = subprocess.run(words, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a disk can be filled only where one can be mounted: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Write a file until there is no room for a byte more."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(65536))
    return path


def is_refused(answer: httpx.Response) -> bool:
    """Tell whether this says that the disk is full, and when to come back."""
    if answer.status_code != 503 or answer.json()["code"] != "disk_full":
        return False
    return int(answer.headers["Retry-After"]) >= 1


def test_a_full_disk_is_named_and_heals_by_itself(small: Path) -> None:
    data = small / "data"  # what Ritmo says is written to a file on the same disk
    with up(data) as running:
        diary = Diary(running)
        assert diary.add().status_code == 201
        filler = fill(small)
        for _ in range(20):
            assert is_refused(diary.add())
        assert diary.kept() == diary.confirmed, "what is there can be read"
        until(lambda: running.client.get("/readyz").status_code == 503, "what was seen is old")
        answer = running.client.get("/readyz")
        assert answer.json()["parts"]["disk"] == "full"
        assert "free some space" in answer.json()["advice"]["disk"]
        seen = ritmo("doctor", data=data)
        assert seen.returncode == 1
        assert "✗ disk" in seen.stdout

        server_of(data).kill()  # it cannot come back while there is no room for its log
        until(lambda: is_refused(running.client.get("/v1/habits", headers=diary.headers)), "named")
        assert is_refused(diary.add())
        filler.unlink()
        until(lambda: diary.add().status_code == 201, "it works again")
        until(running.ready, "Ritmo is ready again")
        assert diary.kept() == diary.confirmed
        assert running.stop() == 0


def test_a_start_on_a_full_disk_is_refused_in_a_sentence(small: Path) -> None:
    filler = fill(small)
    refused = ritmo("up", "--port", "0", data=small / "data")
    assert refused.returncode == 1
    assert "is full: free some space, and start again." in refused.stderr
    assert "Traceback" not in refused.stderr
    filler.unlink()
    assert ritmo("migrate", data=small / "data").returncode == 0


async def test_a_database_that_says_so_is_believed(small: Path) -> None:
    """As one on another machine does."""
    server = embedded.start(small / "postgres")
    engine = open_engine(server.url, 1)
    try:
        async with engine.begin() as tx:
            await tx.execute(text("CREATE UNLOGGED TABLE heap (word text STORAGE PLAIN)"))
        fill(small)
        with pytest.raises(DBAPIError) as caught:
            async with engine.begin() as tx:
                await tx.execute(
                    text("INSERT INTO heap SELECT repeat('x', 7000) FROM generate_series(1, 9999)")
                )
        refusal = refusal_of(caught.value)
        assert refusal.code == "disk_full"
        assert refusal.retry_after
    finally:
        await engine.dispose()
        os.truncate(small / "filler", 0)
        server.stop()


def test_the_doctor_names_the_full_disk_of_a_database_elsewhere(
    small: Path, tmp_path: Path
) -> None:
    server = embedded.start(small / "postgres")
    url, data = server.url.replace("+asyncpg", ""), tmp_path / "data"
    try:
        assert ritmo("migrate", data=data, database_url=url).returncode == 0
        assert "✓ disk" in ritmo("doctor", data=data, database_url=url).stdout
        filler = fill(small)
        seen = ritmo("doctor", data=data, database_url=url)
        assert seen.returncode == 1
        assert "✗ disk" in seen.stdout
        assert "✓ database" in seen.stdout
        assert "✓ disk" not in seen.stdout
        assert "free some space, and Ritmo goes on by itself." in seen.stdout
        filler.unlink()
        assert "✓ disk" in ritmo("doctor", data=data, database_url=url).stdout
    finally:
        (small / "filler").unlink(missing_ok=True)
        server.stop()


def test_a_disk_without_room_for_files_counts_as_full(tmp_path: Path) -> None:
    words = ["mount", "-t", "tmpfs", "-o", "size=256m,nr_inodes=8", "none", str(tmp_path)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("a disk can be filled only where one can be mounted")
    try:
        assert not disk.is_full(tmp_path)
        with suppress(OSError):
            for number in range(20):
                (tmp_path / str(number)).touch()
        assert disk.is_full(tmp_path / "not" / "there")
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)
