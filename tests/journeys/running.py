"""Ritmo as people start it: `ritmo up` and the other commands, in processes of their own."""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from tests.backends import free_port, with_us
from tests.forked import NOTHING, Forked
from tests.show.running import settings

RITMO = (sys.executable, "-m", "ops")
Command = Forked | subprocess.Popen[bytes]
PASSWORD = "correct horse battery staple"
PATIENCE = 90.0
"""Seconds after which what does not happen counts as a failure."""


def until(condition: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Wait for something to become true, `patience` seconds at most."""
    end = time.monotonic() + patience
    pause = 0.02
    while not condition():
        assert time.monotonic() < end, f"never came true: {what}"
        time.sleep(pause)
        pause = min(1.2 * pause, 0.1)  # to be asked keeps a Ritmo, and all others, from work


def ritmo(
    *words: str,
    data: Path,
    typed: str = "",
    locale: str = "C.UTF-8",
    real: bool = False,
    **given: str,
) -> subprocess.CompletedProcess[str]:
    """Run a command of `ritmo` over a data folder, wide enough that no table wraps.

    A `real` one loads by itself, as people's does.
    """
    environment = settings(data=str(data), **given) | {"COLUMNS": "200", "LC_ALL": locale}
    with tempfile.TemporaryDirectory(prefix="ritmo-said-") as name:
        stdin, stdout, stderr = (Path(name) / one for one in ("stdin", "stdout", "stderr"))
        stdin.write_text(typed)
        process = command(words, environment, stdin, stdout, stderr, real=real)
        try:
            code = process.wait(2 * PATIENCE)
        finally:
            process.kill()
        return subprocess.CompletedProcess(words, code, stdout.read_text(), stderr.read_text())


def command(
    words: Sequence[str],
    environment: Mapping[str, str],
    stdin: Path = NOTHING,
    stdout: Path = NOTHING,
    stderr: Path = NOTHING,
    *,
    real: bool = False,
) -> Command:
    """Start a command of `ritmo` with these files for its streams. It ends with the tests."""
    if not real:
        return Forked(words, environment, stdin, stdout, stderr)
    with stdin.open("rb") as reading, stdout.open("ab") as out, stderr.open("ab") as errors:
        return subprocess.Popen(
            [*with_us("TERM"), *RITMO, *words],
            env=environment,
            stdin=reading,
            stdout=out,
            stderr=errors,
            start_new_session=True,
        )


def client_of(port: int) -> httpx.Client:
    """Open a client of a local Ritmo."""
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False)


class Up:
    """A running `ritmo up`: its process, its address, what it says, and a client."""

    def __init__(
        self,
        data: Path,
        *words: str,
        port: int | None = None,
        real: bool = False,
        **given: str,
    ) -> None:
        self.port = free_port() if port is None else port
        self.output = data.parent / f"{data.name}.output"
        self.output.touch()
        words = ("up", "--data", str(data), "--port", str(self.port), *words)
        rates = {"rate_per_minute": "100000", "login_per_minute": "10000"}
        environment = settings(**(rates | given)) | {"COLUMNS": "200", "LC_ALL": "C.UTF-8"}
        self.process = command(
            words, environment, stdout=self.output, stderr=self.output, real=real
        )
        self.client = client_of(self.port)

    @property
    def said(self) -> str:
        return self.output.read_text(errors="replace")

    def ready(self) -> bool:
        assert self.process.poll() is None, self.said
        try:
            answer = self.client.get("/readyz")
        except httpx.TransportError:
            return False
        return answer.status_code == 200 and answer.json()["status"] == "ready"

    def family(self) -> list[psutil.Process]:
        first = psutil.Process(self.process.pid)
        return [first, *first.children(recursive=True)]

    def parts(self, wanted: Iterable[tuple[str, ...]]) -> list[psutil.Process]:
        """Find the processes of parts, such as `run habits`; of those that are there."""
        found: dict[tuple[str, ...], psutil.Process] = {}
        for one in self.family():
            try:
                said = " ".join(one.cmdline()).split()
            except psutil.Error:
                continue
            for words in wanted:
                if said[-len(words) :] == [*words]:
                    found.setdefault(words, one)
        return [*found.values()]

    def part(self, *words: str) -> psutil.Process | None:
        """Find the process of one part."""
        return next(iter(self.parts([words])), None)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Stop in order, as Ctrl-C does; return the exit code."""
        self.client.close()
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(PATIENCE)
        finally:
            for one in self.family() if self.process.poll() is None else []:
                one.kill()


@contextmanager
def up(data: Path, *words: str, real: bool = False, **given: str) -> Iterator[Up]:
    """Run `ritmo up` until the block ends; it is ready when the block begins."""
    running = Up(data, *words, port=None, real=real, **given)
    try:
        until(running.ready, "Ritmo is ready")
        yield running
    finally:
        running.stop()


def register(client: httpx.Client, email: str, **more: str) -> dict[str, str]:
    """Open an account; return the header that its session needs."""
    words = {"email": email, "password": PASSWORD, **more}
    answer = client.post("/v1/auth/register", json=words)
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def gone(processes: list[psutil.Process]) -> bool:
    """Say whether these processes have ended, reaped or not."""
    return not [one for one in processes if one.is_running() and one.status() != "zombie"]
