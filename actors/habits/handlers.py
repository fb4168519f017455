"""The parts of the habits room, each of which registers what it answers, hears and does."""

from actors.habits import (
    backfill,
    breaks,
    changes,
    check_in_batch,
    check_ins,
    habit_import,
    habits,
    histories,
    hooks,
    import_undo,
    imports,
    marks,
    own_rows,
    plans,
    restores,
    today,
)
from actors.habits import bin as binned
from actors.habits.room import room

__all__ = [
    "backfill",
    "binned",
    "breaks",
    "changes",
    "check_in_batch",
    "check_ins",
    "habit_import",
    "habits",
    "histories",
    "hooks",
    "import_undo",
    "imports",
    "marks",
    "own_rows",
    "plans",
    "restores",
    "room",
    "today",
]
