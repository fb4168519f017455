"""The parts of the backup room, each of which registers what it answers, hears and does."""

from actors.backup import erasures, exports, imports, own_rows
from actors.backup.room import room

__all__ = ["erasures", "exports", "imports", "own_rows", "room"]
