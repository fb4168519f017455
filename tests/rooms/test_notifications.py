"""What notifications makes of orders, and of rooms that are away when something is sent."""

import base64
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
import time_machine
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.edge import Edge
from actors.runtime.local import LocalBus
from contracts.deliveries import DropApprise, ListDeliveries, SetApprise
from contracts.links import ActOnLink
from contracts.notifications import SendDigest, SendNotice
from ops.platform import rooms
from storage.outbox import tell
from storage.session import transaction
from tests.rooms.mailing import Ledger, now, send_all, sender_to
from tests.rooms.people import PATIENCE, Carry
from tests.rooms.reminding import Reminded
from tests.rooms.tracking import Tracker, day
from tests.smtp_server import MailServer, mail_server

pytestmark = pytest.mark.asyncio

MONDAY = "2031-05-12T08:00:00+00:00"


@pytest_asyncio.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as running:
        yield running


@pytest.fixture
def ledger(engine: AsyncEngine, clock: time_machine.Traveller) -> Ledger:
    return Ledger(engine)


@pytest.fixture
def me(ann: Tracker, carry: Carry, clock: time_machine.Traveller) -> Reminded:
    return Reminded(ann, carry, clock)


def without(engine: AsyncEngine, *missing: str) -> LocalBus:
    """Open all rooms but some."""
    bus = LocalBus()
    for room in rooms():
        if room.name not in missing:
            bus.open_room(Edge(room, engine, bus, 8, limit=PATIENCE))
    return bus


async def order(me: Reminded, *jobs: SendNotice | SendDigest) -> None:
    """Have something sent, as another room does."""
    async with transaction(me.engine) as tx:
        await tell(tx, *jobs)
    await me.carry()


async def test_a_notice_is_enqueued_once_for_each_channel(me: Reminded, ledger: Ledger) -> None:
    await me.ask(SetApprise(url="json://1.1.1.1/x"))
    for text_ in ("first", "second"):
        notice = SendNotice(
            user_id=me.user_id,
            template="reminder",
            channels=("email", "telegram", "apprise"),
            data={"text": text_},
            dedupe_key="reminder:1",
        )
        await order(me, notice)
    rows = await ledger.rows()
    assert {(row["channel"], row["recipient"]) for row in rows} == {
        ("email", f"{me.user_id}@example.org"),
        ("apprise", str(me.user_id)),
    }
    assert [row["data"] for row in rows] == [{"text": "first"}] * 2
    assert {row["language"] for row in rows} == {"en"}


async def test_reminders_hears_on_which_channels_somebody_is_reached(me: Reminded) -> None:
    rule = await me.remind(text="Stretch", times=["13:00"], channels=["apprise"])
    await me.become("2031-05-05T13:00:00+00:00")
    assert (await me.last(rule)).reason == "no_channel"
    await me.ask(SetApprise(url="json://1.1.1.1/x"))
    await me.carry()
    await me.become("2031-05-06T13:00:00+00:00")
    assert (await me.last(rule)).outcome == "sent"
    await me.carry()
    await me.ask(DropApprise())
    await me.carry()
    await me.become("2031-05-07T13:00:00+00:00")
    assert (await me.last(rule)).reason == "no_channel"
    assert [one.channel for one in await me.sent()] == ["apprise"]


async def live(me: Reminded) -> None:
    """Keep a habit for a week, write a diary, and want a digest of it."""
    read = await me.habit("Read", start_day=day(-20))
    for number in range(-7, 0):
        await me.log(read, number)
    await me.settle(digests=["week"], digest_at="08:00")


