"""What the notifications room is to send, and by which channels it says that people are reached.

Other rooms say what and when, this one how: through its ledger, once for each dedupe key. It also
says what is in `deliveries.py`, `links.py` and `digests.py`.
"""

from typing import Annotated, ClassVar, Literal, get_args
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.accounts import Email
from contracts.digests import DigestEvery
from contracts.language import Language
from contracts.message import EACH_ONCE, Fact, Job
from contracts.time import Day

ChannelName = Literal["email", "telegram", "apprise"]
"""A way to reach a person."""

CHANNELS: tuple[ChannelName, ...] = get_args(ChannelName)

Channels = Annotated[tuple[ChannelName, ...], Field(max_length=3), EACH_ONCE]

Template = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
"""The name of a mail's template: `welcome`, `digest`, `reminder`, ..."""

DedupeKey = Annotated[str, Field(min_length=1, max_length=200)]
"""What makes a delivery the same: one is made for a channel, a recipient and a key, ever."""

DeliveryState = Literal[
    "pending", "sending", "sent", "retry", "failed", "suppressed", "expired", "missed"
]
"""Where a delivery is: see `actors/notifications/domain.py`."""


class SendNotice(Job):
    """Send somebody a notice, once through each of `channels`.

    `data` fills the template; it is never trusted as HTML. `email` and `language` None: those of
    the user. After `useful_until` it is not sent any more. What it is about (`reminder_id`,
    `habit_id` on `day`) can be answered by the links that it carries.
    """

    address: ClassVar[str] = "notifications.send_notice"
    template: Template
    channels: Channels = ("email",)
    email: Email | None = None
    language: Language | None = None
    data: dict[str, str | int | float | bool] = Field(default_factory=dict, repr=False)
    dedupe_key: DedupeKey
    useful_until: AwareDatetime | None = None
    reminder_id: UUID | None = None
    habit_id: UUID | None = None
    day: Day | None = None


class SendDigest(Job):
    """Send a person's digest of `first`..`last`, which is due: composed when it is sent."""

    address: ClassVar[str] = "notifications.send_digest"
    every: DigestEvery
    first: Day
    last: Day
    language: Language
    dedupe_key: DedupeKey
    useful_until: AwareDatetime


class ChannelsChanged(Fact):
    """Beside e-mail, a person is now reached through these channels."""

    address: ClassVar[str] = "notifications.channels_changed"
    channels: Channels
