"""The kinds of files that hold habits: how each looks, and what reads it."""

from actors.habits import habitify
from actors.habits.beaver import Beaver
from actors.habits.calendar_file import ForeignCalendar
from actors.habits.found import HabitFile
from actors.habits.habitbull import COLUMNS, HabitBull
from actors.habits.habitica import Habitica
from actors.habits.habitify import Habitify
from actors.habits.habittrove import HabitTrove
from actors.habits.loop_db import MAGIC, LoopDatabase
from actors.habits.loop_zip import LoopZip
from actors.habits.table_habit import TableHabit
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


def is_habitify(file: Look) -> bool:
    """Tell a CSV export of Habitify."""
    return file.has_column(habitify.COLUMNS[2]) and file.has_column(habitify.COLUMNS[0])


def is_habittrove(file: Look) -> bool:
    """Tell the data of HabitTrove."""
    return file.has_fields("habits") and file.has_fields("coinReward")


def is_table_habit(file: Look) -> bool:
    """Tell a JSON export of Table Habit."""
    return file.has_fields("habits") and file.has_fields("freq_type")


def is_habitica(file: Look) -> bool:
    """Tell user data of Habitica: its fields come before its tasks do."""
    return file.has_fields("_id") and (
        file.has_fields("achievements") or file.has_fields("apiToken") or file.has_fields("dailys")
    )


def is_beaver(file: Look) -> bool:
    """Tell a file of Beaver Habits, whose habits have little that others have not."""
    others = ("coinReward", "freq_type", "dailys", "categories", "events")
    return file.has_fields("habits") and not any(map(file.has_fields, others))


IMPORTERS: Importers[HabitFile] = Importers(
    (
        Importer("loop", is_loop_export, LoopZip),
        Importer("loop", is_loop_backup, LoopDatabase),
        Importer("habitbull", is_habitbull, HabitBull),
        Importer("habitify", is_habitify, Habitify),
        Importer("habitica", is_habitica, Habitica),
        Importer("habittrove", is_habittrove, HabitTrove),
        Importer("table_habit", is_table_habit, TableHabit),
        Importer("beaver", is_beaver, Beaver),
        Importer("calendar", is_calendar, ForeignCalendar),
    )
)
