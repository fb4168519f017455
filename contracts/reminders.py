"""What the reminders room says about rules: when somebody is reminded, of what, and why then.

It also says what is in `reminder_settings.py`, `reminder_proposals.py` and `reminder_notices.py`.
Times of day are written `HH:MM`, on the person's own clock.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints, model_validator

from contracts.habit import Line
from contracts.message import Command, Done, Message, Query, Reply
from contracts.notifications import Channels
from contracts.patch import Patch
from contracts.schedule import WEEKDAYS, Weekday
from contracts.time import Day

ReminderKind = Literal["fixed", "at_risk", "silence", "smart"]
"""At fixed times; in the evening when a streak would end; after days of silence; when it is usual.
"""

TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
LocalTime = Annotated[
    str,
    StringConstraints(pattern=TIME),
    Field(examples=["07:30"]),
]
"""A time of day on the person's clock, `HH:MM`."""


def minutes_of(at: str) -> int:
    """Read `HH:MM` as minutes after midnight."""
    return int(at[:2]) * 60 + int(at[3:])


def local_time(minutes: int) -> str:
    """Write minutes after midnight as `HH:MM`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _in_order(times: tuple[str, ...]) -> tuple[str, ...]:
    """Order times, each once."""
    return tuple(sorted(set(times)))


def _week_order(days: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
    """Order days of the week from Monday, each once."""
    return tuple(day for day in WEEKDAYS if day in days)


Times = Annotated[tuple[LocalTime, ...], Field(min_length=1, max_length=12)]
ReminderTimes = Annotated[Times, AfterValidator(_in_order)]
"""Up to twelve times of a day."""

ReminderDays = Annotated[
    tuple[Weekday, ...], Field(min_length=1, max_length=7), AfterValidator(_week_order)
]
StreakLength = Annotated[int, Field(ge=1, le=365, strict=True)]
SilentDays = Annotated[int, Field(ge=1, le=30, strict=True)]
SmartMode = Literal["propose", "follow"]
"""A smart reminder proposes a time and waits to be told, or follows what is usual by itself."""


class ReminderWords(Message):
    """A reminder in its owner's words: of a habit, or (without one) of anything.

    It keeps silent on days that the habit does not ask for, and once it is done, skipped, failed,
    archived or on a break. `streak` goes with `at_risk`: how long a streak must be to be minded.
    `after_days` goes with `silence`: how many days without a word it waits, then twice as many,
    and so on, at most 30; a check-in starts it anew. `mode` goes with `smart`; until it knows
    enough, `times` hold. `unless_written` keeps a reminder without a habit silent once the diary
    has an entry for the day. `channels` None: those of the settings.
    """

    habit_id: UUID | None = None
    """The habit that it is about; null: none."""
    kind: ReminderKind = "fixed"
    """When it comes: at times of its own, before a streak ends, after silence, or smart."""
    text: Line = Field(default="", repr=False, examples=["Stretch for five minutes"])
    """What it says; perhaps empty."""
    times: ReminderTimes = ("09:00",)
    """The times at which it comes, HH:MM in the person's zone."""
    weekdays: ReminderDays = WEEKDAYS
    """The days of the week on which it comes."""
    streak: StreakLength = 3
    """How long a streak must be to be minded, in its own unit; for `at_risk`."""
    after_days: SilentDays = 3
    """How many days without a word it waits; for `silence`."""
    mode: SmartMode = "propose"
    """Whether learned times are proposed or taken over; for `smart`."""
    unless_written: bool = False
    """True: silent once the diary has an entry for the day."""
    channels: Channels | None = None
    """The ways on which it goes out; null: those of the settings."""
    enabled: bool = True
    """False: it does not come."""


SilentReason = Literal[
    "done",
    "skipped",
    "failed",
    "not_due",
    "archived",
    "on_break",
    "habit_gone",
    "written",
    "not_at_risk",
    "not_silent_long",
    "no_channel",
    "account_disabled",
    "not_understood",
]
"""Why nothing was sent though it was time."""

Outcome = Literal["sent", "silent", "missed"]


class Fire(Message):
    """A time at which a reminder came due, and what became of it.

    `late`: it was sent after its time, within the grace period; `missed`: it was too late.
    """

    fire_at: AwareDatetime
    """When it came due."""
    day: Day
    """The logical day."""
    outcome: Outcome
    """What became of it."""
    reason: SilentReason | None = None
    """Why it kept silent; null: it did not."""
    late: bool = False
    """True: sent after its time, within the grace period."""


NeverBecause = Literal["off", "quiet_hours", "no_occurrence", "habit_gone", "archived"]


