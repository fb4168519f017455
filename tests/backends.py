"""RabbitMQ and Redis for tests and benches: found, or started for ourselves.

Looked for in this order: an address in the environment, something that listens on the usual local
port, a private instance of the installed program, a container. Whoever wants to kill and restart
takes `rabbitmq()` and `redis()`, which are always private: free ports, folders of their own.
"""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aio_pika

START = 60.0
"""Seconds that a service may take to start."""

CONTAINERS = {
    "rabbitmq": ("rabbitmq:3-alpine", 5672, "amqp", "amqp://guest:guest@127.0.0.1:{port}/"),
    "redis": ("redis:7-alpine", 6379, "redis", "redis://127.0.0.1:{port}/0"),
}
"""Of each service the image, the port inside, how it speaks, and its address."""

HELLO = {"amqp": (b"AMQP\x00\x00\x09\x01", b"\x01"), "redis": (b"PING\r\n", b"+PONG")}
"""What a service is asked, and how its answer begins."""


class Missing(Exception):
    """A service is not here and cannot be started; the message says what to install."""


@dataclass(slots=True)
class Private:
    """A service of our own: its address, and its process, which may be killed and come back."""

    url: str
    port: int
    words: list[str]
    environment: dict[str, str]
    folder: Path
    hello: str
    management: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def pid(self) -> int:
        """The id of the process; it changes with every start."""
        if self._process is None:
            raise Missing("The service is not running.")
        return self._process.pid

    def start(self) -> None:
        """Start, and return when it answers. Raises `Missing` with the end of what it said."""
        log = self.folder / "output"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*with_us(), *self.words],
                env=os.environ | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                start_new_session=True,
            )
        until = time.monotonic() + START
        while not answers(self.port, self.hello):
            if self._process.poll() is not None or time.monotonic() > until:
                self.kill()
                raise Missing(f"It does not start: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """Kill -9: what was not on disk is lost."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Stop in order. A `start` brings it back on the same port and folder."""
        self._end(signal.SIGTERM)

    def restart(self) -> None:
        """Kill -9, and start again."""
        self.kill()
        self.start()

    def control(self, *words: str) -> str:
        """Run `rabbitmqctl` on this node and return what it prints."""
        done = subprocess.run(
            [str(Path(self.words[0]).with_name("rabbitmqctl")), "--quiet", *words],
            env=os.environ | self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def evaluate(self, expression: str) -> str:
        """Have this node evaluate an expression of Erlang, which ends with a dot; return the term.

        `rabbitmqctl` loads for a second before it asks the same; only where Erlang's own way of
        asking is missing it does so here.
        """
        call = shutil.which("erl_call")
        if call is None:
            return self.control("eval", expression).strip()
        cookie = (self.folder / ".erlang.cookie").read_text().strip()
        address = f"localhost:{self.environment['RABBITMQ_DIST_PORT']}"
        done = subprocess.run(
            [call, "-r", "-c", cookie, "-address", address, "-e"],
            input=f"{expression.strip()}\n",
            capture_output=True,
            text=True,
            check=True,
        )
        said = done.stdout.strip()
        if not said.startswith("{ok, "):
            raise ValueError(f"RabbitMQ cannot evaluate this: {said}")
        return said.removeprefix("{ok, ").removesuffix("}")

    def host(self, name: str) -> str:
        """Make a virtual host, on which a second Ritmo is alone; return its address."""
        self.evaluate(f'rabbit_vhost:add(<<"{name}">>, <<"test">>).')
        whole = ", ".join(['<<".*">>'] * 3)
        self.evaluate(
            "rabbit_auth_backend_internal:set_permissions("
            f'<<"guest">>, <<"{name}">>, {whole}, <<"test">>).'
        )
        return f"{self.url}{name}"

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(START)
            self._process.kill()
            self._process.wait()


def with_us(signal: str = "KILL") -> list[str]:
    """Return the words that make a program end when the thread that starts it ends."""
    return ["setpriv", f"--pdeathsig={signal}"] if shutil.which("setpriv") else []


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def answers(port: int, hello: str) -> bool:
    """Say whether the service behind a local port speaks as it should."""
    question, answer = HELLO[hello]
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as line:
            line.sendall(question)
            return line.recv(len(answer)) == answer
    except OSError:
        return False


def program(*names: str) -> str:
    """Return the first program that is installed. Raises `Missing` if none is."""
    for name in names:
        found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        if found is not None:
            return found
    package = Path(names[-1]).name
    raise Missing(f"{package} is not installed; as root: apt-get install {package}")


@contextmanager
def rabbitmq(*, management: bool = False) -> Iterator[Private]:
    """Run a RabbitMQ node of our own, with a name, cookie, folder and epmd of its own."""
    # Debian's own start script insists on its system user; the real one behind it does not.
    server = program("/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server")
    with temporary("rabbitmq") as name, naming() as names:
        folder = Path(name)
        node = Private(
            url=f"amqp://guest:guest@127.0.0.1:{(port := free_port())}/",
            port=port,
            words=[server],
            environment=rabbitmq_environment(folder, port, names),
            folder=folder,
            hello="amqp",
        )
        if management:
            manage(node)
        with running(node):
            yield node


def manage(node: Private) -> None:
    """Have a node that is about to start open its management interface, on a free port."""
    node.management = free_port()
    (node.folder / "plugins").write_text("[rabbitmq_management].\n")
    with (node.folder / "rabbitmq.conf").open("a") as conf:
        conf.write(f"management.tcp.port = {node.management}\nmanagement.tcp.ip = 127.0.0.1\n")


def rabbitmq_environment(folder: Path, port: int, names: int) -> dict[str, str]:
    """Keep a node apart from every other on this machine; nothing listens beyond loopback."""
    (folder / "plugins").write_text("[].\n")
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.local = 127.0.0.1:{port}\n"
        "log.console = false\n"
        "log.file.level = warning\n"
        "disk_free_limit.absolute = 50MB\n"
        "vm_memory_high_watermark.relative = 0.8\n"
    )
    return {
        "HOME": str(folder),
        "ERL_EPMD_PORT": str(names),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": f"ritmo{port}@localhost",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        # So the script becomes the node instead of watching over it: its number is the node's.
        "RUNNING_UNDER_SYSTEMD": "1",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
            "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none"  # who waits leaves its processor
            " -kernel inet_dist_use_interface {127,0,0,1}"
        ),
    }


