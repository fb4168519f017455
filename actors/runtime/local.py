"""The bus inside one process: an ask is an awaited call, facts and jobs come from the outbox."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar, cast

import structlog
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from actors.runtime.courier import Delivered
from actors.runtime.edge import Asking, Edge
from actors.runtime.faults import faults, reason_of
from actors.runtime.room import Handler, Tick
from contracts.bus import deadline_in, trace_id
from contracts.message import Asked, Durable, Fact, Job, Refused, Reply, Unavailable
from contracts.principal import Principal
from contracts.spans import span
from storage.outbox import Waiting

R = TypeVar("R", bound=Reply)
F = TypeVar("F", bound=Fact)
Listener = Callable[[Fact], Awaitable[None]]
Body = str | bytes

LONG = 4_000
"""Characters of a message that are read at once: there may be hundreds in hand."""

log = structlog.get_logger()


class LocalBus:
    """Carries asks, facts, jobs and ticks to rooms that live in this process."""

    def __init__(self) -> None:
        """Start with no room; `open_room` adds them."""
        self._answers: dict[str, tuple[Edge, Handler[Asked[Reply]]]] = {}
        self._hears: dict[str, list[tuple[Edge, Handler[Fact]]]] = defaultdict(list)
        self._jobs: dict[str, tuple[Edge, Handler[Job]]] = {}
        self._ticks: dict[str, tuple[Edge, Tick]] = {}
        self._overhears: dict[str, list[tuple[type[Fact], Listener]]] = defaultdict(list)

    def open_room(self, edge: Edge) -> None:
        """Let a room answer, hear, and do its jobs."""
        for address, handler in edge.room.answers.items():
            self._answers[address] = (edge, handler)
        for address, listener in edge.room.hears.items():
            self._hears[address].append((edge, listener))
        for address, job in edge.room.jobs.items():
            self._jobs[address] = (edge, job)
        for tick in edge.room.ticks:
            self._ticks[tick.name] = (edge, tick)

    async def ask(
        self,
        message: Asked[R],
        principal: Principal | None = None,
        *,
        deadline: float | None = None,
        idempotency_key: str | None = None,
    ) -> R:
        """Ask a room of this process; see `contracts.bus.Bus`."""
        found = self._answers.get(message.address)
        if found is None:
            raise Unavailable(
                "room_down", "This part of Ritmo is not running; try again.", retry_after=2
            )
        edge, handler = found
        asking = Asking(principal, deadline or deadline_in(), idempotency_key)
        call = cast(
            "Callable[[], Awaitable[Reply]]", partial(handler.call, cast("Asked[Reply]", message))
        )
        with span(f"ask {message.address}", "client"):
            reply = await edge.answer(handler, asking, message.model_dump_json, call)
        return cast(R, reply)

    async def overhear(
        self,
        fact: type[F],
        listener: Callable[[F], Awaitable[None]],
        *,
        missed: Callable[[], None] | None = None,
    ) -> None:
        """Call `listener` with each fact of this type that the courier carries: none is missed."""
        self._overhears[fact.address].append((fact, cast(Listener, listener)))

    async def strike(self, name: str) -> None:
        """Have a room of this process do what a tick is for."""
        edge, tick = self._ticks[name]
        await edge.strike(tick)

    async def deliver(self, waiting: Sequence[Waiting]) -> Delivered:
        """Deliver facts to every room that hears them, and jobs to the one that does them; tell
        which must be tried again.
        """
        outcomes = await asyncio.gather(*(self._deliver(row) for row in waiting))
        delivered = Delivered()
        for row, heard in zip(waiting, outcomes, strict=True):
            (delivered.heard if heard else delivered.left).append(row)
        return delivered

    async def _deliver(self, row: Waiting) -> bool:
        trace_id.set(row.trace_id)  # of this row alone: each is delivered in a task of its own
        if row.is_job and row.address not in self._jobs:
            log.warning("nobody does this job", job=row.address)
            return False
        takers: Sequence[tuple[Edge, Handler[Fact] | Handler[Job]]] = (
            [self._jobs[row.address]] if row.is_job else self._hears.get(row.address, [])
        )
        overheard = self._overhears.get(row.address, [])
        try:
            for edge, handler in takers:
                await _take_in(edge, handler, row)
        except (Refused, SQLAlchemyError, OSError) as error:
            # Parking failed too: the database is away. The message stays in the outbox.
            log.warning("undelivered", message=row.address, why=type(error).__name__)
            return False
        for contract, listener in overheard:
            await overhear(contract, listener, row.body)
        return True


async def _read(contract: type[Durable], body: Body) -> Durable:
    """Read a message; a long one in a thread. Raises ValidationError."""
    if len(body) > LONG:
        return await asyncio.to_thread(contract.model_validate_json, body)
    return contract.model_validate_json(body)


async def _take_in(edge: Edge, handler: Handler[Fact] | Handler[Job], row: Waiting) -> None:
    """Let a room take in a message; one that it cannot read is parked."""
    try:
        message = await _read(handler.contract, row.body)
    except ValidationError as error:
        ids = (row.message_id, row.user_id)
        await edge.park(row.address, row.body, reason_of(error), *ids, is_job=row.is_job)
        return
    await edge.take_in(message, partial(handler.call, message))


async def overhear(contract: type[F], listener: Callable[[F], Awaitable[None]], body: Body) -> None:
    """Let somebody overhear a fact; whether they can make use of it is their affair."""
    try:
        with faults(contract.address):
            await listener(contract.model_validate_json(body))
    except Refused as no:
        log.warning("not overheard", fact=contract.address, why=no.code)
