"""Parts as processes that are forked from one that has loaded everything: `ops/preload.py`.

That a part has loaded is what its start costs, and most of its memory. Forked, they share both.
"""

import asyncio
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Mapping
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerProcess

from setproctitle import setproctitle

LONGEST_FOLDER = 60
"""Bytes of a folder for temporary files below which a socket has room (unix(7): 107 in all)."""

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["ops.preload"])


def start(words: tuple[str, ...], environment: Mapping[str, str]) -> ForkServerProcess:
    """Start a part as the command of these words would."""
    if len(os.fsencode(tempfile.gettempdir())) > LONGEST_FOLDER:
        tempfile.tempdir = "/tmp"  # noqa: S108 - its own folder in there is for its owner alone
    process = _processes.Process(target=_run, args=(words, dict(environment)))
    process.start()
    return process


async def ended(process: ForkServerProcess) -> int:
    """Wait until a part has ended, and return its exit code; `process` is of no use any more."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(process.sentinel, over.set)
    try:
        await over.wait()
    finally:
        loop.remove_reader(process.sentinel)
    process.join()
    code = process.exitcode or 0
    process.close()  # if only what it was forked from has ended, this ends the part, too
    return code


def _run(words: tuple[str, ...], environment: dict[str, str]) -> None:
    """Be the part, in the process that was forked."""
    from ops.cli import main

    os.setsid()  # what a terminal sends on Ctrl-C is for the supervisor
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.argv[:] = ["ritmo", *words]
    setproctitle(" ".join(sys.argv))
    os.environ.clear()
    os.environ.update(environment)
    main()


def _end_with_parent() -> None:
    """Stop in order once nobody looks after this part any more."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
