"""Who may register, who is let in by an invitation, and who is made an administrator."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.auth.tools import tools
from actors.runtime.delegation import RoomBus
from actors.runtime.local import LocalBus
from actors.runtime.settings import Settings
from contracts.accounts import OpenAccount
from contracts.invitations import DropInvitation, Invite, ListInvitations
from contracts.message import new_id
from contracts.registrations import LookAtMailLink, SignUp
from contracts.users import CreateProfile, GetProfile
from storage.session import transaction
from tests.rooms.people import ADMIN, PASSWORD, Carry, code_of, register, who
from tests.rooms.posting import PostBox, post_box, token_in

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def box(engine: AsyncEngine) -> AsyncIterator[PostBox]:
    async with post_box(engine, registration="invitation") as opened:
        yield opened


def asks(email: str, code: str | None = None) -> SignUp:
    """Register with a code."""
    return SignUp(email=email, password=PASSWORD, invitation=code)


async def limited(mode: str) -> None:
    """Let not everybody register, where there is no mail server."""
    tools.open(Settings.model_validate({"registration": mode}))


async def test_an_invitation_lets_one_person_in(bus: LocalBus) -> None:
    await limited("invitation")
    assert await code_of(bus.ask(asks("ann@example.org"))) == "invitation_needed"
    assert await code_of(register(bus)) == "invitation_needed"
    made = await bus.ask(Invite(), ADMIN)
    assert made.code is not None
    assert await code_of(bus.ask(asks("ann@example.org", f"{made.code}x"))) == "invitation_needed"
    people = [f"{name}@example.org" for name in ("ann", "bob", "cy")]
    codes = await asyncio.gather(*(code_of(bus.ask(asks(one, made.code))) for one in people))
    assert sorted(codes) == ["", "invitation_needed", "invitation_needed"]
    assert (await bus.ask(ListInvitations(), ADMIN)).invitations == ()


async def test_a_refused_registration_uses_no_invitation_up(bus: LocalBus) -> None:
    await register(bus)
    await limited("invitation")
    made = await bus.ask(Invite(), ADMIN)
    assert await code_of(bus.ask(asks("ann@example.org", made.code))) == "email_taken"
    assert (await bus.ask(asks("bob@example.org", made.code))).tokens is not None


async def test_an_invitation_can_be_taken_back(bus: LocalBus) -> None:
    await limited("invitation")
    made = await bus.ask(Invite(email="Bob@example.org", days=1), ADMIN)
    listed = (await bus.ask(ListInvitations(), ADMIN)).invitations
    assert [(one.invitation_id, one.email) for one in listed] == [
        (made.invitation_id, "bob@example.org")
    ]
    assert await code_of(bus.ask(asks("eve@example.org", made.code))) == "invitation_needed"
    drop = DropInvitation(invitation_id=made.invitation_id)
    assert [await code_of(bus.ask(drop, ADMIN)) for _ in range(2)] == ["", "invitation_not_found"]
    assert await code_of(bus.ask(asks("bob@example.org", made.code))) == "invitation_needed"


async def test_only_administrators_invite(bus: LocalBus) -> None:
    ann = who(await register(bus))
    drop = DropInvitation(invitation_id=new_id())
    codes = [
        await code_of(bus.ask(Invite(), ann)),
        await code_of(bus.ask(ListInvitations(), ann)),
        await code_of(bus.ask(drop, ann)),
    ]
    assert codes == ["denied"] * 3


async def test_nobody_registers_where_that_is_closed(bus: LocalBus, engine: AsyncEngine) -> None:
    made = await bus.ask(Invite(), ADMIN)
    await limited("closed")
    assert await code_of(bus.ask(asks("ann@example.org"))) == "registration_closed"
    invited = asks("ann@example.org", made.code)
    assert await code_of(bus.ask(invited)) == "registration_closed"
    assert await code_of(register(bus)) == "registration_closed"
    proof = await RoomBus(bus, "ops", engine).prove(OpenAccount, new_id())
    await bus.ask(OpenAccount(proof=proof, email="ann@example.org", password=PASSWORD))


async def test_an_invitation_that_was_mailed_confirms_the_address(box: PostBox) -> None:
    made = await box.bus.ask(Invite(email="ann@example.org", language="ru"), ADMIN)
    assert made.code is None, "nobody but its reader has the code"
    mail = await box.one()
    assert (mail.recipient, mail.mail["Subject"]) == ("ann@example.org", "Вас приглашают в Ritmo")
    token = token_in(mail)
    link = await box.bus.ask(LookAtMailLink(token=token))
    assert (link.purpose, link.email) == ("invitation", "ann@example.org")
    assert await code_of(box.bus.ask(asks("eve@example.org", token))) == "invitation_needed"
    signed = await box.bus.ask(asks("ann@example.org", token))
    assert signed.tokens is not None
    made = await box.bus.ask(Invite(), ADMIN)
    assert (await box.bus.ask(asks("bob@example.org", made.code))).tokens is None


async def test_an_invitation_expires(box: PostBox) -> None:
    made = await box.bus.ask(Invite(days=1), ADMIN)
    box.later()
    assert await code_of(box.bus.ask(asks("ann@example.org", made.code))) == "invitation_needed"


async def test_the_first_account_is_the_administrators_and_no_other(
    bus: LocalBus, engine: AsyncEngine, carry: Carry
) -> None:
    async with transaction(engine) as tx:
        await tx.execute(text("DELETE FROM auth.installation"))
    telegram = await RoomBus(bus, "telegram", engine).prove(OpenAccount, new_id())
    assert (await bus.ask(OpenAccount(proof=telegram))).role == "user"
    people = [
        await bus.ask(SignUp(email=f"{name}@example.org", password=PASSWORD))
        for name in ("ann", "bob")
    ]
    await carry()
    roles = []
    for one in people:
        assert one.tokens is not None
        roles.append((await bus.ask(GetProfile(), who(one.tokens))).role)
    assert roles == ["admin", "user"]


async def test_of_many_who_come_first_one_is_the_administrator(
    bus: LocalBus, engine: AsyncEngine
) -> None:
    async with transaction(engine) as tx:
        await tx.execute(text("DELETE FROM auth.installation"))
    commands = [SignUp(email=f"{n}@example.org", password=PASSWORD) for n in range(4)]
    await asyncio.gather(*(bus.ask(one) for one in commands))
    async with transaction(engine) as tx:
        rows = await tx.execute(text("SELECT count(*) FROM auth.accounts WHERE role = 'admin'"))
        assert rows.scalar_one() == 1


async def test_a_profile_that_comes_before_the_fact_has_the_role(bus: LocalBus) -> None:
    ann = await register(bus)
    made = await bus.ask(CreateProfile(email="ann@example.org"), who(ann, "user", "admin"))
    assert made.role == "admin"
