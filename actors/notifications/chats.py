"""Chats in Telegram: who has linked one, and how what was handed on to them ended."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.notifications.domain import DeliveryOutcome, Tried, after
from actors.notifications.room import known, room
from actors.runtime.room import Transaction
from contracts.notifications import ChannelName, ChannelsChanged
from contracts.telegram import ChatChanged, EndDelivery
from storage.notifications import chats, deliveries
from storage.notifications.chats import KnownChat
from storage.notifications.ledger import NewDelivery
from storage.outbox import tell


@room.hear
async def note_chat(fact: ChatChanged, tx: Transaction) -> None:
    """Note whether a chat of a person takes messages; of one that blocks, they are told by mail."""
    if fact.user_id in await known.replica.lock(tx, [fact.user_id]):
        return
    await chats.hold_reach(tx, fact.user_id)
    chat = KnownChat(fact.name, fact.linked, fact.blocked)
    if not await chats.save(tx, fact.user_id, chat, fact.version):
        return
    await tell_reach(tx, fact.user_id)
    if fact.blocked:
        await tell_of_block(tx, fact)


async def tell_reach(tx: AsyncConnection, user_id: UUID) -> None:
    """Tell through which channels a person is reached now; their reach is held meanwhile."""
    apprise, telegram, version = await chats.reach(tx, user_id)
    names: list[tuple[ChannelName, bool]] = [("telegram", telegram), ("apprise", apprise)]
    channels = tuple(name for name, on in names if on)
    await tell(tx, ChannelsChanged(user_id=user_id, version=version, channels=channels))


async def tell_of_block(tx: AsyncConnection, fact: ChatChanged) -> None:
    """Write a mail that the bot is blocked."""
    person = await known.replica.find_person(tx, fact.user_id)
    if person is None or not person.email:
        return
    row = NewDelivery(
        user_id=fact.user_id,
        channel="email",
        recipient=person.email,
        dedupe_key=f"telegram_blocked:{fact.version}",
        template="telegram_blocked",
        language=person.language,
        data="{}",
        due_at=datetime.now(UTC),
    )
    await deliveries.enqueue(tx, [row])


@room.do
async def end_delivery(job: EndDelivery, tx: Transaction) -> None:
    """Write down how a notice ended that was handed on."""
    row = await deliveries.find(tx, job.user_id, job.delivery_id)
    if row is None or row.state != "sending":
        return
    now = datetime.now(UTC)
    if job.end == "sent":
        outcome = DeliveryOutcome("sent", "")
    elif job.end == "unsure":
        outcome = DeliveryOutcome("refused", "unsure")
    else:
        outcome = DeliveryOutcome("refused", job.detail)
    verdict = after(outcome, Tried(row.attempts, row.unsure, row.created_at, row.useful_until), now)
    state = "expired" if job.end == "expired" else verdict.state
    await deliveries.record(
        tx, row, state, now, verdict.detail, unsure=verdict.unsure, ended_at=now
    )
