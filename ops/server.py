"""Serving HTTP: uvicorn, told when it listens and stopped in order."""

import asyncio
import contextlib
import errno
import resource
import signal
import socket
from collections.abc import Callable, Generator

import uvicorn
from fastapi import FastAPI

from actors.runtime.settings import Settings
from gateway.bounds import IDLE_SECONDS
from gateway.connection import bounded
from gateway.proxies import TrustedProxies
from ops.faults import CannotRun

FILES = 4096
"""Files that a process may have open: each connection is one, and many systems begin with 1 024."""


def allow_files(wanted: int = FILES) -> int:
    """Let this process have so many files open, or as many as it may; return how many that are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


class Server(uvicorn.Server):
    """A uvicorn that leaves signals to us and says when it listens."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[int], None]) -> None:
        """Serve `config`; call `listening` with the port once the door is open."""
        super().__init__(config)
        self._listening = listening

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals alone: the platform below must stop after the last request."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the door and say so."""
        await super().startup(sockets)
        if self.started:
            self._listening(self.servers[0].sockets[0].getsockname()[1])


def open_socket(settings: Settings) -> socket.socket:
    """Take the port, before anything is started for nothing.

    Raises OSError if it is taken, `CannotRun` if this machine has no such address.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    place = (settings.host, settings.port)
    try:
        return socket.create_server(place, family=family, backlog=2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise
        why = (error.strerror or str(error)).partition(" (")[0]
        raise CannotRun(
            f"Ritmo cannot listen on {place[0]}:{place[1]} ({why}): name an address of this "
            "machine with --host or RITMO_HOST; 127.0.0.1 is for this machine alone, 0.0.0.0 for "
            "all that reach it."
        ) from None


async def serve(
    app: FastAPI, settings: Settings, door: socket.socket, listening: Callable[[int], None]
) -> None:
    """Serve on `door` until SIGINT or SIGTERM, then finish what was begun."""
    allow_files()
    config = uvicorn.Config(
        TrustedProxies(app, settings.trusted_proxies),
        loop="uvloop",
        http=bounded(),
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=10,
        proxy_headers=False,
    )
    server = Server(config, listening)

    def leave() -> None:
        app.state.draining = True
        app.state.door.events.close()
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, leave)
    await server.serve([door])
