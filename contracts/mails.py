"""What rooms say to have something delivered to a person: mails, chats, and digests.

A room that wants a mail sent tells `MailWanted`; the reminders room hears it and delivers it
through its ledger, once for each dedupe key.
"""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.analytics import MoodReport, Summary
from contracts.auth import Email, Language
from contracts.habit import Amount, CheckInState, Line
from contracts.message import Fact, Message
from contracts.time import Day

Template = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
"""The name of a mail's template: `welcome`, `digest`, `reminder`, ..."""

DedupeKey = Annotated[str, Field(min_length=1, max_length=200)]
"""What makes a delivery the same: one is made for a channel, a recipient and a key, ever."""

DigestEvery = Literal["day", "week", "month"]


class MailWanted(Fact):
    """Somebody is to get a mail. `data` fills the template; it is never trusted as HTML.

    `email` and `language` None: those of the user. After `useful_until` it is not sent any more.
    """

    address: ClassVar[str] = "reminders.mail_wanted"
    template: Template
    email: Email | None = None
    language: Language | None = None
    data: dict[str, str | int | float | bool] = Field(default_factory=dict, repr=False)
    dedupe_key: DedupeKey
    useful_until: AwareDatetime | None = None


class TelegramWanted(Fact):
    """Somebody is to get a message by Telegram; the bot's room hears it."""

    address: ClassVar[str] = "reminders.telegram_wanted"
    delivery_id: UUID
    text: Annotated[str, Field(max_length=4000)] = Field(repr=False)
    habit_id: UUID | None = None
    day: Day | None = None


class Logged(Message):
    """What is logged for a day of a habit: `value` in its measure (seconds, if it is timed)."""

    value: Amount
    state: CheckInState


MarkSource = Literal["mail", "telegram", "link"]
"""Where a person answered a reminder."""


class HabitMarked(Fact):
    """A person answered a reminder for a habit: done, or skipped. The habits room logs it.

    `value` None: the habit's own idea of done. A mark may be older than what is logged: it lowers
    or erases that only if it is `replaces`, which its owner saw and said to replace.
    """

    address: ClassVar[str] = "reminders.habit_marked"
    habit_id: UUID
    day: Day
    state: Literal["done", "skipped"]
    value: float | None = None
    replaces: Logged | None = None
    source: MarkSource = "mail"


class MarkWithdrawn(Fact):
    """A person takes back how they answered a reminder; the habits room takes the change back.

    It does so only if nobody has changed the day since.
    """

    address: ClassVar[str] = "reminders.mark_withdrawn"
    habit_id: UUID
    day: Day
    source: MarkSource = "mail"


class DigestDue(Fact):
    """A person's digest of `first`..`last` is due; analytics hears it and composes it."""

    address: ClassVar[str] = "reminders.digest_due"
    every: DigestEvery
    first: Day
    last: Day
    language: Language
    dedupe_key: DedupeKey
    useful_until: AwareDatetime


class Inline(Message):
    """A picture inside a mail: `data` is base64 PNG, `alt` says in words what it shows."""

    name: Line
    data: str = Field(repr=False)
    alt: Line = ""


class NextDay(Message):
    """A coming day, and what it asks for."""

    day: Day
    habits: tuple[Line, ...]


class Digest(Message):
    """What a digest tells: figures, next week, and pictures."""

    every: DigestEvery
    first: Day
    last: Day
    language: Language
    summary: Summary
    moods: MoodReport
    next_days: tuple[NextDay, ...]
    neglected: Line = ""
    pictures: tuple[Inline, ...] = ()


class DigestComposed(Fact):
    """A digest that was due is ready to be sent; the reminders room hears it."""

    address: ClassVar[str] = "analytics.digest_composed"
    digest: Digest
    dedupe_key: DedupeKey
    useful_until: AwareDatetime


DeliveryState = Literal[
    "pending", "sending", "sent", "retry", "failed", "suppressed", "expired", "missed"
]
"""Where a delivery is: see `actors/reminders/__init__.py`."""
