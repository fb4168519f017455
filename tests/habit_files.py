"""Files of habits, opened as the habits room opens them."""

import io
from datetime import date
from typing import BinaryIO

from actors.habits.found import HabitFile
from actors.habits.importers import IMPORTERS
from actors.runtime.imports import Look
from contracts.time import LAST_DAY


def read(file: BinaryIO, last_day: date = LAST_DAY) -> HabitFile:
    """Open a file of habits, whatever its kind."""
    file.seek(0)
    data = file.read()
    return IMPORTERS.choose(Look.of(data), None).read(io.BytesIO(data), last_day)
