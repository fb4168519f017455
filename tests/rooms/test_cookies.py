"""Cookies: the session of a browser, which no token continues, and which ends at once."""

from datetime import timedelta

import pytest
import time_machine

from actors.runtime.identity import TokenVerifier
from actors.runtime.local import LocalBus
from contracts.cookies import COOKIE_PREFIX, ExchangeCookie, MakeCookie
from contracts.habits import ListHabits
from contracts.message import new_id
from contracts.principal import Principal
from contracts.sessions import EndAllSessions, ListSessions, Refresh
from contracts.sign_ins import GetSignInWays
from tests.rooms.people import AWAY, NOON, Carry, code_of, register, who

pytestmark = pytest.mark.asyncio


async def test_a_cookie_is_all_that_continues_a_session(
    bus: LocalBus, clock: time_machine.Traveller, carry: Carry
) -> None:
    tokens = await register(bus)
    await carry()
    verifier = TokenVerifier(bus)
    me = await verifier.verify(tokens.access_token)
    first = (await bus.ask(MakeCookie(), me)).cookie
    second = (await bus.ask(MakeCookie(), me)).cookie
    assert first.startswith(COOKIE_PREFIX)
    assert await code_of(bus.ask(ExchangeCookie(cookie=first))) == "session_ended"
    again = Refresh(refresh_token=tokens.refresh_token)
    assert await code_of(bus.ask(again)) == "invalid_token"

    clock.move_to(NOON + timedelta(days=29))
    exchanged = await bus.ask(ExchangeCookie(cookie=second, device=AWAY))
    back = await verifier.verify(exchanged.access_token)
    assert (back.user_id, back.session_id) == (me.user_id, me.session_id)
    await bus.ask(ListHabits(), back)
    ways = await bus.ask(GetSignInWays())
    assert (ways.founded, ways.registration, ways.oidc) == (True, "open", False)
    (session,) = (await bus.ask(ListSessions(), back)).sessions
    assert session.device == AWAY
    assert session.used_at >= NOON + timedelta(days=29)

    await bus.ask(EndAllSessions(), back)
    assert await code_of(bus.ask(ExchangeCookie(cookie=second))) == "session_ended"
    assert await code_of(bus.ask(MakeCookie(), back)) == "session_ended"


async def test_only_a_session_has_a_cookie(bus: LocalBus, carry: Carry) -> None:
    tokens = await register(bus)
    await carry()
    machine = Principal(user_id=tokens.user_id, scopes=frozenset({"user"}))
    assert await code_of(bus.ask(MakeCookie(), machine)) == "no_session"
    mine = (await bus.ask(MakeCookie(), who(tokens))).cookie
    other = Principal(user_id=new_id(), session_id=tokens.session_id, scopes=frozenset({"user"}))
    assert await code_of(bus.ask(MakeCookie(), other)) == "session_ended"
    assert (await bus.ask(ExchangeCookie(cookie=mine))).expires_in == 600
    assert await code_of(bus.ask(ExchangeCookie(cookie=f"{COOKIE_PREFIX}x"))) == "session_ended"
