"""`ritmo doctor` and other commands that only look: what they say, and that they change nothing."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from actors import ROOMS
from storage import embedded as cluster
from tests.journeys.running import PASSWORD, Up, ritmo, until

LOOKS = (
    ("user", "list"),
    ("user", "disable", "ada@example.org"),
    ("parked", "list"),
    ("parked", "show", "1"),
    ("parked", "replay"),
    ("parked", "drop", "1"),
    ("keys", "rotate"),
    ("backfill", "analytics"),
    ("demo", "--remove"),
)
"""Commands that have nothing to do where there is no Ritmo."""


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of a Ritmo that does not run, with one user."""
    data = tmp_path_factory.mktemp("stopped") / "data"
    words = ("user", "add", "ada@example.org")
    assert ritmo(*words, data=data, typed=f"{PASSWORD}\n{PASSWORD}\n").returncode == 0
    return data


def everything(folder: Path) -> dict[str, tuple[int, str]]:
    """Note every file below a folder: when it was written, and what is in it."""
    return {
        str(path): (
            path.lstat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in sorted(folder.rglob("*"))
    }


def processes_in(folder: Path) -> list[psutil.Process]:
    """Find the processes of a database in a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(folder) in " ".join(process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.mark.parametrize("words", [("doctor",), *LOOKS], ids=" ".join)
def test_where_there_is_no_ritmo_none_is_made(data: Path, words: tuple[str, ...]) -> None:
    seen = ritmo(*words, data=data)
    assert seen.returncode == 1
    assert "Traceback" not in seen.stdout + seen.stderr
    assert f"There is no Ritmo in {data}" in seen.stdout + seen.stderr
    assert "ritmo up" in seen.stdout + seen.stderr
    assert not data.exists()
    data.mkdir()
    assert ritmo(*words, data=data).returncode == 1
    assert list(data.iterdir()) == []


def test_the_doctor_changes_nothing_of_a_ritmo_that_does_not_run(stopped: Path) -> None:
    before = everything(stopped)
    seen = ritmo("doctor", data=stopped)
    assert seen.returncode == 1
    assert f"Ritmo does not run on {stopped}: start it with `ritmo up`." in seen.stdout
    assert "1 of" in seen.stderr
    assert everything(stopped) == before
    assert processes_in(stopped) == []


def test_the_doctor_finds_what_is_away(stopped: Path) -> None:
    away = {"redis_url": "redis://127.0.0.1:1/", "amqp_url": "amqp://127.0.0.1:1/"}
    seen = ritmo("doctor", data=stopped, real=False, **away)
    assert seen.returncode == 1
    assert "✗ redis" in seen.stdout
    assert "✗ bus" in seen.stdout
    assert "Traceback" not in seen.stdout + seen.stderr
    gone = ritmo("doctor", data=stopped, database_url="postgresql://nobody@127.0.0.1:1/none")
    assert gone.returncode == 1
    assert "✗ database" in gone.stdout
    assert "RITMO_DATABASE_URL" in gone.stdout
    assert (
        "RITMO_DATABASE_URL"
        in ritmo(
            "user", "list", data=stopped, database_url="postgresql://nobody@127.0.0.1:1/none"
        ).stderr
    )


def test_the_doctor_says_that_all_is_well(embedded: Up) -> None:
    data = embedded.output.parent / "data"
    seen = ritmo("doctor", data=data, real=True)
    assert seen.returncode == 0, seen.stdout + seen.stderr
    assert "All is well." in seen.stdout
    for part in (*ROOMS, "courier", "clock", "outbox", "parked", "disk"):
        assert f"✓ {part} " in seen.stdout


def test_the_doctor_speaks_russian(embedded: Up) -> None:
    data = embedded.output.parent / "data"
    seen = ritmo("doctor", data=data, locale="ru_RU.UTF-8")
    assert "Всё в порядке." in seen.stdout
    assert "Курьер работает." in seen.stdout


@pytest.fixture
def dead(stopped: Path, tmp_path: Path) -> Iterator[Path]:
    """A data folder that a Ritmo holds, whose database is not there."""
    shutil.copytree(stopped, tmp_path / "data", copy_function=shutil.copy2)
    folder = tmp_path / "data" / "postgres"
    lock = cluster.hold(folder)
    yield tmp_path / "data"
    lock.close()


def test_no_second_database_is_started_where_a_ritmo_runs(dead: Path) -> None:
    seen = ritmo("doctor", data=dead)
    assert seen.returncode == 1
    assert "✗ database" in seen.stdout
    assert "its database does not answer yet" in seen.stdout
    listed = ritmo("user", "list", data=dead)
    assert listed.returncode == 1
    assert "its database does not answer" in listed.stderr
    assert processes_in(dead) == []


def test_what_is_seen_is_judged_in_readyz(embedded: Up) -> None:
    until(embedded.ready, "all parts are seen")
    answer = embedded.client.get("/readyz").json()
    parts = answer["parts"]
    seen = {"database", "migrations", "courier", "clock", "outbox", "parked", "backups", "disk"}
    assert {*ROOMS, *seen} == {*parts}
    assert set(parts.values()) == {"ok"}
    assert "advice" not in answer
