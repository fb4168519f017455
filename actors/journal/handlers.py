"""The parts of the journal room, each of which registers what it answers, hears and does."""

from actors.journal import (
    backfill,
    entries,
    export,
    imports,
    moods,
    own_rows,
    prompts,
    queries,
    restores,
    templates,
)
from actors.journal.room import room

__all__ = [
    "backfill",
    "entries",
    "export",
    "imports",
    "moods",
    "own_rows",
    "prompts",
    "queries",
    "restores",
    "room",
    "templates",
]