@contextmanager
def naming() -> Iterator[int]:
    """Run Erlang's name server on a port of its own; left to itself it would stay for ever."""
    port = free_port()
    words = [*with_us(), program("epmd"), "-port", str(port), "-address", "127.0.0.1"]
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.kill()
        process.wait()


@contextmanager
def redis() -> Iterator[Private]:
    """Run a Redis of our own, in memory alone."""
    server = program("redis-server")
    with temporary("redis") as name:
        folder, port = Path(name), free_port()
        words = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
        words += ["--appendonly", "no", "--dir", str(folder)]
        node = Private(f"redis://127.0.0.1:{port}/0", port, words, {}, folder, "redis")
        with running(node):
            yield node


@contextmanager
def running(node: Private) -> Iterator[None]:
    """Run a service as long as the block lasts; its data goes with it."""
    try:
        node.start()
        yield
    finally:
        node.kill()


def temporary(name: str) -> tempfile.TemporaryDirectory[str]:
    """Make a folder for a service, to be removed with all that is in it."""
    return tempfile.TemporaryDirectory(prefix=f"ritmo-{name}-", ignore_cleanup_errors=True)


@contextmanager
def any_rabbitmq() -> Iterator[str]:
    """Find or start a RabbitMQ; yield its address. Raises `Missing` with what to install."""
    local = "amqp://guest:guest@127.0.0.1:5672/"
    given = os.environ.get("RITMO_TEST_AMQP_URL") or (local if lets_in(local) else None)
    with nullcontext(given) if given else own_or_contained(rabbitmq, "rabbitmq") as url:
        yield url


@contextmanager
def any_redis() -> Iterator[str]:
    """Find or start a Redis; yield its address. Raises `Missing` with what to install."""
    # The last of the sixteen databases: not one that somebody else is likely to use.
    local = "redis://127.0.0.1:6379/15" if answers(6379, "redis") else None
    given = os.environ.get("RITMO_TEST_REDIS_URL") or local
    with nullcontext(given) if given else own_or_contained(redis, "redis") as url:
        yield url


def lets_in(url: str) -> bool:
    """Say whether a RabbitMQ is there and knows us."""

    async def knock() -> None:
        await (await aio_pika.connect(url, timeout=5)).close()

    try:
        asyncio.run(knock())
    except (OSError, TimeoutError, aio_pika.exceptions.AMQPError):
        return False
    return True


@contextmanager
def own_or_contained(
    private: Callable[[], AbstractContextManager[Private]], name: str
) -> Iterator[str]:
    """Start a private instance; where the program is missing, a container."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(private()).url
        except Missing:
            if shutil.which("docker") is None:
                raise
            url = stack.enter_context(container(name))
        yield url


@contextmanager
def container(name: str) -> Iterator[str]:
    """Run a container, and yield the address of the service in it."""
    # Imported here: it looks for Docker at once.
    from testcontainers.core.container import DockerContainer

    image, inside, hello, url = CONTAINERS[name]
    with DockerContainer(image).with_exposed_ports(inside) as box:
        port = int(box.get_exposed_port(inside))
        until = time.monotonic() + START
        while not answers(port, hello):
            if time.monotonic() > until:
                raise Missing(f"The container {image} does not answer.")
            time.sleep(0.05)
        yield url.format(port=port)
