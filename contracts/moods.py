"""What the journal room says about moods: what their five steps are called, and their calendar."""

from typing import Annotated, ClassVar, Self

from pydantic import Field, StringConstraints, model_validator

from contracts.habit import Icon, Name
from contracts.journal import Mood
from contracts.message import Command, Message, Query, Reply
from contracts.time import Day

MAX_MOOD_NAME = 30
"""Characters of what a step is called."""

LONGEST = 3660
"""Days of a calendar at most: ten years."""


class MoodName(Message):
    """A step of the scale, as a person calls it."""

    mood: Mood
    """The step, from 1 (awful) to 5 (great)."""
    name: Annotated[Name, StringConstraints(max_length=MAX_MOOD_NAME)]
    """What the person calls it."""
    emoji: Icon = ""
    """An emoji; perhaps empty."""


Five = Annotated[tuple[MoodName, ...], Field(json_schema_extra={"minItems": 5, "maxItems": 5})]


class Scale(Message):
    """The five steps of the scale, each with a name of its own, from 1 (awful) to 5 (great)."""

    moods: Five
    """The five steps, from 1 to 5."""

    @model_validator(mode="after")
    def _five_steps(self) -> Self:
        """Refuse a step that is missing, out of place, or called like another."""
        if [one.mood for one in self.moods] != [1, 2, 3, 4, 5]:
            raise ValueError("name the moods 1 to 5, in this order")
        if len({one.name.casefold() for one in self.moods}) < 5:
            raise ValueError("two moods have the same name")
        return self


class Moods(Scale, Reply):
    """The scale of a person; not `custom`: the one that comes with Ritmo, in their language."""

    custom: bool
    """True: the person's own names; false: those of Ritmo."""


class GetMoods(Query[Moods]):
    """Get the caller's scale."""

    address: ClassVar[str] = "journal.get_moods"


class NameMoods(Scale, Command[Moods]):
    """Let the steps of the scale be called otherwise."""

    address: ClassVar[str] = "journal.name_moods"


class ResetMoods(Command[Moods]):
    """Let the steps of the scale be called as they were at first."""

    address: ClassVar[str] = "journal.reset_moods"


class CalendarDay(Message):
    """A day with entries: how many, and the average of their moods; None: none has one."""

    day: Day
    """The logical day."""
    entries: int
    """How many diary entries."""
    mood: float | None
    """The average mood, from 1 to 5; null: no entry has one."""


class MoodCalendar(Reply):
    """The days of a range that have entries, oldest first."""

    first: Day
    """The first day of the range."""
    last: Day
    """The last day of the range, included."""
    days: tuple[CalendarDay, ...]
    """The days, oldest first."""


class GetMoodCalendar(Query[MoodCalendar]):
    """Get the moods of a range, both days included; of this month, if no day is given.

    With one of the days only: the month from, or up to, it. Refuses with `Invalid`
    (`range_reversed`, `range_too_long`).
    """

    address: ClassVar[str] = "journal.get_mood_calendar"
    first: Day | None = None
    last: Day | None = None
