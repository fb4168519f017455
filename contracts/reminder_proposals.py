"""When a reminder would suit better, and why it comes when it does: asks of the reminders room."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from contracts.language import Language
from contracts.message import Command, Message, Query, Reply
from contracts.reminders import LocalTime, Reminder
from contracts.schedule import Weekday


class Usual(Message):
    """When a habit is usually done, from the times at which it was (circular statistics).

    `weekday` None: on all days together. `usual` is the mean, `first`..`last` the central 80 %,
    `proposed` the time to be reminded, shortly before; `within` of `times` lie in the window.
    `deviation_minutes` is the circular standard deviation; None with `enough` false: there are
    fewer than `needed` times, or they lie all over the day.
    """

    weekday: Weekday | None = None
    """The day of the week; null: all days together."""
    enough: bool
    """Whether there are times enough to say."""
    times: int
    """How many times are known."""
    needed: int
    """How many times are needed."""
    usual: LocalTime | None = None
    """The mean time, HH:MM; null: not enough is known."""
    first: LocalTime | None = None
    """The begin of the window with the central 80 %, HH:MM."""
    last: LocalTime | None = None
    """The end of the window with the central 80 %, HH:MM."""
    proposed: LocalTime | None = None
    """The time to be reminded, HH:MM, shortly before the usual one."""
    within: int = 0
    """How many of the times lie in the window."""
    deviation_minutes: int | None = None
    """The circular standard deviation, in minutes."""


class Proposal(Reply):
    """What is usual on each day of the week, from Monday on, and why it is proposed, in words.

    A day with too few times of its own goes by all days together.
    """

    reminder_id: UUID
    """Which reminder."""
    days: tuple[Usual, ...]
    """What is usual on each day of the week, Monday first."""
    words: tuple[str, ...]
    """Sentences, in the caller's language."""


class GetProposal(Query[Proposal]):
    """Get the times that a smart reminder proposes. Refuses with `NotFound`, or with `Conflict`
    (`reminder_not_smart`). Its words are in `language`, else in the caller's own.
    """

    address: ClassVar[str] = "reminders.get_proposal"
    reminder_id: UUID
    language: Language | None = None


class AcceptProposal(Command[Reminder]):
    """Let a smart reminder go by the times that it proposes, as they are now.

    Refuses as `GetProposal` does, or with `Conflict` (`proposal_empty`) if it proposes nothing.
    """

    address: ClassVar[str] = "reminders.accept_proposal"
    reminder_id: UUID


class Why(Reply):
    """Why a reminder comes when it does, in words, with the numbers behind them."""

    reminder_id: UUID
    """Which reminder."""
    words: tuple[str, ...]
    """Sentences, in the caller's language."""
    next_at: AwareDatetime | None
    """When it comes next; null: it will not."""
    usual: Usual | None = None
    """The numbers behind it; null: it goes by no learned time."""


class ExplainReminder(Query[Why]):
    """Say why a reminder comes when it does, in `language`, else in the caller's own.

    Refuses with `NotFound`.
    """

    address: ClassVar[str] = "reminders.explain_reminder"
    reminder_id: UUID
    language: Language | None = None