class Reminder(ReminderWords, Reply):
    """A reminder as it stands. `next_at` None: it will not come, `never_because` says why.

    `shift_minutes`: how far feedback has moved it. `learned` are the times that a smart reminder
    goes by, from Monday on; None where it goes by `times`. `history`: the last times, newest
    first (not in lists).
    """

    reminder_id: UUID
    """Which reminder."""
    next_at: AwareDatetime | None
    """When it comes next; null: it will not."""
    never_because: NeverBecause | None = None
    """Why it will not come; null: it will."""
    snoozed_until: AwareDatetime | None = None
    """Until when it is silent; null: it is not."""
    shift_minutes: int = 0
    """How many minutes feedback has moved it; negative: earlier."""
    learned: tuple[LocalTime | None, ...] = ()
    """The times it has learned, HH:MM, Monday first; null: it goes by `times`."""
    history: tuple[Fire, ...] = ()
    """The last times that it came due, newest first; empty in lists."""
    created_at: AwareDatetime
    """When it was made."""
    version: int
    """Rises by one with each change; it stands in the ETag."""


class CreateReminder(ReminderWords, Command[Reminder]):
    """Make a reminder.

    Refuses with `NotFound` for an unknown habit, or with `Invalid` (`reminder_needs_habit`,
    `reminder_text_missing`, `unless_written_with_habit`, `too_many_reminders`).
    """

    address: ClassVar[str] = "reminders.create_reminder"


class UpdateReminder(Patch[Reminder]):
    """Change a reminder. New times undo what feedback has moved.

    Null lets it go by the channels of the settings again. Refuses with `NotFound`, as
    `CreateReminder` does, or with `Conflict` (`version_conflict`).
    """

    address: ClassVar[str] = "reminders.update_reminder"
    about: ClassVar[frozenset[str]] = frozenset({"reminder_id", "expected_version"})
    clears: ClassVar[frozenset[str]] = frozenset({"channels"})
    flags: ClassVar[Mapping[str, str]] = {"channels": "usual_channels"}
    reminder_id: UUID
    text: Line | None = Field(default=None, repr=False)
    times: ReminderTimes | None = None
    weekdays: ReminderDays | None = None
    streak: StreakLength | None = None
    after_days: SilentDays | None = None
    mode: SmartMode | None = None
    unless_written: bool | None = None
    channels: Channels | None = None
    enabled: bool | None = None


class NoteCue(Command[Done]):
    """Note the cue of one of the caller's habits, for mails to show; the habits room asks this.

    Cues are words of a person: no fact tells of them.
    """

    address: ClassVar[str] = "reminders.note_cue"
    habit_id: UUID
    cue: Line


class DeleteReminder(Command[Done]):
    """Delete a reminder and its history. Refuses with `NotFound` or `Conflict`."""

    address: ClassVar[str] = "reminders.delete_reminder"
    reminder_id: UUID
    expected_version: int | None = None


class GetReminder(Query[Reminder]):
    """Get a reminder with its history. Refuses with `NotFound`."""

    address: ClassVar[str] = "reminders.get_reminder"
    reminder_id: UUID


class Reminders(Reply):
    """All reminders, in the order in which they were made."""

    reminders: tuple[Reminder, ...]
    """The reminders, in the order in which they were made."""


class ListReminders(Query[Reminders]):
    """List the caller's reminders, or those of a habit."""

    address: ClassVar[str] = "reminders.list_reminders"
    habit_id: UUID | None = None


class Snooze(Message):
    """For how long a reminder is to be silent: so many minutes, or until tomorrow."""

    minutes: int | None = Field(default=None, ge=15, le=1440, strict=True, examples=[30])
    """For how many minutes it is silent."""
    until: Literal["tomorrow"] | None = None
    """Until when it is silent, instead of `minutes`."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        """Refuse none, and both."""
        if (self.minutes is None) == (self.until is None):
            raise ValueError("give `minutes`, or `until`: tomorrow")
        return self


class SnoozeReminder(Snooze, Command[Reminder]):
    """Keep a reminder silent, and let it come again after so many `minutes`; or let it rest for
    the day (`until` tomorrow). When it comes again it is about the same day as before, `about`
    (None: today), though another one may have begun. Refuses with `NotFound`, or `Conflict`
    (`reminder_off`).
    """

    address: ClassVar[str] = "reminders.snooze_reminder"
    reminder_id: UUID
    about: Day | None = None


class GiveFeedback(Command[Reminder]):
    """Say that a reminder comes too early or too late, or that it is not wanted.

    `later` and `earlier` move it by 30 minutes, within the day and at most 3 hours from where it
    was, for good: it does not wear off. `never` switches it off; with a `weekday`, for that day of
    the week. Refuses with `NotFound`, or with `Conflict` (`reminder_at_limit`) what has moved as
    far as it goes.
    """

    address: ClassVar[str] = "reminders.give_feedback"
    reminder_id: UUID
    feedback: Literal["earlier", "later", "never"]
    weekday: Weekday | None = None
