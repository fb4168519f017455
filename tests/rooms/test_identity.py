"""Access tokens: the ones that auth makes are believed, no other is."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
import pytest_asyncio
import time_machine
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.identity import REMEMBERED, TokenVerifier
from actors.runtime.local import LocalBus
from contracts.message import Unauthenticated, Unavailable
from contracts.sessions import EndAllSessions, Logout, Refresh
from contracts.signing_keys import Keys, RotateKeys
from storage.auth.keys import keys
from tests.rooms.forgery import FORGED, Forge
from tests.rooms.people import ADMIN, Carry, login, register, who

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def forge(bus: LocalBus, engine: AsyncEngine) -> AsyncIterator[Forge]:
    """A real token, and the keys from the database."""
    tokens = await register(bus)
    claims = jwt.decode(tokens.access_token, options={"verify_signature": False})
    async with engine.begin() as tx:
        rows = {row.state: row for row in await tx.execute(select(keys))}
    active, following = rows["active"], rows["next"]
    yield Forge(tokens, claims, active.kid, active.private_pem, active.public_pem, following.kid)


async def refused(verifier: TokenVerifier, token: str) -> str:
    """Return the code with which a token is refused; empty if it is believed."""
    try:
        await verifier.verify(token)
    except Unauthenticated as no:
        return no.code
    return ""


async def test_a_token_names_its_bearer(bus: LocalBus, forge: Forge) -> None:
    verifier = TokenVerifier(bus)
    token = forge.tokens.access_token
    principal = await verifier.verify(token)
    assert (principal.user_id, principal.session_id) == (
        forge.tokens.user_id,
        forge.tokens.session_id,
    )
    assert principal.scopes == frozenset({"user"})
    assert (principal.service, principal.token) == (None, token)
    assert token not in repr(principal)
    assert await verifier.verify(token) is principal
    assert forge.claims["exp"] - forge.claims["iat"] == 600
    assert forge.claims["auth_time"] == forge.claims["iat"]
    assert set(forge.claims) == {
        *("iss", "aud", "sub", "sid", "jti", "iat", "exp", "auth_time", "scope")
    }
    assert jwt.get_unverified_header(token) == {"alg": "EdDSA", "typ": "at+jwt", "kid": forge.kid}


async def test_a_forged_token_is_refused(bus: LocalBus, forge: Forge) -> None:
    found: dict[str, list[str]] = {}
    for how, forged in FORGED.items():
        verifier = TokenVerifier(bus)  # who has seen no other forgery
        assert await refused(verifier, forge.sign()) == ""
        token = forged(forge)
        found[how] = [await refused(verifier, token) for _ in range(2)]
    assert found == dict.fromkeys(FORGED, ["invalid_token"] * 2)


async def test_a_token_expires_remembered_or_not(bus: LocalBus) -> None:
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        token = (await register(bus)).access_token
        seen, unseen = TokenVerifier(bus), TokenVerifier(bus)
        clock.shift(604)
        assert await refused(seen, token) == ""
        clock.shift(2)
        assert await refused(seen, token) == await refused(unseen, token) == "expired_token"


async def test_an_ended_session_is_over_at_once(bus: LocalBus, carry: Carry) -> None:
    tokens, other = await register(bus), await login(bus)
    verifier = TokenVerifier(bus)
    await verifier.watch()
    assert await refused(verifier, tokens.access_token) == ""
    await bus.ask(Logout(), who(tokens))
    await carry()
    assert await refused(verifier, tokens.access_token) == "session_ended"
    assert await refused(verifier, other.access_token) == ""


async def test_what_ended_before_is_known_from_the_start(bus: LocalBus) -> None:
    tokens = await register(bus)
    await bus.ask(EndAllSessions(), who(tokens))
    watching, late = TokenVerifier(bus), TokenVerifier(bus)
    await watching.watch()
    assert await refused(watching, tokens.access_token) == "session_ended"
    assert await refused(late, tokens.access_token) == "session_ended"


async def test_rotation_goes_unnoticed(bus: LocalBus) -> None:
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        verifier = TokenVerifier(bus)
        tokens = await register(bus)
        for _ in range(4):
            assert await refused(verifier, tokens.access_token) == ""
            await bus.ask(RotateKeys(), ADMIN)
            old = tokens
            tokens = await bus.ask(Refresh(refresh_token=tokens.refresh_token))
            clock.shift(6)
            assert await refused(verifier, old.access_token) == ""
            assert await refused(verifier, tokens.access_token) == ""


async def test_a_retired_key_is_forgotten(bus: LocalBus, forge: Forge) -> None:
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        verifier = TokenVerifier(bus)
        assert await refused(verifier, forge.sign()) == ""
        await bus.ask(RotateKeys(), ADMIN)
        clock.shift(700)
        now = int(time.time())
        stolen = forge.sign({"iat": now, "exp": now + 600})
        assert await refused(verifier, stolen) == "invalid_token"


class Counting(LocalBus):
    """A bus that counts how often keys are asked for, and can be down."""

    asked = 0
    down = False

    async def ask(self, message: Any, *rest: Any, **more: Any) -> Any:
        """Ask, unless it is down."""
        if self.down:
            raise Unavailable("room_down", "Down.", retry_after=2)
        reply = await super().ask(message, *rest, **more)
        self.asked += isinstance(reply, Keys)
        return reply


@pytest.fixture
def counting(bus: LocalBus) -> Counting:
    """The same rooms on a bus that counts."""
    counting = Counting()
    counting.__dict__.update(bus.__dict__)
    return counting


async def test_forged_key_ids_do_not_flood_auth(counting: Counting, forge: Forge) -> None:
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        verifier = TokenVerifier(counting)
        tokens = [forge.sign(header={"kid": f"no {n}"}) for n in range(50)]
        await asyncio.gather(*(refused(verifier, token) for token in tokens))
        assert counting.asked == 1
        clock.shift(6)
        await asyncio.gather(*(refused(verifier, token) for token in tokens))
        assert counting.asked == 2


async def test_auth_may_be_away(counting: Counting, forge: Forge) -> None:
    counting.down = True
    verifier = TokenVerifier(counting)
    await verifier.watch()
    with pytest.raises(Unavailable):
        await verifier.verify(forge.sign())
    counting.down = False
    assert await refused(verifier, forge.sign()) == ""
    counting.down = True
    with time_machine.travel(time.time() + 400, tick=False):
        assert await refused(verifier, forge.sign()) == ""


async def test_memory_is_bounded(bus: LocalBus, forge: Forge) -> None:
    verifier = TokenVerifier(bus)
    principal = await verifier.verify(forge.sign())
    for n in range(REMEMBERED + 5):
        verifier._remember(f"token {n}", principal, time.time())
    assert len(verifier._known) == REMEMBERED
