"""The ways to reach a person: which there are, whether they are on, and a test of each."""

import json
from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.reminders import copies, ledger
from actors.reminders.webhooks.client import masked
from actors.runtime.settings import Settings
from contracts.auth import Language
from contracts.bus import Bus
from contracts.deliveries import Channel, ChannelList, Delivery, SendTest, SetApprise
from contracts.message import Conflict, TooMany
from contracts.principal import Principal
from contracts.reminders import ChannelName
from contracts.speech import say
from storage.reminders import channels, deliveries
from storage.reminders.copies import PersonRow
from storage.reminders.ledger import NewDelivery

CHANNELS: tuple[ChannelName, ...] = get_args(ChannelName)

BETWEEN = 10
"""Seconds between two tests."""

USEFUL = timedelta(minutes=10)
"""A test that takes longer than this is of no use to who waits for it."""


async def show_all(
    tx: AsyncConnection, bus: Bus, who: Principal, settings: Settings, language: Language | None
) -> ChannelList:
    """Show every channel."""
    person = await copies.person_of(tx, bus, who)
    said = language or person.language
    return ChannelList(
        channels=tuple([await _show(tx, person, name, settings, said) for name in CHANNELS])
    )


async def _show(
    tx: AsyncConnection,
    person: PersonRow,
    channel: ChannelName,
    settings: Settings,
    language: Language,
) -> Channel:
    if channel == "telegram":
        note = "The Telegram bot is not there yet; until it is, this channel is off."
        return Channel(channel=channel, on=False, note=say(language, note))
    if channel == "apprise":
        url = await channels.find_apprise(tx, person.user_id)
        if url is None:
            note = "Give an Apprise address to be reached through ntfy, Matrix, webhooks and more."
            return Channel(channel=channel, on=False, note=say(language, note))
        return Channel(channel=channel, on=True, to=masked(url))
    if person.email is None:
        return Channel(
            channel=channel, on=False, note=say(language, "Your address is not known yet.")
        )
    detail = await deliveries.why_suppressed(tx, person.user_id, channel, person.email)
    note = ""
    if detail is not None:
        note = ledger.why_of(language, "suppressed", detail)
    elif settings.smtp_url is None:
        note = say(
            language,
            "No mail server is set: mails are written as files into the mail folder of Ritmo.",
        )
    return Channel(channel=channel, on=detail is None, to=person.email, note=note)


async def set_apprise(
    tx: AsyncConnection, bus: Bus, who: Principal, settings: Settings, command: SetApprise
) -> Channel:
    """Keep an Apprise address."""
    person = await copies.person_of(tx, bus, who)
    await channels.set_apprise(tx, who.user_id, command.url)
    return await _show(tx, person, "apprise", settings, command.language or person.language)


async def send_test(
    tx: AsyncConnection, bus: Bus, who: Principal, settings: Settings, command: SendTest
) -> Delivery:
    """Enqueue a test; who asks for one has mended what kept an address from taking mail."""
    person = await copies.person_of(tx, bus, who)
    language = command.language or person.language
    to = person.email if command.channel == "email" else str(who.user_id)
    if to is not None:
        await deliveries.relent(tx, who.user_id, command.channel, to)
    channel = await _show(tx, person, command.channel, settings, language)
    if not channel.on or to is None:
        raise Conflict("channel_off", "This channel is off: {why}", why=channel.note)
    now = datetime.now(UTC)
    row = NewDelivery(
        user_id=who.user_id,
        channel=command.channel,
        recipient=to,
        dedupe_key=_key(who.user_id, now),
        template="test",
        language=language,
        data=json.dumps({"name": person.name}, ensure_ascii=False),
        due_at=now,
        useful_until=now + USEFUL,
    )
    made = await deliveries.enqueue(tx, [row])
    found = await deliveries.find_by_key(tx, who.user_id, command.channel, row.dedupe_key)
    if not made or found is None:
        raise TooMany("test_sent", "A test was sent a moment ago.", retry_after=BETWEEN)
    return ledger.view(found, language)


def _key(user_id: UUID, now: datetime) -> str:
    return f"test:{user_id}:{int(now.timestamp()) // BETWEEN}"
