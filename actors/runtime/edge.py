"""The edge of a room: all that stands between a carrier and a handler.

Deadline, scope, a turn among the room's few, one transaction, at most one effect for a key, a fact
or a job, and a refusal for everything that goes wrong. Both carriers come through here.
"""

import asyncio
import hashlib
import hmac
import secrets as random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.runtime.delegation import RoomBus
from actors.runtime.faults import Outage, faults, reason_of
from actors.runtime.figures import answered
from actors.runtime.intake import Intake
from actors.runtime.once import OnceKey, once
from actors.runtime.room import Handler, Room, Tick, Work, work
from actors.runtime.secret import InstallationSecret
from contracts.bus import HANDLER, Bus, trace_id
from contracts.health import Ping, disk_full
from contracts.message import (
    Asked,
    Denied,
    Durable,
    Job,
    Refused,
    Reply,
    Unanswered,
    Unauthenticated,
    Unavailable,
    secrets_of,
)
from contracts.principal import Principal
from contracts.proof import PROOF_SECONDS
from contracts.scopes import scope_of
from contracts.spans import span
from storage import disk, inbox
from storage.session import transaction

log = structlog.get_logger()

SECRET_NAME = "idempotency"
"""The secret of the installation that keys the sums of requests."""

MAX_STROKES = 2000
"""Transactions of one tick, at most."""

