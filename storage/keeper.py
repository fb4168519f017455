"""Keeps a PostgreSQL running: one that dies is started again, until it dies too often.

The folder stays locked all the while, so that nobody else starts a second one on it.
"""

import contextlib
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from threading import Event, Lock, Thread
from typing import IO

import structlog

from storage import cluster, disk, postmaster

log = structlog.get_logger()

DEATHS, QUICK = 6, 60.0
"""A server that dies so often within so many seconds is given up."""

PAUSE = 0.1
"""Seconds before a dead server is started again; twice as long after each further death."""

FULL_PAUSE = 1.0
"""Seconds between two starts while the disk is full: that is no reason to give up."""


class Keeper:
    """Runs the server on `folder` with `words`, and again when it dies.

    `give_up` is called, in a thread, with the reason why it is not started any more. `lock` is
    closed when the server has ended for good.
    """

    def __init__(
        self,
        words: list[str],
        folder: Path,
        sockets: Path,
        lock: IO[str],
        give_up: Callable[[str], None],
    ) -> None:
        """Be ready to start."""
        self._words, self._folder, self._sockets, self._lock = words, folder, sockets, lock
        self._give_up = give_up
        self._data, self._log = folder / "data", folder / "postgres.log"
        self._said = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._hand = Lock()
        self._leaving = Event()
        self._thread: Thread | None = None

    @property
    def pid(self) -> int:
        """Return the id of the server's first process; it is another after each start."""
        return self._process.pid if self._process else 0

    @property
    def alive(self) -> bool:
        """Tell whether the server runs, or will be started again."""
        return self._thread is not None and self._thread.is_alive()

    def reason(self) -> str:
        """Say why the server ended last, in its own words."""
        with self._log.open("rb") as file:
            file.seek(self._said)
            return cluster.reason(file.read().decode(errors="replace"))

    def start(self, ready: Callable[[], bool]) -> None:
        """Start the server. Until it was once `ready` it is not started again.

        The server is told to stop when its parent dies, and the kernel takes the thread that
        started it for the parent: therefore one that stays.
        """
        born: Future[None] = Future()
        self._thread = Thread(target=self._keep, args=(born, ready), name="postgres", daemon=True)
        self._thread.start()
        born.result()

    def stop(self) -> None:
        """Stop in order: open transactions are rolled back, everything else is on disk."""
        with self._hand:
            self._leaving.set()
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if self._process is not None:
                self._process.send_signal(number)
                self._process.send_signal(signal.SIGCONT)  # a frozen one hears nothing else
            if self._thread is not None:
                self._thread.join(postmaster.STOP)
            if not self.alive:
                return

    def _keep(self, born: "Future[None]", ready: Callable[[], bool]) -> None:
        try:
            self._run(ready, born)
        finally:
            with contextlib.suppress(OSError):
                self._sockets.rmdir()
            self._lock.close()

    def _run(self, ready: Callable[[], bool], born: "Future[None]") -> None:
        deaths: deque[float] = deque(maxlen=DEATHS)
        while process := self._begin(born):
            code = process.wait()
            if code:
                postmaster.end_workers(self._data)
            if self._leaving.is_set() or not ready():
                return
            full = disk.is_full(self._folder)
            if not full:
                deaths.append(time.monotonic())
            if len(deaths) == DEATHS and deaths[-1] - deaths[0] < QUICK:
                self._give_up(f"PostgreSQL ended {DEATHS} times in a row: {self.reason()}")
                return
            pause = FULL_PAUSE if full else PAUSE * 2 ** max(0, len(deaths) - 1)
            log.warning("postgresql ended", code=code, disk_full=full, again_in=pause)
            self._leaving.wait(pause)
            postmaster.forget_dead(self._data, self._sockets)

    def _begin(self, born: "Future[None]") -> "subprocess.Popen[bytes] | None":
        """Start the server in a session of its own, so that a Ctrl-C reaches us and not it."""
        with self._hand:
            if self._leaving.is_set():
                return None
            try:
                self._said = self._log.stat().st_size
                with self._log.open("ab") as output:
                    self._process = subprocess.Popen(
                        self._words,
                        stdin=subprocess.DEVNULL,
                        stdout=output,
                        stderr=output,
                        cwd="/",
                        start_new_session=True,
                    )
            except OSError as error:
                if born.done():
                    self._give_up(f"PostgreSQL cannot be started again: {error.strerror}.")
                else:
                    born.set_exception(error)
                return None
        if not born.done():
            born.set_result(None)
        return self._process
