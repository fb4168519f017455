"""Mails from end to end: what rooms say becomes a letter at a real mail server."""

import base64
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
import time_machine
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.notifications.ledger import DETAILS, STATES
from actors.runtime.local import LocalBus
from contracts.accounts import Register
from contracts.deliveries import (
    DropApprise,
    GetDelivery,
    ListChannels,
    ListDeliveries,
    SendTest,
    SetApprise,
    TryReminder,
)
from contracts.digests import PreviewDigest
from contracts.habits import UpdateHabit
from contracts.journal import CreateEntry
from contracts.links import ActOnLink, LookAtLink
from contracts.message import new_id
from contracts.notifications import SendNotice
from contracts.reminder_settings import GetReminderSettings
from contracts.reminders import SnoozeReminder
from contracts.speech import catalog
from contracts.users import ChangeProfile, DeleteMe, UserDeleted
from storage.notifications import deliveries
from storage.outbox import tell
from storage.session import transaction
from tests.rooms.mailing import Ledger, now, send_all, sender_to
from tests.rooms.people import HOME, PASSWORD, Carry, code_of
from tests.rooms.reminding import Reminded
from tests.rooms.tracking import Tracker, day
from tests.smtp_server import MailServer, Taken, mail_server

Post = Callable[[], Awaitable[int]]


@pytest_asyncio.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as running:
        yield running


@pytest.fixture
def ledger(engine: AsyncEngine, clock: time_machine.Traveller) -> Ledger:
    return Ledger(engine)


@pytest.fixture
def post(engine: AsyncEngine, server: MailServer, bus: LocalBus, carry: Carry) -> Post:
    """Carry and send all that is due."""
    sender = sender_to(engine, server.url, bus=bus)

    async def run() -> int:
        await carry()
        return await send_all(sender)

    return run


@pytest.fixture
def me(ann: Tracker, carry: Carry, clock: time_machine.Traveller) -> Reminded:
    return Reminded(ann, carry, clock)


def links_in(text: str) -> list[str]:
    """List the tokens of links in a mail."""
    return re.findall(r"https://ritmo\.example\.org/[lu]/(\S+)", text)


# -- what other rooms want ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "subject"), [("en", "Welcome to Ritmo"), ("ru", "Добро пожаловать в Ritmo")]
)
async def test_who_registers_is_welcomed_once(
    bus: LocalBus,
    carry: Carry,
    post: Post,
    server: MailServer,
    ledger: Ledger,
    language: str,
    subject: str,
) -> None:
    said = {"email": "Ann@Example.org", "password": PASSWORD, "name": "Ann\u2028", "device": HOME}
    await bus.ask(Register.model_validate({**said, "language": language}))
    for _ in range(2):
        await carry()
        await post()
    (mail,) = server.taken
    assert (mail.recipient, mail.mail["Subject"]) == ("ann@example.org", subject)
    assert mail.mail["List-Unsubscribe"] is None
    assert "Ann" in mail.part("html")
    assert "Ann" in mail.part("plain")
    assert f'lang="{language}"' in mail.part("html")


async def want(engine: AsyncEngine, user_id: UUID, **given: object) -> None:
    """Have a mail sent, as another room does."""
    plain = {"template": "welcome", "dedupe_key": "some-key"}
    async with transaction(engine) as tx:
        await tell(tx, SendNotice.model_validate({"user_id": user_id, **plain, **given}))


async def test_a_mail_that_is_wanted_twice_is_sent_once(
    me: Reminded, post: Post, server: MailServer, engine: AsyncEngine
) -> None:
    await me.remind(text="so that the room knows her")
    for _ in range(3):
        await want(engine, me.user_id)
    await me.carry()
    await post()
    assert [mail.recipient for mail in server.taken] == [f"{me.user_id}@example.org"]


