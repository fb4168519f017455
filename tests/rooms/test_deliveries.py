"""The ledger against a real mail server: each mail once, whatever server and sender do."""

import asyncio
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import time_machine
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.notifications.channels import email
from actors.notifications.channels.apprise import AppriseChannel
from actors.notifications.channels.email import EmailChannel
from actors.notifications.composer import Notice
from actors.notifications.domain import DeliveryOutcome
from actors.notifications.mail_folder import KEEP, mail_folder, tidy
from actors.notifications.mime import mailbox
from actors.notifications.people import erase_person
from actors.notifications.sender import LEASE, Sender
from actors.notifications.webhooks.client import Helper
from actors.runtime.settings import Settings
from contracts.message import new_id
from contracts.users import UserDeleted
from storage.notifications import apprise, deliveries
from storage.session import transaction
from tests.rooms.mailing import Ledger, mails_to, now, send_all, sender_over, sender_to
from tests.smtp_server import MailServer, mail_server

pytestmark = pytest.mark.asyncio

MINUTE = timedelta(minutes=1)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as running:
        yield running


@pytest.fixture
def ledger(engine: AsyncEngine, clock: time_machine.Traveller) -> Ledger:
    return Ledger(engine)


@pytest.fixture
def sender(engine: AsyncEngine, server: MailServer) -> Sender:
    return sender_to(engine, server.url)


async def test_mails_go_over_one_line(ledger: Ledger, sender: Sender, server: MailServer) -> None:
    await ledger.add(50)
    assert await send_all(sender) == 50
    assert await ledger.states() == ["sent"] * 50
    assert server.connections == 1
    rows = await ledger.rows()
    assert [one.message_id for one in server.taken] == [
        f"<{row['id']}@example.org>" for row in rows
    ]
    assert {row["data"] == {} and row["ended_at"] is not None for row in rows} == {True}


async def test_a_key_is_delivered_once(ledger: Ledger, sender: Sender, server: MailServer) -> None:
    for _ in range(3):
        await ledger.add(dedupe_key="reminder:1")
    await ledger.add(dedupe_key="reminder:1", recipient="bob@example.org")
    await send_all(sender)
    await ledger.add(dedupe_key="reminder:1")
    await send_all(sender)
    assert sorted(one.recipient for one in server.taken) == ["ann@example.org", "bob@example.org"]


async def test_two_senders_share_the_work(
    engine: AsyncEngine, ledger: Ledger, server: MailServer
) -> None:
    await ledger.add(120)
    both = [sender_to(engine, server.url) for _ in range(2)]
    done = await asyncio.gather(*map(send_all, both))
    assert sum(done) == 120
    assert set(Counter(one.message_id for one in server.taken).values()) == {1}
    assert len(server.taken) == 120


@pytest.mark.parametrize("answer", ["450 4.2.1 Greylisted", "421 4.3.2 Closing", "451 Later"])
async def test_a_passing_fault_is_tried_again(
    ledger: Ledger,
    sender: Sender,
    server: MailServer,
    clock: time_machine.Traveller,
    answer: str,
) -> None:
    server.recipient_says = [answer]
    await ledger.add(useful_until=now() + timedelta(hours=2))
    await send_all(sender)
    row = await ledger.one()
    assert (row["state"], row["due_at"] > now()) == ("retry", True)
    assert row["detail"].startswith(f"smtp_{answer[:3]}")
    await send_all(sender)
    assert server.taken == []
    clock.shift(MINUTE * 2)
    await send_all(sender)
    assert await ledger.states() == ["sent"]
    assert len(server.taken) == 1


async def test_one_refusal_does_not_hold_up_the_others(
    ledger: Ledger, sender: Sender, server: MailServer
) -> None:
    server.recipient_says = ["554 5.7.1 Relay denied", "421 4.3.2 Closing"]
    await ledger.add(4)
    await send_all(sender)
    assert await ledger.states() == ["failed", "retry", "sent", "sent"]


