"""Passkeys over a bus, with a device in software."""

import asyncio
import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from pyotp import TOTP
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.auth.relying_party import RelyingParty
from actors.auth.room import room as auth
from actors.runtime.local import LocalBus
from actors.runtime.settings import Settings
from contracts.message import NotFound, Unauthenticated, new_id
from contracts.passkeys import (
    MAX_PASSKEYS,
    AddPasskey,
    BeginPasskey,
    BeginPasskeySignIn,
    DropPasskey,
    ListPasskeys,
    PasskeyShown,
    PasskeySignIn,
    RenamePasskey,
)
from contracts.sessions import Login
from contracts.tokens import Device, Tokens
from contracts.totp import BeginTotp, ConfirmTotp
from contracts.users import ChangeUser
from tests.authenticator import PRESENT, Algorithm, Authenticator, coded, decoded
from tests.rooms.people import ADMIN, HOME, PASSWORD, Carry, code_of, profile, register, who

pytestmark = pytest.mark.asyncio


async def add(
    bus: LocalBus, whose: Tokens, device: Authenticator, name: str = "Phone"
) -> PasskeyShown:
    """Add a passkey."""
    options = (await bus.ask(BeginPasskey(), who(whose))).public_key
    made = AddPasskey(name=name, credential=device.create(options))
    return await bus.ask(made, who(whose))


async def sign(bus: LocalBus, device: Authenticator) -> dict[str, Any]:
    """Have a device sign a challenge that was just made."""
    return device.get((await bus.ask(BeginPasskeySignIn())).public_key)


async def sign_in(bus: LocalBus, device: Authenticator, where: Device = HOME) -> Tokens:
    """Sign in with a device."""
    return await bus.ask(PasskeySignIn(credential=await sign(bus, device), device=where))


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
async def test_a_passkey_signs_in_alone(bus: LocalBus, algorithm: Algorithm) -> None:
    ann, device = await register(bus), Authenticator(algorithm)
    added = await add(bus, ann, device)
    assert (added.name, added.used_at) == ("Phone", None)
    for _ in range(2):
        assert (await sign_in(bus, device)).user_id == ann.user_id
    (listed,) = (await bus.ask(ListPasskeys(), who(ann))).passkeys
    assert listed.passkey_id == added.passkey_id
    assert listed.used_at is not None


async def test_what_is_asked_of_a_device(bus: LocalBus) -> None:
    ann, device = await register(bus), Authenticator()
    options: Any = (await bus.ask(BeginPasskey(), who(ann))).public_key
    assert options["rp"] == {"id": "localhost", "name": "Ritmo"}
    assert decoded(options["user"]["id"]) == ann.user_id.bytes
    assert options["attestation"] == "none"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    await bus.ask(AddPasskey(name="Phone", credential=device.create(options)), who(ann))
    again: Any = (await bus.ask(BeginPasskey(), who(ann))).public_key
    assert [one["id"] for one in again["excludeCredentials"]] == [coded(device.id)]
    assert again["challenge"] != options["challenge"]
    asked: Any = (await bus.ask(BeginPasskeySignIn())).public_key
    assert (asked["userVerification"], asked["rpId"]) == ("required", "localhost")
    assert not asked.get("allowCredentials")


def other_origin(device: Authenticator) -> None:
    device.origin = "https://localhost:8000"


def other_host(device: Authenticator) -> None:
    device.host = "evil.example.org"


def absent(device: Authenticator) -> None:
    device.flags = 0


def unverified(device: Authenticator) -> None:
    device.flags = PRESENT


def cloned(device: Authenticator) -> None:
    device.counter -= 2


def other_key(device: Authenticator) -> None:
    device.key = Authenticator().key


def other_person(device: Authenticator) -> None:
    device.handle = new_id().bytes


def unknown(device: Authenticator) -> None:
    device.id = bytes(32)


LIES = (other_origin, other_host, absent, unverified, cloned, other_key, other_person, unknown)


@pytest.mark.parametrize("lie", LIES)
async def test_a_device_that_lies_is_let_in_nowhere(
    bus: LocalBus, lie: Callable[[Authenticator], None]
) -> None:
    device = Authenticator()
    await add(bus, await register(bus), device)
    await sign_in(bus, device)
    lie(device)
    assert await code_of(sign_in(bus, device)) == "wrong_passkey"


