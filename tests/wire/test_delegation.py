"""Acting for a person, on either bus the same: what a room may, and every refusal."""

import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TypeVar
from uuid import UUID

import aio_pika
import jwt
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.auth.handlers import room as auth
from actors.runtime.delegation import SECRET_NAME, prove
from actors.runtime.identity import TokenVerifier
from actors.runtime.settings import Settings
from contracts.delegation import MAY_ASK, Delegate
from contracts.message import Asked, Denied, Refused, Reply, Unauthenticated, new_id
from contracts.personal_tokens import PREFIX, ExchangePersonalToken, signed
from contracts.principal import Principal
from contracts.users import UserChanged, UserDeleted
from storage import secrets
from storage.auth import accounts, personal_tokens
from storage.auth.personal_tokens import TokenRow
from storage.session import transaction
from tests.bus_people import acting, handed
from tests.bus_room import ActFor, Echo, Overstep, Relay, WhoAmI, room, until
from tests.wire.conftest import tidy
from tests.wire.place import Place, Wire, answered, over_rabbit, within_process

R = TypeVar("R", bound=Reply)
MINE = frozenset({"trial.who_am_i"})


@pytest.fixture(autouse=True)
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tests' room ask one thing on behalf of people."""
    monkeypatch.setitem(MAY_ASK, "trial", MINE)


@asynccontextmanager
async def opened(inside: AbstractAsyncContextManager[Place]) -> AsyncIterator[Place]:
    """Open the real auth beside the tests' room."""
    await auth.open(Settings())
    async with inside as place, tidy():
        await answered(place)
        yield place


@pytest_asyncio.fixture
async def local_house(engine: AsyncEngine) -> AsyncIterator[Place]:
    """Open both rooms within the process."""
    async with opened(within_process(engine, (auth, room))) as place:
        yield place


@pytest_asyncio.fixture
async def rabbit_house(engine: AsyncEngine, wire: Wire) -> AsyncIterator[Place]:
    """Open both rooms over RabbitMQ; they remember a secret that the database forgets."""
    async with opened(over_rabbit(engine, wire, (auth, room))) as place:
        yield place
    await forget_queue(wire)


@pytest.fixture(params=["local", "fresh"])
def begun_place(request: pytest.FixtureRequest) -> Place:
    """Open the tests' room, on each bus in turn, for somebody who has just started to listen."""
    place: Place = request.getfixturevalue(request.param)
    return place


@pytest.fixture(params=["local_house", "rabbit_house"])
def house(request: pytest.FixtureRequest) -> Place:
    """Open the tests' room beside the real auth, on each bus in turn."""
    place: Place = request.getfixturevalue(request.param)
    return place


async def forget_queue(wire: Wire) -> None:
    """Leave the broker as other tests expect it: their auth hears nothing."""
    async with await aio_pika.connect(wire.node.url) as connection:
        await (await connection.channel()).queue_delete("facts.auth")


async def somebody(place: Place) -> UUID:
    """Open an account."""
    user_id = new_id()
    async with transaction(place.engine) as tx:
        await accounts.add(tx, user_id, f"{user_id}@example.org", "no password")
    return user_id


async def secret_of(place: Place) -> bytes:
    """Return the secret by which rooms prove who they are."""
    async with transaction(place.engine) as tx:
        return await secrets.make(tx, SECRET_NAME)


async def code_of(place: Place, message: Asked[R]) -> tuple[str, str]:
    """Return the kind and the code of a refusal."""
    try:
        await place.bus.ask(message)
    except Refused as no:
        return type(no).__name__, no.code
    return "", ""


async def test_a_room_acts_for_a_person_within_its_contract(house: Place) -> None:
    for user_id in (await somebody(house), await somebody(house)):
        for _ in range(2):
            found = await house.bus.ask(ActFor(user_id=user_id))
            assert (found.user_id, found.service, found.session_id) == (user_id, "trial", None)
            assert found.scopes == tuple(MINE)


async def test_a_scope_beyond_its_contract_is_denied(house: Place) -> None:
    user_id = await somebody(house)
    for admin in (False, True):
        assert await code_of(house, Overstep(user_id=user_id, admin=admin)) == ("Denied", "denied")