async def test_a_mail_may_stop_being_useful(
    me: Reminded, post: Post, server: MailServer, engine: AsyncEngine, ledger: Ledger
) -> None:
    until = now() + timedelta(minutes=5)
    await want(engine, me.user_id, email="ann@example.org", useful_until=until)
    await me.carry()
    me.clock.shift(timedelta(minutes=10))
    await post()
    assert server.taken == []
    assert await ledger.states() == ["expired"]


async def test_who_is_gone_gets_nothing_and_leaves_nothing(
    me: Reminded, post: Post, server: MailServer, engine: AsyncEngine, ledger: Ledger
) -> None:
    await want(engine, me.user_id, email="ann@example.org")
    await me.carry()
    assert await ledger.states() == ["pending"]
    await me.ask(DeleteMe())
    await me.carry()
    assert await ledger.states() == []
    await want(engine, me.user_id, email="ann@example.org", dedupe_key="late")
    await me.carry()
    await post()
    assert await ledger.states() == []
    assert server.taken == []


async def test_a_mail_to_somebody_who_was_never_known_but_is_gone(
    carry: Carry, engine: AsyncEngine, ledger: Ledger, bus: LocalBus
) -> None:
    user_id = new_id()
    async with transaction(engine) as tx:
        await tell(tx, UserDeleted(user_id=user_id, version=2))
    await carry()
    await want(engine, user_id, email="ann@example.org")
    await carry()
    assert await ledger.states() == []


# -- reminders ------------------------------------------------------------------------------------


async def test_a_reminder_is_mailed_and_its_link_ends_it(
    me: Reminded, post: Post, server: MailServer, bus: LocalBus
) -> None:
    read = await me.habit("Read <b>ten</b> pages")
    await me.remind(habit_id=read, times=["18:30", "21:00"], text="With tea")
    await me.become("2031-05-05T18:29:00+00:00")
    await post()
    assert server.taken == []
    await me.become("2031-05-05T18:30:00+00:00")
    await post()
    (mail,) = server.taken
    assert mail.mail["Subject"] == "With tea"
    assert "Read &lt;b&gt;ten&lt;/b&gt; pages" in mail.part("html")
    assert "Read <b>ten</b> pages" in mail.part("plain")
    links = links_in(mail.part("plain"))
    looks = [await bus.ask(LookAtLink(token=one)) for one in links]
    assert [one.purpose for one in looks] == [
        "done",
        "skip",
        "snooze",
        "earlier",
        "later",
        "never",
    ]
    assert all(f"/l/{one}" in mail.part("html") for one in links)
    await bus.ask(ActOnLink(token=links[0]))
    await me.carry()
    assert (await me.tracker.on(read)).state == "done"
    await me.become("2031-05-05T21:00:00+00:00")
    await post()
    assert len(server.taken) == 1


async def test_a_reminder_in_russian(me: Reminded, post: Post, server: MailServer) -> None:
    read = await me.habit("Чтение")
    await me.remind(habit_id=read, times=["18:30"])
    await me.ask(ChangeProfile(language="ru", name="Анна"))
    await me.carry()
    await me.become("2031-05-05T18:30:00+00:00")
    await post()
    (mail,) = server.taken
    assert mail.mail["Subject"] == "Пора: «Чтение»"
    assert mail.mail["To"] == f"Анна <{me.user_id}@example.org>"
    assert "Сделано" in mail.part("plain")


async def test_a_reminder_can_be_tried_out(me: Reminded, post: Post, server: MailServer) -> None:
    read = await me.habit("Read")
    await me.log(read)
    rule = await me.remind(habit_id=read, kind="silence", after_days=5)
    (sent,) = (await me.ask(TryReminder(reminder_id=rule.reminder_id))).deliveries
    assert (sent.template, sent.reminder_id) == ("silence", rule.reminder_id)
    assert await code_of(me.ask(TryReminder(reminder_id=rule.reminder_id))) == "test_sent"
    await post()
    (mail,) = server.taken
    assert mail.mail["Subject"] == "A test: Read"
    assert "This is only a test" in mail.part("plain")
    assert "Nothing logged" not in mail.part("plain")
    assert (await me.look(rule)).history == ()
    quiet = await me.remind(habit_id=read, channels=["telegram"])
    assert await code_of(me.ask(TryReminder(reminder_id=quiet.reminder_id))) == "no_channel"


