"""Sessions over a bus: refreshed, copied, ended, and the standing of who holds them."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.local import LocalBus
from contracts.message import (
    Denied,
    NotFound,
)
from contracts.sessions import (
    EndAllSessions,
    EndSession,
    ListEndedSessions,
    ListSessions,
    Logout,
    Refresh,
)
from contracts.users import ChangeUser, DeleteMe
from tests.rooms.people import (
    ADMIN,
    AWAY,
    Carry,
    code_of,
    ends,
    login,
    profile,
    register,
    who,
)

pytestmark = pytest.mark.asyncio


async def test_refreshing_goes_on_and_on(bus: LocalBus) -> None:
    tokens = await register(bus)
    seen = {tokens.refresh_token}
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        for _ in range(5):
            clock.shift(540)
            following = await bus.ask(Refresh(refresh_token=tokens.refresh_token, device=AWAY))
            assert following.session_id == tokens.session_id
            assert following.access_token != tokens.access_token
            tokens = following
            seen.add(tokens.refresh_token)
        assert len(seen) == 6
        listed = (await bus.ask(ListSessions(), who(tokens))).sessions
    assert [session.device for session in listed] == [AWAY]


async def test_fifty_refreshes_at_once_leave_one_line(bus: LocalBus, engine: AsyncEngine) -> None:
    tokens = await register(bus)
    asked = Refresh(refresh_token=tokens.refresh_token)
    pairs = await asyncio.gather(*(bus.ask(asked) for _ in range(50)))
    assert len({pair.refresh_token for pair in pairs}) == 1
    assert len({pair.access_token for pair in pairs}) == 50
    async with engine.begin() as tx:
        count = text("SELECT count(*) FROM auth.refresh_tokens WHERE used_at IS NULL")
        assert (await tx.execute(count)).scalar_one() == 1
    await bus.ask(Refresh(refresh_token=pairs[0].refresh_token))


async def test_a_copied_token_ends_the_session_for_good(
    bus: LocalBus, engine: AsyncEngine, carry: Carry
) -> None:
    told = await ends(bus)
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        tokens, other = await register(bus), await login(bus)
        following = await bus.ask(Refresh(refresh_token=tokens.refresh_token))
        clock.shift(21)
        copy = Refresh(refresh_token=tokens.refresh_token)
        assert await code_of(bus.ask(copy)) == "token_reused"
        assert await code_of(bus.ask(copy)) == "invalid_token"
        assert await code_of(bus.ask(Refresh(refresh_token=following.refresh_token)))
        assert await code_of(bus.ask(Refresh(refresh_token=other.refresh_token))) == ""
        await carry()
        assert [(f.session_id, f.reason) for f in told] == [(tokens.session_id, "reuse")]
        assert (await bus.ask(ListEndedSessions())).session_ids == (tokens.session_id,)


async def test_many_copies_at_once_end_one_session_once(bus: LocalBus, carry: Carry) -> None:
    told = await ends(bus)
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        tokens = await register(bus)
        await bus.ask(Refresh(refresh_token=tokens.refresh_token))
        clock.shift(21)
        copy = Refresh(refresh_token=tokens.refresh_token)
        codes = await asyncio.gather(*(code_of(bus.ask(copy)) for _ in range(30)))
    await carry()
    assert (codes.count("token_reused"), codes.count("invalid_token")) == (1, 29)
    assert len(told) == 1


async def test_an_older_token_leads_nowhere_even_in_the_grace(bus: LocalBus) -> None:
    with time_machine.travel(datetime.now(UTC), tick=False):
        first = await register(bus)
        second = await bus.ask(Refresh(refresh_token=first.refresh_token))
        third = await bus.ask(Refresh(refresh_token=second.refresh_token))
        old = Refresh(refresh_token=first.refresh_token)
        assert await code_of(bus.ask(old)) == "token_used"
        await bus.ask(Refresh(refresh_token=third.refresh_token))


@pytest.mark.parametrize("token", ["", "x", "\0", "é", "A" * 1024])
async def test_no_token_refreshes_nothing(bus: LocalBus, token: str) -> None:
    tokens = await register(bus)
    assert await code_of(bus.ask(Refresh(refresh_token=token))) == "invalid_token"
    asked = Refresh(refresh_token=tokens.access_token[:1024])
    assert await code_of(bus.ask(asked)) == "invalid_token"


async def test_a_session_ends_by_itself_when_idle(bus: LocalBus) -> None:
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        tokens = await register(bus)
        clock.shift(timedelta(days=29, hours=23))
        tokens = await bus.ask(Refresh(refresh_token=tokens.refresh_token))
        clock.shift(timedelta(days=30))
        asked = Refresh(refresh_token=tokens.refresh_token)
        assert await code_of(bus.ask(asked)) == "invalid_token"
        assert (await bus.ask(ListSessions(), who(tokens))).sessions == ()


async def test_a_session_ends_by_itself_after_ninety_days(bus: LocalBus) -> None:
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        tokens = await register(bus)
        for _ in range(8):
            clock.shift(timedelta(days=11))
            tokens = await bus.ask(Refresh(refresh_token=tokens.refresh_token))
        clock.shift(timedelta(days=2))
        asked = Refresh(refresh_token=tokens.refresh_token)
        assert await code_of(bus.ask(asked)) == "invalid_token"


async def test_logging_out_ends_this_session(bus: LocalBus, carry: Carry) -> None:
    told = await ends(bus)
    tokens, other = await register(bus), await login(bus)
    await bus.ask(Logout(), who(tokens))
    await bus.ask(Logout(), who(tokens))
    await carry()
    assert [(f.user_id, f.session_id, f.reason) for f in told] == [
        (tokens.user_id, tokens.session_id, "logout")
    ]
    assert await code_of(bus.ask(Refresh(refresh_token=tokens.refresh_token))) == "invalid_token"
    assert await code_of(bus.ask(Refresh(refresh_token=other.refresh_token))) == ""


async def test_one_session_is_ended_from_another(bus: LocalBus, carry: Carry) -> None:
    told = await ends(bus)
    tokens, other = await register(bus), await login(bus)
    await bus.ask(EndSession(session_id=other.session_id), who(tokens))
    await carry()
    assert [(f.session_id, f.reason) for f in told] == [(other.session_id, "elsewhere")]


async def test_nobody_ends_a_session_of_others(bus: LocalBus) -> None:
    tokens, bob = await register(bus), await register(bus, "bob@example.org")
    with pytest.raises(NotFound):
        await bus.ask(EndSession(session_id=tokens.session_id), who(bob))
    await bus.ask(EndAllSessions(), who(bob))
    assert await code_of(bus.ask(Refresh(refresh_token=tokens.refresh_token))) == ""


@pytest.mark.parametrize("but_this", [True, False])
async def test_all_sessions_end(bus: LocalBus, carry: Carry, *, but_this: bool) -> None:
    told = await ends(bus)
    all_three = [await register(bus), await login(bus), await login(bus)]
    await bus.ask(EndAllSessions(but_this=but_this), who(all_three[0]))
    await carry()
    ended = {tokens.session_id for tokens in all_three[but_this:]}
    assert {fact.session_id for fact in told} == ended
    assert set((await bus.ask(ListEndedSessions())).session_ids) == ended


async def test_refresh_and_end_at_once_leave_no_session(bus: LocalBus) -> None:
    await register(bus)
    await bus.ask(EndAllSessions(), who(await login(bus)))
    for _ in range(5):
        tokens = await login(bus)
        outcomes = await asyncio.gather(
            code_of(bus.ask(Refresh(refresh_token=tokens.refresh_token))),
            code_of(bus.ask(Logout(), who(tokens))),
        )
        assert outcomes[1] == ""
        assert outcomes[0] in {"", "invalid_token"}
        assert (await bus.ask(ListSessions(), who(tokens))).sessions == ()


async def test_a_disabled_user_is_out_until_enabled(bus: LocalBus, carry: Carry) -> None:
    told = await ends(bus)
    tokens = await register(bus)
    await profile(bus, tokens)
    await bus.ask(ChangeUser(user_id=tokens.user_id, disabled=True), ADMIN)
    await carry()
    assert [fact.reason for fact in told] == ["disabled"]
    with pytest.raises(Denied):
        await login(bus)
    assert await code_of(login(bus, "wrong wrong")) == "wrong_credentials"
    assert await code_of(bus.ask(Refresh(refresh_token=tokens.refresh_token))) == "invalid_token"
    await bus.ask(ChangeUser(user_id=tokens.user_id, disabled=False), ADMIN)
    await carry()
    await login(bus)


async def test_who_is_demoted_has_to_log_in_again(bus: LocalBus, carry: Carry) -> None:
    told = await ends(bus)
    for email in ("ann@example.org", "bob@example.org"):
        tokens = await register(bus, email)
        await profile(bus, tokens, email)
        await bus.ask(ChangeUser(user_id=tokens.user_id, role="admin"), ADMIN)
    await carry()
    assert told == []
    await bus.ask(ChangeUser(user_id=tokens.user_id, role="user"), ADMIN)
    await carry()
    assert [(f.session_id, f.reason) for f in told] == [(tokens.session_id, "demoted")]


async def test_a_deleted_user_leaves_nothing(
    bus: LocalBus, engine: AsyncEngine, carry: Carry
) -> None:
    told = await ends(bus)
    tokens, second, bob = (
        await register(bus),
        await login(bus),
        await register(bus, "b@example.org"),
    )
    await bus.ask(DeleteMe(), who(tokens))
    await carry()
    assert {(f.session_id, f.reason) for f in told} == {
        (tokens.session_id, "deleted"),
        (second.session_id, "deleted"),
    }
    async with engine.begin() as tx:
        for table in ("accounts", "sessions"):
            owners = await tx.execute(text(f"SELECT user_id FROM auth.{table}"))
            assert owners.scalars().all() == [bob.user_id]
        kept = await tx.execute(text("SELECT count(*) FROM auth.refresh_tokens"))
        assert kept.scalar_one() == 1
    assert await code_of(login(bus)) == "wrong_credentials"
    await register(bus)


async def test_ended_sessions_are_forgotten_with_their_tokens(bus: LocalBus) -> None:
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        tokens, other = await register(bus), await login(bus)
        await bus.ask(Logout(), who(tokens))
        clock.shift(660)
        assert (await bus.ask(ListEndedSessions())).session_ids == (tokens.session_id,)
        clock.shift(1)
        await bus.ask(Logout(), who(other))
        assert (await bus.ask(ListEndedSessions())).session_ids == (other.session_id,)
