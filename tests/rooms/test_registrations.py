"""Registrations where a mail server is set: nobody has an account who has not got its mail."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial

import pytest
import pytest_asyncio
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.auth.post import MAX_FROM_NETWORK, MAX_TO_ADDRESS
from actors.auth.registrations import forget_links
from actors.notifications.ledger import KEEP_STRANGERS, clean_up
from contracts.accounts import Register
from contracts.message import new_id
from contracts.passwords import ForgotPassword
from contracts.registrations import Confirm, LookAtMailLink
from contracts.tokens import Device
from contracts.users import GetProfile
from storage.session import transaction
from tests.rooms.people import AWAY, HOME, PASSWORD, code_of, login, who
from tests.rooms.posting import PostBox, post_box, token_in

MORE = text("INSERT INTO auth.mails (id, name, at) SELECT :id, :name, max(at) FROM auth.mails")

TABLES = text(
    "SELECT schemaname || '.' || tablename FROM pg_tables"
    " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
)

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def box(engine: AsyncEngine) -> AsyncIterator[PostBox]:
    async with post_box(engine) as opened:
        yield opened


async def test_an_account_is_there_once_its_address_is_confirmed(box: PostBox) -> None:
    assert (await box.sign_up()).tokens is None
    assert await code_of(login(box.bus)) == "wrong_credentials"
    mail = await box.one()
    assert (mail.recipient, mail.mail["Subject"]) == ("ann@example.org", "Confirm your address")
    token = token_in(mail)
    for _ in range(2):  # whoever only looks, changes nothing
        link = await box.bus.ask(LookAtMailLink(token=token))
        assert (link.purpose, link.email) == ("confirm", "ann@example.org")
    signed = await box.bus.ask(Confirm(token=token, device=HOME))
    assert signed.tokens is not None
    await box.carry()
    user = await box.bus.ask(GetProfile(), who(signed.tokens))
    assert (user.email, user.name) == ("ann@example.org", "Click http://evil")
    assert (await login(box.bus)).user_id == signed.tokens.user_id
    assert await code_of(box.bus.ask(Confirm(token=token))) == "link_void"
    assert await code_of(box.bus.ask(LookAtMailLink(token=token))) == "link_void"
    await box.bus.ask(Confirm(token=await confirmable(box), sign_in=False))
    assert (await login(box.bus)).user_id == signed.tokens.user_id


async def confirmable(box: PostBox) -> str:
    """Register somebody else; return the secret that confirms it."""
    await box.arrived()
    await box.sign_up("bob@example.org")
    return await box.token()


async def test_a_confirmation_holds_no_word_of_who_asked(box: PostBox) -> None:
    await box.sign_up()
    mail = await box.one()
    assert "evil" not in str(mail.mail)
    assert "evil" not in mail.part("html") + mail.part("plain")
    assert await box.arrived() == []


async def test_who_has_an_account_hears_it_and_who_asks_does_not(box: PostBox) -> None:
    ann = await box.joined()
    unknown, known = (
        await box.sign_up("bob@example.org"),
        await box.sign_up(password="another one, longer"),
    )
    assert unknown == known
    to = {mail.recipient: mail for mail in await box.arrived()}
    notice = to["ann@example.org"]
    assert notice.mail["Subject"] == "You have an account already"
    assert "/c/" not in notice.part("html") + notice.part("plain")
    assert (await login(box.bus)).user_id == ann.user_id


async def test_few_mails_go_to_an_address_whoever_asks(box: PostBox) -> None:
    await box.joined("bob@example.org")
    for email in ("ann@example.org", "bob@example.org"):
        for number in range(MAX_TO_ADDRESS + 5):
            await box.sign_up(email, device=Device(address=f"192.0.2.{number}"))
    to = [mail.recipient for mail in await box.arrived()]
    assert to.count("ann@example.org") == MAX_TO_ADDRESS
    assert to.count("bob@example.org") == MAX_TO_ADDRESS - 1  # one had confirmed it
    box.later()
    await box.sign_up()
    assert (await box.one()).recipient == "ann@example.org"


async def test_few_mails_come_from_a_network(box: PostBox, engine: AsyncEngine) -> None:
    async with transaction(engine) as tx:
        await box.sign_up("ann@example.org", device=HOME)
        name = (await tx.execute(text("SELECT name FROM auth.mails ORDER BY id LIMIT 1"))).scalar()
        for _ in range(MAX_FROM_NETWORK - 1):
            await tx.execute(MORE, {"id": new_id(), "name": name})
    assert await code_of(box.sign_up("bob@example.org", device=HOME)) == "too_many_mails"
    await box.sign_up("bob@example.org", device=AWAY)


async def test_each_link_opens_what_was_asked_for_with_it(box: PostBox) -> None:
    """A stranger was there first: their password opens nothing, if Ann confirms hers."""
    await box.sign_up(password="the stranger's one", device=AWAY)
    await box.arrived()
    await box.sign_up()
    token = await box.token()
    await box.bus.ask(Confirm(token=token, device=HOME))
    await login(box.bus)
    assert await code_of(login(box.bus, "the stranger's one")) == "wrong_credentials"


async def test_a_link_counts_once_however_many_press_at_once(box: PostBox) -> None:
    await box.sign_up()
    token = await box.token()
    codes = await asyncio.gather(
        *(code_of(box.bus.ask(Confirm(token=token, sign_in=False))) for _ in range(5))
    )
    assert sorted(codes) == ["", *["link_void"] * 4]


async def test_what_is_not_confirmed_is_dropped(box: PostBox, engine: AsyncEngine) -> None:
    await box.sign_up()
    token = await box.token()
    box.later()
    assert await code_of(box.bus.ask(Confirm(token=token))) == "link_void"
    async with transaction(engine) as tx:
        await forget_links(tx)
        for table in ("registrations", "mails", "accounts"):
            rows = await tx.execute(text(f"SELECT count(*) FROM auth.{table}"))
            assert rows.scalar_one() == 0, table


async def test_a_strangers_address_is_forgotten_soon(box: PostBox, engine: AsyncEngine) -> None:
    await box.joined("bob@example.org")
    await box.sign_up()
    await box.arrived()
    box.later(KEEP_STRANGERS)
    async with transaction(engine) as tx:
        await clean_up(tx)
        rows = await tx.execute(text("SELECT recipient, template FROM notifications.deliveries"))
        assert [tuple(row) for row in rows] == [("bob@example.org", "welcome")]


async def test_no_made_up_link_opens_anything(box: PostBox) -> None:
    await box.sign_up()
    token = await box.token()
    for other in ("", "x" * 43, token[:-1], f"{token} ", token.swapcase(), str(new_id())):
        assert await code_of(box.bus.ask(Confirm(token=other))) == "link_void"


async def test_older_clients_of_the_bus_cannot_go_round_it(box: PostBox) -> None:
    command = Register(email="ann@example.org", password=PASSWORD)
    assert await code_of(box.bus.ask(command)) == "confirmation_needed"


async def test_nothing_that_is_kept_opens_an_account(box: PostBox, engine: AsyncEngine) -> None:
    await box.sign_up()
    token = await box.token()
    async with transaction(engine) as tx:
        tables = (await tx.execute(TABLES)).scalars().all()
        assert "auth.registrations" in tables
        for table in tables:
            rows = await tx.execute(text(f"SELECT t::text FROM {table} t"))
            kept = [str(row[0]) for row in rows]
            assert not [row for row in kept if token in row or token.encode().hex() in row], table


async def test_the_same_is_done_whether_or_not_there_is_an_account(
    box: PostBox, engine: AsyncEngine
) -> None:
    """As many statements, the same ones: what is done takes as long, and tells nothing."""
    await box.joined()
    await box.sign_up("cy@example.org")  # what is looked up once, is
    done: list[str] = []
    told = engine.sync_engine
    event.listen(told, "before_cursor_execute", note := _noting(done))
    try:
        for asks in (box.sign_up, partial(_forget, box)):
            seen = []
            for email in ("ann@example.org", "bob@example.org"):
                done.clear()
                await asks(email)
                seen.append([*done])
            assert seen[0] == seen[1]
            assert any("INSERT INTO bus.outbox" in one for one in seen[0])
    finally:
        event.remove(told, "before_cursor_execute", note)


async def _forget(box: PostBox, email: str) -> None:
    """Ask for a new password."""
    await box.bus.ask(ForgotPassword(email=email))


def _noting(done: list[str]) -> Callable[..., None]:
    """Note each statement."""

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        done.append(statement)

    return note
