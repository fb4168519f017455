"""The account of an import: what became of every row of a file.

It adds up: rows read = imported + derived + skipped, for each habit, and for the entries of a
diary.
"""

from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts.habit import KeptName
from contracts.journal import Mood
from contracts.message import Message
from contracts.time import Day


class Remark(Message):
    """Something that a person should know of an import; `says` it to its reader."""

    code: str
    """Which remark it is, for programs."""
    says: str
    """The remark, in the language of who imports."""


class LooseNote(Message):
    """A note on a day on which nothing was logged; Ritmo keeps notes with check-ins only."""

    day: Day
    """The day that the note stands at."""
    text: str = Field(repr=False)
    """The note."""


class HabitReport(Message):
    """What became of one habit's rows.

    `derived` rows are worked out anew by Ritmo and need not be kept; `skipped` counts the others
    by reason, `already_there` among them. `refused` says why there is no such habit in Ritmo,
    `remarks` what is otherwise than it was; `notes` are those of days without a check-in.
    """

    name: KeptName
    """The habit's name."""
    habit_id: UUID | None = None
    """The habit that the rows went to; null: none yet."""
    outcome: Literal["created", "merged", "unchanged"]
    """What became of it."""
    read: int
    """How many rows were read."""
    imported: int
    """How many rows came in."""
    derived: int
    """How many rows Ritmo works out anew, and need not keep."""
    skipped: dict[str, int] = Field(default_factory=dict)
    """How many rows were skipped, by reason."""
    refused: Remark | None = None
    """Why nothing of it could be kept; null: it was."""
    remarks: tuple[Remark, ...] = ()
    """What came in otherwise than it stands in the file, and why."""
    notes: tuple[LooseNote, ...] = ()
    """Notes of days that have no check-in here."""


class MoodFound(Message):
    """A mood as the file calls it, how many entries have it, and what it is taken for.

    `mood` None: nobody has said yet.
    """

    label: str
    """The mood, as the file calls it."""
    entries: int
    """How many entries have it."""
    mood: Mood | None
    """What it is taken for, from 1 (awful) to 5 (great); null: not said yet."""


class RowSkipped(Message):
    """A row that was skipped because it makes no sense; `says` why to its reader."""

    row: int
    """The number of the row in the file, from 1."""
    reason: str
    """Why, for programs."""
    says: str
    """Why, in words."""


class EntriesReport(Message):
    """What became of a diary's entries: read = imported + skipped, which counts by reason.

    `rows` are the first of those that make no sense. `left_out` counts by kind what the file holds
    beside entries and is not taken over. The entries imported are of the days `first` to `last`.
    `untimed` of them came without a time of day that can be read: they are kept on their day, at
    the time at which they were written, or at noon. The text of `cut` was too long and is cut.
    """

    read: int
    """How many rows were read."""
    imported: int
    """How many rows came in."""
    skipped: dict[str, int] = Field(default_factory=dict)
    """How many entries were skipped, by reason."""
    rows: tuple[RowSkipped, ...] = ()
    """The first rows that make no sense."""
    moods: tuple[MoodFound, ...] = ()
    """The moods of the file, and what they are taken for."""
    left_out: dict[str, int] = Field(default_factory=dict)
    """How many things beside entries are not taken over, by kind."""
    untimed: int = 0
    """How many entries have a day, but no time of day."""
    cut: int = 0
    """How many entries were too long, and were cut."""
    first: Day | None = None
    """The day of the first entry that came in; null: none did."""
    last: Day | None = None
    """The day of the last entry that came in; null: none did."""


class Undone(Message):
    """What was taken back of an import: habits, check-ins in those that stay, and entries.

    `kept` counts habits and entries that came with it and stay, because they were changed since.
    """

    habits: int = 0
    """How many habits are gone again."""
    check_ins: int = 0
    """How many check-ins were taken back in habits that stay."""
    entries: int = 0
    """How many diary entries are gone again."""
    kept: int = 0
    """How many habits and entries that came with it stay."""


class SectionReport(Message):
    """What became of a section's rows: read = restored + there + refused, which counts by code."""

    section: str
    """Which rows: the part of Ritmo that keeps them, and what they are."""
    read: int
    """How many rows were read."""
    restored: int
    """How many rows came in."""
    there: int = 0
    """How many rows were there already."""
    refused: dict[str, int] = Field(default_factory=dict)
    """How many rows were refused, by the code of the reason."""


class ImportAccount(Message):
    """What became of every row of a file.

    `left_out` counts by kind what a file of habits holds beside habits and their days, and is not
    taken over.
    """

    habits: tuple[HabitReport, ...] = ()
    """What became of the rows of each habit."""
    entries: EntriesReport | None = None
    """What became of diary entries; null: the file holds none."""
    sections: tuple[SectionReport, ...] = ()
    """What became of the rows of an export of Ritmo, by section."""
    left_out: dict[str, int] = Field(default_factory=dict)
    """How many things beside habits and their days are not taken over, by kind."""
    undone: Undone | None = None
    """What was taken back of it since; null: nothing."""

    @property
    def read(self) -> int:
        """Count the rows read."""
        entries = self.entries.read if self.entries else 0
        rows = sum(one.read for one in self.habits) + sum(one.read for one in self.sections)
        return entries + rows

    @property
    def fruitless(self) -> bool:
        """Tell whether nothing of the file came in, and nothing of it had been there before."""
        if self.entries:
            there = self.entries.skipped.keys() & {"already_there", "mood_unknown"}
            return not self.entries.imported and not there
        known = [one for one in self.habits if one.habit_id or one.outcome != "unchanged"]
        rows = self.read
        return not known or (
            rows > 0
            and not any(o.imported or o.derived or "already_there" in o.skipped for o in known)
        )

    @property
    def reasons(self) -> tuple[str, ...]:
        """Say why rows and habits were not taken, each reason once."""
        said = [one.refused.says for one in self.habits if one.refused]
        said += [one.says for one in self.entries.rows] if self.entries else []
        said += [note.says for one in self.habits for note in one.remarks]
        return tuple(dict.fromkeys(said))
