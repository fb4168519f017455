"""The guard of a child: whatever code runs there, some things are refused by the interpreter.

An audit hook (PEP 578) hears of each connection, file and program before it comes about, and can
neither be removed nor gone around in Python. A connection is judged by the numeric address that is
connected to: what a name stood for a moment before does not matter.
"""

import os
import sys
import sysconfig
from pathlib import Path

from actors.runtime.public_addresses import is_public_text

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_REFUSED = frozenset(
    {
        "os.chmod", "os.chown", "os.exec", "os.fork", "os.forkpty", "os.kill", "os.link",
        "os.listdir", "os.mkdir", "os.posix_spawn", "os.putenv", "os.remove", "os.rename",
        "os.rmdir", "os.scandir", "os.spawn", "os.symlink", "os.system", "os.truncate",
        "ctypes.dlopen", "pty.spawn", "signal.pthread_kill", "socket.bind", "subprocess.Popen",
    }
)  # fmt: skip

_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
"""Settings by which the one who runs Ritmo names authorities of their own."""


class Forbidden(PermissionError):
    """The guard does not allow this."""


class Sandbox:
    """Refuses what a child must not do, and notes what it did."""

    def __init__(self, *, allow_private: bool) -> None:
        """Allow connections to public addresses, or to any."""
        self._allow_private = allow_private
        self._readable = readable()
        self.connected = 0
        self.refused_address = False

    def install(self) -> None:
        """Stand guard until the process ends."""
        sys.addaudithook(self._hear)

    def _hear(self, event: str, args: tuple[object, ...]) -> None:
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            self._connect(args[1])
        elif event == "open":
            self._open(args[0], args[2])
        elif event in _REFUSED:
            raise Forbidden(event)

    def admits(self, host: object) -> bool:
        """Tell whether a numeric address may be connected to."""
        return self._allow_private or is_public_text(host)

    def _connect(self, address: object) -> None:
        """Judge an address as the socket takes it: `(host, port, …)`, or a path."""
        numeric = isinstance(address, tuple) and isinstance(address[0], str)
        host = address[0] if isinstance(address, tuple) else None
        if not numeric or not self.admits(host):
            self.refused_address = True
            raise Forbidden("socket.connect")
        self.connected += 1

    def _open(self, path: object, flags: object) -> None:
        if isinstance(path, int):
            return
        if not isinstance(flags, int) or flags & _WRITES:
            raise Forbidden("open")
        given = os.fsdecode(path) if isinstance(path, (str, bytes)) else ""
        real = os.path.realpath(given)
        if not any(real == one or real.startswith(f"{one}{os.sep}") for one in self._readable):
            raise Forbidden("open")


def readable() -> tuple[str, ...]:
    """List what may be read: Python and its packages, authorities, zones."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    paths = [sysconfig.get_path(name) for name in names]
    paths += ["/etc/ssl", "/etc/pki", "/usr/share/ca-certificates", "/usr/share/zoneinfo"]
    paths += ["/etc/localtime", "/dev/urandom"]
    paths += [os.environ[name] for name in _CERTIFICATES if os.environ.get(name)]
    return tuple(sorted({str(Path(path).resolve()) for path in paths}))
