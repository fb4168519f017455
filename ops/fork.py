"""Parts as processes that are forked from one that has loaded everything: `ops/preload.py`.

That a part has loaded is what its start costs, and most of its memory. Forked, they share both.
"""

import asyncio
import multiprocessing
import multiprocessing.util
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Mapping
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerContext, ForkServerProcess

from setproctitle import setproctitle

LONGEST_FOLDER = 60
"""Bytes of a folder for temporary files below which a socket has room (unix(7): 107 in all)."""

_alone = threading.Lock()
"""Held by who starts or buries a process: multiprocessing's list of them is not for threads."""


def context() -> ForkServerContext:
    """Return where processes come from, all from one that has loaded everything."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["ops.preload"])
    return processes


async def start(words: tuple[str, ...], environment: Mapping[str, str]) -> ForkServerProcess:
    """Start a part as the command of these words would.

    The first start waits until what the part is forked from has loaded, and the loop goes on.
    """
    process = context().Process(target=be, args=(words, dict(environment)))
    starting = asyncio.create_task(asyncio.to_thread(launch, process))
    try:
        await asyncio.shield(starting)
    except asyncio.CancelledError:
        await starting
        process.terminate()
        raise
    return process


def launch(process: ForkServerProcess) -> None:
    """Start a process, and return once it is there."""
    with _alone:
        _keep_socket_short()
        process.start()


async def ended(process: ForkServerProcess) -> int:
    """Wait until a part has ended, and return its exit code; `process` is of no use any more."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(process.sentinel, over.set)
    try:
        await over.wait()
    finally:
        loop.remove_reader(process.sentinel)
    return await asyncio.to_thread(bury, process)


def bury(process: ForkServerProcess) -> int:
    """Return the exit code of a process that has ended; `process` is of no use any more."""
    with _alone:
        process.join()
        code = process.exitcode or 0
        process.close()  # if only what it was forked from has ended, this ends the part, too
    return code


def be(words: tuple[str, ...], environment: Mapping[str, str]) -> None:
    """Be the command of these words, in the process that was forked."""
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


def _keep_socket_short() -> None:
    """Have multiprocessing make its folder, once, where the path of a socket in it is not too long.

    Python looks for that by itself only from 3.14 on.
    """
    before = tempfile.tempdir
    if len(os.fsencode(tempfile.gettempdir())) > LONGEST_FOLDER:
        tempfile.tempdir = "/tmp"  # noqa: S108 - its own folder in there is for its owner alone
    try:
        multiprocessing.util.get_temp_dir()
    finally:
        tempfile.tempdir = before
