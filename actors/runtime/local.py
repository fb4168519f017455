"""The bus inside one process: an ask is an awaited call, facts come from the same outbox."""

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
from actors.runtime.room import Handler
from contracts.bus import deadline_in, trace_id
from contracts.message import Asked, Fact, Refused, Reply, Unavailable
from contracts.principal import Principal
from storage.outbox import Waiting

R = TypeVar("R", bound=Reply)
F = TypeVar("F", bound=Fact)
Listener = Callable[[Fact], Awaitable[None]]
Body = str | bytes

log = structlog.get_logger()


class LocalBus:
    """Carries asks and facts to rooms that live in this process."""

    def __init__(self) -> None:
        """Start with no room; `open_room` adds them."""
        self._answers: dict[str, tuple[Edge, Handler[Asked[Reply]]]] = {}
        self._hears: dict[str, list[tuple[Edge, Handler[Fact]]]] = defaultdict(list)
        self._overhears: dict[str, list[tuple[type[Fact], Listener]]] = defaultdict(list)

    def open_room(self, edge: Edge) -> None:
        """Let a room answer and hear."""
        for address, handler in edge.room.answers.items():
            self._answers[address] = (edge, handler)
        for address, listener in edge.room.hears.items():
            self._hears[address].append((edge, listener))

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
        reply = await edge.answer(handler, asking, message.model_dump_json, call)
        return cast(R, reply)

    async def overhear(self, fact: type[F], listener: Callable[[F], Awaitable[None]]) -> None:
        """Call `listener` with each fact of this type that the courier carries."""
        self._overhears[fact.address].append((fact, cast(Listener, listener)))

    async def deliver(self, waiting: Sequence[Waiting]) -> Delivered:
        """Deliver facts to every room that hears them; tell which must be tried again."""
        outcomes = await asyncio.gather(*(self._deliver(row) for row in waiting))
        delivered = Delivered()
        for row, heard in zip(waiting, outcomes, strict=True):
            (delivered.heard if heard else delivered.left).append(row)
        return delivered

    async def _deliver(self, row: Waiting) -> bool:
        trace_id.set(row.trace_id)  # of this fact alone: each is delivered in a task of its own
        listeners = self._hears.get(row.address, [])
        overheard = self._overhears.get(row.address, [])
        try:
            for edge, handler in listeners:
                await _hear(edge, handler, row)
        except (Refused, SQLAlchemyError, OSError) as error:
            # Parking failed too: the database is away. The fact stays in the outbox.
            log.warning("undelivered", fact=row.address, why=type(error).__name__)
            return False
        for contract, listener in overheard:
            await overhear(contract, listener, row.body)
        return True


async def _hear(edge: Edge, handler: Handler[Fact], row: Waiting) -> None:
    """Let a room take in a fact; one that it cannot read is parked."""
    try:
        fact = handler.contract.model_validate_json(row.body)
    except ValidationError as error:
        await edge.park(row.address, row.body, reason_of(error), row.fact_id, row.user_id)
        return
    await edge.take_in(fact, partial(handler.call, fact))


async def overhear(contract: type[F], listener: Callable[[F], Awaitable[None]], body: Body) -> None:
    """Let somebody overhear a fact; whether they can make use of it is their affair."""
    try:
        with faults(contract.address):
            await listener(contract.model_validate_json(body))
    except Refused as no:
        log.warning("not overheard", fact=contract.address, why=no.code)
