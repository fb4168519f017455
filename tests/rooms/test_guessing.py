"""Guessing is slowed down by account, network and device; it locks nobody out."""

import asyncio
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from actors.auth.devices import MAX_DEVICES
from actors.auth.guard import ACCOUNT, WIDE
from actors.auth.handlers import room
from actors.auth.password_hashes import Turns
from actors.runtime.edge import Edge
from actors.runtime.local import LocalBus
from contracts.accounts import Register
from contracts.devices import DEVICE_DAYS, KnowsDevice
from contracts.passwords import ChangePassword, ConfirmPassword
from contracts.sessions import ListSessions, Login
from contracts.tokens import Device, Tokens
from tests.examples import examples
from tests.rooms.people import (
    AWAY,
    HOME,
    NOON,
    PASSWORD,
    PATIENCE,
    TRIES,
    code_of,
    login,
    register,
    who,
)

pytestmark = pytest.mark.asyncio

EMAIL = "ann@example.org"


async def returns(bus: LocalBus, token: str | None, password: str = PASSWORD) -> Tokens:
    """Log in from a device that sends a token, in a network where somebody guesses."""
    asked = Login(email=EMAIL, password=password, device=HOME, device_token=token)
    return await bus.ask(asked)


async def guess(bus: LocalBus, address: str, email: str = EMAIL) -> str:
    """Try a wrong password; return how that is refused."""
    device = Device(address=address)
    return await code_of(bus.ask(Login(email=email, password="wrong wrong", device=device)))


GUESSES = examples(300)


async def test_many_guesses_from_one_network_are_few_hashes(bus: LocalBus) -> None:
    with time_machine.travel(NOON, tick=False):
        token = (await register(bus)).device_token
        for prefix in ("192.0.2.{n}", "2001:db8:1:{n:x}::1", "64:ff9b::198.51.100.{n}"):
            codes = [
                await guess(bus, prefix.format(n=n % 250), f"n{n % 40}@example.org")
                for n in range(GUESSES)
            ]
            assert codes.count("wrong_credentials") == WIDE * TRIES
            assert codes.count("too_many_attempts") == GUESSES - WIDE * TRIES
            assert await code_of(returns(bus, token)) == ""


async def test_a_neighbour_locks_nobody_out_who_has_signed_in_before(bus: LocalBus) -> None:
    with time_machine.travel(NOON, tick=False):
        mine = await register(bus)
        for _ in range(TRIES + 1):
            await guess(bus, HOME.address)
        assert await code_of(login(bus)) == "too_many_attempts"
        again = await returns(bus, mine.device_token)
        assert again.device_token == mine.device_token


async def test_a_device_is_slowed_down_by_its_own_wrong_tries(bus: LocalBus) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        token = (await register(bus)).device_token
        codes = [await code_of(returns(bus, token, "wrong wrong")) for _ in range(TRIES + 1)]
        assert codes == ["wrong_credentials"] * TRIES + ["too_many_attempts"]
        assert await code_of(returns(bus, token)) == "too_many_attempts"
        assert await code_of(login(bus, device=AWAY)) == ""
        clock.shift(61)
        assert await code_of(returns(bus, token)) == ""


async def test_guesses_from_everywhere_slow_unknown_devices_alone(bus: LocalBus) -> None:
    with time_machine.travel(NOON, tick=False):
        token = (await register(bus)).device_token
        codes = [await guess(bus, f"2001:db8:{n:x}::1") for n in range(ACCOUNT * TRIES + 5)]
        assert codes == ["wrong_credentials"] * (ACCOUNT * TRIES) + ["too_many_attempts"] * 5
        assert await code_of(login(bus)) == "too_many_attempts"
        assert await code_of(returns(bus, token)) == ""


