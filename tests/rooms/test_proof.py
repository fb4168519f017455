"""A fresh proof: what a stolen token is not enough for, and how one shows again who one is."""

from datetime import timedelta

import pytest
import time_machine

from actors.runtime.identity import TokenVerifier
from actors.runtime.local import LocalBus
from contracts.calendar import CreateFeed
from contracts.habits import CreateHabit, ListHabits
from contracts.personal_tokens import CreatePersonalToken
from contracts.principal import Principal
from contracts.proof import PROOF_SECONDS, Prove
from contracts.sessions import Refresh
from contracts.tokens import Tokens
from contracts.users import DeleteMe
from tests.rooms.people import PASSWORD, Carry, code_of, register

pytestmark = pytest.mark.asyncio


async def holder(bus: LocalBus, token: str) -> Principal:
    """Return who holds a token, as each part reads it."""
    return await TokenVerifier(bus).verify(token)


@pytest.fixture
async def tokens(bus: LocalBus, clock: time_machine.Traveller, carry: Carry) -> Tokens:
    """Log somebody in whose profile is there."""
    made = await register(bus)
    await carry()
    return made


async def test_an_old_login_is_not_enough(
    bus: LocalBus, tokens: Tokens, clock: time_machine.Traveller
) -> None:
    made = CreatePersonalToken(name="script", scopes=("habits:read",))
    await bus.ask(made, await holder(bus, tokens.access_token))
    clock.shift(timedelta(seconds=PROOF_SECONDS - 5))
    tokens = await bus.ask(Refresh(refresh_token=tokens.refresh_token))
    await bus.ask(made, await holder(bus, tokens.access_token))
    clock.shift(timedelta(seconds=10))
    me = await holder(bus, tokens.access_token)
    assert await code_of(bus.ask(made, me)) == "proof_required"
    assert await code_of(bus.ask(CreateFeed(), me)) == "proof_required"
    assert await code_of(bus.ask(DeleteMe(), me)) == "proof_required"
    await bus.ask(ListHabits(), me)
    await bus.ask(CreateHabit(name="Read"), me)


async def test_a_proof_lasts_and_is_of_the_session(
    bus: LocalBus, tokens: Tokens, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(seconds=PROOF_SECONDS * 3))
    tokens = await bus.ask(Refresh(refresh_token=tokens.refresh_token))
    stale = await holder(bus, tokens.access_token)
    assert await code_of(bus.ask(CreateFeed(), stale)) == "proof_required"
    proof = await bus.ask(Prove(password=PASSWORD), stale)
    await bus.ask(CreateFeed(), await holder(bus, proof.access_token))
    clock.shift(timedelta(seconds=PROOF_SECONDS - 5))
    again = await bus.ask(Refresh(refresh_token=tokens.refresh_token))
    await bus.ask(CreateFeed(), await holder(bus, again.access_token))
    clock.shift(timedelta(seconds=10))
    late = await bus.ask(Refresh(refresh_token=again.refresh_token))
    me = await holder(bus, late.access_token)
    assert await code_of(bus.ask(CreateFeed(), me)) == "proof_required"


async def test_a_wrong_proof_is_none(
    bus: LocalBus, tokens: Tokens, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(seconds=PROOF_SECONDS * 2))
    tokens = await bus.ask(Refresh(refresh_token=tokens.refresh_token))
    me = await holder(bus, tokens.access_token)
    assert await code_of(bus.ask(Prove(password="not mine at all"), me)) == "wrong_password"
    assert await code_of(bus.ask(Prove(otp="123456"), me)) == "wrong_otp"
    again = await bus.ask(Refresh(refresh_token=tokens.refresh_token))
    me = await holder(bus, again.access_token)
    assert await code_of(bus.ask(CreateFeed(), me)) == "proof_required"


async def test_nobody_proves_for_another_session(
    bus: LocalBus, tokens: Tokens, clock: time_machine.Traveller
) -> None:
    me = await holder(bus, tokens.access_token)
    assert await code_of(bus.ask(Prove(password=PASSWORD))) == "unauthenticated"
    bare = me.model_copy(update={"session_id": None})
    assert await code_of(bus.ask(Prove(password=PASSWORD), bare)) == "no_session"
