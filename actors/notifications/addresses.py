"""The ways to reach a person: which there are, whether they are on, and a test of each."""

from actors.notifications.channels import WAYS
from actors.notifications.chats import tell_reach
from actors.notifications.deliveries import enqueue_trials, trial
from actors.notifications.room import TheSettings, known, room, tools
from actors.runtime.room import TheBus, Transaction, Who
from contracts.deliveries import (
    Channel,
    ChannelList,
    Delivery,
    DropApprise,
    ListChannels,
    SendTest,
    SetApprise,
)
from contracts.message import Conflict, Done
from storage.notifications import apprise, chats, deliveries


@room.answer
async def list_channels(
    query: ListChannels, who: Who, tx: Transaction, bus: TheBus, given: TheSettings
) -> ChannelList:
    """Show every channel."""
    person = await known.person(tx, bus, who, "stay")
    language = query.language or person.language
    shown = [await way.show(tx, person, given, language) for way in WAYS.values()]
    return ChannelList(channels=tuple(shown))


@room.before
async def look_at_address(command: SetApprise) -> None:
    """Refuse an Apprise address that Ritmo will not use."""
    private = tools.settings.allow_private_webhooks
    await tools.helper.check(command.url, allow_private=private)


@room.answer
async def set_apprise(
    command: SetApprise, who: Who, tx: Transaction, bus: TheBus, given: TheSettings
) -> Channel:
    """Keep the caller's Apprise address; it was looked at."""
    person = await known.person(tx, bus, who, "stay")
    await chats.hold_reach(tx, who.user_id)
    await apprise.save(tx, who.user_id, command.url)
    await tell_reach(tx, who.user_id)
    return await WAYS["apprise"].show(tx, person, given, command.language or person.language)


@room.answer
async def drop_apprise(command: DropApprise, who: Who, tx: Transaction) -> Done:
    """Forget the caller's Apprise address."""
    await known.replica.find_person(tx, who.user_id, "stay")
    if await apprise.find(tx, who.user_id) is not None:
        await chats.hold_reach(tx, who.user_id)
        await apprise.save(tx, who.user_id, None)
        await tell_reach(tx, who.user_id)
    return Done()


@room.answer
async def send_test(
    command: SendTest, who: Who, tx: Transaction, bus: TheBus, given: TheSettings
) -> Delivery:
    """Enqueue a test; who asks for one has mended what kept an address from taking mail."""
    person = await known.person(tx, bus, who, "stay")
    language, way = command.language or person.language, WAYS[command.channel]
    to = await way.recipient(tx, person)
    if to is not None:
        await deliveries.relent(tx, who.user_id, command.channel, to)
    channel = await way.show(tx, person, given, language)
    if not channel.on or to is None:
        raise Conflict("channel_off", "This channel is off: {why}", why=channel.note)
    row = trial(person, f"test:{who.user_id}", "test")
    row = row._replace(channel=command.channel, recipient=to, language=language)
    return (await enqueue_trials(tx, [row], language))[0]