async def test_a_test_invents_nothing(me: Reminded, post: Post, server: MailServer) -> None:
    read = await me.habit("Read", cue="after dinner")
    rule = await me.remind(habit_id=read, kind="at_risk", streak=7, times=["20:00"])
    await me.ask(TryReminder(reminder_id=rule.reminder_id))
    await post()
    (mail,) = server.taken
    for part in ("plain", "html"):
        assert "after dinner" in mail.part(part)
        assert "streak" not in mail.part(part)
        assert "in a row" not in mail.part(part)
        assert "You get this because you asked for a test of this reminder." in mail.part(part)


THRICE = {"every": "times", "times": 3, "per": "week"}


def plain(mail: Taken) -> str:
    return mail.part("plain").replace("\N{NO-BREAK SPACE}", " ")


async def test_a_reminder_tells_how_things_stand(
    me: Reminded, post: Post, server: MailServer
) -> None:
    water = await me.habit(
        "Water",
        measure="count",
        unit="glasses",
        target={"value": 8},
        cue="with every meal",
        start_day=day(-9),
    )
    for number in (-3, -2, -1):
        await me.log(water, number, value=8.0)
    await me.log(water, 0, value=3.0)
    await me.remind(habit_id=water, times=["18:30", "21:00"])
    await me.become("2031-05-05T18:30:00+00:00")
    await me.log(water, 0, value=4.0)  # after it was decided, before it is sent
    await post()
    (mail,) = server.taken
    for said in (
        "Your cue: with every meal",
        "So far: 4 of 8 glasses",
        "You have kept this for 3 days in a row.",
        "You get this because you asked to be reminded at 18:30, 21:00.",
    ):
        assert said in plain(mail)


@pytest.mark.parametrize(
    ("words", "logged", "said"),
    [
        ({"measure": "duration", "target": {"value": 3600}}, 900.0, "So far: 15 min of 1 h"),
        ({"measure": "amount", "unit": "m", "target": {"value": 7.5}}, 2.0, "So far: 2 of 7.5 m"),
        ({"measure": "amount", "unit": "km", "schedule": THRICE}, None, "So far: 0 of 3"),
        ({}, None, None),
        ({"measure": "count", "target": {"at": "most", "value": 3}}, None, None),
    ],
)  # fmt: skip
async def test_how_far_it_has_come_is_told_in_its_own_unit(
    me: Reminded,
    post: Post,
    server: MailServer,
    words: dict[str, Any],
    logged: float | None,
    said: str | None,
) -> None:
    habit = await me.habit("It", **words)
    if logged is not None:
        await me.log(habit, 0, value=logged)
    await me.remind(habit_id=habit, times=["18:30"])
    await me.become("2031-05-05T18:30:00+00:00")
    await post()
    (mail,) = server.taken
    told = [line for line in plain(mail).splitlines() if line.startswith("So far")]
    assert told == ([said] if said else [])


@pytest.mark.parametrize("kind", ["fixed", "at_risk"])
@pytest.mark.parametrize(("kept", "spoken"), [(1, False), (2, True)])
async def test_no_mail_speaks_of_a_streak_below_two(
    me: Reminded, post: Post, server: MailServer, kind: str, kept: int, spoken: bool
) -> None:
    read = await me.habit("Read", start_day=day(-9))
    for number in range(-kept, 0):
        await me.log(read, number)
    await me.remind(habit_id=read, kind=kind, streak=1, times=["18:30"])
    await me.become("2031-05-05T18:30:00+00:00")
    await post()
    if kind == "at_risk" and not spoken:
        assert server.taken == [], "there is no streak yet that could end"
        return
    (mail,) = server.taken
    whole = f"{mail.mail['Subject']}\n{plain(mail)}"
    assert ("in a row" in whole) is spoken
    assert spoken or "streak" not in whole


