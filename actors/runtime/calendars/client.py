"""Ritmo's side of that process: starts it for a task, and kills it when its seconds are over."""

import asyncio
import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from actors.runtime.calendars.busy_times import Stretch
from actors.runtime.calendars.faults import MAX_BYTES, refusal_of
from actors.runtime.calendars.process import CalendarAnswer, CalendarTask
from actors.runtime.calendars.series import FoundCalendar

SECONDS = 8.0
"""Seconds that a task may take, once the process has loaded what it needs."""

START = 20.0
"""Seconds that it may take to load that, on a busy machine."""

AT_ONCE = 4
"""Processes at once; they wait in threads of their own."""

OVER = (-signal.SIGALRM, -signal.SIGXCPU, -signal.SIGKILL)
"""How a process ends whose seconds are over."""

_MODULE = "actors.runtime.calendars.process"
_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""Variables that the process inherits: no proxy, no secret."""


class CalendarReader:
    """Has calendars of others fetched and read; refuses with `Invalid` what cannot be."""

    def __init__(
        self,
        *,
        allow_private: bool = False,
        command: Sequence[str] = (sys.executable, "-m", _MODULE),
        patience: float = SECONDS + START,
    ) -> None:
        """Start nothing yet; a process is killed after `patience` seconds."""
        self._command, self._allow_private, self._patience = command, allow_private, patience
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="calendars")

    async def fetch(self, url: str) -> bytes:
        """Return what is at an address."""
        task: CalendarTask = {"do": "fetch", "url": url}
        return base64.b64decode((await self._apart(task))["file"])

    async def busy(
        self, url: str, zone: str, first: datetime, last: datetime
    ) -> list[tuple[datetime, datetime]]:
        """Return when the calendar at an address calls a person busy."""
        task: CalendarTask = {
            "do": "busy",
            "url": url,
            "zone": zone,
            "first": first.isoformat(),
            "last": last.isoformat(),
        }
        found: list[Stretch] = (await self._apart(task))["busy"]
        return [
            (datetime.fromisoformat(begins), datetime.fromisoformat(ends)) for begins, ends in found
        ]

    def find(self, data: bytes) -> FoundCalendar:
        """Return what recurs in a file; it waits, in the thread of whoever asks."""
        if len(data) > MAX_BYTES:
            raise refusal_of("calendar_too_large", "/file")
        task: CalendarTask = {"do": "find", "file": base64.b64encode(data).decode()}
        return self._run(task, "/file")["found"]

    async def _apart(self, task: CalendarTask) -> CalendarAnswer:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._run, task, "/url")

    def _run(self, task: CalendarTask, pointer: str) -> CalendarAnswer:
        """Have the process do a task."""
        whole: CalendarTask = {**task, "allow_private": self._allow_private, "seconds": SECONDS}
        given = {name: os.environ[name] for name in _KEPT if name in os.environ}
        try:
            ended = subprocess.run(  # noqa: S603 - a module of ours
                [*self._command],
                input=json.dumps(whole).encode(),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=given | {"PYTHONPATH": os.pathsep.join(sys.path), "HOME": "/nonexistent"},
                timeout=self._patience,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise refusal_of(_slow(task), pointer) from None
        try:
            answer: CalendarAnswer = json.loads(ended.stdout)
        except ValueError:
            over = ended.returncode in OVER
            raise refusal_of(_slow(task) if over else "calendar_broken", pointer) from None
        if answer["code"]:
            raise refusal_of(answer["code"], pointer)
        return answer


def _slow(task: CalendarTask) -> str:
    """Say of a process whose seconds were over why that was: there was no answer, or no end."""
    return "calendar_too_slow" if task["do"] == "find" else "calendar_away"