async def test_a_server_that_is_down_for_an_hour(
    engine: AsyncEngine, ledger: Ledger, clock: time_machine.Traveller
) -> None:
    async with mail_server() as gone:
        port = gone.port
    sender = sender_to(engine, f"smtp://127.0.0.1:{port}")
    await ledger.add(3, useful_until=now() + timedelta(hours=2))
    await ledger.add(useful_until=now() + timedelta(minutes=10))
    for _ in range(60):
        await send_all(sender)
        clock.shift(MINUTE)
    rows = await ledger.rows()
    assert [row["state"] for row in rows] == ["retry", "retry", "retry", "expired"]
    assert rows[0]["attempts"] == 4  # at 0, 1, 6 and 21 minutes; the next is at 81
    assert rows[0]["detail"].startswith("smtp_")
    clock.shift(MINUTE * 25)
    async with mail_server(port) as back:
        await send_all(sender)
        assert len(back.taken) == 3
    assert await ledger.states() == ["sent", "sent", "sent", "expired"]


@pytest.mark.parametrize("answer", ["550 5.1.1 Unknown", "551 Moved", "553 5.1.3 Bad"])
async def test_who_does_not_exist_gets_nothing_more(
    ledger: Ledger, sender: Sender, server: MailServer, answer: str
) -> None:
    server.recipient_says = [answer]
    (user_id,) = await ledger.add()
    await send_all(sender)
    assert await ledger.states() == ["suppressed"]
    await ledger.add(recipient="bob@example.org")
    await ledger.add()
    await send_all(sender)
    assert await ledger.states() == ["suppressed", "sent", "suppressed"]
    assert [one.recipient for one in server.taken] == ["bob@example.org"]
    async with transaction(ledger.engine) as tx:
        await deliveries.relent(tx, user_id, "email", "ann@example.org")
    await ledger.add()
    await send_all(sender)
    assert (await ledger.states())[-1] == "sent"


@pytest.mark.parametrize("answer", ["552 5.2.2 Full", "452 4.2.2 Full"])
async def test_a_full_mailbox_may_be_emptied(
    ledger: Ledger, sender: Sender, server: MailServer, answer: str
) -> None:
    server.recipient_says = [answer]
    await ledger.add()
    await send_all(sender)
    assert await ledger.states() == ["retry"]


async def test_a_line_cut_after_the_mail_was_taken(
    ledger: Ledger, sender: Sender, server: MailServer, clock: time_machine.Traveller
) -> None:
    server.drop_after_data = 1
    await ledger.add()
    await send_all(sender)
    row = await ledger.one()
    assert (row["state"], row["unsure"], row["detail"]) == ("retry", 1, "smtp_disconnected")
    clock.shift(MINUTE * 2)
    await send_all(sender)
    assert await ledger.states() == ["sent"]
    assert len(server.taken) == 2
    assert len({one.message_id for one in server.taken}) == 1


async def test_an_idle_line_that_was_cut_costs_nothing(
    ledger: Ledger, engine: AsyncEngine, clock: time_machine.Traveller
) -> None:
    async with mail_server() as first:
        port = first.port
        sender = sender_to(engine, first.url)
        await ledger.add()
        await send_all(sender)
        for line in first.lines:
            line.abort()
    async with mail_server(port) as second:
        await ledger.add()
        await send_all(sender)
        assert len(second.taken) == 1
    assert [row["attempts"] for row in await ledger.rows()] == [1, 1]


async def killed(ledger: Ledger) -> None:
    """Leave what a sender leaves that is killed between sending and recording."""
    async with transaction(ledger.engine) as tx:
        assert await deliveries.claim(tx, "email", 10, now(), now() + LEASE)


async def test_a_killed_sender_costs_one_duplicate_at_most(
    ledger: Ledger, sender: Sender, server: MailServer, clock: time_machine.Traveller
) -> None:
    await ledger.add()
    await killed(ledger)
    await send_all(sender)
    assert server.taken == []  # the lease still holds
    clock.shift(LEASE + MINUTE)
    await send_all(sender)
    row = await ledger.one()
    assert (row["state"], row["attempts"], row["unsure"]) == ("sent", 2, 1)
    clock.shift(LEASE * 10)
    await send_all(sender)
    assert len(server.taken) == 1
    assert server.taken[0].message_id == f"<{row['id']}@example.org>"