async def test_tokens_of_other_devices_accounts_and_times_open_nothing(
    bus: LocalBus, engine: AsyncEngine
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        mine = (await register(bus)).device_token
        other = (await register(bus, "bob@example.org")).device_token
        assert mine is not None
        assert other is not None
        made_up = [
            "",
            "rt_device_",
            mine[:-1],
            mine + "A",
            mine.replace("rt_device_", ""),
            mine.partition(".")[0] + "." + other.partition(".")[2],
            other,
            "rt_device_\u0430.\u0431",
        ]
        for _ in range(TRIES):
            await guess(bus, HOME.address)
        for token in made_up:
            assert await code_of(returns(bus, token)) == "too_many_attempts"
            asked = KnowsDevice(email=EMAIL, device_token=token)
            assert not (await bus.ask(asked)).known
        assert (await bus.ask(KnowsDevice(email=EMAIL, device_token=mine))).known
        clock.shift(timedelta(days=DEVICE_DAYS, seconds=1))
        for _ in range(TRIES):
            await guess(bus, HOME.address)
        assert await code_of(returns(bus, mine)) == "too_many_attempts"
    async with engine.connect() as tx:
        kept = str((await tx.execute(text("SELECT * FROM auth.devices"))).all())
    for token in (mine, other):
        assert token not in kept


async def test_an_account_knows_the_devices_used_last_until_its_password_changes(
    bus: LocalBus, engine: AsyncEngine
) -> None:
    first = await register(bus)
    for _ in range(MAX_DEVICES):
        await login(bus)
    async with engine.connect() as tx:
        kept = (await tx.execute(text("SELECT count(*) FROM auth.devices"))).scalar_one()
    assert kept == MAX_DEVICES
    last = await login(bus)
    known = [
        (await bus.ask(KnowsDevice(email=EMAIL, device_token=token or ""))).known
        for token in (first.device_token, last.device_token)
    ]
    assert known == [False, True]
    change = ChangePassword(password=PASSWORD, new_password="another good one")
    await bus.ask(change, who(last))
    asked = KnowsDevice(email=EMAIL, device_token=last.device_token or "")
    assert not (await bus.ask(asked)).known


async def test_a_hash_holds_no_connection_and_no_turn(bus: LocalBus, engine: AsyncEngine) -> None:
    """Of a room with a single turn somebody asks something, while many passwords are hashed."""
    me = who(await register(bus))
    narrow = LocalBus()
    narrow.open_room(Edge(room, engine, narrow, 1, limit=PATIENCE))
    change = ChangePassword(password=PASSWORD, new_password="another good one")
    asked = [
        asyncio.ensure_future(code_of(one))
        for n in range(5)
        for one in (
            narrow.ask(Login(email=EMAIL, password=PASSWORD)),
            narrow.ask(Login(email="nobody@example.org", password=PASSWORD)),
            narrow.ask(Register(email=f"bob{n}@example.org", password=PASSWORD)),
            narrow.ask(ConfirmPassword(password=PASSWORD), me),
        )
    ]
    asked.append(asyncio.ensure_future(code_of(narrow.ask(change, me, idempotency_key="once"))))
    busy = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND state LIKE 'idle in transaction%' AND pid != pg_backend_pid()"
    )
    free = 0
    while not all(one.done() for one in asked):
        await narrow.ask(ListSessions(), me)
        async with engine.connect() as tx:  # a transaction sees one state of the others
            free += (await tx.execute(busy)).scalar_one() == 0
        if sum(one.done() for one in asked) <= len(asked) // 2 and free >= 3:
            break
    else:
        raise AssertionError("who asked had to wait for the hashes of others")
    assert set(await asyncio.gather(*asked)) <= {"", "wrong_credentials"}


async def test_a_known_device_is_hashed_before_strangers_who_wait() -> None:
    turns, order = Turns(1), list[str]()

    async def take(name: str, *, first: bool) -> None:
        async with turns.turn(first=first):
            order.append(name)

    async with turns.turn(first=False):
        asked = [
            asyncio.ensure_future(take(name, first=first))
            for name, first in (("a", False), ("gone", True), ("b", False), ("owner", True))
        ]
        await asyncio.sleep(0)
        asked[1].cancel()
    await asyncio.wait(asked)
    assert order == ["owner", "a", "b"]
    # One who goes away just as it is their turn leaves it to the next.
    async with turns.turn(first=False):
        gone, after = (asyncio.ensure_future(take(name, first=False)) for name in ("gone", "after"))
        await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait([gone, after])
    assert order == ["owner", "a", "b", "after"]


async def test_who_signs_in_and_who_fails_to_is_logged(bus: LocalBus) -> None:
    tokens = await register(bus)
    with capture_logs() as logged:
        again = await login(bus)
        await guess(bus, AWAY.address)
        await guess(bus, AWAY.address, "nobody@example.org")
    user_id = str(tokens.user_id)
    assert {"event": "signed in", "log_level": "info", "user_id": user_id} | {
        "session_id": str(again.session_id)
    } in logged
    wrong = [one["user_id"] for one in logged if one["event"] == "wrong password"]
    assert wrong == [user_id, None]
    assert EMAIL not in str(logged)
    assert "wrong wrong" not in str(logged)


async def test_a_change_asked_for_again_is_answered_as_it_was(bus: LocalBus) -> None:
    me = who(await register(bus))
    change = ChangePassword(password=PASSWORD, new_password="another good one")
    for _ in range(2):
        assert await code_of(bus.ask(change, me, idempotency_key="once")) == ""
    assert await code_of(bus.ask(change, me, idempotency_key="twice")) == "wrong_password"
    assert await code_of(login(bus, "another good one")) == ""
