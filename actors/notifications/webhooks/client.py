"""Ritmo's side of the helper process: starts it when it is needed, and asks it.

As many notices at once as there are slots; a slot is free again when the child that held it is
gone, which is after its seconds at the latest. Nothing of this runs in a thread, and no connection
to the database is held meanwhile.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from actors.notifications.domain import DeliveryOutcome, Kind
from actors.notifications.webhooks.process import ChildAnswer, Request
from contracts.message import Invalid, Wrong

LOOK_UP = 3.0
"""Seconds that the look at an address may take."""

PATIENCE = 12.0
"""Seconds that a notice may take, with all its connections."""

SLOTS = 16
"""Children at once."""

START = 20.0
"""Seconds that the helper may take to load Apprise."""

IDLE = 300.0
"""Seconds without a request after which the helper is let go."""

_MODULE = "actors.notifications.webhooks.process"
_KEPT = (
    *("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "LD_PRELOAD", "RES_OPTIONS"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"),
)
"""Variables that the helper inherits: no proxy, which would connect in our place, no secret."""

REASONS = {
    "apprise_unknown": (
        "Apprise does not know this address.",
        "Apprise does not know this address.",
    ),
    "apprise_not_allowed": (
        "Ritmo does not use the service “{name}”; docs/channels.md lists those that it uses.",
        "Ritmo does not use this service.",
    ),
    "apprise_parameter": (
        "The parameter “{name}” cannot be used in this address.",
        "A parameter cannot be used here.",
    ),
    "apprise_private": (
        "This address leads into a private network. Whoever runs Ritmo can allow that: "
        "RITMO_ALLOW_PRIVATE_WEBHOOKS=true.",
        "This address leads into a private network.",
    ),
    "apprise_unknown_host": (
        "The host of this address cannot be found.",
        "The host of this address cannot be found.",
    ),
}
"""Why an address is not kept: as a whole, and beside the field."""


def masked(url: str) -> str:
    """Show an address so that its owner knows it again, and nobody else can use it."""
    return f"{url.partition('://')[0]}://…{url[-4:]}"


class Helper:
    """The helper process, while somebody needs it."""

    def __init__(self, command: Sequence[str] = (sys.executable, "-m", _MODULE)) -> None:
        """Start nothing yet; `command` is what is started, with the number of a socket added."""
        self._command = command
        self._slots = asyncio.Semaphore(SLOTS)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._used = 0.0
        self._working = 0

    async def check(self, url: str, *, allow_private: bool) -> None:
        """Refuse an address that Ritmo will not use, with `Invalid`."""
        asked: Request = {
            "do": "check",
            "url": url,
            "title": "",
            "body": "",
            "allow_private": allow_private,
            "seconds": LOOK_UP,
        }
        answer = await self._ask(asked)
        code = answer["code"] if answer else "apprise_unknown_host"
        if code:
            whole, beside = REASONS[code]
            name = answer["name"] if answer else ""
            raise Invalid(code, whole, fields=(Wrong(pointer="/url", detail=beside),), name=name)

    async def send(
        self, url: str, title: str, body: str, *, allow_private: bool
    ) -> DeliveryOutcome:
        """Send a notice; whatever the other side does becomes an outcome."""
        asked: Request = {
            "do": "send",
            "url": url,
            "title": title,
            "body": body,
            "allow_private": allow_private,
            "seconds": PATIENCE,
        }
        answer = await self._ask(asked)
        if answer is None:
            return DeliveryOutcome("unsure", "apprise_timeout")
        wait = answer.get("wait")
        pause = None if wait is None else timedelta(seconds=wait)
        return DeliveryOutcome(cast(Kind, answer["kind"]), answer["detail"], pause)

    async def _ask(self, request: Request) -> ChildAnswer | None:
        """Have a child do something; None if it was ended before it had."""
        async with self._slots:
            self._working += 1
            try:
                async with asyncio.timeout(START + request["seconds"]):
                    return await self._talk(request)
            except (TimeoutError, OSError, ValueError):
                return None
            finally:
                self._working -= 1
                self._used = time.monotonic()

    async def _talk(self, request: Request) -> ChildAnswer:
        """Give a child a socket of its own; it answers there, and is gone when that is closed."""
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        with ours:
            ours.setblocking(False)
            with theirs:
                self._hand_over(theirs)
            await loop.sock_sendall(ours, json.dumps(request).encode())
            ours.shutdown(socket.SHUT_WR)
            parts = []
            while part := await loop.sock_recv(ours, 65536):
                parts.append(part)
        answer: ChildAnswer = json.loads(b"".join(parts))
        return answer

    def _hand_over(self, theirs: socket.socket) -> None:
        """Hand a socket to the helper; one that died meanwhile is started again."""
        try:
            socket.send_fds(self._running(), [b"1"], [theirs.fileno()])
        except OSError:
            self.close()
            socket.send_fds(self._running(), [b"1"], [theirs.fileno()])

    def _running(self) -> socket.socket:
        if self._control is not None:
            return self._control
        control, inherited = socket.socketpair()
        control.setblocking(False)
        given = {name: os.environ[name] for name in _KEPT if name in os.environ}
        path = os.pathsep.join(sys.path)
        with inherited:
            self._process = subprocess.Popen(  # noqa: S603 - a module of ours
                [*self._command, str(inherited.fileno())],
                env=given | {"PYTHONPATH": path, "HOME": "/nonexistent"},
                pass_fds=(inherited.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._control = control
        return control

    def rest(self) -> None:
        """Let the helper go if nobody has asked for anything for a while."""
        if self._control and not self._working and time.monotonic() - self._used > IDLE:
            self.close()

    def close(self) -> None:
        """Let the helper go; children that are at work end by themselves."""
        control, self._control = self._control, None
        process, self._process = self._process, None
        if control is not None:
            control.close()
        if process is not None:
            process.wait()
