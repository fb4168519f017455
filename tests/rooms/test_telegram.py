"""The bot, as a person meets it: linked, looked at, pressed, written to."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.notifications.channels.telegram import TelegramChannel
from actors.runtime.local import LocalBus
from contracts.check_ins import CheckIn
from contracts.deliveries import ListChannels, ListDeliveries, SendTest, TryReminder
from contracts.habits import DeleteHabit
from contracts.message import Conflict
from contracts.notifications import SendDigest
from contracts.reminder_settings import UpdateReminderSettings
from contracts.reminders import CreateReminder
from contracts.telegram import ConfirmLink, DropTelegramLink, GetTelegramLink, OfferLink
from storage.outbox import tell
from storage.session import transaction
from tests.rooms.chatting import CHAT, Chatter, attending, carrying, settings_for, until_offered
from tests.rooms.mailing import sender_over
from tests.rooms.tracking import Tracker, day
from tests.telegram_server import BotApi


@pytest_asyncio.fixture
async def api() -> AsyncIterator[BotApi]:
    """Run a Bot API server."""
    server = BotApi()
    await server.start()
    yield server
    await server.stop()
    assert server.broken == []


@pytest_asyncio.fixture
async def chatter(
    api: BotApi, engine: AsyncEngine, bus: LocalBus, ann: Tracker
) -> AsyncIterator[Chatter]:
    """Let Ann have a chat with a bot that is at work; it is not linked yet."""
    async with carrying(engine, bus), attending(engine, bus, settings_for(api)):
        yield Chatter(api, ann)


async def test_a_link_joins_the_chat_only_after_it_was_confirmed(chatter: Chatter) -> None:
    token = await until_offered(chatter)
    assert len(token) == 22
    with pytest.raises(Conflict) as no:
        await chatter.ask(ConfirmLink())
    assert no.value.code == "link_not_opened"
    await chatter.say(f"/start {token}")
    await chatter.sees("confirm that “Ann” is you")
    seen = await chatter.ask(GetTelegramLink())
    assert (seen.state, seen.name, seen.username) == ("opened", "Ann", f"user{CHAT}")
    assert (await chatter.ask(ConfirmLink())).state == "linked"
    await chatter.sees("linked now")
    with pytest.raises(Conflict):
        await chatter.ask(OfferLink())


async def test_a_link_is_opened_once(chatter: Chatter) -> None:
    token = await until_offered(chatter)
    await chatter.say(f"/start {token}")
    await chatter.sees("confirm")
    await chatter.api.say(99, f"/start {token}", name="Mallory")
    await chatter.api.until(lambda: chatter.api.shown(99))
    assert "used already" in chatter.api.shown(99)[-1]
    assert (await chatter.ask(GetTelegramLink())).name == "Ann"


async def test_a_group_is_told_that_the_bot_talks_to_one_person(chatter: Chatter) -> None:
    token = await until_offered(chatter)
    await chatter.api.say(-5, f"/start {token}")
    await chatter.api.until(lambda: chatter.api.shown(-5))
    assert "private chat" in chatter.api.shown(-5)[-1]
    assert (await chatter.ask(GetTelegramLink())).state == "offered"


async def test_today_is_checked_in_by_a_button(chatter: Chatter) -> None:
    read = await chatter.tracker.begin("Read <b>ten</b> & more")
    await chatter.link()
    await chatter.say("/today")
    await chatter.has("○ Read <b>ten</b> & more")
    await chatter.press("○ Read")
    await chatter.has("✅ Read")
    assert (await chatter.tracker.on(read.habit_id)).state == "done"
    assert any("All done" in one for one in chatter.api.shown(CHAT))
    await chatter.api.until(lambda: chatter.api.of("answerCallbackQuery"))
    assert len(chatter.api.of("answerCallbackQuery")) == 1


async def test_the_list_changes_when_the_day_is_logged_elsewhere(chatter: Chatter) -> None:
    read = await chatter.tracker.begin("Read")
    await chatter.link()
    await chatter.say("/today")
    await chatter.has("○ Read")
    await chatter.ask(CheckIn(habit_id=read.habit_id))
    await chatter.has("✅ Read")
    assert len([one for one in chatter.api.shown(CHAT) if "May 5" in one]) == 1


def list_of(api: BotApi) -> dict[str, object]:
    """Return the message that shows the list."""
    found = [one for key, one in sorted(api.messages.items()) if one.get("reply_markup")]
    return [one for one in found if "inline_keyboard" in one["reply_markup"]][-1]


async def test_the_button_of_a_habit_that_is_gone_says_so(chatter: Chatter) -> None:
    read = await chatter.tracker.begin("Read")
    await chatter.link()
    await chatter.say("/today")
    await chatter.has("○ Read")
    message = list_of(chatter.api)
    data = message["reply_markup"]["inline_keyboard"][0][0]["callback_data"]  # type: ignore[index]
    await chatter.ask(DeleteHabit(habit_id=read.habit_id))
    await chatter.api.press_data(CHAT, data, message)
    await chatter.api.until(lambda: chatter.api.of("answerCallbackQuery"))
    assert "not there any more" in chatter.api.of("answerCallbackQuery")[-1].params["text"]


async def test_who_unlinks_is_not_reached_any_more(chatter: Chatter) -> None:
    await chatter.link()
    await chatter.ask(DropTelegramLink())
    await chatter.sees("unlinked")
    assert (await chatter.ask(GetTelegramLink())).state == "none"
    await chatter.say("/today")
    await chatter.sees("not linked to an account")


async def test_a_reminder_comes_into_the_chat_and_is_answered_there(chatter: Chatter) -> None:
    read = await chatter.tracker.begin("Read")
    await chatter.link()
    made = await chatter.ask(
        CreateReminder(habit_id=read.habit_id, times=("20:00",), channels=("telegram",))
    )
    await reached(chatter)
    await chatter.ask(TryReminder(reminder_id=made.reminder_id))
    await send_notices(chatter)
    await chatter.has("Why now?")
    await chatter.press("Why now?")
    await chatter.api.until(lambda: chatter.api.of("answerCallbackQuery"))
    assert chatter.api.of("answerCallbackQuery")[-1].params["text"]
    await chatter.press("In an hour")
    await chatter.sees("I remind you again in an hour.")
    (sent,) = (await chatter.ask(ListDeliveries())).deliveries
    await settled(chatter, "sent")
    assert sent.channel == "telegram"


async def test_who_blocks_the_bot_is_told_by_mail_and_reached_no_more(chatter: Chatter) -> None:
    await chatter.link()
    await reached(chatter)
    await chatter.api.block(CHAT)
    await reached(chatter, on=False)
    assert (await chatter.ask(GetTelegramLink())).state == "blocked"
    (mail,) = (await chatter.ask(ListDeliveries())).deliveries
    assert (mail.channel, mail.template) == ("email", "telegram_blocked")
    await chatter.api.block(CHAT, "member")
    await reached(chatter)
    assert (await chatter.ask(GetTelegramLink())).state == "linked"


async def test_a_notice_that_meets_a_block_is_not_sent_again(chatter: Chatter) -> None:
    await chatter.link()
    await reached(chatter)
    chatter.api.blocked.add(CHAT)
    await chatter.ask(SendTest(channel="telegram"))
    await send_notices(chatter)
    await settled(chatter, "failed")
    await reached(chatter, on=False)


async def test_a_digest_comes_into_the_chat_of_who_wants_reminders_there(chatter: Chatter) -> None:
    read = await chatter.tracker.begin("Read", start_day=day(-20))
    for number in (-9, -8, -7):
        await chatter.tracker.log(read.habit_id, number)
    await chatter.link()
    await reached(chatter)
    await chatter.ask(UpdateReminderSettings(channels=("telegram",), digests=("week",)))
    job = SendDigest(
        user_id=chatter.tracker.who.user_id,
        every="week",
        first=day(-14),
        last=day(-1),
        language="en",
        dedupe_key="digest:test",
        useful_until=datetime.now(UTC) + timedelta(hours=1),
    )
    async with transaction(chatter.tracker.engine) as tx:
        await tell(tx, job)
    for _ in range(200):
        if len((await chatter.ask(ListDeliveries())).deliveries) == 2:
            break
        await asyncio.sleep(0.05)
    await send_notices(chatter)
    await chatter.sees("Read")
    await chatter.api.until(lambda: chatter.api.of("sendPhoto"))
    await settled(chatter, "sent")


async def reached(chatter: Chatter, *, on: bool = True) -> None:
    """Wait until notifications knows whether the chat takes messages."""
    for _ in range(200):
        shown = {one.channel: one for one in (await chatter.ask(ListChannels())).channels}
        if shown["telegram"].on == on:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"the channel never was {on}")


async def settled(chatter: Chatter, state: str) -> None:
    """Wait until a delivery by Telegram has come to an end."""
    states: list[str] = []
    for _ in range(200):
        found = (await chatter.ask(ListDeliveries())).deliveries
        states = [one.state for one in found if one.channel == "telegram"]
        if states == [state]:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{states}")


async def send_notices(chatter: Chatter) -> None:
    """Let notifications hand on what is due."""
    tracker = chatter.tracker
    await sender_over(tracker.engine, TelegramChannel(tracker.engine), tracker.bus).send_due()