async def test_a_mail_tells_a_streak_in_its_unit(
    me: Reminded, post: Post, server: MailServer
) -> None:
    weekly = {"every": "times", "times": 1, "per": "week"}
    swim = await me.habit("Swim", start_day=day(-28), schedule=weekly)
    for number in (-27, -20, -13, -6):
        await me.log(swim, number)
    await me.remind(habit_id=swim, times=["18:30"])
    await me.become("2031-05-05T18:30:00+00:00")
    await post()
    (mail,) = server.taken
    assert "You have kept this for 4 weeks in a row." in plain(mail)


async def test_a_mail_says_that_it_is_about_another_day(
    me: Reminded, post: Post, server: MailServer
) -> None:
    read = await me.habit()
    rule = await me.remind(habit_id=read, times=["23:30"])
    await me.become("2031-05-05T23:30:00+00:00")
    await me.ask(SnoozeReminder(reminder_id=rule.reminder_id, minutes=60))
    await post()
    await me.become("2031-05-06T00:30:00+00:00")
    await post()
    first, second = map(plain, server.taken)
    assert "This is about" not in first
    assert "This is about Monday, May 5." in second
    assert "You get this now because you asked to be reminded later." in second
    assert "Skip this day" in second


async def test_the_cue_is_that_of_today(me: Reminded, post: Post, server: MailServer) -> None:
    read = await me.habit(cue="after breakfast")
    await me.remind(habit_id=read, times=["18:30"])
    await me.ask(UpdateHabit(habit_id=read, cue="after <b>lunch</b>"))
    await me.carry()
    await me.become("2031-05-05T18:30:00+00:00")
    await post()
    (mail,) = server.taken
    assert "after <b>lunch</b>" in plain(mail)
    assert "after &lt;b&gt;lunch&lt;/b&gt;" in mail.part("html")


# -- digests --------------------------------------------------------------------------------------


async def week(me: Reminded) -> None:
    """Live a week: a habit that was kept, one that was not, and a diary."""
    read = await me.habit("Read", start_day=day(-20))
    await me.habit("Run", start_day=day(-20))
    for number in range(-7, 0):
        await me.log(read, number)
        entry = {"text": "dear diary", "mood": 1 + (number + 7) % 5, "day": day(number)}
        await me.ask(CreateEntry.model_validate(entry))
    await me.carry()


async def test_a_digest_comes_on_monday_with_pictures(
    me: Reminded, post: Post, server: MailServer, bus: LocalBus
) -> None:
    await week(me)
    await me.settle(digests=["week"], digest_at="08:00")
    await me.become("2031-05-12T07:59:00+00:00")
    await me.carry()
    await post()
    assert server.taken == []
    for _ in range(2):
        await me.become("2031-05-12T08:00:00+00:00")
        await me.carry()
        await post()
    (mail,) = server.taken
    assert str(mail.mail["Subject"]).startswith("Your week, May 5")
    streaks = [line for line in plain(mail).splitlines() if "streak" in line]
    assert all(re.search(r"\d+ (day|week|month)s?\b", line) for line in streaks), streaks
    html = mail.part("html")
    pictures = [part for part in mail.mail.walk() if part.get_content_type() == "image/png"]
    assert [part.get_content()[:4] for part in pictures] == [b"\x89PNG"]
    for picture in pictures:
        assert f'src="cid:{str(picture["Content-ID"]).strip("<>")}"' in html
    assert "Read" in html
    leave = str(mail.mail["List-Unsubscribe"]).strip("<>")
    assert leave.startswith("https://ritmo.example.org/u/")
    assert mail.mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    await bus.ask(ActOnLink(token=leave.rpartition("/")[2]))
    await me.carry()
    assert (await me.ask(GetReminderSettings())).digests == ()
    await me.become("2031-05-19T08:00:00+00:00")
    await me.carry()
    await post()
    assert len(server.taken) == 1


