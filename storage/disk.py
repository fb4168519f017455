"""Room on the disk of a folder, and what it is like when there is none left."""

import os
from pathlib import Path

MIN_FREE = 32 << 20
"""Bytes of free disk below which a disk counts as full: PostgreSQL may need two more segments of
its log (16 MiB each) before it can say that a change is kept."""

LOW_FREE, LOW_SHARE = 500 << 20, 0.1
"""Bytes of free disk, and share of the whole disk if that is less, from which on it runs low."""

DISK_FULL = "53100"
"""What PostgreSQL says when its disk is full (Appendix A of its manual)."""


def free(folder: Path) -> tuple[int, int]:
    """Return the bytes that can be written below a folder, and the size of its disk in bytes.

    A disk on which no more files can be made has nothing free. The folder need not be there.
    """
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    disk = os.statvfs(folder)
    left = 0 if disk.f_files and not disk.f_favail else disk.f_bavail * disk.f_frsize
    return left, disk.f_blocks * disk.f_frsize


def is_full(folder: Path) -> bool:
    """Tell whether there is too little left below a folder to go on writing."""
    return free(folder)[0] < MIN_FREE
