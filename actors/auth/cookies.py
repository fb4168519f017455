"""Cookies: made for the session of a browser, and exchanged for what rooms understand."""

import secrets
from datetime import UTC, datetime

from actors.auth.domain import ABSOLUTE, IDLE, TOKEN_LIFE, TokenSubject, claims, digest
from actors.auth.room import room
from actors.auth.tools import TheKeyring
from actors.runtime.room import Transaction, Who
from contracts.cookies import (
    COOKIE_PREFIX,
    Cookie,
    CookieExchanged,
    ExchangeCookie,
    MakeCookie,
)
from contracts.message import Denied, Unauthenticated, new_id
from storage.auth import cookies, sessions


@room.answer
async def make_cookie(command: MakeCookie, who: Who, tx: Transaction) -> Cookie:
    """Give the cookie of the session that asks; nothing else continues it from now on."""
    if who.session_id is None:
        raise Denied("no_session", "Only who has logged in can do this.")
    cookie = COOKIE_PREFIX + secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    if not await cookies.put(tx, who.user_id, who.session_id, digest(cookie), now):
        raise _ended()
    return Cookie(cookie=cookie)


@room.answer
async def exchange_cookie(
    query: ExchangeCookie, tx: Transaction, keyring: TheKeyring
) -> CookieExchanged:
    """Give an access token of the session to whoever holds its cookie."""
    now, device = datetime.now(UTC), query.device
    session = await sessions.go_on(
        tx,
        digest(query.cookie),
        now,
        IDLE,
        ABSOLUTE,
        device.address,
        device.agent,
        by=cookies.cookies,
    )
    if session is None:
        raise _ended()
    bearer = TokenSubject(session.user_id, session.id, session.role, session.proved_at)
    return CookieExchanged(
        access_token=await keyring.sign(tx, claims(bearer, now, new_id())),
        expires_in=int(TOKEN_LIFE.total_seconds()),
    )


def _ended() -> Unauthenticated:
    return Unauthenticated("session_ended", "This session was ended. Please log in again.")
