"""The edge of a room: all that stands between a carrier and a handler.

Deadline, scope, a turn among the room's few, one transaction, at most one effect for a key or a
fact, and a refusal for everything that goes wrong. Both carriers come through here.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.runtime.room import Handler, Room, Work, work
from contracts.bus import HANDLER, Bus, trace_id
from contracts.message import (
    Asked,
    Broken,
    Conflict,
    Denied,
    Fact,
    Invalid,
    Refused,
    Reply,
    Unanswered,
    Unauthenticated,
    Unavailable,
)
from contracts.principal import Principal
from storage import idempotency, inbox
from storage.session import transaction

log = structlog.get_logger()

RETRIES = (0.1, 0.5, 2.0)
"""Pauses, in seconds, between tries to take in a fact."""

AWAY = 1.0
"""Seconds between tries while the database is away."""

LONG = 900.0
"""Seconds that a listener may take: an import of years of history is one fact."""

# PostgreSQL's words for "come back later": lock and statement time-outs, deadlock, serialization,
# shutdown, too many connections (Appendix A of its manual).
PASSING = {"55P03", "57014", "40P01", "40001", "57P01", "57P02", "57P03", "53300", "25P03"}


@dataclass(frozen=True, slots=True)
class Asking:
    """What travels beside an ask."""

    principal: Principal | None
    deadline: float
    idempotency_key: str | None = None


class Edge:
    """A room at work: its declaration, its database, the bus, and how much it does at once."""

    def __init__(
        self,
        room: Room,
        engine: AsyncEngine,
        bus: Bus,
        concurrency: int,
        after: Callable[[], None] = lambda: None,
    ) -> None:
        """Open a room. `after` is called when a transaction was committed."""
        self.room = room
        self.engine = engine
        self.bus = bus
        self.after = after
        self.turns = asyncio.Semaphore(concurrency)

    async def answer(
        self,
        handler: Handler[Asked[Reply]],
        asking: Asking,
        request: Callable[[], str],
        call: Callable[[], Awaitable[Reply]],
    ) -> Reply:
        """Answer an ask through `call`, in one transaction, or refuse.

        `request` gives the body as JSON; it is only called where a key has to be compared.
        """
        with faults(handler.contract.address):
            seconds = min(HANDLER, asking.deadline - time.time())
            if seconds <= 0:
                raise Unanswered("expired", "The request had expired before it was begun.")
            allow(handler.contract, asking.principal)
            async with asyncio.timeout(seconds), self._work(asking.principal) as tx:
                if asking.idempotency_key is None or not handler.changes:
                    reply = await call()
                else:
                    reply = await self._once(tx, handler, asking, request(), call)
        self.after()
        return reply

    async def take_in(self, fact: Fact, call: Callable[[], Awaitable[object]]) -> None:
        """Take in a fact once. After `RETRIES` it is parked with the reason.

        While the database is away the fact waits: it is not the fact's fault.
        """
        pauses = iter(RETRIES)
        while True:
            try:
                with faults(fact.address):
                    async with asyncio.timeout(LONG), self._work(None) as tx:
                        if await inbox.first_time(tx, self.room.name, fact.fact_id):
                            await call()
                self.after()
                return
            except Unavailable:
                pause: float | None = AWAY
            except Refused as no:
                refusal, pause = no, next(pauses, None)
            if pause is None:
                break
            await asyncio.sleep(pause)
        async with transaction(self.engine) as tx:
            await inbox.park(
                tx,
                self.room.name,
                fact.address,
                fact.model_dump_json(),
                f"{type(refusal).__name__}: {refusal}",
                fact.fact_id,
                fact.user_id,
            )

    @asynccontextmanager
    async def _work(self, principal: Principal | None) -> AsyncIterator[AsyncConnection]:
        async with self.turns, transaction(self.engine) as tx:
            token = work.set(Work(tx, principal, self.bus))
            try:
                yield tx
            finally:
                work.reset(token)

    async def _once(
        self,
        tx: AsyncConnection,
        handler: Handler[Asked[Reply]],
        asking: Asking,
        request: str,
        call: Callable[[], Awaitable[Reply]],
    ) -> Reply:
        """Answer under an idempotency key: the first time for real, later from memory."""
        key, address = asking.idempotency_key or "", handler.contract.address
        principal = asking.principal
        if principal is None or handler.reply is None:
            return await call()
        if not await idempotency.take_turn(tx, principal.user_id, address, key):
            raise Conflict(
                "in_progress",
                "A request with this Idempotency-Key is being worked on; try again in a moment.",
                retry_after=1,
            )
        digest = hashlib.sha256(request.encode()).digest()
        kept = await idempotency.find(tx, principal.user_id, address, key)
        if kept is None:
            reply = await call()
            await idempotency.keep(
                tx, principal.user_id, address, key, digest, reply.model_dump_json()
            )
            return reply
        if kept.request_hash != digest:
            raise Invalid(
                "key_reused", "This Idempotency-Key was used before, for another request."
            )
        return handler.reply.model_validate_json(kept.answer)


def allow(contract: type[Asked[Reply]], principal: Principal | None) -> None:
    """Let a caller through whom the contract admits."""
    if contract.public:
        return
    if principal is None:
        raise Unauthenticated("unauthenticated", "Please log in first.")
    if not principal.may(contract.scope):
        raise Denied("denied", "You may not do this: it needs “{scope}”.", scope=contract.scope)


class faults:  # noqa: N801 - reads as a word in `with faults(...)`
    """Turn everything that can go wrong in a room into a refusal; log what is our fault."""

    def __init__(self, address: str) -> None:
        """Watch over work on `address`."""
        self.address = address

    def __enter__(self) -> None:
        """Begin to watch."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Raise the refusal that tells what went wrong; a cancellation passes."""
        if error is None or isinstance(error, Refused) or not isinstance(error, Exception):
            return
        refusal = refusal_of(error)
        if isinstance(refusal, Broken):
            log.error("broken", address=self.address, trace_id=trace_id.get(), exc_info=error)
        else:
            log.warning(
                "refused", address=self.address, code=refusal.code, why=type(error).__name__
            )
        raise refusal from error


def refusal_of(error: Exception) -> Refused:
    """Say what an exception means to the one who asked."""
    if isinstance(error, PoolTimeout):
        return Unavailable("busy", "Ritmo is busy; try again in a moment.", retry_after=2)
    if isinstance(error, TimeoutError):
        return Unanswered("too_slow", "This took too long and was given up.", retry_after=2)
    if isinstance(error, ValidationError):
        return Invalid("malformed", "The message does not fit its contract.")
    if isinstance(error, DBAPIError) and passing(error):
        return Unavailable("database_busy", "The database is busy; try again.", retry_after=2)
    if isinstance(error, (OSError, InterfaceError, OperationalError)):
        return Unavailable("database_away", "The database is away; try again.", retry_after=5)
    return Broken(
        "broken",
        "Something broke on our side. Its trace is {trace_id}.",
        trace_id=trace_id.get() or "-",
    )


def passing(error: DBAPIError) -> bool:
    """Tell whether the same statement may succeed a little later."""
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or state in PASSING
