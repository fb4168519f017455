"""Private services for tests and benches: RabbitMQ and Redis on free ports, with folders of their own.

Order of finding (`find_…`): an address in the environment, something that listens on the usual
local port, a private instance of the installed binary, Docker. What is to be killed is always
private. Everything is stopped by process id.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
PATIENCE = 60.0
"""Seconds that a service may take to start or to stop."""


class NoService(Exception):
    """A service is missing; the message says what to install."""


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback that nobody uses now."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def listens(port: int) -> bool:
    """Tell whether something listens on a port of the loopback."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@dataclass(slots=True)
class Private:
    """A service of ours in a folder of its own."""

    url: str
    port: int
    folder: Path
    command: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    helpers: list[int] = field(default_factory=list)

    @property
    def pid(self) -> int:
        """Return the process that does the work: the youngest child that listens, or our own."""
        if self.process is None:
            raise NoService("the service is not running")
        for child in psutil.Process(self.process.pid).children(recursive=True):
            if child.name().startswith("beam"):
                return child.pid
        return self.process.pid

    def start(self) -> None:
        """Start it and wait until it listens."""
        with (self.folder / "output").open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                start_new_session=True,
            )
        until = time.monotonic() + PATIENCE
        while not listens(self.port):
            if self.process.poll() is not None or time.monotonic() > until:
                words = (self.folder / "output").read_text(errors="replace")[-600:]
                raise NoService(f"{self.command[0]} does not start: {words}")
            time.sleep(0.1)

    def kill(self) -> None:
        """Kill it like a power cut."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Stop it in order."""
        self._end(signal.SIGTERM)

    def restart(self) -> None:
        """Start it again after `kill` or `stop`, on the same port and folder."""
        self.start()

    def _end(self, number: signal.Signals) -> None:
        if self.process is None:
            return
        family = psutil.Process(self.process.pid).children(recursive=True)
        for one in [*family, psutil.Process(self.process.pid)]:
            with contextlib.suppress(psutil.Error):
                one.send_signal(number)
        _, alive = psutil.wait_procs(family, timeout=10)
        for one in alive:
            with contextlib.suppress(psutil.Error):
                one.kill()
        self.process.wait(PATIENCE)
        self.process = None


@contextmanager
def _running(service: Private) -> Iterator[Private]:
    try:
        service.start()
        yield service
    finally:
        service.kill()
        for process in psutil.process_iter(["environ"]):
            # epmd puts itself aside; it is ours if it has our home.
            if (process.info["environ"] or {}).get("HOME") == str(service.folder):
                with contextlib.suppress(psutil.Error):
                    process.kill()
        shutil.rmtree(service.folder, ignore_errors=True)


@contextmanager
def rabbitmq() -> Iterator[Private]:
    """Run a private RabbitMQ: its own node, cookie, port mapper and data."""
    if not RABBITMQ.exists():
        raise NoService("RabbitMQ is missing; install the package rabbitmq-server")
    port, distribution, mapper = free_ports(3)
    folder = Path(tempfile.mkdtemp(prefix="ritmo-rabbitmq-"))
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{port}\nlog.file.level = error\nlog.console = false\n"
    )
    (folder / "enabled_plugins").write_text("[].\n")
    environment = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "RABBITMQ_NODENAME": f"ritmo{port}@localhost",
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_DIST_PORT": str(distribution),
        "ERL_EPMD_PORT": str(mapper),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
    }
    url = f"amqp://guest:guest@127.0.0.1:{port}/"
    with _running(Private(url, port, folder, [str(RABBITMQ)], environment)) as service:
        yield service


@contextmanager
def redis() -> Iterator[Private]:
    """Run a private Redis that keeps nothing."""
    binary = shutil.which("redis-server")
    if binary is None:
        raise NoService("Redis is missing; install the package redis-server")
    (port,) = free_ports(1)
    folder = Path(tempfile.mkdtemp(prefix="ritmo-redis-"))
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(folder)}
    url = f"redis://127.0.0.1:{port}/0"
    with _running(Private(url, port, folder, [binary, *options], environment)) as service:
        yield service


@contextmanager
def find_rabbitmq() -> Iterator[str]:
    """Yield the address of a RabbitMQ for tests that kill nothing."""
    with _found("RITMO_TEST_AMQP_URL", 5672, "amqp://guest:guest@127.0.0.1:5672/") as url:
        if url is not None:
            yield url
            return
    if RABBITMQ.exists():
        with rabbitmq() as service:
            yield service.url
        return
    from testcontainers.rabbitmq import RabbitMqContainer  # the last resort, and slow to import

    with RabbitMqContainer("rabbitmq:4") as container:
        host, port = container.get_container_host_ip(), container.get_exposed_port(5672)
        yield f"amqp://guest:guest@{host}:{port}/"


@contextmanager
def find_redis() -> Iterator[str]:
    """Yield the address of a Redis for tests that kill nothing."""
    with _found("RITMO_TEST_REDIS_URL", 6379, "redis://127.0.0.1:6379/15") as url:
        if url is not None:
            yield url
            return
    if shutil.which("redis-server"):
        with redis() as service:
            yield service.url
        return
    from testcontainers.redis import RedisContainer

    with RedisContainer("redis:8") as container:
        host, port = container.get_container_host_ip(), container.get_exposed_port(6379)
        yield f"redis://{host}:{port}/0"


@contextmanager
def _found(variable: str, port: int, usual: str) -> Iterator[str | None]:
    """Yield an address that is there already."""
    given = os.environ.get(variable)
    yield given or (usual if listens(port) else None)