async def test_what_kills_every_sender_is_left_alone_some_day(
    ledger: Ledger, sender: Sender, server: MailServer, clock: time_machine.Traveller
) -> None:
    await ledger.add()
    for _ in range(5):
        await killed(ledger)
        clock.shift(LEASE + MINUTE)
    await send_all(sender)
    row = await ledger.one()
    assert (row["state"], row["detail"]) == ("failed", "unsure")
    assert server.taken == []


async def test_what_somebody_else_has_sent_is_not_recorded_again(
    ledger: Ledger, sender: Sender, clock: time_machine.Traveller
) -> None:
    await ledger.add()
    async with transaction(ledger.engine) as tx:
        (slow,) = await deliveries.claim(tx, "email", 1, now(), now() + LEASE)
    clock.shift(LEASE + MINUTE)
    await send_all(sender)
    async with transaction(ledger.engine) as tx:
        assert not await deliveries.still_mine(tx, slow)
        assert not await deliveries.record(
            tx, slow, "failed", now(), "late", unsure=False, ended_at=now()
        )
    assert await ledger.states() == ["sent"]


async def test_nothing_is_sent_too_late(
    ledger: Ledger, sender: Sender, server: MailServer, clock: time_machine.Traveller
) -> None:
    await ledger.add(useful_until=now() + MINUTE)
    clock.shift(MINUTE * 3)
    await send_all(sender)
    assert server.taken == []
    row = await ledger.one()
    assert (row["state"], row["detail"]) == ("expired", "too_late")


async def test_who_is_deleted_meanwhile_gets_nothing(
    ledger: Ledger, engine: AsyncEngine, server: MailServer
) -> None:
    await ledger.add(recipient="bob@example.org")
    (ann,) = await ledger.add()
    server.holds = asyncio.Event()
    sending = asyncio.create_task(sender_to(engine, server.url).send_due())
    await server.asked.wait()  # both are claimed, Bob's is on its way
    async with transaction(engine) as tx:
        await deliveries.erase(tx, ann)
    server.holds.set()
    assert await sending == 2
    assert [one.recipient for one in server.taken] == ["bob@example.org"]
    assert await ledger.states() == ["sent"]


async def test_a_provider_s_limit_is_obeyed_by_all_senders_together(
    ledger: Ledger, engine: AsyncEngine, server: MailServer, clock: time_machine.Traveller
) -> None:
    await ledger.add(70)
    both = [sender_to(engine, server.url, per_minute=30) for _ in range(2)]
    await asyncio.gather(*map(send_all, both))
    assert len(server.taken) == 30
    clock.shift(MINUTE * 1.1)
    await asyncio.gather(*map(send_all, both))
    assert len(server.taken) == 60


async def test_a_sender_that_is_stopped_ends_what_it_began(
    ledger: Ledger, engine: AsyncEngine, server: MailServer
) -> None:
    await ledger.add(10)
    server.holds = asyncio.Event()
    sending = asyncio.create_task(sender_to(engine, server.url).send_due())
    await server.asked.wait()
    sending.cancel()
    await asyncio.wait({sending}, timeout=0)
    server.holds.set()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert await ledger.states() == ["sent"] + ["pending"] * 9
    assert {row["attempts"] for row in (await ledger.rows())[1:]} == {0}
    await send_all(sender_to(engine, server.url))
    assert set(Counter(one.message_id for one in server.taken).values()) == {1}
    assert len(server.taken) == 10


async def test_without_a_server_mails_are_files(
    ledger: Ledger, engine: AsyncEngine, tmp_path: Path
) -> None:
    channel = email.opened(Settings.model_validate({"data": tmp_path}))
    await ledger.add(2)
    await send_all(sender_over(engine, channel))
    rows = await ledger.rows()
    assert [(row["state"], row["detail"]) for row in rows] == [("sent", "eml")] * 2
    files = sorted((tmp_path / "mail").iterdir())
    assert [file.name for file in files] == [f"{row['id']}.eml" for row in rows]
    assert b"Subject: A test from Ritmo\r\n" in files[0].read_bytes()


