"""What the reminders room says about deliveries: what was sent and through which channel.

It also answers for the links in mails, and shows digests before they are sent.
"""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from contracts.auth import Done, Language
from contracts.habit import Line, Measure
from contracts.mails import DeliveryState, Digest, DigestEvery, Template
from contracts.marks import Logged, MarkOutcome
from contracts.message import SECRET, Command, Message, Query, Reply
from contracts.reminders import ChannelName
from contracts.time import Day

Token = Annotated[
    str, StringConstraints(min_length=20, max_length=1024, pattern=r"^[A-Za-z0-9_.-]+$")
]
"""What a link in a mail carries: signed, for one purpose, and not for ever."""

AppriseUrl = Annotated[str, StringConstraints(strip_whitespace=True, min_length=5, max_length=1000)]
"""An address that Apprise knows, such as `ntfys://ntfy.sh/topic`. It may hold passwords."""

Purpose = Literal["done", "skip", "snooze", "earlier", "later", "never", "unsubscribe"]
"""What a link does: log the day as done or skipped, let a reminder come again, move it for good or
switch it off, end a digest.
"""


# -- channels -------------------------------------------------------------------------------------


class Channel(Reply):
    """A way to reach a person. `to` says where, never in full if it is secret.

    `on`: it can be used now; `note` says in words why not, or what to know.
    """

    channel: ChannelName
    """Which channel."""
    on: bool
    """True: it can be used now."""
    to: str = ""
    """Where it leads, never in full if that is secret."""
    note: str = ""
    """Why it cannot be used, or what to know; perhaps empty."""


class ChannelList(Reply):
    """All channels, whether they are on or not."""

    channels: tuple[Channel, ...]
    """All channels."""


class ListChannels(Query[ChannelList]):
    """List the ways to reach the caller; notes are in `language`, else in the caller's own."""

    address: ClassVar[str] = "reminders.list_channels"
    language: Language | None = None


class SetApprise(Command[Channel]):
    """Say which Apprise address to use. It is shown with its scheme and last four characters only.

    Refuses with `Invalid` (`apprise_unknown`, `apprise_unknown_host`, `apprise_private`,
    `apprise_not_allowed`, `apprise_parameter`).
    """

    address: ClassVar[str] = "reminders.set_apprise"
    url: Annotated[AppriseUrl, SECRET] = Field(
        repr=False, examples=["ntfys://ntfy.sh/my-secret-topic"]
    )
    language: Language | None = None


class DropApprise(Command[Done]):
    """Forget the Apprise address."""

    address: ClassVar[str] = "reminders.drop_apprise"


class Delivery(Reply):
    """Something that was sent, or is to be. `why` says in words what became of it.

    `again_at`: when it is tried next. `detail` is the same as `why` for programs.
    """

    delivery_id: UUID
    """Which delivery."""
    channel: ChannelName
    """Which channel."""
    template: Template
    """What kind of message it is."""
    state: DeliveryState
    """How far it has come."""
    why: str
    """What became of it, in words."""
    detail: str
    """What became of it, for programs."""
    attempts: int
    """How often it was tried."""
    created_at: AwareDatetime
    """When it was to be sent first."""
    again_at: AwareDatetime | None = None
    """When it is tried next; null: not again."""
    ended_at: AwareDatetime | None = None
    """When it was sent or given up; null: not yet."""
    useful_until: AwareDatetime | None = None
    """Until when it is worth sending; null: always."""
    reminder_id: UUID | None = None
    """The reminder that it comes from; null: none."""
    habit_id: UUID | None = None
    """The habit that it is about; null: none."""
    day: Day | None = None
    """The logical day that it is about; null: none."""


class SendTest(Command[Delivery]):
    """Send a test through a channel, now; follow it with `GetDelivery`.

    An address that took no mail is tried again. Refuses with `Conflict` (`channel_off`), or with
    `TooMany` if one was sent less than ten seconds ago.
    """

    address: ClassVar[str] = "reminders.send_test"
    channel: ChannelName
    language: Language | None = None


class GetDelivery(Query[Delivery]):
    """Get what became of a delivery. Refuses with `NotFound`."""

    address: ClassVar[str] = "reminders.get_delivery"
    delivery_id: UUID
    language: Language | None = None


