"""Commands of `ritmo`, forked from a process that has loaded everything: one for each worker.

To load is most of what a command costs. How it does when it loads by itself, some tests look at:
`real=True` where they start it.
"""

import multiprocessing.util
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import forkserver
from multiprocessing.connection import wait
from pathlib import Path
from unittest.mock import patch

from ops import fork

NOTHING = Path(os.devnull)


class Forked:
    """A command that runs. What it tells is what `subprocess.Popen` tells of a process."""

    def __init__(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        stdin: Path = NOTHING,
        stdout: Path = NOTHING,
        stderr: Path = NOTHING,
    ) -> None:
        streams = (stdin, stdout, stderr)
        given = (tuple(words), dict(environment), os.getcwd(), streams)
        self._process = fork.context().Process(target=_be, args=given)
        fork.launch(self._process)
        self.pid: int = self._process.pid or 0
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code once it has ended."""
        if self.returncode is None and wait([self._process.sentinel], 0):
            self.returncode = fork.bury(self._process)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; return the exit code. Raises `subprocess.TimeoutExpired`."""
        if self.returncode is None:
            wait([self._process.sentinel], timeout)
        if (code := self.poll()) is None:
            raise subprocess.TimeoutExpired("ritmo", timeout or 0)
        return code

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _be(
    words: tuple[str, ...],
    environment: dict[str, str],
    folder: str,
    streams: tuple[Path, Path, Path],
) -> None:
    """Be the command, in the process that was forked."""
    os.chdir(folder)
    writing = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    for number, (path, how) in enumerate(
        zip(streams, (os.O_RDONLY, writing, writing), strict=True)
    ):
        opened = os.open(path, how)
        os.dup2(opened, number)
        os.close(opened)
    # As Python opens them in a UTF-8 locale, which all tests have.
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)
    if "--amqp" in words:
        with patch.object(multiprocessing.util, "spawnv_passfds", _fork):
            forkserver.ensure_running()
    fork.be(words, environment)


def _fork(path: str, words: Sequence[str], passed: Sequence[int]) -> int:
    """Fork what a supervisor would start to fork its parts from: all that it loads is here."""
    pid = os.fork()
    if pid == 0:
        try:
            kept = {0, 1, 2, *passed}
            for number in {int(name) for name in os.listdir("/dev/fd")} - kept:
                try:
                    os.close(number)
                except OSError:
                    continue  # that with which the folder was read
            exec(words[-1], {})
        finally:
            os._exit(0)
    return pid
