"""Keep what a process holds near what it uses.

The GNU allocator gives each thread a heap of its own and keeps what was freed. Reports and pictures
are made in threads, from time to time and with a lot of memory: they would hold it for ever.
"""

import ctypes
import ctypes.util

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
