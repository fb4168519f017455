"""Cookies: how a browser goes on with a session, without ever holding a token that rooms take.

A cookie is `rt_web_` and 43 characters of 256 random bits (base64url). The gateway exchanges it for
an access token that it keeps to itself; of the cookie only its SHA-256 is kept. It ends with its
session.
"""

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from contracts.message import SECRET, Command, Query, Reply
from contracts.tokens import Device

COOKIE_PREFIX = "rt_web_"
"""How every cookie begins."""

CookieText = Annotated[str, StringConstraints(max_length=100), SECRET]


class Cookie(Reply):
    """What a browser keeps of its session."""

    cookie: CookieText = Field(repr=False)
    """The secret; it is told only now."""


class MakeCookie(Command[Cookie]):
    """Make the cookie of the caller's session; it takes the place of an earlier one.

    Refresh tokens of the session count no more. Refuses with `Denied` (`no_session`) whoever holds
    none, or with `Unauthenticated` (`session_ended`).
    """

    address: ClassVar[str] = "auth.make_cookie"


class CookieExchanged(Reply):
    """An access token of the session. `expires_in`: seconds."""

    access_token: Annotated[str, SECRET] = Field(repr=False)
    expires_in: int


class ExchangeCookie(Query[CookieExchanged]):
    """Exchange a cookie for an access token, and note that its session was used.

    Refuses with `Unauthenticated` (`session_ended`).
    """

    address: ClassVar[str] = "auth.exchange_cookie"
    public: ClassVar[bool] = True
    cookie: CookieText = Field(repr=False)
    device: Device = Device()
