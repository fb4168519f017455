"""Who holds an access token: checked with auth's public keys, remembered until it expires.

A token of a session that ended is refused at once: its end is overheard, and what ended before
this process began to listen is asked for together with the keys. So is a token that was exchanged
for a personal one that was revoked, and one by which a room acts for somebody who is gone or
disabled.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import jwt

from contracts.bus import Bus
from contracts.message import Denied, Refused, Unauthenticated
from contracts.personal_tokens import PersonalTokenRevoked
from contracts.principal import Principal
from contracts.sessions import ListEndedSessions, SessionEnded
from contracts.signing_keys import GetKeys
from contracts.users import UserChanged, UserDeleted

REMEMBERED = 10_000
"""Tokens remembered; the one not seen for longest goes first."""

LONGEST = 4096
"""Characters of a token; a longer one is none of ours."""

PATIENCE = 5.0
"""Seconds between two looks for a key that is not known: forged tokens ask for many."""

KEYS_LIFE = 300.0
"""Seconds after which keys are fetched again, so that retired ones are forgotten."""

VOID = 720.0
"""Seconds for which an ended session is remembered: longer than any of its tokens lives."""

LEEWAY = 5.0
"""Seconds by which the clocks of two machines may differ."""

REQUIRED = ["exp", "iat", "iss", "aud", "sub", "scope", "jti"]


class TokenVerifier:
    """Verifies access tokens; a `contracts.principal.Verifier`."""

    def __init__(self, bus: Bus) -> None:
        """Ask auth over this bus; nothing is asked before the first token."""
        self._bus = bus
        self._keys: dict[str, jwt.PyJWK] = {}
        self._learned_at: float | None = None
        self._learning = asyncio.Lock()
        self._known: OrderedDict[str, tuple[Principal, float]] = OrderedDict()
        self._ended: OrderedDict[UUID, float] = OrderedDict()

    async def watch(self) -> None:
        """Listen for sessions that end, and learn what auth knows.

        If auth is away, that is made up for at the first token.
        """
        await self._bus.overhear(SessionEnded, self._overheard)
        await self._bus.overhear(PersonalTokenRevoked, self._revoked)
        await self._bus.overhear(UserChanged, self._changed)
        await self._bus.overhear(UserDeleted, self._deleted)
        try:
            await self._learn()
        except Refused:
            self._learned_at = None

    async def verify(self, token: str) -> Principal:
        """Return who holds the token.

        Refuses with `Unauthenticated` (`invalid_token`, `expired_token`, `session_ended`,
        `token_revoked`), or with `Unavailable` while auth is away and its keys are not known.
        """
        known = self._known.get(token)
        if known is None:
            principal, expires = await self._check(token)
            self._remember(token, principal, expires)
        else:
            self._known.move_to_end(token)
            principal, expires = known
        if time.time() >= expires + LEEWAY:
            self._known.pop(token, None)
            raise _expired()
        if principal.session_id in self._ended:
            raise Unauthenticated("session_ended", "This session was ended. Please log in again.")
        if principal.session_id is None and self._ended:
            self._check_standing(principal)
        return principal

    def _check_standing(self, principal: Principal) -> None:
        """Refuse a token without a session if what it stands for is over."""
        gone = principal.user_id in self._ended
        if principal.token_id is not None and (gone or principal.token_id in self._ended):
            raise Unauthenticated("token_revoked", "This access token was revoked.")
        if gone:
            raise not_acted_for()

    async def _check(self, token: str) -> tuple[Principal, float]:
        if len(token) > LONGEST:
            raise _invalid()
        try:
            key = await self._key_of(jwt.get_unverified_header(token))
            claims = jwt.decode(
                token,
                key,
                algorithms=["EdDSA"],
                issuer="ritmo",
                audience="ritmo",
                leeway=LEEWAY,
                options={"require": REQUIRED, "strict_aud": True},
            )
            return _principal(claims, token), float(claims["exp"])
        except jwt.ExpiredSignatureError:
            raise _expired() from None
        # PyJWT lets some plain errors of odd headers and claims through.
        except (
            jwt.InvalidTokenError,
            ValueError,
            TypeError,
            KeyError,
            OverflowError,
            RecursionError,
        ):
            raise _invalid() from None

    async def _key_of(self, header: Mapping[str, Any]) -> jwt.PyJWK:
        """Return the key that a header names; headers that bring a key of their own are ignored."""
        kid = header.get("kid")
        if (
            header.get("typ") != "at+jwt"
            or header.get("alg") != "EdDSA"
            or not isinstance(kid, str)
        ):
            raise _invalid()
        if self._age() > KEYS_LIFE or (kid not in self._keys and self._age() > PATIENCE):
            await self._refresh(self._learned_at)
        if kid not in self._keys:
            raise _invalid()
        return self._keys[kid]

    def _age(self) -> float:
        """Return how old what was learned is, in seconds; a clock set back makes it too old."""
        if self._learned_at is None or self._learned_at > time.time():
            return float("inf")
        return time.time() - self._learned_at

    async def _refresh(self, seen: float | None) -> None:
        """Learn anew, once for all who wait; make do with old keys while auth is away."""
        async with self._learning:
            if self._learned_at != seen:
                return
            try:
                await self._learn()
            except Refused:
                if not self._keys:
                    raise

    async def _learn(self) -> None:
        """Ask auth for its keys, and for the sessions that ended a short while ago."""
        published = await self._bus.ask(GetKeys())
        void = await self._bus.ask(ListEndedSessions())
        for ended in (*void.session_ids, *void.disabled):
            self._end(ended)
        self._keys = {key["kid"]: jwt.PyJWK.from_dict(key) for key in published.keys}
        self._learned_at = time.time()

    async def _overheard(self, fact: SessionEnded) -> None:
        self._end(fact.session_id)

    async def _revoked(self, fact: PersonalTokenRevoked) -> None:
        self._end(fact.token_id)

    async def _changed(self, fact: UserChanged) -> None:
        if fact.disabled:
            self._end(fact.user_id)
        else:
            self._ended.pop(fact.user_id, None)

    async def _deleted(self, fact: UserDeleted) -> None:
        self._end(fact.user_id)

    def _end(self, ended: UUID) -> None:
        """Refuse a session, or who acts for a person, from now on.

        Those of which no token can be alive are forgotten.
        """
        now = time.time()
        self._ended[ended] = now
        self._ended.move_to_end(ended)
        while next(iter(self._ended.values())) < now - VOID:
            self._ended.popitem(last=False)

    def _remember(self, token: str, principal: Principal, expires: float) -> None:
        self._known[token] = principal, expires
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def _principal(claims: Mapping[str, Any], token: str) -> Principal:
    """Read who is meant: a person by a session or a personal token, or a room that acts for one.

    Raises ValueError or TypeError for claims that name nobody.
    """
    sub, scope = claims["sub"], claims["scope"]
    (by,) = {"sid", "pat", "act"} & claims.keys()
    name = claims["act"]["sub"] if by == "act" else claims[by]
    if not all(isinstance(one, str) for one in (sub, scope, name)):
        raise TypeError("sub, scope, and who acts are strings")
    # A session that does not say when its holder showed who they are: long ago.
    proven = claims.get("auth_time", 0) if by == "sid" else None
    if proven is not None and type(proven) is not int:
        raise TypeError("auth_time is a number")
    return Principal(
        user_id=UUID(sub),
        session_id=UUID(name) if by == "sid" else None,
        token_id=UUID(name) if by == "pat" else None,
        scopes=frozenset(scope.split()),
        service=name if by == "act" else None,
        token=token,
        auth_time=proven,
    )


def not_acted_for() -> Denied:
    """Refuse whoever wants to act for somebody who is gone or disabled."""
    return Denied("may_not_act_for", "This account is disabled or gone.")


def _invalid() -> Unauthenticated:
    return Unauthenticated("invalid_token", "This access token is not valid. Please log in again.")


def _expired() -> Unauthenticated:
    return Unauthenticated("expired_token", "This access token has expired; refresh it.")
