"""What the notifications room says about channels and deliveries: what was sent, and how."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from contracts.language import Language
from contracts.message import SECRET, Command, Done, Query, Reply
from contracts.notifications import ChannelName, DeliveryState, Template
from contracts.scopes import ACCOUNT
from contracts.time import Day

AppriseUrl = Annotated[str, StringConstraints(strip_whitespace=True, min_length=5, max_length=1000)]
"""An address that Apprise knows, such as `ntfys://ntfy.sh/topic`. It may hold passwords."""

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

    address: ClassVar[str] = "notifications.list_channels"
    language: Language | None = None


class SetApprise(Command[Channel]):
    """Say which Apprise address to use. It is shown with its scheme and last four characters only.

    Refuses with `Invalid` (`apprise_unknown`, `apprise_unknown_host`, `apprise_private`,
    `apprise_not_allowed`, `apprise_parameter`).
    """

    address: ClassVar[str] = "notifications.set_apprise"
    scope: ClassVar[str] = ACCOUNT
    fresh: ClassVar[bool] = True
    url: Annotated[AppriseUrl, SECRET] = Field(
        repr=False, examples=["ntfys://ntfy.sh/my-secret-topic"]
    )
    language: Language | None = None


class DropApprise(Command[Done]):
    """Forget the Apprise address."""

    address: ClassVar[str] = "notifications.drop_apprise"


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

    address: ClassVar[str] = "notifications.send_test"
    channel: ChannelName
    language: Language | None = None


class GetDelivery(Query[Delivery]):
    """Get what became of a delivery. Refuses with `NotFound`."""

    address: ClassVar[str] = "notifications.get_delivery"
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

    address: ClassVar[str] = "notifications.list_deliveries"
    state: DeliveryState | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = None
    language: Language | None = None


class TryReminder(Command[Deliveries]):
    """Send a reminder now, through all its channels that are on, whatever the day asks for.

    Refuses with `NotFound`, with `Conflict` (`no_channel`), or with `TooMany` if it was tried
    less than ten seconds ago.
    """

    address: ClassVar[str] = "notifications.try_reminder"
    reminder_id: UUID
