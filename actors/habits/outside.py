"""Files of other trackers that hold habits, told apart by how they begin."""

from datetime import date
from typing import BinaryIO

from actors.habits.found import HabitFile
from actors.habits.habitbull import COLUMNS, HabitBull
from actors.habits.loop_db import MAGIC, LoopDatabase
from actors.habits.loop_zip import LoopZip
from contracts.time import LAST_DAY

_HEAD = 64


def read(file: BinaryIO, last_day: date = LAST_DAY) -> HabitFile:
    """Open a file of habits; days after `last_day` are skipped. Refuses with `Invalid`."""
    file.seek(0)
    head = file.read(_HEAD)
    file.seek(0)
    if head.startswith(MAGIC):
        return LoopDatabase(file, last_day)
    if COLUMNS[0] in head.decode("utf-8", "replace").lower():
        return HabitBull(file, last_day)
    return LoopZip(file, last_day)