@pytest.mark.parametrize("lie", [other_origin, other_host, absent])
async def test_a_device_that_lies_is_not_added(
    bus: LocalBus, lie: Callable[[Authenticator], None]
) -> None:
    ann, device = await register(bus), Authenticator()
    lie(device)
    assert await code_of(add(bus, ann, device)) == "passkey_unfit"
    assert (await bus.ask(ListPasskeys(), who(ann))).passkeys == ()


async def test_a_challenge_counts_once_and_not_for_long(bus: LocalBus) -> None:
    ann, device = await register(bus), Authenticator(counts=False)
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        options = (await bus.ask(BeginPasskey(), who(ann))).public_key
        made = AddPasskey(name="Phone", credential=device.create(options))
        clock.shift(timedelta(minutes=5))
        assert await code_of(bus.ask(made, who(ann))) == "passkey_unfit"
        await add(bus, ann, device)
        signed = PasskeySignIn(credential=await sign(bus, device))
        twice = await asyncio.gather(*(code_of(bus.ask(signed)) for _ in range(3)))
        assert sorted(twice) == ["", "wrong_passkey", "wrong_passkey"]
        late = PasskeySignIn(credential=await sign(bus, device))
        clock.shift(timedelta(minutes=5))
        assert await code_of(bus.ask(late)) == "wrong_passkey"
        clock.shift(timedelta(minutes=2))
        await sign_in(bus, device)


async def test_a_challenge_is_for_one_thing_and_one_person(bus: LocalBus) -> None:
    ann, bob = await register(bus), await register(bus, "bob@example.org")
    device, phone = Authenticator(), Authenticator()
    options = (await bus.ask(BeginPasskey(), who(ann))).public_key
    stolen = AddPasskey(name="Mine", credential=device.create(options))
    assert await code_of(bus.ask(stolen, who(bob))) == "passkey_unfit"
    await add(bus, ann, phone)
    to_add = (await bus.ask(BeginPasskey(), who(ann))).public_key
    crossed = PasskeySignIn(credential=phone.get(to_add))
    assert await code_of(bus.ask(crossed)) == "wrong_passkey"
    forged = PasskeySignIn(credential=phone.get({"challenge": coded(bytes(32))}))
    assert await code_of(bus.ask(forged)) == "wrong_passkey"


async def test_a_passkey_is_one_persons(bus: LocalBus) -> None:
    ann, bob = await register(bus), await register(bus, "bob@example.org")
    device = Authenticator()
    passkey_id = (await add(bus, ann, device)).passkey_id
    assert await code_of(add(bus, bob, device)) == "passkey_exists"
    with pytest.raises(NotFound):
        await bus.ask(RenamePasskey(passkey_id=passkey_id, name="x"), who(bob))
    with pytest.raises(NotFound):
        await bus.ask(DropPasskey(passkey_id=passkey_id), who(bob))
    device.handle = ann.user_id.bytes
    renamed = await bus.ask(RenamePasskey(passkey_id=passkey_id, name="Tablet"), who(ann))
    assert renamed.name == "Tablet"
    await sign_in(bus, device)
    await bus.ask(DropPasskey(passkey_id=passkey_id), who(ann))
    assert await code_of(sign_in(bus, device)) == "wrong_passkey"


async def test_it_is_a_second_factor_too(bus: LocalBus) -> None:
    ann, bob = await register(bus), await register(bus, "bob@example.org")
    device, other = Authenticator(flags=PRESENT), Authenticator()
    await add(bus, ann, device)
    await add(bus, bob, other)
    secret = (await bus.ask(BeginTotp(), who(ann))).secret
    await bus.ask(ConfirmTotp(code=TOTP(secret).now()), who(ann))
    login = Login(email="ann@example.org", password=PASSWORD, device=HOME)
    assert await code_of(bus.ask(login)) == "otp_required"
    given = login.model_copy(update={"passkey": await sign(bus, device)})
    assert (await bus.ask(given)).user_id == ann.user_id
    assert await code_of(bus.ask(given)) == "wrong_passkey"
    foreign = login.model_copy(update={"passkey": await sign(bus, other)})
    assert await code_of(bus.ask(foreign)) == "wrong_passkey"
    wrong = given.model_copy(update={"password": "something wrong"})
    assert await code_of(bus.ask(wrong)) == "wrong_credentials"
    # Alone it does not count: the device has not asked who holds it.
    assert await code_of(sign_in(bus, device)) == "wrong_passkey"
    device.flags |= 4
    await sign_in(bus, device)  # and no code is asked for