async def test_a_digest_is_not_sent_to_who_has_left_it_meanwhile(
    me: Reminded, post: Post, server: MailServer
) -> None:
    await week(me)
    await me.settle(digests=["week"], digest_at="08:00")
    await me.become("2031-05-12T08:00:00+00:00")
    await me.settle(digests=[])
    await me.carry()
    await post()
    assert server.taken == []


@pytest.mark.parametrize("every", ["day", "week", "month"])
async def test_a_digest_can_be_looked_at(
    me: Reminded, every: str, server: MailServer, post: Post
) -> None:
    await week(me)
    shown = await me.ask(PreviewDigest.model_validate({"every": every}))
    assert "Read" in shown.html
    assert shown.html.count("data:image/png;base64,") == 2
    assert "cid:" not in shown.html
    assert "Message-ID:" in shown.eml
    first = shown.html.partition("data:image/png;base64,")[2].partition('"')[0]
    assert base64.b64decode(first).startswith(b"\x89PNG")
    await post()
    assert server.taken == []


async def test_an_empty_digest_can_be_looked_at(me: Reminded) -> None:
    shown = await me.ask(PreviewDigest(every="week", language="ru"))
    assert "От вас ничего не требовалось" in shown.text


# -- channels, tests and the ledger ---------------------------------------------------------------


async def test_channels_say_whether_they_are_on(me: Reminded) -> None:
    shown = {one.channel: one for one in (await me.ask(ListChannels())).channels}
    assert list(shown) == ["email", "telegram", "apprise"]
    assert [one.on for one in shown.values()] == [True, False, False]
    assert shown["email"].to == f"{me.user_id}@example.org"
    assert "files" in shown["email"].note
    assert "No chat is linked" in shown["telegram"].note
    russian = (await me.ask(ListChannels(language="ru"))).channels
    assert "не привязан" in russian[1].note


async def test_a_test_says_what_became_of_it(
    me: Reminded, post: Post, server: MailServer, clock: time_machine.Traveller
) -> None:
    server.recipient_says = ["550 5.1.1 Unknown"]
    sent = await me.ask(SendTest(channel="email"))
    assert (sent.state, sent.again_at is not None) == ("pending", True)
    assert await code_of(me.ask(SendTest(channel="email"))) == "test_sent"
    await post()
    now_ = await me.ask(GetDelivery(delivery_id=sent.delivery_id))
    assert (now_.state, now_.detail) == ("suppressed", "smtp_550_5.1.1")
    assert "550 5.1.1" in now_.why
    shown = (await me.ask(ListChannels())).channels[0]
    assert (shown.on, "550 5.1.1" in shown.note) == (False, True)
    clock.shift(timedelta(seconds=11))
    again = await me.ask(SendTest(channel="email"))
    await post()
    assert (await me.ask(GetDelivery(delivery_id=again.delivery_id))).state == "sent"
    assert (await me.ask(ListChannels())).channels[0].on


async def test_channels_that_are_off_take_no_test(me: Reminded) -> None:
    for channel in ("telegram", "apprise"):
        asked = SendTest.model_validate({"channel": channel})
        assert await code_of(me.ask(asked)) == "channel_off"


