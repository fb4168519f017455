"""The PostgreSQL that Ritmo brings along: starts, stops, and outlives what may happen to it."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from storage import embedded
from storage.cluster import BIN
from storage.session import open_engine

OWNER = """
import sys
from pathlib import Path
from storage import embedded
print(embedded.start(Path(sys.argv[1])).pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database, stopped."""
    folder = tmp_path_factory.mktemp("made") / "postgres"
    embedded.start(folder).stop()
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of it, owners and all."""
    subprocess.run(["cp", "-a", str(made), str(tmp_path / "postgres")], check=True)
    return tmp_path / "postgres"


@pytest.fixture
def start() -> Iterator[Callable[[Path], embedded.Embedded]]:
    """Start servers that are stopped in the end."""
    servers: list[embedded.Embedded] = []

    def begin(folder: Path) -> embedded.Embedded:
        servers.append(embedded.start(folder))
        return servers[-1]

    yield begin
    for server in servers:
        server.stop()


Start = Callable[[Path], embedded.Embedded]


async def ask(url: str, *statements: str) -> object:
    """Run statements in one transaction; return the first value of the last."""
    engine = open_engine(url, 1)
    try:
        async with engine.begin() as tx:
            for statement in statements:
                answer = await tx.execute(text(statement))
            return answer.scalar() if answer.returns_rows else None
    finally:
        await engine.dispose()


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, at most half a minute."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it does not come true"
        time.sleep(0.01)


def has_ended(pid: int) -> bool:
    """Say whether a process is gone, reaped or not."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def servers_on(folder: Path) -> list[int]:
    """Find the first processes of all servers that work on a folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            words = process.cmdline()
            if str(folder / "data") in words and words[0].endswith("postgres"):
                found.append(process.pid)
    return found


async def test_what_is_written_is_there_after_a_stop(tmp_path: Path, start: Start) -> None:
    first = start(tmp_path / "deep" / "postgres")
    await ask(first.url, "CREATE TABLE kept (word text)", "INSERT INTO kept VALUES ('Привычка')")
    first.stop()
    again = start(tmp_path / "deep" / "postgres")
    assert await ask(again.url, "SELECT lower(word) FROM kept") == "привычка"
    assert await ask(again.url, "SELECT current_setting('fsync')") == "on"


async def test_it_listens_on_a_private_socket_alone(folder: Path, start: Start) -> None:
    server = start(folder)
    assert await ask(server.url, "SELECT current_setting('listen_addresses')") == ""
    family = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    for one in family:
        with contextlib.suppress(psutil.NoSuchProcess):  # the one that answered may have ended
            assert not one.net_connections("inet")
    socket = folder / "socket"
    assert socket.stat().st_mode & 0o777 == 0o700
    assert (socket / ".s.PGSQL.5432").is_socket()


async def test_the_environment_does_not_reach_it(
    folder: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "5999")
    monkeypatch.setenv("PGDATA", "/nowhere")
    assert await ask(start(folder).url, "SELECT 1") == 1


@pytest.mark.parametrize("name", ["a b", "50%25", "привычки", "x" * 120, "one,two", 'say "when"'])
async def test_any_folder_will_do(made: Path, tmp_path: Path, start: Start, name: str) -> None:
    subprocess.run(["cp", "-a", str(made), str(tmp_path / name)], check=True)
    server = start(tmp_path / name)
    assert await ask(server.url, "SELECT current_database()") == "ritmo"
    assert embedded.connect_url(tmp_path / name) == server.url


@pytest.mark.parametrize("runtime", [True, False])
async def test_a_long_path_for_temporary_files_will_do_too(
    made: Path, tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch, runtime: bool
) -> None:
    long = tmp_path / ("x" * 120)
    subprocess.run(["cp", "-a", str(made), str(long)], check=True)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    if runtime:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    server = start(long)
    assert await ask(server.url, "SELECT 1") == 1
    assert embedded.connect_url(long) == server.url


def test_a_folder_in_use_is_refused(folder: Path, start: Start) -> None:
    start(folder)
    with pytest.raises(embedded.FolderInUse, match="Another Ritmo runs on"):
        embedded.start(folder)


def test_the_address_is_known_while_it_runs(folder: Path, start: Start) -> None:
    assert embedded.connect_url(folder) is None
    server = start(folder)
    assert embedded.connect_url(folder) == server.url
    server.stop()
    assert embedded.connect_url(folder) is None


def test_stopping_twice_is_no_harm(folder: Path, start: Start) -> None:
    server = start(folder)
    server.stop()
    server.stop()
    assert has_ended(server.pid)


def test_a_ctrl_c_in_the_terminal_does_not_reach_it(folder: Path, start: Start) -> None:
    assert os.getpgid(start(folder).pid) != os.getpgid(0)


async def test_it_outlives_the_thread_that_started_it(folder: Path, start: Start) -> None:
    servers: list[embedded.Embedded] = []
    thread = Thread(target=lambda: servers.append(start(folder)))
    thread.start()
    thread.join()
    assert await ask(servers[0].url, "SELECT 1") == 1


async def test_it_stops_with_an_owner_who_is_killed(folder: Path, start: Start) -> None:
    words = [sys.executable, "-c", OWNER, str(folder)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        url = embedded.connect_url(folder)
        assert url is not None
        await ask(url, "CREATE TABLE kept AS SELECT 42 AS number")
        with pytest.raises(embedded.FolderInUse):
            embedded.start(folder)
        owner.kill()
    until(lambda: has_ended(pid))
    assert await ask(start(folder).url, "SELECT number FROM kept") == 42


async def test_one_that_survived_its_owner_is_stopped_first(folder: Path, start: Start) -> None:
    words = [sys.executable, "-c", OWNER, str(folder)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        left = int(owner.stdout.readline())
        url = embedded.connect_url(folder)
        assert url is not None
        await ask(url, "CREATE TABLE kept AS SELECT 42 AS number")
        os.kill(left, signal.SIGSTOP)  # it does not hear that its owner dies
        owner.kill()
    assert not has_ended(left)
    assert await ask(start(folder).url, "SELECT number FROM kept") == 42
    assert has_ended(left)


async def test_a_server_that_is_killed_recovers(folder: Path, start: Start) -> None:
    """It comes back on the same address, as one that is not the other's twin."""
    server = start(folder)
    await ask(server.url, "CREATE TABLE kept AS SELECT 42 AS number")
    for _ in range(2):
        dead = server.pid
        os.kill(dead, signal.SIGKILL)
        with pytest.raises(embedded.FolderInUse):
            embedded.start(folder)

        def again(dead: int = dead) -> bool:
            return server.pid != dead and embedded.connect_url(folder) == server.url

        until(again)
        assert await ask(server.url, "SELECT number FROM kept") == 42
        assert servers_on(folder) == [server.pid]
    server.stop()
    assert embedded.connect_url(folder) is None
    assert await ask(start(folder).url, "SELECT number FROM kept") == 42


async def test_a_backend_that_is_killed_takes_none_with_it(folder: Path, start: Start) -> None:
    server = start(folder)
    await ask(server.url, "CREATE TABLE kept AS SELECT 42 AS number")
    for worker in psutil.Process(server.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):
            worker.kill()

    async def answer() -> object:
        with contextlib.suppress(OSError, SQLAlchemyError):
            return await ask(server.url, "SELECT number FROM kept")
        return None

    end = time.monotonic() + 30
    while await answer() != 42:
        assert time.monotonic() < end, "it does not come back"


def test_one_that_dies_again_and_again_is_given_up(folder: Path) -> None:
    told: list[str] = []
    server = embedded.start(folder, give_up=told.append)
    shutil.rmtree(folder / "data" / "global")
    os.kill(server.pid, signal.SIGKILL)
    until(lambda: bool(told) and not server.keeper.alive)
    (said,) = told
    assert said.startswith("PostgreSQL ended 6 times in a row: ")
    assert "\n" not in said
    assert servers_on(folder) == []
    assert not embedded.in_use(folder)
    server.stop()


def test_a_frozen_one_can_be_stopped(folder: Path) -> None:
    server = embedded.start(folder)
    os.kill(server.pid, signal.SIGSTOP)
    server.stop()
    assert has_ended(server.pid)
    assert embedded.connect_url(folder) is None


async def test_a_number_that_is_another_process_now_is_no_server(
    folder: Path, start: Start
) -> None:
    first = start(folder)
    marks = (folder / "data" / "postmaster.pid").read_text().splitlines()
    first.stop()
    user = folder.stat().st_uid if os.geteuid() == 0 else None
    with subprocess.Popen(["sleep", "infinity"], user=user) as stranger:
        try:
            marks[0] = str(stranger.pid)
            (folder / "data" / "postmaster.pid").write_text("\n".join(marks) + "\n")
            assert embedded.connect_url(folder) is None
            assert await ask(start(folder).url, "SELECT 1") == 1
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_another_major_version_is_refused(folder: Path) -> None:
    (folder / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(embedded.FolderUnusable, match=r"made by PostgreSQL 17, this is 18"):
        embedded.start(folder)


async def test_a_start_that_was_cut_off_is_begun_anew(tmp_path: Path, start: Start) -> None:
    (tmp_path / "postgres" / "making").mkdir(parents=True)
    (tmp_path / "postgres" / "making" / "half").touch()
    assert await ask(start(tmp_path / "postgres").url, "SELECT 1") == 1


def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / "postgres" / "data" / "letter.txt"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("dear diary")
    with pytest.raises(embedded.FolderUnusable, match="holds no database of Ritmo"):
        embedded.start(tmp_path / "postgres")
    assert theirs.read_text() == "dear diary"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "postgres").touch()
    with pytest.raises(embedded.FolderUnusable, match="cannot be used"):
        embedded.start(tmp_path / "postgres")


def test_a_broken_database_is_said_in_one_sentence(folder: Path) -> None:
    shutil.rmtree(folder / "data" / "global")
    with pytest.raises(embedded.FolderUnusable, match="PostgreSQL does not start") as caught:
        embedded.start(folder)
    assert "\n" not in str(caught.value)


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="root alone becomes somebody else")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@as_root
@pytest.mark.skipif(
    any(not path.stat().st_mode & 0o001 for path in BIN.parents),
    reason="Ritmo lies in a closed folder, which setpriv alone lets pass",
)
async def test_root_becomes_somebody_else_without_setpriv(
    made: Path, open_folder: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(["cp", "-a", str(made), str(open_folder / "postgres")], check=True)
    monkeypatch.setenv("PATH", str(open_folder))
    server = start(open_folder / "postgres")
    assert psutil.Process(server.pid).uids().effective == made.stat().st_uid
    assert await ask(server.url, "SELECT 1") == 1


@as_root
def test_root_that_may_not_become_somebody_else_says_so(folder: Path) -> None:
    bounded = ["setpriv", "--bounding-set", "-setuid,-setgid,-setpcap"]
    words = [*bounded, sys.executable, "-c", OWNER, str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode
    last = done.stderr.strip().splitlines()[-1]
    assert "PostgreSQL must not be root" in last
    assert last.endswith("run Ritmo as somebody else, who may enter both.")
