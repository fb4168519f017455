"""What a reminder says when it is sent: asked of the reminders room as late as possible."""

from typing import ClassVar
from uuid import UUID

from pydantic import Field

from contracts.habit import Measure, StreakUnit
from contracts.language import Language
from contracts.message import Message, Query, Reply
from contracts.notifications import Channels, Template
from contracts.time import Day


class Bearings(Message):
    """How a habit stands on the day that a reminder is about; None: there is nothing to say.

    `about`: the day, if it is not today any more. `why` says in words why the reminder comes.
    `done` of `needed` in `measure` and `unit`, if more than one thing is asked for.
    """

    why: str
    about: Day | None = None
    cue: str | None = Field(default=None, repr=False)
    streak: int | None = None
    streak_unit: StreakUnit | None = None
    done: float | None = None
    needed: float | None = None
    measure: Measure | None = None
    unit: str | None = None


class ReminderNotice(Reply):
    """What a reminder says as things stand: its `text` and the name of its `habit`, perhaps empty.

    `channels`: those that its owner wishes. `void`: its habit is gone or laid aside.
    """

    template: Template
    channels: Channels
    text: str = Field(repr=False)
    habit: str = Field(repr=False)
    habit_id: UUID | None
    day: Day
    void: bool
    bearings: Bearings


class DescribeReminder(Query[ReminderNotice]):
    """Say what a reminder says about `day` (None: today), in `language`, else in the caller's own.

    `snoozed`: it comes again; `tried`: its owner wants to see it. Refuses with `NotFound`.
    """

    address: ClassVar[str] = "reminders.describe_reminder"
    reminder_id: UUID
    day: Day | None = None
    language: Language | None = None
    snoozed: bool = False
    tried: bool = False
