"""Accounts without an address and a password: opened by who may, and of use all the same."""

from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.delegation import RoomBus
from actors.runtime.local import LocalBus
from contracts.accounts import BeginSession, OpenAccount
from contracts.delegation import Delegate
from contracts.deliveries import ListChannels
from contracts.message import new_id
from contracts.notifications import SendNotice
from contracts.passwords import ChangePassword
from contracts.proof import Prove
from contracts.tokens import Tokens
from contracts.users import ChangeUser, CreateProfile, GetProfile, GetUser
from storage.notifications import deliveries
from storage.outbox import tell
from storage.session import transaction
from tests.rooms.people import ADMIN, PASSWORD, Carry, code_of, login, who

pytestmark = pytest.mark.asyncio


async def opened(telegram: RoomBus, bus: LocalBus) -> Tokens:
    """Open an account without address and password, and begin a session."""
    user_id = new_id()
    await bus.ask(OpenAccount(proof=await telegram.prove(OpenAccount, user_id), name="Ann"))
    return await begun(telegram, bus, user_id)


async def begun(telegram: RoomBus, bus: LocalBus, user_id: UUID) -> Tokens:
    """Begin a session."""
    return await bus.ask(BeginSession(proof=await telegram.prove(BeginSession, user_id)))


async def test_who_has_no_address_lives_like_others(
    bus: LocalBus, engine: AsyncEngine, carry: Carry
) -> None:
    telegram = RoomBus(bus, "telegram", engine)
    ann, bob = await opened(telegram, bus), await opened(telegram, bus)
    assert ann.user_id != bob.user_id
    await bus.ask(CreateProfile(email="", name="Bob"), who(bob))
    await carry()
    assert (await bus.ask(GetProfile(), who(ann))).model_dump(include={"email", "name"}) == {
        "email": "",
        "name": "Ann",
    }
    async with transaction(engine) as tx:
        await tell(tx, SendNotice(user_id=ann.user_id, template="test", dedupe_key="x"))
    await carry()
    async with transaction(engine) as tx:
        assert await deliveries.page(tx, ann.user_id, before=None, state=None, limit=9) == []
    shown = await bus.ask(ListChannels(), who(ann))
    mail = next(one for one in shown.channels if one.channel == "email")
    assert (mail.on, mail.to) == (False, "")
    assert await code_of(bus.ask(Prove(password=PASSWORD), who(ann))) == "wrong_password"
    change = ChangePassword(password="", new_password=PASSWORD)
    assert await code_of(bus.ask(change, who(ann))) == "wrong_password"
    user = await bus.ask(GetUser(user_id=ann.user_id), ADMIN)
    await bus.ask(ChangeUser(user_id=user.user_id, disabled=True), ADMIN)
    await carry()
    assert await code_of(begun(telegram, bus, ann.user_id)) == "account_disabled"
    assert await code_of(begun(telegram, bus, new_id())) == "account_not_found"


async def test_an_account_is_opened_once_and_an_address_given_once(
    bus: LocalBus, engine: AsyncEngine
) -> None:
    ops, user_id = RoomBus(bus, "ops", engine), new_id()
    given = {"email": "Ann@Example.org", "password": PASSWORD}
    for _ in range(2):
        proof = await ops.prove(OpenAccount, user_id)
        made = await bus.ask(OpenAccount.model_validate({**given, "proof": proof}))
        assert made.user_id == user_id
    assert (await login(bus)).user_id == user_id
    proof = await ops.prove(OpenAccount, new_id())
    again = OpenAccount.model_validate({**given, "proof": proof})
    assert await code_of(bus.ask(again)) == "email_taken"


async def test_nobody_else_vouches(bus: LocalBus, engine: AsyncEngine) -> None:
    user_id = new_id()
    for room in ("habits", "gateway", ""):
        proof = await RoomBus(bus, room, engine).prove(OpenAccount, user_id)
        assert await code_of(bus.ask(OpenAccount(proof=proof))) == "may_not_act"
    telegram = RoomBus(bus, "telegram", engine)
    for proof in (
        await telegram.prove(Delegate, user_id),
        await telegram.prove(OpenAccount, user_id),
    ):
        assert await code_of(bus.ask(BeginSession(proof=proof))) == "invalid_proof"
    assert await code_of(bus.ask(OpenAccount(proof="x.y.z"))) == "invalid_proof"
