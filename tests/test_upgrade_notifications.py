"""What is to be sent comes along when notifications leave reminders: under the same key, once."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from actors.notifications.link_token import Claim, read, sign
from contracts.message import new_id
from storage import embedded
from storage.migrations import migrate
from storage.notifications import apprise, deliveries, links
from storage.session import open_engine

ANN, BOB = new_id(), new_id()
KEY = bytes(range(32))
DAYS = {"every": "week", "first": "2026-01-05", "last": "2026-01-11"}
SENT, NEW, DUE = new_id(), new_id(), new_id()
NOW = datetime.now(UTC)
TOKEN = sign(Claim("unsubscribe", ANN, "en", every="week"), KEY, NOW)

BEFORE: list[tuple[str, dict[str, Any]]] = [
    (
        "INSERT INTO reminders.people (user_id, email, name, language, version, gone)"
        " VALUES (:ann, 'ann@example.org', 'Ann', 'ru', 3, false), (:bob, NULL, '', 'en', 0, true)",
        {"ann": ANN, "bob": BOB},
    ),
    ("INSERT INTO reminders.secrets (name, value) VALUES ('links', :key)", {"key": KEY}),
    ("INSERT INTO reminders.apprise (user_id, url) VALUES (:ann, 'json://x/y')", {"ann": ANN}),
    (
        "INSERT INTO reminders.used_links (id, user_id, expires_at) VALUES (:id, :ann, now())",
        {"id": SENT, "ann": ANN},
    ),
    (
        "INSERT INTO reminders.deliveries (id, user_id, channel, recipient, dedupe_key, template,"
        " language, data, due_at) VALUES (:id, :ann, 'email', 'ann@example.org', 'digest:1',"
        " 'digest', 'ru', :data, now())",
        {
            "id": NEW,
            "ann": ANN,
            "data": json.dumps({**DAYS, "language": "ru", "pictures": [{"data": "iVBORw0KGgo="}]}),
        },
    ),
    *(
        (
            "INSERT INTO bus.outbox (message_id, address, is_job, user_id, body)"
            " VALUES (:id, :address, true, :ann, '{}')",
            {"id": message_id, "address": address, "ann": ANN},
        )
        for message_id, address in (
            (SENT, "reminders.send_mail"),
            (NEW, "reminders.send_mail"),
            (DUE, "analytics.compose_due_digest"),
        )
    ),
    *(
        (
            "INSERT INTO bus.inbox (room, message_id) VALUES (:room, :id)",
            {"room": room, "id": message_id},
        )
        for room, message_id in (("reminders", SENT), ("analytics", DUE), ("analytics", NEW))
    ),
]


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Update a database in which something is to be sent; return what is found afterwards."""
    server = embedded.start(tmp_path_factory.mktemp("moved") / "postgres", durable=False)
    try:
        return asyncio.run(updated(server.url))
    finally:
        server.stop()


async def updated(url: str) -> dict[str, Any]:
    engine = open_engine(url, 1)
    await migrate(engine, "0023")
    async with engine.begin() as tx:
        for statement, given in BEFORE:
            await tx.execute(text(statement), given)
    await migrate(engine)
    async with engine.begin() as tx:
        known = "SELECT email, name, language, version, gone FROM notifications.people"
        found = {
            "key": await links.signing_key(tx),
            "used": await links.is_used(tx, ANN, SENT),
            "apprise": await apprise.find(tx, ANN),
            "version": await apprise.save(tx, ANN, None),
            "delivery": await deliveries.find_by_key(tx, ANN, "email", "digest:1"),
            "people": [tuple(row) for row in await tx.execute(text(f"{known} ORDER BY gone"))],
            "reached": await tx.scalar(
                text("SELECT reached FROM reminders.settings WHERE user_id = :ann"), {"ann": ANN}
            ),
            "done": set(
                (
                    await tx.execute(
                        text("SELECT message_id FROM bus.inbox WHERE room = 'notifications'")
                    )
                ).scalars()
            ),
        }
    await engine.dispose()
    return found


def test_links_in_mails_that_were_sent_keep_working(moved: dict[str, Any]) -> None:
    assert moved["key"] == KEY
    assert read(TOKEN, moved["key"]).user_id == ANN
    assert moved["used"]


def test_a_digest_that_waits_is_composed_when_it_is_sent(moved: dict[str, Any]) -> None:
    row = moved["delivery"]
    assert (json.loads(row.data), row.language, row.state) == (DAYS, "ru", "pending")


def test_people_and_their_channels_come_along(moved: dict[str, Any]) -> None:
    assert moved["people"] == [
        ("ann@example.org", "Ann", "ru", 3, False),
        (None, "", "en", 0, True),
    ]
    assert (moved["apprise"], moved["reached"]) == ("json://x/y", ["apprise"])
    assert moved["version"] > 1, "what reminders has heard is older"


def test_what_was_done_is_not_done_again(moved: dict[str, Any]) -> None:
    done: set[UUID] = moved["done"]
    assert done == {SENT, DUE}
