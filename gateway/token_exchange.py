"""Personal access tokens and cookies at the door: exchanged for a short token, kept for a minute.

What is kept is verified anew with each request, so one that was revoked, or whose session ended, is
refused as soon as that is overheard; if it was not, a minute later.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable

from contracts.bus import Bus
from contracts.cookies import CookieExchanged, ExchangeCookie
from contracts.message import Unauthenticated
from contracts.personal_tokens import PREFIX, Exchanged, ExchangePersonalToken, is_well_formed
from contracts.principal import Principal, Verifier
from contracts.tokens import Device

KEPT = 60.0
"""Seconds for which it is known what a token or a cookie was exchanged for."""

MAX_KEPT = 10_000
"""Tokens and cookies of which that is known; the one not used for longest goes first."""


class TokenExchange:
    """Turns personal access tokens, and cookies, into principals.

    Of tokens it is a `contracts.principal.Verifier`.
    """

    def __init__(
        self, bus: Bus, verifier: Verifier, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Exchange over a bus; `verifier` reads what comes back, `clock` gives seconds."""
        self._bus = bus
        self._verifier = verifier
        self._clock = clock
        self._kept: OrderedDict[bytes, tuple[str, float]] = OrderedDict()

    @staticmethod
    def takes(token: str) -> bool:
        """Tell a personal access token from others."""
        return token.startswith(PREFIX)

    async def verify(self, token: str) -> Principal:
        """Return whose token it is. Refuses with `Unauthenticated`; one that has a wrong checksum
        without asking anybody.
        """
        if not is_well_formed(token):
            raise Unauthenticated(
                "token_malformed", "This is no access token: it was not copied as a whole."
            )
        return await self._exchanged(token, ExchangePersonalToken(token=token))

    async def verify_cookie(self, cookie: str, device: Device) -> Principal:
        """Return whose session a cookie goes on with. Refuses with `Unauthenticated`."""
        return await self._exchanged(cookie, ExchangeCookie(cookie=cookie, device=device))

    async def _exchanged(
        self, secret: str, ask: ExchangePersonalToken | ExchangeCookie
    ) -> Principal:
        """Verify what a secret was exchanged for, which is asked for if it is not known."""
        key, now = hashlib.sha256(secret.encode()).digest(), self._clock()
        short, until = self._kept.get(key, ("", 0.0))
        if now >= until:
            self._kept.pop(key, None)
            exchanged: Exchanged | CookieExchanged
            if isinstance(ask, ExchangeCookie):
                exchanged = await self._bus.ask(ask)
            else:
                exchanged = await self._bus.ask(ask)
            short = exchanged.access_token
            self._kept[key] = short, now + min(KEPT, exchanged.expires_in)
            if len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        return await self._verifier.verify(short)
