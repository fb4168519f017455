"""What the habits room says about breaks: days on which a habit, a tag or everything rests.

A break freezes the score, neither breaks nor lengthens a streak, and keeps reminders silent.
"""

from typing import ClassVar, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from contracts.habit import KeptTag, Line, Tag
from contracts.message import Command, Done, Fact, Message, Query, Reply
from contracts.time import Day


class Span(Message):
    """The days from `first` to `last`, both included; written `from` and `to` outside."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    first: Day = Field(alias="from")
    """The first day of the range."""
    last: Day = Field(alias="to")
    """The last day of the range, included."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        """Refuse days that end before they begin."""
        if self.last < self.first:
            raise ValueError("`to` lies before `from`")
        return self


class Rest(Span):
    """Some days of rest from one habit, from all that bear a tag, or (neither given) from all."""

    habit_id: UUID | None = None
    """The habit that rests; null: all, or those of the tag."""
    tag: Tag | None = None
    """The tag whose habits rest; null: all, or the one habit."""
    reason: Line = ""
    """Why; perhaps empty."""

    @model_validator(mode="after")
    def _one_scope(self) -> Self:
        """Refuse a break of a habit and of a tag at once."""
        if self.habit_id is not None and self.tag is not None:
            raise ValueError("give `habit_id` or `tag`, or neither for all habits")
        return self


class Break(Rest, Reply):
    """A break as it stands."""

    break_id: UUID
    """Which break."""
    version: int
    """Rises by one with each change; it stands in the ETag."""


class AddBreak(Rest, Command[Break]):
    """Add a break. Refuses with `NotFound` for an unknown habit."""

    address: ClassVar[str] = "habits.add_break"


class UpdateBreak(Rest, Command[Break]):
    """Replace a break. Refuses with `NotFound`, or `Conflict` (`version_conflict`)."""

    address: ClassVar[str] = "habits.update_break"
    break_id: UUID
    expected_version: int | None = None


class RemoveBreak(Command[Done]):
    """Take a break back, as if it had never been. Refuses with `NotFound`."""

    address: ClassVar[str] = "habits.remove_break"
    break_id: UUID


class Breaks(Reply):
    """Breaks, the latest first."""

    breaks: tuple[Break, ...]
    """The breaks, the latest first."""


class ListBreaks(Query[Breaks]):
    """List the breaks that touch the days from `first` to `last`; None is open."""

    address: ClassVar[str] = "habits.list_breaks"
    first: Day | None = None
    last: Day | None = None


class BreakAdded(Rest, Fact):
    """A break was added or replaced: it is now this."""

    address: ClassVar[str] = "habits.break_added"
    break_id: UUID
    tag: KeptTag | None = None
    """The tag whose habits rest; null: all, or the one habit."""


class BreakRemoved(Fact):
    """A break was taken back."""

    address: ClassVar[str] = "habits.break_removed"
    break_id: UUID