class Deliveries(Reply):
    """A page of deliveries, newest first; `next` asks for the next one."""

    deliveries: tuple[Delivery, ...]
    """The deliveries, newest first."""
    next: str | None = None
    """The cursor of the next page; null: this is the last one."""


class ListDeliveries(Query[Deliveries]):
    """List what was sent to the caller, and what became of it. Refuses with `Invalid`."""

    address: ClassVar[str] = "reminders.list_deliveries"
    state: DeliveryState | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = None
    language: Language | None = None


class TryReminder(Command[Deliveries]):
    """Send a reminder now, through all its channels that are on, whatever the day asks for.

    Refuses with `NotFound`, with `Conflict` (`no_channel`), or with `TooMany` if it was tried
    less than ten seconds ago.
    """

    address: ClassVar[str] = "reminders.try_reminder"
    reminder_id: UUID


# -- links in mails -------------------------------------------------------------------------------


class Link(Reply):
    """What a link in a mail is for; nothing else about the account.

    `used`: what it is for is so already, or it has acted before. `number`: the habit takes a number
    in its `measure` (in `unit`; seconds, if it is timed), `usual` is what stands for done. `logged`
    is what its day says, once it was pressed what the habits room says, and before that what this
    room knows of it; `wanted` is what pressing it makes of that. None: nothing, or only a number
    can tell. `outcome`: what pressing it did; None: it was only looked at. `every`: the digest that
    ends.
    """

    purpose: Purpose
    language: Language
    habit: Line = ""
    day: Day | None = None
    number: bool = False
    measure: Measure = "yes_no"
    unit: str = ""
    usual: float | None = None
    logged: Logged | None = None
    wanted: Logged | None = None
    outcome: MarkOutcome | None = None
    every: DigestEvery | None = None
    used: bool = False


class LookAtLink(Query[Link]):
    """Say what a link is for; nothing is done. The token says who asks.

    Refuses with `NotFound` (`link_unknown`), or with `Gone` (`link_expired`, `link_void`).
    """

    address: ClassVar[str] = "reminders.look_at_link"
    public: ClassVar[bool] = True
    token: Annotated[Token, SECRET] = Field(repr=False)


class ActOnLink(Command[Link]):
    """Do what a link is for, once; the second time nothing is done.

    `value` goes with done, `minutes` or `until` with snooze (an hour, if neither is given). What is
    logged for the day is lowered or erased only if it is `replaces`, which whoever presses has
    seen. `undo` takes back what done or skip has logged. Refuses as `LookAtLink` does, with
    `Invalid` (`value_missing`, `value_not_whole`), with `Unavailable` while the room that logs is
    away, or with `Denied` (`may_not_act_for`) for who is disabled; then the link stays good.
    """

    address: ClassVar[str] = "reminders.act_on_link"
    public: ClassVar[bool] = True
    token: Annotated[Token, SECRET] = Field(repr=False)
    value: float | None = Field(default=None, ge=0, le=1_000_000_000, allow_inf_nan=False)
    minutes: int | None = Field(default=None, ge=15, le=1440, strict=True)
    until: Literal["tomorrow"] | None = None
    replaces: Logged | None = None
    undo: bool = False


# -- digests --------------------------------------------------------------------------------------


class ComposedDigest(Reply):
    """A digest with its pictures."""

    digest: Digest


class GetDigest(Query[ComposedDigest]):
    """Compose the caller's digest of the last full day, week or month."""

    address: ClassVar[str] = "analytics.get_digest"
    every: DigestEvery = "week"
    language: Language | None = None


class LetterShown(Message):
    """A letter as it would be sent: `html` with its pictures inside, and the whole mail."""

    subject: str
    """The subject line."""
    html: str = Field(repr=False)
    """The letter as HTML, its pictures inside."""
    text: str = Field(repr=False)
    """The letter as plain text."""
    eml: str = Field(repr=False)
    """The whole mail (RFC 5322)."""


class DigestShown(LetterShown, Reply):
    """A digest that was not sent."""


class PreviewDigest(Query[DigestShown]):
    """Show the caller's digest as it would be sent now."""

    address: ClassVar[str] = "reminders.preview_digest"
    every: DigestEvery = "week"
    language: Language | None = None
