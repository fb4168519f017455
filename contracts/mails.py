"""Jobs by which something is delivered to a person.

The reminders room delivers mails and digests through its ledger, once for each dedupe key.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import AwareDatetime, Field

from contracts.analytics import MoodReport, Summary
from contracts.auth import Email, Language
from contracts.habit import Line
from contracts.message import Job, Message
from contracts.time import Day

Template = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
"""The name of a mail's template: `welcome`, `digest`, `reminder`, ..."""

DedupeKey = Annotated[str, Field(min_length=1, max_length=200)]
"""What makes a delivery the same: one is made for a channel, a recipient and a key, ever."""

DigestEvery = Literal["day", "week", "month"]


class SendMail(Job):
    """Send somebody a mail. `data` fills the template; it is never trusted as HTML.

    `email` and `language` None: those of the user. After `useful_until` it is not sent any more.
    """

    address: ClassVar[str] = "reminders.send_mail"
    template: Template
    email: Email | None = None
    language: Language | None = None
    data: dict[str, str | int | float | bool] = Field(default_factory=dict, repr=False)
    dedupe_key: DedupeKey
    useful_until: AwareDatetime | None = None


class ComposeDigest(Job):
    """Compose a person's digest of `first`..`last`, which is due, and have it sent."""

    address: ClassVar[str] = "analytics.compose_due_digest"
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


class SendDigest(Job):
    """Send a digest that was due, unless its reader has left it meanwhile."""

    address: ClassVar[str] = "reminders.send_digest"
    digest: Digest
    dedupe_key: DedupeKey
    useful_until: AwareDatetime


DeliveryState = Literal[
    "pending", "sending", "sent", "retry", "failed", "suppressed", "expired", "missed"
]
"""Where a delivery is: see `actors/reminders/__init__.py`."""
