"""How far a piece of work is: lines of JSON that the process of backups writes."""

import json
import sys
import time
from typing import IO

PAUSE = 0.2
"""Seconds between two lines about bytes."""


class BackupProgress:
    """Tells what is being done, and how many bytes of how many."""

    def __init__(self, out: IO[str] | None = None) -> None:
        """Tell it to `out`, by default standard output."""
        self._out = out or sys.stdout
        self._done, self._total, self._said = 0, 0, 0.0

    def begins(self, phase: str, total: int = 0) -> None:
        """Say that a phase begins, of about `total` bytes."""
        self._done, self._total = 0, total
        self.tell({"phase": phase, "total": total})

    def moves(self, count: int) -> None:
        """Say that so many more bytes are done."""
        self._done += count
        now = time.monotonic()
        if now - self._said >= PAUSE:
            self._said = now
            self.tell({"done": self._done, "total": self._total})

    def tell(self, event: dict[str, object]) -> None:
        """Write a line."""
        print(json.dumps(event), file=self._out, flush=True)
