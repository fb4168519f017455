"""What the tests of mails work with: a ledger to look at, and senders to run by hand."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.notifications.channels import email
from actors.notifications.channels.protocol import DeliveryChannel
from actors.notifications.composer import Composer
from actors.notifications.sender import Sender
from actors.runtime.delegation import RoomBus
from actors.runtime.local import LocalBus
from actors.runtime.settings import Settings
from contracts.bus import Bus
from contracts.message import new_id
from storage.notifications import deliveries
from storage.notifications.ledger import NewDelivery
from storage.session import transaction

BASE = "https://ritmo.example.org"
Send = Callable[[], Awaitable[int]]


def mails_to(url: str, per_minute: int = 1000) -> DeliveryChannel:
    """Open the channel for mails to a server."""
    given = {"smtp_url": url, "mail_from": "Ritmo <ritmo@example.org>"}
    return email.opened(Settings.model_validate({**given, "mail_per_minute": per_minute}))


def sender_over(engine: AsyncEngine, channel: DeliveryChannel, bus: Bus | None = None) -> Sender:
    """Make a sender over a channel; on `bus` are the rooms that know how things stand."""
    own = RoomBus(bus or LocalBus(), "notifications", engine)
    return Sender(engine, channel, Composer(own, BASE))


def sender_to(
    engine: AsyncEngine, url: str, per_minute: int = 1000, bus: Bus | None = None
) -> Sender:
    """Make a sender of mails to a server."""
    return sender_over(engine, mails_to(url, per_minute), bus)


async def send_all(sender: Sender) -> int:
    """Send until nothing is due; return how many were claimed."""
    claimed = 0
    while some := await sender.send_due():
        claimed += some
    return claimed


def now() -> datetime:
    """What time it is in the test."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Ledger:
    """The ledger of deliveries, to write into and to look at."""

    engine: AsyncEngine

    async def add(self, count: int = 1, **given: Any) -> list[UUID]:
        """Enqueue tests to somebody at `to`."""
        plain: dict[str, Any] = {
            "user_id": new_id(),
            "channel": "email",
            "recipient": "ann@example.org",
            "template": "test",
            "language": "en",
            "data": "{}",
            "due_at": now(),
        }
        rows = [
            NewDelivery(**{**plain, "dedupe_key": f"test:{new_id()}", **given})
            for _ in range(count)
        ]
        async with transaction(self.engine) as tx:
            await deliveries.enqueue(tx, rows)
        return [row.user_id for row in rows]

    async def rows(self) -> list[dict[str, Any]]:
        """Return all deliveries in the order in which they were made."""
        async with transaction(self.engine) as tx:
            found = await tx.execute(text("SELECT * FROM notifications.deliveries ORDER BY id"))
            return [{**row._mapping, "data": json.loads(row.data)} for row in found]

    async def one(self) -> dict[str, Any]:
        """Return the only delivery."""
        (row,) = await self.rows()
        return row

    async def states(self) -> list[str]:
        """Return the states of all deliveries."""
        return [row["state"] for row in await self.rows()]
