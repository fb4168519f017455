"""Guessing is slowed down by account, network and device; it locks nobody out."""

import asyncio
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.auth.devices import MAX_DEVICES
from actors.auth.guard import ACCOUNT, WIDE
from actors.auth.handlers import room
from actors.auth.password_hashes import Hasher
from actors.auth.tools import tools
from actors.runtime.edge import Edge
from actors.runtime.local import LocalBus
from contracts.accounts import Register
from contracts.devices import DEVICE_DAYS, KnowsDevice
from contracts.passwords import ChangePassword, ConfirmPassword
from contracts.sessions import ListSessions, Login
from contracts.tokens import Device, Tokens
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


async def test_a_thousand_guesses_from_one_network_are_few_hashes(bus: LocalBus) -> None:
    with time_machine.travel(NOON, tick=False):
        token = (await register(bus)).device_token
        for prefix in ("192.0.2.{n}", "2001:db8:1:{n:x}::1", "64:ff9b::198.51.100.{n}"):
            codes = [
                await guess(bus, prefix.format(n=n % 250), f"n{n % 40}@example.org")
                for n in range(1000)
            ]
            assert codes.count("wrong_credentials") == WIDE * TRIES
            assert codes.count("too_many_attempts") == 1000 - WIDE * TRIES
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


class SlowHasher(Hasher):
    """Hashes when it is told to, and notes how many wait for it."""

    def __init__(self) -> None:
        super().__init__(at_once=1)
        self.go, self.waiting = asyncio.Event(), 0

    async def _wait(self) -> None:
        self.waiting += 1
        await self.go.wait()

    async def hash(self, password: str) -> str:
        """Hash, once told so."""
        await self._wait()
        return await super().hash(password)

    async def verify(self, kept: str | None, password: str) -> bool:
        """Verify, once told so."""
        await self._wait()
        return await super().verify(kept, password)


async def test_a_hash_holds_no_connection_and_no_turn(bus: LocalBus, engine: AsyncEngine) -> None:
    me = who(await register(bus))
    narrow = LocalBus()
    narrow.open_room(Edge(room, engine, narrow, 1, limit=PATIENCE))
    usual, slow = tools.hasher, SlowHasher()
    tools.hasher = slow
    try:
        change = ChangePassword(password=PASSWORD, new_password="another good one")
        asked = [
            asyncio.ensure_future(code_of(one))
            for one in (
                narrow.ask(Login(email=EMAIL, password=PASSWORD)),
                narrow.ask(Login(email="nobody@example.org", password=PASSWORD)),
                narrow.ask(Register(email="bob@example.org", password=PASSWORD)),
                narrow.ask(ConfirmPassword(password=PASSWORD), me),
                narrow.ask(change, me, idempotency_key="once"),
            )
        ]
        while slow.waiting < len(asked):
            await asyncio.sleep(0.01)
        # The room has one turn, and others have it.
        assert len((await narrow.ask(ListSessions(), me)).sessions) == 1
        async with engine.connect() as tx:
            busy = text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND state LIKE 'idle in transaction%' AND pid != pg_backend_pid()"
            )
            assert (await tx.execute(busy)).scalar_one() == 0
        slow.go.set()
        assert await asyncio.gather(*asked) == ["", "wrong_credentials", "", "", ""]
    finally:
        tools.hasher = usual


async def test_a_change_asked_for_again_is_answered_as_it_was(bus: LocalBus) -> None:
    me = who(await register(bus))
    change = ChangePassword(password=PASSWORD, new_password="another good one")
    for _ in range(2):
        assert await code_of(bus.ask(change, me, idempotency_key="once")) == ""
    assert await code_of(bus.ask(change, me, idempotency_key="twice")) == "wrong_password"
    assert await code_of(login(bus, "another good one")) == ""
