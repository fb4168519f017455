"""The process that has to do with calendars of others: one task, then it ends.

    python -m actors.runtime.calendars.process < task.json > answer.json

Its task is `fetch` (an address: what is there), `find` (a file: what recurs in it) or `busy` (an
address: when it calls a person busy). The guard stands before a byte of a stranger's is read. It
ends by itself when its seconds are over, and is killed if it does not.
"""

import base64
import json
import logging
import resource
import signal
import sys
from datetime import datetime
from typing import TypedDict

from actors.runtime.calendars.address import fetch
from actors.runtime.calendars.busy_times import Stretch, busy_in
from actors.runtime.calendars.faults import CalendarUnusable
from actors.runtime.calendars.series import FoundCalendar, found_in
from actors.runtime.sandbox import Sandbox

MEMORY = 512 * 1024 * 1024
"""Bytes of data that it may hold."""

CPU = 8
"""Seconds of work that it may take."""


class CalendarTask(TypedDict, total=False):
    """What is to be done: `file` is in base64; `first` and `last` are ISO instants."""

    do: str
    url: str
    file: str
    zone: str
    first: str
    last: str
    allow_private: bool
    seconds: float


class CalendarAnswer(TypedDict, total=False):
    """What came of it; `code`: why nothing, or empty."""

    code: str
    file: str
    found: FoundCalendar
    busy: list[Stretch]


def main() -> None:
    """Do what is asked on the standard input."""
    task: CalendarTask = json.load(sys.stdin)
    load(task["do"])
    sys.dont_write_bytecode = True
    logging.disable(logging.CRITICAL)
    signal.setitimer(signal.ITIMER_REAL, task["seconds"])
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))
    guard = Sandbox(allow_private=task.get("allow_private", False))
    guard.install()
    try:
        answer = done(task, guard)
    except CalendarUnusable as no:
        answer = {"code": no.code}
    except MemoryError:
        answer = {"code": "calendar_too_large"}
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()


def done(task: CalendarTask, guard: Sandbox) -> CalendarAnswer:
    """Do a task. Raises CalendarUnusable."""
    if task["do"] == "find":
        return {"code": "", "found": found_in(base64.b64decode(task["file"]))}
    data = fetch(task["url"], guard, allow_private=task["allow_private"])
    if task["do"] == "fetch":
        return {"code": "", "file": base64.b64encode(data).decode()}
    first, last = map(datetime.fromisoformat, (task["first"], task["last"]))
    return {"code": "", "busy": busy_in(data, task["zone"], first, last)}


def load(do: str) -> None:
    """Load what a task needs before the guard stands: it lets no folder be looked through."""
    import importlib

    names = ["icalendar", "zoneinfo"]
    if do != "find":
        # Names of hosts are read by what is looked up only then.
        names += ["requests", "idna", "idna.uts46data", "encodings.idna", "stringprep"]
    if do == "busy":
        names.append("recurring_ical_events")
    for name in names:
        importlib.import_module(name)


if __name__ == "__main__":
    main()
