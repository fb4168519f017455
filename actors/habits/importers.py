"""The kinds of files that hold habits: how each looks, and what reads it."""

from actors.habits.found import HabitFile
from actors.habits.habitbull import COLUMNS, HabitBull
from actors.habits.loop_db import MAGIC, LoopDatabase
from actors.habits.loop_zip import LoopZip
from actors.runtime.imports import Importer, Importers, Look


def is_loop_backup(file: Look) -> bool:
    """Tell a backup of Loop Habit Tracker."""
    return file.head.startswith(MAGIC)


def is_loop_export(file: Look) -> bool:
    """Tell a CSV export of Loop Habit Tracker."""
    return "Habits.csv" in file.members


def is_habitbull(file: Look) -> bool:
    """Tell a CSV export of HabitBull."""
    return file.has_column(COLUMNS[0])


IMPORTERS: Importers[HabitFile] = Importers(
    (
        Importer("loop", is_loop_export, LoopZip),
        Importer("loop", is_loop_backup, LoopDatabase),
        Importer("habitbull", is_habitbull, HabitBull),
    )
)
