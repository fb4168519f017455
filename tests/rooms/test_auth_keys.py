"""Keys that sign access tokens: made, published, rotated."""

import asyncio
from datetime import UTC, datetime

import jwt
import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.auth.domain import TokenSubject, claims
from actors.auth.keyring import Keyring
from actors.runtime.local import LocalBus
from contracts.message import (
    Denied,
    new_id,
)
from contracts.signing_keys import GetKeys, RotateKeys
from tests.rooms.people import (
    ADMIN,
    register,
    who,
)

pytestmark = pytest.mark.asyncio


async def test_the_first_keys_are_made_once(bus: LocalBus, engine: AsyncEngine) -> None:
    sets = await asyncio.gather(*(bus.ask(GetKeys()) for _ in range(8)))
    assert len({tuple(key["kid"] for key in one.keys) for one in sets}) == 1
    for key in sets[0].keys:
        assert (key["kty"], key["crv"], key["alg"], key["use"]) == (
            "OKP",
            "Ed25519",
            "EdDSA",
            "sig",
        )
        assert set(key) == {"kty", "crv", "x", "alg", "use", "kid"}
    async with engine.begin() as tx:
        states = await tx.execute(text("SELECT state FROM auth.keys ORDER BY state"))
        assert states.scalars().all() == ["active", "next"]


async def test_a_key_that_was_rolled_back_is_not_remembered(
    bus: LocalBus, engine: AsyncEngine
) -> None:
    keyring, now = Keyring(), datetime.now(UTC)
    said = claims(TokenSubject(new_id(), new_id(), "user", now), now, new_id())
    async with engine.connect() as tx:
        await keyring.sign(tx, said)
        await tx.rollback()
    async with engine.begin() as tx:
        token = await keyring.sign(tx, said)
    kids = {key["kid"] for key in (await bus.ask(GetKeys())).keys}
    assert jwt.get_unverified_header(token)["kid"] in kids


async def test_a_retired_key_verifies_for_as_long_as_its_tokens(
    bus: LocalBus, engine: AsyncEngine
) -> None:
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        before = {key["kid"] for key in (await bus.ask(GetKeys())).keys}
        after = {key["kid"] for key in (await bus.ask(RotateKeys(), ADMIN)).keys}
        assert before < after
        assert len(after) == 3
        async with engine.begin() as tx:
            pem = text("SELECT private_pem FROM auth.keys WHERE state = 'retired'")
            assert (await tx.execute(pem)).scalar_one() is None
        clock.shift(661)
        assert len((await bus.ask(GetKeys())).keys) == 2
        assert len((await bus.ask(RotateKeys(), ADMIN)).keys) == 3
        async with engine.begin() as tx:
            count = text("SELECT count(*) FROM auth.keys")
            assert (await tx.execute(count)).scalar_one() == 3


async def test_rotating_at_once_keeps_one_active_key(bus: LocalBus, engine: AsyncEngine) -> None:
    await asyncio.gather(*(bus.ask(RotateKeys(), ADMIN) for _ in range(6)))
    async with engine.begin() as tx:
        count = text("SELECT state, count(*) FROM auth.keys GROUP BY state ORDER BY state")
        rows = [tuple(row) for row in await tx.execute(count)]
    assert rows == [("active", 1), ("next", 1), ("retired", 6)]


async def test_only_administrators_rotate_keys(bus: LocalBus) -> None:
    with pytest.raises(Denied):
        await bus.ask(RotateKeys(), who(await register(bus)))
