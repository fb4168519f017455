"""Acting for a person: the bus as a room has it, and the proof of which room it is.

All rooms, and nobody else, have the database, and with it a secret of the installation: a room
signs with it whom it wants to act for, and auth answers with a token that says so. The token is
checked here as it is in the room that is asked, so that both carriers refuse alike.
"""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import TypeVar
from uuid import UUID

import jwt
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.runtime.identity import TokenVerifier
from contracts.bus import Bus
from contracts.delegation import MAY_ASK, Delegate
from contracts.message import Asked, Fact, Reply, Unauthenticated
from contracts.principal import Principal
from storage import secrets
from storage.session import transaction

R = TypeVar("R", bound=Reply)
F = TypeVar("F", bound=Fact)

SECRET_NAME = "delegation"
"""The secret of the installation by which rooms prove who they are."""

PROOF_SECONDS = 30
"""Life of a proof: it is used at once."""

SPARE_SECONDS = 30.0
"""A token is used while it lives so much longer: more than any ask takes."""

MAX_TOKENS = 10_000
"""Tokens that are kept for the next time; the one not used for longest goes first."""

sender: ContextVar[str | None] = ContextVar("sender", default=None)
"""Which part asks, as the broker vouches for it; None: it does not, or both are in one process."""


class RoomBus:
    """The bus of one room: it may ask on behalf of a person, if the room may."""

    def __init__(self, bus: Bus, room: str, engine: AsyncEngine) -> None:
        """Ask over `bus` as `room`; nothing is asked for before somebody is acted for."""
        self._bus = bus
        self._room = room
        self._engine = engine
        self._secret: bytes | None = None
        self._verifier: TokenVerifier | None = None
        self._tokens: OrderedDict[UUID, tuple[str, float]] = OrderedDict()

    async def ask(
        self,
        message: Asked[R],
        principal: Principal | None = None,
        *,
        deadline: float | None = None,
        idempotency_key: str | None = None,
        on_behalf_of: UUID | None = None,
    ) -> R:
        """Ask a room; see `contracts.bus.Bus`.

        With `on_behalf_of` the ask counts as that person's, made by this room. Besides what the
        room asked refuses, refuses as `contracts.delegation.Delegate` does, and with `Denied` what
        is not among `contracts.delegation.MAY_ASK`.
        """
        if on_behalf_of is None and self._knows_more(message, principal):
            on_behalf_of = None if principal is None else principal.user_id
        if on_behalf_of is None:
            return await self._bus.ask(
                message, principal, deadline=deadline, idempotency_key=idempotency_key
            )
        try:
            acting = await self.acting_for(on_behalf_of, deadline)
            return await self._bus.ask(
                message, acting, deadline=deadline, idempotency_key=idempotency_key
            )
        except Unauthenticated:
            # Whatever is wrong with the token: the next ask gets a new one.
            self._tokens.pop(on_behalf_of, None)
            raise

    async def overhear(
        self,
        fact: type[F],
        listener: Callable[[F], Awaitable[None]],
        *,
        missed: Callable[[], None] | None = None,
    ) -> None:
        """Call `listener` with each fact of this type from now on; see `contracts.bus.Bus`."""
        await self._bus.overhear(fact, listener, missed=missed)

    def _knows_more(self, message: Asked[R], principal: Principal | None) -> bool:
        """Tell whether the room asks by itself what a personal token may not have been given."""
        if principal is None or principal.token_id is None:
            return False
        return message.address in MAY_ASK.get(self._room, ())

    async def acting_for(self, user_id: UUID, deadline: float | None = None) -> Principal:
        """Return this room as it acts for a person.

        Refuses as `contracts.delegation.Delegate` does: at once, if the person is gone or disabled.
        """
        if self._verifier is None:
            self._verifier = TokenVerifier(self._bus)
            await self._verifier.watch()
        token, expires = self._tokens.get(user_id, ("", 0.0))
        if not expires - time.time() > SPARE_SECONDS:
            proof = prove(await self._known_secret(), self._room, user_id)
            given = await self._bus.ask(Delegate(proof=proof), deadline=deadline)
            token, expires = given.access_token, time.time() + given.expires_in
            self._tokens[user_id] = token, expires
        self._tokens.move_to_end(user_id)
        while len(self._tokens) > MAX_TOKENS:
            self._tokens.popitem(last=False)
        return await self._verifier.verify(token)

    async def prove(self, message: type[Asked[R]], user_id: UUID) -> str:
        """Write the proof that this room asks `message` about a person, now."""
        return prove(await self._known_secret(), self._room, user_id, message.address)

    async def _known_secret(self) -> bytes:
        """Return the secret of the installation; whoever needs it first makes it."""
        if self._secret is None:
            # Not in the transaction of the caller: auth has to see it at once.
            async with transaction(self._engine) as tx:
                self._secret = await secrets.find(tx, SECRET_NAME) or await secrets.make(
                    tx, SECRET_NAME
                )
        return self._secret


def prove(secret: bytes, room: str, user_id: UUID, address: str = Delegate.address) -> str:
    """Write the proof that `room` asks something about a person, now: by default, to act for them.

    `address` is what it asks.
    """
    words = {
        "iss": room,
        "sub": str(user_id),
        "aud": address,
        "exp": int(time.time()) + PROOF_SECONDS,
    }
    return jwt.encode(words, secret, algorithm="HS256")


async def proven(
    tx: AsyncConnection, proof: str, address: str = Delegate.address
) -> tuple[str, UUID]:
    """Return which room asks `address` about whom. Refuses with `Unauthenticated`.

    Where the broker vouches for who asks, a room proves nothing in the name of another.
    """
    secret = await secrets.find(tx, SECRET_NAME)
    if secret is None:
        raise _unproven()
    try:
        said = jwt.decode(
            proof,
            secret,
            algorithms=["HS256"],
            audience=address,
            options={"require": ["iss", "sub", "aud", "exp"], "strict_aud": True},
        )
        room, user_id = str(said["iss"]), UUID(said["sub"])
    except (jwt.InvalidTokenError, ValueError, TypeError):
        raise _unproven() from None
    if sender.get() not in (None, room):
        raise _unproven()
    return room, user_id


def _unproven() -> Unauthenticated:
    return Unauthenticated("invalid_proof", "It is not proven which part of Ritmo asks this.")
