"""Whatever Apprise reaches, at the address that the person gave."""

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.notifications.composer import Notice
from actors.notifications.domain import DeliveryOutcome
from actors.notifications.letter import LetterWords
from actors.notifications.webhooks.client import SLOTS, Helper, masked
from actors.runtime.settings import Settings
from contracts.deliveries import Channel
from contracts.language import Language
from contracts.notifications import ChannelName
from contracts.speech import say
from storage.notifications import apprise
from storage.notifications.ledger import DeliveryRow
from storage.replica.replica import PersonRow
from storage.session import transaction


async def recipient(tx: AsyncConnection, person: PersonRow) -> str | None:
    """Return a person's id, if they gave an address: that is looked up when something is sent."""
    return str(person.user_id) if await apprise.find(tx, person.user_id) else None


async def show(
    tx: AsyncConnection, person: PersonRow, settings: Settings, language: Language
) -> Channel:
    """Show whether a person gave an address, never in full."""
    url = await apprise.find(tx, person.user_id)
    if url is None:
        note = "Give an Apprise address to be reached through ntfy, Matrix, webhooks and more."
        return Channel(channel="apprise", on=False, note=say(language, note))
    return Channel(channel="apprise", on=True, to=masked(url))


class AppriseChannel:
    """Has a process of its own send, for several people at once."""

    name: ChannelName = "apprise"
    per_minute: int | None = None
    at_once = SLOTS
    batch = 1

    def __init__(self, engine: AsyncEngine, helper: Helper, *, allow_private: bool) -> None:
        """Find addresses over `engine`, and have `helper` send."""
        self._engine, self._helper, self._allow_private = engine, helper, allow_private

    async def send(self, notice: Notice) -> DeliveryOutcome:
        """Send the words of a letter, and its links."""
        async with transaction(self._engine) as tx:
            url = await apprise.find(tx, notice.delivery.user_id)
        if url is None:
            return DeliveryOutcome("unfit", "channel_gone")
        title, body = shortened(notice.words)
        return await self._helper.send(url, title, body, allow_private=self._allow_private)

    async def take_back(self, delivery: DeliveryRow) -> None:
        """Do nothing: what was sent is sent."""

    async def rest(self) -> None:
        """Let the helper go if it was not needed for a while."""
        self._helper.rest()

    async def close(self) -> None:
        """Let the helper go."""
        self._helper.close()


def shortened(words: LetterWords) -> tuple[str, str]:
    """Make a short message of a letter: its subject, and its text with the links."""
    lines = [*words.paragraphs, *(f"{button.label}: {button.url}" for button in words.buttons)]
    return words.subject, "\n".join(lines) or words.heading
