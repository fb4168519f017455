"""Keep what a process holds near what it uses, and what it looks through small.

The GNU allocator gives each thread a heap of its own and keeps what was freed. Reports and pictures
are made in threads, from time to time and with a lot of memory: they would hold it for ever.

A full collection holds every thread, the event loop's as well, for 15 ms and more per 100 000
objects. Most objects belong to libraries, which stay: those are not looked through.
"""

import ctypes
import ctypes.util
import gc
import sys

_TRIM_THRESHOLD, _ARENAS = -1, -8
"""Parameters of mallopt(3)."""

KEPT = 128 * 1024
"""Bytes that are kept free at the end of the heap."""


def keep_small() -> None:
    """Use one heap for all threads, and give back what was freed; elsewhere than on glibc, nothing.

    What runs in threads is long and rare, so that they do not get into each other's way.
    """
    name = ctypes.util.find_library("c")
    mallopt = getattr(ctypes.CDLL(name), "mallopt", None) if name else None
    if mallopt is not None:
        mallopt(_ARENAS, 1)
        mallopt(_TRIM_THRESHOLD, KEPT)


NEWLY_LOADED = 30
"""Modules that were loaded since, after which what is there counts as loaded."""


def keep_loaded() -> None:
    """Spare the collector what is loaded by now, and libraries that are loaded on first use."""
    gc.freeze()
    known = len(sys.modules)

    def spare(phase: str, info: dict[str, int]) -> None:
        nonlocal known
        if phase == "start" and info["generation"] == 2 and len(sys.modules) > known + NEWLY_LOADED:
            gc.freeze()
            known = len(sys.modules)

    gc.callbacks.append(spare)
