"""The server that works on a data folder, as the folder and the machine tell of it.

PostgreSQL writes its process id, and whether it is ready, into `postmaster.pid`; after a crash that
file is still there, and the number in it may be another process by then.
"""

import contextlib
import signal
import time
from pathlib import Path

import psutil

from storage.cluster import FolderUnusable

STOP = 10.0
"""Seconds that an orderly stop may take."""

WORKERS = 1.0
"""Seconds in which what a dead server leaves behind ends by itself."""


def marks(data: Path) -> list[str]:
    """Return what a running server says of itself: pid, folder, since, port, socket, … status."""
    with contextlib.suppress(OSError):
        return (data / "postmaster.pid").read_text().splitlines()
    return []


def is_ready(lines: list[str]) -> bool:
    """Tell whether a server that says this of itself takes connections."""
    return len(lines) > 7 and lines[7].strip() == "ready"


def running(data: Path) -> psutil.Process | None:
    """Return the running server of a data folder; not another that got its number since."""
    lines = marks(data)
    try:
        process = psutil.Process(int(lines[0]))
        return process if str(data) in process.cmdline() else None
    except (IndexError, ValueError, psutil.Error):
        return None


def stop_orphan(data: Path) -> None:
    """Stop a server whose Ritmo was killed. Only who holds the folder may call this.

    Raises FolderUnusable if that cannot be done.
    """
    orphan = running(data)
    if orphan is None:
        return
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
            orphan.send_signal(number)
            orphan.send_signal(signal.SIGCONT)  # a frozen one hears nothing else
            orphan.wait(STOP)
        if not orphan.is_running():
            end_workers(data)
            return
    raise FolderUnusable(f"A PostgreSQL left on {data} does not stop; kill process {orphan.pid}.")


def end_workers(data: Path) -> None:
    """End what a dead server left behind; until then no other can work on the folder."""
    until = time.monotonic() + WORKERS
    while left := _workers(data):
        if time.monotonic() > until:
            for process in left:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            psutil.wait_procs(left, WORKERS)
            return
        time.sleep(0.02)


def forget_dead(data: Path, sockets: Path) -> None:
    """Remove the marks of a server that was killed, if its number is another process's by now.

    PostgreSQL would take that one for itself. It is left to judge alone if a process still works
    in the folder: what a killed server leaves behind ends within moments.
    """
    number = next(iter(marks(data)), "")
    if not number.isdecimal() or not psutil.pid_exists(int(number)) or _workers(data):
        return
    (data / "postmaster.pid").unlink(missing_ok=True)
    for mark in sockets.glob(".s.PGSQL.*"):
        mark.unlink(missing_ok=True)


def _workers(data: Path) -> list[psutil.Process]:
    """Return the processes that work in the folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.cwd() == str(data):
                found.append(process)
    return found
