"""Every channel, one file each: whom it reaches, how it is shown, and how it sends."""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.notifications.channels import apprise, email, telegram
from actors.notifications.channels.protocol import DeliveryChannel
from actors.notifications.webhooks.client import Helper
from actors.runtime.settings import Settings
from contracts import deliveries
from contracts.language import Language
from contracts.notifications import ChannelName
from storage.replica.replica import PersonRow


class Way(NamedTuple):
    """How a channel is seen by people: to whom it leads (None: it is off), and what is shown."""

    recipient: Callable[[AsyncConnection, PersonRow], Awaitable[str | None]]
    show: Callable[[AsyncConnection, PersonRow, Settings, Language], Awaitable[deliveries.Channel]]


WAYS: Mapping[ChannelName, Way] = {
    "email": Way(email.recipient, email.show),
    "telegram": Way(telegram.recipient, telegram.show),
    "apprise": Way(apprise.recipient, apprise.show),
}
"""In the order in which they are listed."""


SENDING: frozenset[ChannelName] = frozenset({"email", "apprise", "telegram"})
"""Those that send: what `opened` opens."""


def opened(engine: AsyncEngine, settings: Settings, helper: Helper) -> tuple[DeliveryChannel, ...]:
    """Open every channel that sends. Raises UnusableServer or BadAddress."""
    private = settings.allow_private_webhooks
    return (
        email.opened(settings),
        apprise.AppriseChannel(engine, helper, allow_private=private),
        telegram.TelegramChannel(engine),
    )
