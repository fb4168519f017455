"""The kinds of files that hold habits: how each looks, and what reads it."""

from actors.habits.calendar_file import ForeignCalendar
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


def is_calendar(file: Look) -> bool:
    """Tell a calendar (iCalendar)."""
    begun = file.head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return begun[:15].upper() == b"BEGIN:VCALENDAR"


IMPORTERS: Importers[HabitFile] = Importers(
    (
        Importer("loop", is_loop_export, LoopZip),
        Importer("loop", is_loop_backup, LoopDatabase),
        Importer("habitbull", is_habitbull, HabitBull),
        Importer("calendar", is_calendar, ForeignCalendar),
    )
)
