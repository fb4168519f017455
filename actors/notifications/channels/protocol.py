"""What a channel is: it takes one delivery, put into words, and says how it went."""

from typing import Protocol

from actors.notifications.composer import Notice
from actors.notifications.domain import DeliveryOutcome
from contracts.notifications import ChannelName
from storage.notifications.ledger import DeliveryRow


class DeliveryChannel(Protocol):
    """A way out: how many deliveries a minute, and how many rounds of them at once.

    `batch`: how many deliveries are claimed for each round.
    """

    name: ChannelName
    per_minute: int | None
    at_once: int
    batch: int

    async def send(self, notice: Notice) -> DeliveryOutcome:
        """Send a notice and say how it went; never raises for what the other side does."""
        ...

    async def take_back(self, delivery: DeliveryRow) -> None:
        """Take back what was sent to somebody who was erased meanwhile, where that is possible."""
        ...

    async def rest(self) -> None:
        """Let go of what costs something; there is nothing to send for now."""
        ...

    async def close(self) -> None:
        """Let go of everything."""
        ...