async def test_no_picture_of_a_digest_is_kept_before_it_is_sent(
    me: Reminded, server: MailServer, bus: LocalBus
) -> None:
    await live(me)
    await me.become(MONDAY)
    kept = "SELECT body FROM bus.outbox UNION ALL SELECT data FROM notifications.deliveries"
    for _ in range(2):
        async with me.engine.begin() as tx:
            words = "".join((await tx.execute(text(kept))).scalars())
        assert '"every":"week"' in words.replace(" ", "")
        assert len(words) < 2000
        await me.carry()
    await send_all(sender_to(me.engine, server.url, bus=bus))
    (mail,) = server.taken
    pictures = [part for part in mail.mail.walk() if part.get_content_type() == "image/png"]
    assert pictures
    async with me.engine.begin() as tx:
        words = "".join((await tx.execute(text(kept))).scalars())
    for picture in pictures:
        assert base64.b64encode(picture.get_content()).decode()[:40] not in words


async def test_a_digest_waits_while_analytics_is_away(
    me: Reminded, server: MailServer, bus: LocalBus, ledger: Ledger
) -> None:
    await live(me)
    await me.become(MONDAY)
    await me.carry()
    away = without(me.engine, "analytics")
    await send_all(sender_to(me.engine, server.url, bus=away))
    row = await ledger.one()
    assert (row["state"], row["detail"], server.taken) == ("retry", "room_down", [])
    me.clock.shift(timedelta(minutes=2))
    await send_all(sender_to(me.engine, server.url, bus=bus))
    assert str(server.taken[0].mail["Subject"]).startswith("Your week")


async def test_a_digest_that_waits_is_not_sent_to_who_leaves_it_by_its_last_link(
    me: Reminded, server: MailServer, bus: LocalBus, ledger: Ledger
) -> None:
    await live(me)
    await me.become(MONDAY)
    await me.carry()
    sender = sender_to(me.engine, server.url, bus=bus)
    await send_all(sender)
    leave = str(server.taken[0].mail["List-Unsubscribe"]).strip("<>").rpartition("/")[2]
    await me.become("2031-05-19T08:00:00+00:00")
    await me.carry()
    assert await ledger.states() == ["sent", "pending"]
    await bus.ask(ActOnLink(token=leave))
    await me.carry()
    await send_all(sender)
    assert await ledger.states() == ["sent"]
    assert len(server.taken) == 1


async def test_a_digest_of_nothing_is_not_sent_and_not_listed(
    me: Reminded, server: MailServer, bus: LocalBus
) -> None:
    await me.settle(digests=["week"], digest_at="08:00")
    await me.become(MONDAY)
    await me.carry()
    assert await send_all(sender_to(me.engine, server.url, bus=bus)) == 1
    assert (server.taken, (await me.ask(ListDeliveries())).deliveries) == ([], ())


@pytest.mark.parametrize("missing", ["reminders", "auth"])
async def test_a_reminder_goes_in_time_without_what_cannot_be_asked(
    me: Reminded, server: MailServer, missing: str
) -> None:
    read = await me.habit("Read", cue="after dinner")
    await me.remind(habit_id=read, times=["18:30"])
    await me.become("2031-05-05T18:30:00+00:00")
    await me.carry()
    await send_all(sender_to(me.engine, server.url, bus=without(me.engine, missing)))
    (mail,) = server.taken
    assert mail.mail["Subject"] == "Time for “Read”"
    assert "after dinner" not in mail.part("plain")
    assert "/l/" in mail.part("plain")


async def test_a_digest_of_who_is_disabled_meanwhile_is_not_sent(
    me: Reminded, server: MailServer, bus: LocalBus, ledger: Ledger
) -> None:
    await live(me)
    await me.become(MONDAY)
    await me.carry()
    async with me.engine.begin() as tx:
        await tx.execute(text("UPDATE auth.accounts SET disabled = true"))
    await send_all(sender_to(me.engine, server.url, bus=bus))
    assert server.taken == []
    assert (await ledger.one())["detail"] == "may_not_act_for"


async def test_a_person_who_is_not_known_yet_is_asked_for(me: Reminded, ledger: Ledger) -> None:
    await order(me, SendNotice(user_id=me.user_id, template="welcome", dedupe_key="welcome"))
    assert (await ledger.one())["recipient"] == f"{me.user_id}@example.org"
    assert (await ledger.one())["due_at"] <= now()