async def test_addresses_that_lead_inside_are_refused(me: Reminded) -> None:
    # One after another: the process that looks at them takes long to start.
    for url, code in (
        ("nonsense", "apprise_unknown"),
        ("file:///etc/passwd", "apprise_unknown"),
        ("json://127.0.0.1:8080/x", "apprise_private"),
        ("json://2130706433/x", "apprise_private"),
        ("json://[::1]/x", "apprise_private"),
        ("json://[::ffff:10.0.0.1]/x", "apprise_private"),
        ("jsons://169.254.169.254/latest", "apprise_private"),
        ("ntfy://192.168.1.1/topic", "apprise_private"),
        ("rsyslog://10.0.0.1", "apprise_not_allowed"),
        ("mailto://u:p@mail.invalid?smtp=127.0.0.1", "apprise_not_allowed"),
        ("json://1.1.1.1/?template=/etc/passwd", "apprise_parameter"),
        ("json://host.invalid/x", "apprise_unknown_host"),
    ):
        assert (url, await code_of(me.ask(SetApprise(url=url)))) == (url, code)
        assert not (await me.ask(ListChannels())).channels[2].on, url


async def test_an_apprise_address_is_kept_secret(me: Reminded, bob: Tracker) -> None:
    url = "json://user:password@1.1.1.1/secret-topic"
    shown = await me.ask(SetApprise(url=url))
    assert (shown.on, shown.to) == (True, "json://…opic")
    everything = await me.ask(ListChannels())
    assert "password" not in everything.model_dump_json()
    assert "password" not in repr(SetApprise(url=url))
    assert not (await bob.ask(ListChannels())).channels[2].on
    await me.ask(DropApprise())
    assert not (await me.ask(ListChannels())).channels[2].on


async def test_the_ledger_is_shown_page_by_page_to_its_owner(
    me: Reminded, bob: Tracker, post: Post, ledger: Ledger
) -> None:
    await ledger.add(5, user_id=me.user_id, recipient="me@example.org")
    await ledger.add(1, user_id=bob.who.user_id)
    await post()
    first = await me.ask(ListDeliveries(limit=3))
    assert len(first.deliveries) == 3
    rest = await me.ask(ListDeliveries(limit=3, cursor=first.next))
    assert (len(rest.deliveries), rest.next) == (2, None)
    assert len({one.delivery_id for one in (*first.deliveries, *rest.deliveries)}) == 5
    assert {one.why for one in first.deliveries} == {"It was sent."}
    assert (await me.ask(ListDeliveries(state="failed"))).deliveries == ()
    foreign = GetDelivery(delivery_id=first.deliveries[0].delivery_id)
    assert await code_of(bob.ask(foreign)) == "delivery_not_found"
    assert await code_of(me.ask(ListDeliveries(cursor="x"))) == "wrong_cursor"


async def test_the_ledger_knows_how_things_stand(ledger: Ledger, post: Post) -> None:
    await ledger.add(2)
    await ledger.add(template="no_such")
    async with transaction(ledger.engine) as tx:
        found = await deliveries.standing(tx, now() + timedelta(minutes=3), now())
    assert (found[0], found[1] >= 179, found[2]) == (3, True, 0)
    await post()
    async with transaction(ledger.engine) as tx:
        found = await deliveries.standing(tx, now(), now() - timedelta(hours=1))
    assert (found[0], found[2]) == (0, 1)


def test_every_state_and_detail_is_said_in_russian() -> None:
    known = catalog("ru").sentences
    assert {*STATES.values(), *DETAILS.values()} <= set(known)


def test_letters_are_shipped() -> None:
    """Templates are no Python: they must be named in pyproject.toml."""
    root = Path(__file__).parents[2]
    assert 'actors = ["*/templates/*"' in (root / "pyproject.toml").read_text()


async def test_a_digest_tells_of_no_streak_below_two(
    me: Reminded, post: Post, server: MailServer
) -> None:
    read = await me.habit("Read", start_day=day(-9))
    await me.log(read, 0)
    await me.settle(digests=["day"])
    await me.become("2031-05-06T08:00:00+00:00")
    await me.carry()
    await post()
    (mail,) = server.taken
    assert "Read" in plain(mail)
    assert "streak" not in mail.part("html")
    assert "streak" not in plain(mail)