async def test_who_is_disabled_stays_out(bus: LocalBus, carry: Carry) -> None:
    ann, device = await register(bus), Authenticator()
    await profile(bus, ann)
    await add(bus, ann, device)
    await bus.ask(ChangeUser(user_id=ann.user_id, disabled=True), ADMIN)
    await carry()
    assert await code_of(sign_in(bus, device)) == "account_disabled"


ODD: tuple[Any, ...] = ("", "!", "AAAA", "é", 7, None, [], {}, "_" * 5000, coded(b"[" * 3000))


def odd(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Change an answer in ways that no device does."""
    found: list[dict[str, Any]] = [{}, {"response": None}, {"response": {"clientDataJSON": 7}}]
    for name in answer["response"]:
        for value in ODD:
            one = copy.deepcopy(answer)
            one["response"][name] = value
            found.append(one)
    for name in ("id", "rawId", "type"):
        for value in ("", "é", 7, None, coded(bytes(9000))):
            found.append({**answer, name: value})
    return found


async def test_odd_answers_are_refused(bus: LocalBus) -> None:
    ann, device = await register(bus), Authenticator(counts=False)
    options = (await bus.ask(BeginPasskey(), who(ann))).public_key
    made = device.create(options)
    for one in odd(made):
        asked = bus.ask(AddPasskey(name="x", credential=one), who(ann))
        assert await code_of(asked) == "passkey_unfit", one
    await bus.ask(AddPasskey(name="x", credential=made), who(ann))
    signed = await sign(bus, device)
    for one in odd(signed):
        handle = (one.get("response") or {}).get("userHandle", "none said")
        if one == signed or handle is None:
            continue  # a device need not say whose it is
        tried = bus.ask(PasskeySignIn(credential=one))
        assert await code_of(tried) == "wrong_passkey", one
    with pytest.raises(Unauthenticated):
        await bus.ask(PasskeySignIn(credential={}))
    await bus.ask(PasskeySignIn(credential=signed))


async def test_there_are_no_more_than_some(bus: LocalBus, engine: AsyncEngine) -> None:
    ann = await register(bus)
    last = (await bus.ask(BeginPasskey(), who(ann))).public_key
    for _ in range(MAX_PASSKEYS):
        await add(bus, ann, Authenticator())
    assert await code_of(bus.ask(BeginPasskey(), who(ann))) == "too_many_passkeys"
    made = AddPasskey(name="One more", credential=Authenticator().create(last))
    assert await code_of(bus.ask(made, who(ann))) == "too_many_passkeys"
    async with engine.begin() as tx:
        count = await tx.execute(text("SELECT count(*) FROM auth.challenges"))
        assert count.scalar_one() == 1


@pytest.mark.parametrize(
    ("base", "host", "origin"),
    [
        ("https://Ritmo.example.org/", "ritmo.example.org", "https://ritmo.example.org"),
        ("https://ritmo.example.org:443", "ritmo.example.org", "https://ritmo.example.org"),
        ("https://example.org:8443/ritmo", "example.org", "https://example.org:8443"),
        ("", "localhost", "http://localhost:8000"),
    ],
)
async def test_who_devices_sign_in_to(base: str, host: str, origin: str) -> None:
    party = RelyingParty.of(Settings(base_url=base, port=8000))
    assert (party.id, party.origin) == (host, origin)


@pytest.mark.parametrize("base", ["http://127.0.0.1:8000", "http://[::1]:8000"])
async def test_an_address_has_no_passkeys(bus: LocalBus, base: str) -> None:
    ann = await register(bus)
    await auth.open(Settings(base_url=base))
    assert await code_of(bus.ask(BeginPasskey(), who(ann))) == "passkeys_off"
    assert await code_of(bus.ask(BeginPasskeySignIn())) == "passkeys_off"