async def test_a_room_that_may_not_act_is_denied(
    house: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(MAY_ASK, "trial")
    user_id = await somebody(house)
    assert await code_of(house, ActFor(user_id=user_id)) == ("Denied", "may_not_act")


async def test_nobody_acts_for_who_is_not_there(house: Place) -> None:
    assert await code_of(house, ActFor(user_id=new_id())) == ("Denied", "may_not_act_for")


async def test_nobody_acts_for_who_was_disabled_or_has_gone_meanwhile(house: Place) -> None:
    for gone in (False, True):
        user_id = await somebody(house)
        await house.bus.ask(ActFor(user_id=user_id))  # a token is kept for the next time

        async def refused(user_id: UUID = user_id) -> bool:
            return await code_of(house, ActFor(user_id=user_id)) == ("Denied", "may_not_act_for")

        disabled = UserChanged(user_id=user_id, version=2, role="user", disabled=True)
        await house.tell(UserDeleted(user_id=user_id) if gone else disabled)
        await until(refused)
        if not gone:
            again = UserChanged(user_id=user_id, version=3, role="user", disabled=False)
            await house.tell(again)

            async def allowed(user_id: UUID = user_id) -> bool:
                return await code_of(house, ActFor(user_id=user_id)) == ("", "")

            await until(allowed)


async def test_who_was_disabled_before_a_room_began_to_listen_is_not_acted_for(
    begun_place: Place,
) -> None:
    """Over both buses a token that was given before is refused by who has just started."""
    user_id = await somebody(begun_place)
    handed["token"] = acting(user_id)
    async with transaction(begun_place.engine) as tx:
        await accounts.set_standing(tx, user_id, "user", disabled=True, standing=1)
    assert await code_of(begun_place, ActFor(user_id=user_id)) == ("Denied", "may_not_act_for")


async def test_a_room_proves_who_it_is(house: Place) -> None:
    user_id, secret = await somebody(house), await secret_of(house)
    words = {"iss": "trial", "sub": str(user_id), "aud": "auth.delegate", "exp": time.time() + 30}
    proofs = {
        "another secret": jwt.encode(words, bytes(32), algorithm="HS256"),
        "none": jwt.encode(words, "", algorithm="none"),
        "too late": jwt.encode(words | {"exp": time.time() - 1}, secret, algorithm="HS256"),
        "no person": jwt.encode(words | {"sub": "trial"}, secret, algorithm="HS256"),
        "other use": jwt.encode(words | {"aud": "ritmo:link"}, secret, algorithm="HS256"),
        "": jwt.encode(words, secret, algorithm="HS256"),
    }
    found = {how: await code_of(house, Delegate(proof=proof)) for how, proof in proofs.items()}
    refused = ("Unauthenticated", "invalid_proof")
    assert found == {how: refused if how else ("", "") for how in proofs}


async def test_without_a_secret_nothing_is_proven(house: Place) -> None:
    proof = prove(bytes(32), "trial", await somebody(house))
    refused = await code_of(house, Delegate(proof=proof))
    assert refused == ("Unauthenticated", "invalid_proof")


FORGED = {
    "a stranger's key": lambda me: acting(me, key=Ed25519PrivateKey.generate()),
    "a room in a list": lambda me: acting(me, act=["trial"]),
    "no room": lambda me: acting(me, act={}),
    "a room that is none": lambda me: acting(me, act={"sub": 5}),
    "nothing acts": lambda me: acting(me, act=None),
    "a session, too": lambda me: acting(me, sid=str(new_id())),
    "no person": lambda me: acting(me, sub="trial"),
}


@pytest.mark.parametrize("how", FORGED)
async def test_a_forged_delegation_is_refused(place: Place, how: str) -> None:
    me = new_id()
    handed["token"] = acting(me)
    assert (await place.bus.ask(ActFor(user_id=me))).user_id == me
    other = new_id()
    handed["token"] = FORGED[how](other)
    refused = await code_of(place, ActFor(user_id=other))
    assert refused == ("Unauthenticated", "invalid_token")


async def test_an_expired_delegation_is_refused_and_the_next_one_is_not(place: Place) -> None:
    me = new_id()
    handed["token"] = acting(me, life=-10)
    assert await code_of(place, ActFor(user_id=me)) == ("Unauthenticated", "expired_token")
    handed["token"] = acting(me)
    assert await code_of(place, ActFor(user_id=me)) == ("", "")


@pytest.mark.parametrize("how", ["a stranger's key", "expired"])
async def test_a_room_checks_a_delegation_that_comes_over_the_wire(rabbit: Place, how: str) -> None:
    me = new_id()
    token = acting(me, life=-10) if how == "expired" else FORGED[how](me)
    who = Principal(user_id=me, scopes=MINE, service="trial", token=token)
    with pytest.raises(Unauthenticated) as caught:
        await rabbit.bus.ask(WhoAmI(), who)
    assert caught.value.code == ("expired_token" if how == "expired" else "invalid_token")
    assert (await rabbit.bus.ask(Echo(number=1))).number == 1
    with pytest.raises(Denied):
        await rabbit.bus.ask(Overstep(user_id=me))


async def personal(place: Place, user_id: UUID, *scopes: str) -> Principal:
    """Give somebody a personal token of these scopes; return who holds it."""
    token, now = signed(PREFIX + new_id().hex + "A" * 11), datetime.now(UTC)
    row = TokenRow(new_id(), user_id, "x", [*scopes], now, now + timedelta(days=1), None)
    async with transaction(place.engine) as tx:
        await personal_tokens.add(tx, row, sha256(token.encode()).digest())
    exchanged = await place.bus.ask(ExchangePersonalToken(token=token))
    return await TokenVerifier(place.bus).verify(exchanged.access_token)


async def test_a_personal_token_opens_what_it_was_given(house: Place) -> None:
    user_id = await somebody(house)
    reading = await personal(house, user_id, "trial:read")
    for _ in range(2):
        found = await house.bus.ask(WhoAmI(), reading)
        assert (found.user_id, found.session_id, found.service) == (user_id, None, None)
        assert found.scopes == ("trial:read",)
    writing = await personal(house, user_id, "trial:write", "habits:read")
    with pytest.raises(Denied) as refused:
        await house.bus.ask(WhoAmI(), writing)
    assert refused.value.params == {"scope": "trial:read"}


async def test_what_a_room_has_to_know_beside_it_asks_by_itself(
    house: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_id = await somebody(house)
    # The token opens `Relay` alone, which asks on.
    holder = await personal(house, user_id, Relay.address)
    found = await house.bus.ask(Relay(), holder)
    assert (found.user_id, found.service, found.scopes) == (user_id, "trial", tuple(MINE))
    monkeypatch.setitem(MAY_ASK, "trial", frozenset({"trial.something_else"}))
    with pytest.raises(Denied):
        await house.bus.ask(Relay(), holder)
