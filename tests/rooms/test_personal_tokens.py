"""Personal access tokens over a bus: made, exchanged, revoked, and what they open."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.identity import TokenVerifier
from actors.runtime.local import LocalBus
from contracts.exports import OWN_ROWS
from contracts.habits import CreateHabit, ListHabits
from contracts.journal import ListEntries
from contracts.message import Command, Query
from contracts.personal_tokens import (
    CreatePersonalToken,
    ExchangePersonalToken,
    ListPersonalTokens,
    MadeToken,
    RevokePersonalToken,
    is_well_formed,
    signed,
)
from contracts.principal import Principal
from contracts.scopes import GRANTABLE, Scope, scope_of
from contracts.sessions import EndAllSessions, ListEndedSessions, ListSessions
from contracts.tokens import Tokens
from contracts.users import ChangeUser, DeleteMe, GetProfile
from tests.golden.schemas import found
from tests.rooms.people import ADMIN, Carry, code_of, profile, register, who

pytestmark = pytest.mark.asyncio


async def make(
    bus: LocalBus, owner: Tokens, *scopes: Scope, expires_at: datetime | None = None
) -> MadeToken:
    command = CreatePersonalToken(name="Button", scopes=scopes, expires_at=expires_at)
    return await bus.ask(command, who(owner))


async def holder(bus: LocalBus, token: str) -> Principal:
    """Return who holds a token, as gateways and rooms find it out."""
    exchanged = await bus.ask(ExchangePersonalToken(token=token))
    verifier = TokenVerifier(bus)
    return await verifier.verify(exchanged.access_token)


async def void(bus: LocalBus, token: str) -> bool:
    return await code_of(bus.ask(ExchangePersonalToken(token=token))) == "token_void"


async def test_a_token_opens_what_it_was_given_and_nothing_else(bus: LocalBus) -> None:
    ann = await register(bus)
    await profile(bus, ann)
    made = await make(bus, ann, "habits:write", "habits:read", "habits:read")
    assert made.made.scopes == ("habits:read", "habits:write")
    acting = await holder(bus, made.token)
    assert (acting.user_id, acting.token_id) == (ann.user_id, made.made.token_id)
    # It was not given the profile; the room asks by itself how Ann lives in time.
    habit = await bus.ask(CreateHabit(name="Read"), acting)
    listed = await bus.ask(ListHabits(), acting)
    assert [one.habit_id for one in listed.habits] == [habit.habit_id]
    shut: tuple[Query[Any] | Command[Any], ...] = (
        ListEntries(),
        GetProfile(),
        ListSessions(),
        ListPersonalTokens(),
        EndAllSessions(),
        DeleteMe(),
        RevokePersonalToken(token_id=made.made.token_id),
        CreatePersonalToken(name="More", scopes=("habits:read",)),
    )
    for ask in shut:
        assert await code_of(bus.ask(ask, acting)) == "denied", ask


async def test_every_ask_has_a_scope_that_is_known() -> None:
    asks = [one for one in found().values() if issubclass(one, Query | Command) and not one.public]
    scopes = {scope_of(one) for one in asks}
    assert scopes == {*GRANTABLE, "account", "admin", OWN_ROWS}


async def test_a_token_is_kept_as_its_hash(bus: LocalBus, engine: AsyncEngine) -> None:
    ann = await register(bus)
    made = await make(bus, ann, "habits:read")
    assert is_well_formed(made.token)
    assert made.token not in repr(made)
    async with engine.begin() as tx:
        rows = (await tx.execute(text("SELECT t::text FROM auth.personal_tokens t"))).scalars()
        secret = made.token.removeprefix("rt_pat_")[:43]
        assert all(secret not in row and made.token not in row for row in rows)
    again = CreatePersonalToken(name="Once", scopes=("habits:read",))
    await bus.ask(again, who(ann), idempotency_key="k")
    code = await code_of(bus.ask(again, who(ann), idempotency_key="k"))
    assert code == "answered_once"
    assert len((await bus.ask(ListPersonalTokens(), who(ann))).tokens) == 2


async def test_what_is_no_token_is_void(bus: LocalBus) -> None:
    ann = await register(bus)
    made = await make(bus, ann, "habits:read")
    other = signed("rt_pat_" + "A" * 43)
    mistyped = made.token[:-1] + ("0" if made.token[-1] != "0" else "1")
    for token in (
        "",
        "x",
        other,
        mistyped,
        made.token + "0",
        made.token.upper(),
        ann.access_token[:99],
    ):
        assert await void(bus, token), token
    assert not await void(bus, made.token)


async def test_a_revoked_token_is_refused_everywhere_at_once(bus: LocalBus, carry: Carry) -> None:
    ann, bob = await register(bus), await register(bus, "bob@example.org")
    made = await make(bus, ann, "habits:read")
    verifier = TokenVerifier(bus)
    await verifier.watch()
    short = (await bus.ask(ExchangePersonalToken(token=made.token))).access_token
    await verifier.verify(short)
    revoke = RevokePersonalToken(token_id=made.made.token_id)
    assert await code_of(bus.ask(revoke, who(bob))) == "access_token_not_found"
    await bus.ask(revoke, who(ann))
    assert await code_of(bus.ask(revoke, who(ann))) == "access_token_not_found"
    assert await void(bus, made.token)
    await carry()
    assert await code_of(verifier.verify(short)) == "token_revoked"
    # So it is where nobody heard of it: who begins to listen now asks what has ended.
    assert made.made.token_id in (await bus.ask(ListEndedSessions())).session_ids
    late = TokenVerifier(bus)
    await late.watch()
    assert await code_of(late.verify(short)) == "token_revoked"
    assert (await bus.ask(ListPersonalTokens(), who(ann))).tokens == ()


async def test_a_token_of_who_is_disabled_is_void_while_that_holds(
    bus: LocalBus, carry: Carry
) -> None:
    ann = await register(bus)
    await profile(bus, ann)
    made = await make(bus, ann, "habits:read")
    verifier = TokenVerifier(bus)
    await verifier.watch()
    short = (await bus.ask(ExchangePersonalToken(token=made.token))).access_token
    await bus.ask(ChangeUser(user_id=ann.user_id, disabled=True), ADMIN)
    await carry()
    assert await code_of(verifier.verify(short)) == "token_revoked"
    assert await void(bus, made.token)
    await bus.ask(ChangeUser(user_id=ann.user_id, disabled=False), ADMIN)
    await carry()
    assert (await verifier.verify(short)).token_id == made.made.token_id
    assert not await void(bus, made.token)


async def test_tokens_go_with_their_owner(bus: LocalBus, carry: Carry, engine: AsyncEngine) -> None:
    ann = await register(bus)
    await profile(bus, ann)
    made = await make(bus, ann, "habits:read")
    await bus.ask(DeleteMe(), who(ann))
    await carry()
    assert await void(bus, made.token)
    async with engine.begin() as tx:
        assert (await tx.execute(text("SELECT * FROM auth.personal_tokens"))).all() == []


async def test_a_token_ends_by_itself(bus: LocalBus) -> None:
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        ann = await register(bus)
        usual = await make(bus, ann, "habits:read")
        soon = datetime.now(UTC) + timedelta(seconds=90)
        short = await make(bus, ann, "habits:read", expires_at=soon)
        exchanged = await bus.ask(ExchangePersonalToken(token=short.token))
        claims = jwt.decode(exchanged.access_token, options={"verify_signature": False})
        assert claims["exp"] <= soon.timestamp(), "it outlives no token that it stands for"
        clock.shift(91)
        assert await void(bus, short.token)
        clock.shift(timedelta(days=89))
        assert not await void(bus, usual.token)
        clock.shift(timedelta(days=1))
        assert await void(bus, usual.token)
        assert (await bus.ask(ListPersonalTokens(), who(ann))).tokens == ()
        for wrong in (timedelta(), timedelta(days=367), timedelta(seconds=-1)):
            late = make(bus, ann, "habits:read", expires_at=datetime.now(UTC) + wrong)
            assert await code_of(late) == "expiry_out_of_range"


async def test_use_is_noted_now_and_then(bus: LocalBus) -> None:
    async def used_at() -> datetime | None:
        return (await bus.ask(ListPersonalTokens(), who(ann))).tokens[0].used_at

    start = datetime(2031, 5, 5, 12, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        ann = await register(bus)
        made = await make(bus, ann, "habits:read")
        assert await used_at() is None
        for minutes in (0, 20, 39):
            clock.shift(timedelta(minutes=minutes))
            await bus.ask(ExchangePersonalToken(token=made.token))
            assert await used_at() == start
        clock.shift(timedelta(minutes=1))
        await bus.ask(ExchangePersonalToken(token=made.token))
        assert await used_at() == start + timedelta(hours=1)


async def test_nobody_has_ever_more_tokens(bus: LocalBus) -> None:
    ann = await register(bus)
    for _ in range(50):
        last = await make(bus, ann, "habits:read")
    assert await code_of(make(bus, ann, "habits:read")) == "too_many_access_tokens"
    await bus.ask(RevokePersonalToken(token_id=last.made.token_id), who(ann))
    await make(bus, ann, "habits:read")
