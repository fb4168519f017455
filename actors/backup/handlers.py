"""The parts of the backup room, each of which registers what it answers, hears and does."""

from actors.backup import asked, erasures, exports, imports, own_rows, schedule, worker
from actors.backup.room import room

__all__ = [
    "asked",
    "erasures",
    "exports",
    "imports",
    "own_rows",
    "room",
    "schedule",
    "worker",
]
