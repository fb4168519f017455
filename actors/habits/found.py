"""A habit in a file of another tracker, whatever its kind: what to make of it, and its days."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, islice
from typing import Protocol, runtime_checkable

from actors.habits.fit import Changed
from actors.habits.loop_rows import FoundEntry, Sorter, Tally
from actors.runtime.dates import DateReader
from actors.runtime.zips import TOTAL
from contracts.habits import CreateHabit
from contracts.message import Invalid

CHUNK = 500
"""After so many rows an asynchronous caller may let others run."""

MAX_FOUND = 1_000
"""Habits of a file, at most."""


def too_large() -> Invalid:
    """Say that a file holds more than Ritmo takes."""
    text = "The file holds more than can be imported at once: {megabytes} MB, {habits} habits."
    return Invalid("import_too_large", text, megabytes=TOTAL >> 20, habits=MAX_FOUND)


@dataclass(frozen=True, slots=True)
class FoundHabit:
    """A habit of a file. Either `create` says what to make of it, or `refused` why not.

    `name` is fit to be shown. `create` has no start day: the first entry may become it. `changes`
    tell what is otherwise here than it was there. `anchor`: the day from which its
    rhythm is counted; None: the one on which it begins.
    """

    position: int
    name: str
    archived: bool
    create: CreateHabit | None
    refused: Invalid | None
    _days: DateReader = field(repr=False)
    _rows: Callable[[], Iterator[list[str]]] = field(repr=False)
    changes: tuple[Changed, ...] = ()
    anchor: date | None = None
    tally: Tally = field(default_factory=Tally)

    def entries(self) -> Iterator[list[FoundEntry]]:
        """Stream the entries in the file's order, a list, perhaps empty, per `CHUNK` rows read.

        `tally` counts along, anew each time. Refuses with `Invalid` where the file is broken.
        """
        self.tally.clear()
        measure = self.create.measure if self.create else None
        sorter, rows = Sorter(self._days, self.tally, measure), self._rows()
        for row in rows:
            chunk = chain((row,), islice(rows, CHUNK - 1))
            yield [entry for row in chunk if (entry := sorter.take(row))]


class HabitFile(Protocol):
    """A file of another tracker that holds habits; it stays open while entries are read.

    `left_out` counts by kind what it holds beside habits and their days.
    """

    tracker: str
    habits: tuple[FoundHabit, ...]
    left_out: Counter[str]


@runtime_checkable
class TimedFile(Protocol):
    """A file that says at which instants something was done, and not on which days."""

    def live(self, zone: str, day_start: int) -> None:
        """Let the days be those of this zone, of a day that begins so many minutes late."""
        ...