REMEMBERED = 30.0
"""Seconds for which a room says that the disk of a database elsewhere is full, since it was."""


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
        limit: float = HANDLER,
        folder: Path | None = None,
    ) -> None:
        """Open a room. `after` is called when a transaction was committed.

        An answer may take `limit` seconds: more in tests, on busy machines. `folder` is where the
        database lies, if that is on this machine.
        """
        self.folder = folder
        self.room = room
        self.engine = engine
        self.bus = RoomBus(bus, room.name, engine)
        self.after = after
        self._secret = InstallationSecret(SECRET_NAME)
        self._full_until = 0.0
        self.limit = limit
        self.turns = asyncio.Semaphore(concurrency)
        self.facts = Intake(room.name, self._work, self._park, after, gatherers=room.gatherers)
        # Half of the room's turns: asks are answered while jobs take their time.
        self.jobs = Intake(
            room.name, self._work, self._park, after, together=1, hands=jobs_at_once(concurrency)
        )
        self._striking: set[str] = set()
        self._outage = Outage("database", f"ticks of {room.name}")

    async def answer(
        self,
        handler: Handler[Asked[Reply]],
        asking: Asking,
        request: Callable[[], str],
        call: Callable[[], Awaitable[Reply]],
    ) -> Reply:
        """Answer an ask through `call`, in one transaction, or refuse.

        `request` gives the body as JSON; it is only called where a key has to be compared, or
        something is looked at before the transaction. A ping is refused like the change before it
        if the database found no space: it could still read.
        """
        if issubclass(handler.contract, Ping) and time.monotonic() < self._full_until:
            raise disk_full()
        began, outcome = time.perf_counter(), "cancelled"
        try:
            with span(handler.contract.address, "server"):
                reply = await self._answer(handler, asking, request, call)
            outcome = "ok"
        except Refused as no:
            outcome = type(no).__name__
            if no.code == "disk_full" and self.folder is None:
                self._full_until = time.monotonic() + REMEMBERED
            raise
        finally:
            answered(handler.contract.address, outcome, time.perf_counter() - began)
        if handler.changes:
            self._full_until = 0.0
        return reply

    async def _answer(
        self,
        handler: Handler[Asked[Reply]],
        asking: Asking,
        request: Callable[[], str],
        call: Callable[[], Awaitable[Reply]],
    ) -> Reply:
        with faults(handler.contract.address, folder=self.folder):
            if handler.changes and self.folder is not None and disk.is_full(self.folder):
                # Before PostgreSQL finds out: it would have to stop, and could not be read either.
                raise disk_full()
            seconds = min(self.limit, asking.deadline - time.time())
            if seconds <= 0:
                raise Unanswered("expired", "The request had expired before it was begun.")
            allow(handler.contract, asking.principal)
            async with asyncio.timeout(seconds):
                prepared = await self._prepare(handler, asking, request)
                async with self._work(asking.principal, prepared) as tx:
                    if asking.idempotency_key is None or not handler.changes:
                        reply = await call()
                    else:
                        reply = await self._once(tx, handler, asking, request(), call)
        self.after()
        return reply

    async def take_in(self, message: Durable, call: Callable[[], Awaitable[object]]) -> None:
        """Take in a fact, or do a job, once; or park it; see `Intake`."""
        if isinstance(message, Job):
            await self.jobs.take_in(message, call)
        else:
            alone = self.room.hears_alone(message.address)
            await self.facts.take_in(message, call if alone else None)

    async def strike(self, tick: Tick) -> None:
        """Do what a tick is for, again and again while there is more; never twice at once here.

        What fails waits for the next tick.
        """
        if tick.name in self._striking:
            return
        self._striking.add(tick.name)
        token = trace_id.set(random.token_hex(16))
        try:
            with span(tick.name, root=True), faults(tick.name, passing=False):
                for _ in range(MAX_STROKES):
                    async with self._work(None) as tx:
                        more = await tick.strike(tx)
                    self.after()
                    if not more:
                        break
            self._outage.ends()
        except Unavailable as no:
            self._outage.begins(no.code)
        except Refused as no:
            log.warning("tick failed", tick=tick.name, why=no.code)
        finally:
            trace_id.reset(token)
            self._striking.discard(tick.name)

    async def _park(self, message: Durable, why: Refused) -> None:
        body, is_job = message.model_dump_json(), isinstance(message, Job)
        ids = (message.id, message.user_id)
        await self.park(message.address, body, reason_of(why), *ids, is_job=is_job)

    async def park(
        self,
        address: str,
        body: str,
        reason: str,
        message_id: UUID | None,
        user_id: UUID | None,
        *,
        is_job: bool,
    ) -> None:
        """Put a fact or a job aside that the room cannot take in, and say why."""
        async with transaction(self.engine) as tx:
            room = self.room.name
            await inbox.park(tx, room, address, body, reason, message_id, user_id, is_job=is_job)

    @asynccontextmanager
    async def _begin(self) -> AsyncIterator[AsyncConnection]:
        """Wait for a turn of the room and begin a transaction."""
        async with self.turns, transaction(self.engine) as tx:
            yield tx

    @asynccontextmanager
    async def _work(
        self, principal: Principal | None, prepared: object = None
    ) -> AsyncIterator[AsyncConnection]:
        async with self._begin() as tx:
            token = work.set(Work(tx, principal, self.bus, self._begin, prepared))
            try:
                yield tx
            finally:
                work.reset(token)

    async def _prepare(
        self, handler: Handler[Asked[Reply]], asking: Asking, request: Callable[[], str]
    ) -> object:
        """Do what the room does with an ask before its transaction."""
        before = self.room.befores.get(handler.contract.address)
        if before is None:
            return None
        token = work.set(Work(None, asking.principal, self.bus, self._begin))
        try:
            return await before(handler.contract.model_validate_json(request()))
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
        principal = asking.principal
        if principal is None or handler.reply is None:
            return await call()
        return await once(
            tx,
            OnceKey(principal.user_id, handler.contract.address, asking.idempotency_key or ""),
            partial(self._digest, tx, handler.contract, request),
            handler.reply,
            call,
        )

    async def _digest(
        self, tx: AsyncConnection, contract: type[Asked[Reply]], request: str
    ) -> bytes:
        """Sum up a request so that nobody who reads the sum can try out what it was.

        Secrets are left out: two requests that differ in one alone count as the same.
        """
        hidden = secrets_of(contract)
        if hidden:
            request = contract.model_validate_json(request).model_dump_json(exclude=set(hidden))
        secret = await self._secret.value(tx)
        return hmac.digest(secret, hashlib.sha256(request.encode()).digest(), "sha256")


def jobs_at_once(concurrency: int) -> int:
    """Say how many jobs a room that works on so many messages at once does beside each other."""
    return max(1, concurrency // 2)


def allow(contract: type[Asked[Reply]], principal: Principal | None) -> None:
    """Let a caller through whom the contract admits."""
    if contract.public:
        return
    if principal is None:
        raise Unauthenticated("unauthenticated", "Please log in first.")
    needed = scope_of(contract)
    if not (principal.may(needed) or principal.may(contract.address)):
        raise Denied("denied", "You may not do this: it needs “{scope}”.", scope=needed)
    proven = principal.auth_time
    if contract.fresh and proven is not None and time.time() - proven > PROOF_SECONDS:
        raise Denied(
            "proof_required", "Please show once more who you are: POST /v1/auth/proof, then again."
        )
