"""What the telegram room says: a person's chat, how it is linked, and what comes through it."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from contracts.accounts import Text
from contracts.language import Language
from contracts.message import SECRET, Command, Done, Fact, Job, Query, Reply
from contracts.passkeys import Credential
from contracts.scopes import ACCOUNT
from contracts.time import Day
from contracts.tokens import Device, Tokens

LinkState = Literal["off", "none", "offered", "opened", "linked", "blocked"]
"""`off`: this Ritmo has no bot; `none`: there is no chat; `offered`: a link waits to be opened;
`opened`: somebody opened it, and it is to be confirmed; `linked`; `blocked`: the person has blocked
the bot in Telegram.
"""

MAX_UPDATE = 262_144
"""Characters of an update, at most; what is longer is passed over."""

MAX_INIT_DATA = 4096
"""Characters of what Telegram tells a Mini App about who opened it."""

DeliveryEnd = Literal["sent", "refused", "no_mailbox", "expired", "unsure"]
"""How a notice ended: see `actors/notifications/domain.py`."""


class TelegramLink(Reply):
    """How a person and their chat in Telegram stand."""

    state: LinkState
    """How far it has come: no bot, no chat, offered, opened, linked, or blocked by the person."""
    name: str = ""
    """The name that whoever opened the link, or is linked, has in Telegram."""
    username: str = ""
    """Their user name in Telegram, without @; perhaps empty."""
    url: Annotated[str, SECRET] = Field(default="", repr=False)
    """The link to be opened in Telegram, shown only when it is made."""
    expires_at: AwareDatetime | None = None
    """Until when the link can be opened and confirmed; null: there is none."""
    bot: str = ""
    """The user name of the bot, without @."""


class OfferLink(Command[TelegramLink]):
    """Make a link that joins the chat in which it is opened to the caller: once, in ten minutes.

    Refuses with `Conflict` (`telegram_off`, `telegram_linked`), or with `Unavailable` while the bot
    was not reached yet.
    """

    address: ClassVar[str] = "telegram.offer_link"
    scope: ClassVar[str] = ACCOUNT
    fresh: ClassVar[bool] = True


class ConfirmLink(Command[TelegramLink]):
    """Confirm that whoever opened the link is the caller.

    Refuses with `Conflict` (`link_not_opened`): nobody has opened it, or it is too old.
    """

    address: ClassVar[str] = "telegram.confirm_link"
    scope: ClassVar[str] = ACCOUNT
    fresh: ClassVar[bool] = True


class GetTelegramLink(Query[TelegramLink]):
    """Get how the caller and their chat stand."""

    address: ClassVar[str] = "telegram.get_link"
    scope: ClassVar[str] = ACCOUNT


class DropTelegramLink(Command[Done]):
    """Unlink the caller's chat, and void a link that waits. Done, too, if there is neither."""

    address: ClassVar[str] = "telegram.drop_link"
    scope: ClassVar[str] = ACCOUNT


class SignIn(Command[Tokens]):
    """Begin a session for whom Telegram vouches, by the `initData` that it gives a Mini App.

    It is taken once, and for five minutes. A second factor that is on is asked for all the same:
    then the same data may come again with it. Refuses with `Conflict` (`telegram_off`), with
    `Unauthenticated` (`invalid_init_data`, `init_data_too_old`, `init_data_used`,
    `telegram_unknown`), and as `contracts.accounts.BeginSession` does.
    """

    address: ClassVar[str] = "telegram.sign_in"
    public: ClassVar[bool] = True
    init_data: Annotated[str, StringConstraints(max_length=MAX_INIT_DATA), SECRET] = Field(
        repr=False
    )
    otp: Annotated[Text | None, SECRET] = Field(default=None, repr=False)
    passkey: Annotated[Credential | None, SECRET] = Field(default=None, repr=False)
    device: Device = Device()


class TakeUpdate(Command[Done]):
    """Take in an update that Telegram brings; it is written down before this is answered.

    What is no update is passed over. Refuses with `Denied` (`wrong_secret`), or with `NotFound` if
    updates are not brought to this Ritmo.
    """

    address: ClassVar[str] = "telegram.take_update"
    public: ClassVar[bool] = True
    secret: Annotated[str, StringConstraints(max_length=256), SECRET] = Field(repr=False)
    body: Annotated[str, StringConstraints(max_length=MAX_UPDATE), SECRET] = Field(repr=False)


class ChatChanged(Fact):
    """A person is now linked to a chat, or not; `blocked`: they take no messages there.

    `new`: it was linked just now, by who is signed in.
    """

    address: ClassVar[str] = "telegram.chat_changed"
    name: str = Field(repr=False)
    linked: bool
    blocked: bool = False
    new: bool = False


class DeliverNotice(Job):
    """Send a notice into a person's chat, once for each `delivery_id`, up to `useful_until`.

    `title` stands at the top, `lines` below. A reminder can be answered: its habit on `day`.
    """

    address: ClassVar[str] = "telegram.deliver_notice"
    delivery_id: UUID
    language: Language
    title: str = Field(repr=False)
    lines: tuple[str, ...] = Field(default=(), repr=False)
    reminder_id: UUID | None = None
    habit_id: UUID | None = None
    day: Day | None = None
    useful_until: AwareDatetime | None = None
    picture: str = Field(default="", repr=False)
    """A PNG in base64 that comes below it, if there is one."""
    alt: str = Field(default="", repr=False)
    """What the picture shows."""


class EndDelivery(Job):
    """Write down how a notice that was handed on ended."""

    address: ClassVar[str] = "notifications.end_delivery"
    delivery_id: UUID
    end: DeliveryEnd
    detail: str = ""