async def test_files_go_with_their_person_and_with_time(
    ledger: Ledger, engine: AsyncEngine, tmp_path: Path
) -> None:
    settings = Settings.model_validate({"data": tmp_path})
    folder, sender = mail_folder(settings), sender_over(engine, email.opened(settings))
    (bob, ann) = [*await ledger.add(), *await ledger.add()]
    await send_all(sender)
    strange = folder.path / "notes.eml"
    strange.write_text("no mail of ours")
    here = strange.stat().st_mtime
    async with transaction(engine) as tx:
        await erase_person(UserDeleted(user_id=ann, version=2), tx, settings)
    (row,) = await ledger.rows()
    assert row["user_id"] == bob
    mine = folder.path / f"{row['id']}.eml"
    assert {*folder.path.iterdir()} == {mine, strange}
    # One that was written elsewhere, or was left over, is found; so is one that is too old.
    (folder.path / f"{new_id()}.eml").write_text("whose?")
    await tidy(engine, folder, here)
    assert {*folder.path.iterdir()} == {mine, strange}
    old = here - KEEP.total_seconds() - 60
    os.utime(mine, (old, old))
    part = folder.path / f".{row['id']}.eml.part"
    part.write_text("half a mail")
    os.utime(part, (old, old))
    await tidy(engine, folder, here)
    assert {*folder.path.iterdir()} == {strange}


async def test_a_file_to_somebody_who_is_erased_meanwhile_is_taken_back(
    ledger: Ledger, engine: AsyncEngine, tmp_path: Path
) -> None:
    folder = mail_folder(Settings.model_validate({"data": tmp_path}))
    (ann,) = await ledger.add()

    class Meanwhile(EmailChannel):
        async def send(self, notice: Notice) -> DeliveryOutcome:
            outcome = await super().send(notice)
            async with transaction(engine) as tx:  # the file is there, and not yet noted
                await deliveries.erase(tx, ann)
            assert len([*folder.path.iterdir()]) == 1
            return outcome

    channel = Meanwhile(folder, mailbox("ritmo@example.org", "Ritmo"))
    await send_all(sender_over(engine, channel))
    assert [*folder.path.iterdir()] == []


async def test_what_cannot_be_written_fails_alone(
    ledger: Ledger, sender: Sender, server: MailServer
) -> None:
    await ledger.add(template="no_such")
    await ledger.add(recipient="no address")
    await ledger.add(template="digest", data="{}")
    await ledger.add()
    await send_all(sender)
    rows = await ledger.rows()
    assert [row["state"] for row in rows] == ["failed", "failed", "failed", "sent"]
    assert [row["detail"] for row in rows[:3]] == ["bad_template", "bad_address", "bad_template"]


async def test_a_server_without_tls_gets_no_mail(ledger: Ledger, engine: AsyncEngine) -> None:
    async with mail_server() as plain:
        await ledger.add()
        await send_all(sender_over(engine, mails_to(f"{plain.url}?tls=starttls")))
        assert plain.taken == []
    assert await ledger.states() == ["retry"]


async def test_the_indexes_are_used(engine: AsyncEngine, ledger: Ledger) -> None:
    """What a sender asks every second must not read the whole ledger."""
    await ledger.add(1)
    async with transaction(engine) as tx:
        await tx.execute(text("SET LOCAL enable_seqscan = off"))
        plan = await tx.execute(
            text(
                "EXPLAIN SELECT id FROM notifications.deliveries WHERE channel = 'email'"
                " AND state IN ('pending', 'retry', 'sending') AND due_at <= now()"
                " ORDER BY due_at LIMIT 20"
            )
        )
        assert "ix_deliveries_channel_due_at" in "\n".join(row[0] for row in plan)


async def test_old_deliveries_are_forgotten(ledger: Ledger, sender: Sender) -> None:
    await ledger.add(2)
    await send_all(sender)
    await ledger.add(user_id=new_id())
    async with transaction(ledger.engine) as tx:
        assert await deliveries.forget(tx, now() + MINUTE, 10) == 2
    assert await ledger.states() == ["pending"]


# -- apprise --------------------------------------------------------------------------------------


