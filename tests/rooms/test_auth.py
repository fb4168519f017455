"""The auth room over a bus: accounts, and the guessing of passwords."""

import asyncio
import os
import subprocess
import sys

import pytest
import time_machine
from argon2 import PasswordHasher
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.auth.guard import WIDE
from actors.auth.handlers import room
from actors.auth.password_hashes import Hasher
from actors.runtime.local import LocalBus
from actors.runtime.settings import Settings
from contracts.accounts import Register, UserRegistered
from contracts.message import (
    Conflict,
    Invalid,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from contracts.passwords import ChangePassword, ConfirmPassword
from contracts.sessions import ListSessions, Login, Refresh
from contracts.tokens import Device
from tests.rooms.people import (
    AWAY,
    HOME,
    NOON,
    PASSWORD,
    TRIES,
    Carry,
    code_of,
    ends,
    login,
    register,
    who,
)

pytestmark = pytest.mark.asyncio


async def test_registering_tells_who_it_is_and_begins_a_session(
    bus: LocalBus, carry: Carry
) -> None:
    told: list[UserRegistered] = []

    async def keep(fact: UserRegistered) -> None:
        told.append(fact)

    await bus.overhear(UserRegistered, keep)
    tokens = await bus.ask(
        Register(
            email=" Ann@Example.org",
            password=PASSWORD,
            name="Ann",
            zone="Asia/Tokyo",
            language="ru",
        )
    )
    await carry()
    assert [(f.user_id, f.email, f.name, f.zone, f.language) for f in told] == [
        (tokens.user_id, "ann@example.org", "Ann", "Asia/Tokyo", "ru")
    ]
    assert (tokens.expires_in, tokens.token_type) == (600, "Bearer")
    listed = (await bus.ask(ListSessions(), who(tokens))).sessions
    assert [(s.session_id, s.current) for s in listed] == [(tokens.session_id, True)]


async def test_an_address_is_taken_once_in_whatever_case(bus: LocalBus, carry: Carry) -> None:
    told: list[UserRegistered] = []

    async def keep(fact: UserRegistered) -> None:
        told.append(fact)

    await bus.overhear(UserRegistered, keep)
    emails = ("ann@example.org", "ANN@example.org", "Ann@EXAMPLE.org")
    codes = await asyncio.gather(*(code_of(register(bus, email)) for email in emails))
    assert sorted(codes) == ["", "email_taken", "email_taken"]
    await carry()
    assert len(told) == 1


@pytest.mark.parametrize(
    ("email", "password", "pointer"),
    [
        ("not an address", PASSWORD, "/email"),
        ("a@b", PASSWORD, "/email"),
        ("ann@example.org\0", PASSWORD, "/email"),
        ("ann@example.org", "short 7", "/password"),
        ("ann@example.org", "x" * 7 + "y" * 122, "/password"),
        ("ann@example.org", "ANN@example.org", "/password"),
        ("ann@example.org", "Password1", "/password"),
    ],
)
async def test_what_cannot_be_registered(
    bus: LocalBus, email: str, password: str, pointer: str
) -> None:
    with pytest.raises(Invalid) as no:
        await bus.ask(Register(email=email, password=password))
    assert [wrong.pointer for wrong in no.value.fields] == [pointer]


@pytest.mark.parametrize("password", ["п" * 60 + "а" * 68, "🔑🗝 ключ 鍵 כמו", " spaces count "])
async def test_any_password_of_any_script_counts_to_its_end(bus: LocalBus, password: str) -> None:
    await bus.ask(Register(email="ann@example.org", password=password))
    await login(bus, password)
    assert await code_of(login(bus, password[:-1])) == "wrong_credentials"


async def test_a_password_is_the_same_on_every_keyboard(bus: LocalBus) -> None:
    ann = await bus.ask(Register(email="ann@example.org", password="cafe\u0301 au lait"))
    assert (await login(bus, "caf\u00e9 au lait")).user_id == ann.user_id
    assert await code_of(login(bus, "cafe au lait")) == "wrong_credentials"


async def test_wrong_password_and_unknown_account_look_alike(bus: LocalBus) -> None:
    await register(bus)
    refusals = []
    for email in ("ann@example.org", "nobody@example.org", "no address", "ann@example.org\0"):
        with pytest.raises(Unauthenticated) as no:
            await bus.ask(Login(email=email, password="something wrong"))
        refusals.append(no.value.refusal())
    assert refusals == [refusals[0]] * 4


async def test_hashes_have_the_decided_parameters(bus: LocalBus, engine: AsyncEngine) -> None:
    await register(bus)
    async with engine.begin() as tx:
        kept = (await tx.execute(text("SELECT password_hash FROM auth.accounts"))).scalar_one()
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_an_old_hash_is_renewed_at_login(bus: LocalBus, engine: AsyncEngine) -> None:
    await register(bus)
    weak = PasswordHasher(1, 64, 1).hash(PASSWORD)
    async with engine.begin() as tx:
        await tx.execute(text("UPDATE auth.accounts SET password_hash = :weak"), {"weak": weak})
    await login(bus)
    async with engine.begin() as tx:
        kept = (await tx.execute(text("SELECT password_hash FROM auth.accounts"))).scalar_one()
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    await login(bus)


async def test_no_secret_lies_in_the_database(bus: LocalBus, engine: AsyncEngine) -> None:
    first = await register(bus)
    second = await bus.ask(Refresh(refresh_token=first.refresh_token))
    async with engine.begin() as tx:
        rows = [
            str(tuple(row))
            for table in ("accounts", "sessions", "refresh_tokens", "ended_sessions")
            for row in await tx.execute(text(f"SELECT {table}::text FROM auth.{table}"))
        ]
        rows += [str(row) for row in await tx.execute(text("SELECT body FROM bus.outbox"))]
    for secret in (PASSWORD, first.refresh_token, second.refresh_token, second.access_token):
        for form in (secret, secret.encode().hex()):
            assert not [row for row in rows if form in row]


async def test_wrong_passwords_are_slowed_down(bus: LocalBus) -> None:
    await register(bus)
    with time_machine.travel(NOON, tick=False) as clock:
        codes = [await code_of(login(bus, "wrong wrong")) for _ in range(TRIES + 3)]
        assert codes == ["wrong_credentials"] * TRIES + ["too_many_attempts"] * 3
        with pytest.raises(TooMany) as no:
            await login(bus)
        assert no.value.retry_after == 60
        clock.shift(61)
        await login(bus)


async def test_many_tries_at_once_get_no_further(bus: LocalBus) -> None:
    await register(bus)
    with time_machine.travel(NOON, tick=False):
        codes = await asyncio.gather(*(code_of(login(bus, "wrong wrong")) for _ in range(40)))
    assert codes.count("wrong_credentials") <= TRIES
    assert codes.count("wrong_credentials") + codes.count("too_many_attempts") == 40


async def test_a_network_may_not_spray_over_accounts(bus: LocalBus) -> None:
    with time_machine.travel(NOON, tick=False):
        for n in range(WIDE * TRIES):
            device = Device(address=f"192.0.2.{n}")
            tried = Login(email=f"n{n}@example.org", password="wrong wrong", device=device)
            assert await code_of(bus.ask(tried)) == "wrong_credentials"
        one_more = Login(email="ann@example.org", password="wrong wrong", device=HOME)
        assert await code_of(bus.ask(one_more)) == "too_many_attempts"


async def test_nobody_can_lock_the_owner_out(bus: LocalBus) -> None:
    await register(bus)
    with time_machine.travel(NOON, tick=False):
        for _ in range(TRIES + 1):
            await code_of(login(bus, "wrong wrong", AWAY))
        assert await code_of(login(bus, device=AWAY)) == "too_many_attempts"
        assert await code_of(login(bus, device=HOME)) == ""


async def test_right_passwords_are_not_counted(bus: LocalBus) -> None:
    await register(bus)
    with time_machine.travel(NOON, tick=False):
        for _ in range(TRIES + 2):
            await login(bus)
        codes = [await code_of(login(bus, "wrong wrong")) for _ in range(TRIES + 1)]
    assert codes == ["wrong_credentials"] * TRIES + ["too_many_attempts"]


async def test_guessing_goes_on_in_memory_while_redis_is_away(bus: LocalBus) -> None:
    await register(bus)
    await room.open(
        Settings.model_validate({"login_per_minute": 2, "redis_url": "redis://[::1]:1"})
    )
    codes = [await code_of(login(bus, "wrong wrong")) for _ in range(3)]
    assert codes == ["wrong_credentials", "wrong_credentials", "too_many_attempts"]


async def test_a_full_queue_refuses_at_once() -> None:
    hasher = Hasher(at_once=1, queue=2)
    outcomes = await asyncio.gather(
        *(hasher.hash(PASSWORD) for _ in range(5)), return_exceptions=True
    )
    busy = [outcome for outcome in outcomes if isinstance(outcome, Unavailable)]
    assert [no.code for no in busy] == ["busy", "busy"]
    assert await hasher.verify(str(outcomes[0]), PASSWORD)


HASH_AND_TELL = """
import asyncio, os, sys, threading
from actors.auth.password_hashes import Hasher

def nice() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

async def main() -> None:
    hasher = Hasher(at_once=1)
    kept = await hasher.hash("a long one, please")
    assert await hasher.verify(kept, "a long one, please")
    print(nice(), await hasher._run(nice))

if os.getuid() == 0:
    os.setuid(65534)  # who may not become less nice
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads")
@pytest.mark.parametrize("nice", [0, 10, 19])
async def test_a_ritmo_that_is_nice_already_hashes(nice: int) -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    begun = await asyncio.to_thread(
        subprocess.run,
        ["nice", "-n", str(nice), sys.executable, "-c", HASH_AND_TELL],
        capture_output=True,
        check=False,
    )
    usual = min(before + nice, 19)
    assert begun.stdout.decode().split() == [str(usual), str(min(usual + 10, 19))], begun.stderr


async def test_confirming_a_password_is_limited_by_session(bus: LocalBus) -> None:
    tokens = await register(bus)
    other = await login(bus)
    await bus.ask(ConfirmPassword(password=PASSWORD), who(tokens))
    with time_machine.travel(NOON, tick=False):
        asked = ConfirmPassword(password="wrong wrong")
        codes = [await code_of(bus.ask(asked, who(tokens))) for _ in range(TRIES + 1)]
        assert codes == ["wrong_password"] * TRIES + ["too_many_attempts"]
        change = ChangePassword(password=PASSWORD, new_password="another good one")
        assert await code_of(bus.ask(change, who(tokens))) == "too_many_attempts"
        assert await code_of(bus.ask(change, who(other))) == ""


async def test_a_new_password_ends_the_other_sessions(bus: LocalBus, carry: Carry) -> None:
    told = await ends(bus)
    first, second, third = await register(bus), await login(bus), await login(bus)
    await bus.ask(ChangePassword(password=PASSWORD, new_password="another good one"), who(second))
    await carry()
    assert {(f.session_id, f.reason) for f in told} == {
        (first.session_id, "password"),
        (third.session_id, "password"),
    }
    assert await code_of(login(bus)) == "wrong_credentials"
    await login(bus, "another good one")
    assert await code_of(bus.ask(Refresh(refresh_token=first.refresh_token))) == "invalid_token"
    assert await code_of(bus.ask(Refresh(refresh_token=second.refresh_token))) == ""


async def test_a_new_password_has_to_be_good_and_the_old_one_right(bus: LocalBus) -> None:
    me = who(await register(bus))
    for old, new, pointer in (
        ("wrong wrong", "another good one", "/password"),
        (PASSWORD, "12345678", "/new_password"),
        (PASSWORD, "ann@example.org", "/new_password"),
    ):
        with pytest.raises(Invalid) as no:
            await bus.ask(ChangePassword(password=old, new_password=new), me)
        assert [wrong.pointer for wrong in no.value.fields] == [pointer]
    await login(bus)


async def test_a_conflict_leaves_no_trace(bus: LocalBus) -> None:
    tokens = await register(bus)
    with pytest.raises(Conflict):
        await register(bus)
    (session,) = (await bus.ask(ListSessions(), who(tokens))).sessions
    assert session.session_id == tokens.session_id