@asynccontextmanager
async def webhook(statuses: list[int]) -> AsyncIterator[tuple[int, list[dict[str, Any]]]]:
    """Run a web server that answers with these statuses, then 200; give its port, and what came."""
    came: list[dict[str, Any]] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].split()[0])
        came.append(json.loads(await reader.readexactly(length)))
        status = statuses.pop(0) if statuses else 200
        more = "Location: http://127.0.0.1:1/\r\n" if status == 302 else ""
        writer.write(f"HTTP/1.1 {status} X\r\n{more}Content-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], came


@pytest.fixture(scope="module")
def helper() -> Iterator[Helper]:
    """Keep one helper for the tests of this file."""
    helper = Helper()
    yield helper
    helper.close()


async def apprise_to(ledger: Ledger, url: str) -> None:
    """Enqueue a test to somebody who gave an Apprise address."""
    user_id = new_id()
    async with transaction(ledger.engine) as tx:
        await apprise.save(tx, user_id, url)
    await ledger.add(user_id=user_id, channel="apprise", recipient=str(user_id))


async def test_notices_reach_a_webhook_and_are_tried_again(
    ledger: Ledger, engine: AsyncEngine, helper: Helper, clock: time_machine.Traveller
) -> None:
    sender = sender_over(engine, AppriseChannel(engine, helper, allow_private=True))
    async with webhook([500]) as (port, came):
        await apprise_to(ledger, f"json://127.0.0.1:{port}/x?redirect=yes")
        await send_all(sender)
        assert await ledger.states() == ["retry"]
        clock.shift(MINUTE * 2)
        await send_all(sender)
    assert await ledger.states() == ["sent"]
    assert [(one["title"], one["message"]) for one in came] == [
        ("A test from Ritmo", "Reminders reach you here.")
    ] * 2


@pytest.mark.parametrize("status", [302, 401, 404])
async def test_what_a_server_refuses_is_not_tried_again(
    ledger: Ledger, engine: AsyncEngine, helper: Helper, status: int
) -> None:
    sender = sender_over(engine, AppriseChannel(engine, helper, allow_private=True))
    async with webhook([status]) as (port, came):
        await apprise_to(ledger, f"json://127.0.0.1:{port}/x?redirect=yes")
        await send_all(sender)
    row = await ledger.one()
    assert (row["state"], row["detail"]) == ("failed", f"apprise_http_{status}")
    assert len(came) == 1


async def test_slow_hosts_hold_up_nobody_but_their_owners(
    ledger: Ledger, engine: AsyncEngine, helper: Helper
) -> None:
    asked, let_go = 0, asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await let_go.wait()
        writer.close()

    slow = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = slow.sockets[0].getsockname()[1]
    for _ in range(8):
        await apprise_to(ledger, f"json://127.0.0.1:{port}/x")
    patient = (await ledger.rows())[-1]["user_id"]
    await ledger.add(40, user_id=patient, channel="apprise", recipient=str(patient))
    async with slow, webhook([]) as (fast, came):
        await apprise_to(ledger, f"json://127.0.0.1:{fast}/x")
        sender = sender_over(engine, AppriseChannel(engine, helper, allow_private=True))
        sending = asyncio.create_task(sender.run())
        while not came:
            assert not sending.done()
            await asyncio.sleep(0.01)
        assert asked <= 8  # one for each of them, whatever else waits for the same person
        let_go.set()
        sending.cancel()
        await asyncio.wait({sending})
    assert (await ledger.states()).count("sent") == 1


async def test_an_address_is_looked_at_again_before_it_is_used(
    ledger: Ledger, engine: AsyncEngine, helper: Helper
) -> None:
    sender = sender_over(engine, AppriseChannel(engine, helper, allow_private=False))
    async with webhook([]) as (port, came):
        await apprise_to(ledger, f"json://127.0.0.1:{port}/x")
        await send_all(sender)
        assert came == []
    assert (await ledger.one())["detail"] == "apprise_private"


async def test_mails_and_notices_do_not_wait_for_each_other(
    ledger: Ledger, sender: Sender, server: MailServer
) -> None:
    await ledger.add(channel="apprise")
    await ledger.add()
    await send_all(sender)
    assert await ledger.states() == ["pending", "sent"]
