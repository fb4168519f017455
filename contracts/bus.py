"""The bus as everyone sees it: ask a room, get its answer or its refusal.

Two carriers keep this promise with the same behaviour, in the same process or over RabbitMQ;
neither can be told from the other by what it answers (`tests/wire`).
"""

import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Protocol, TypeVar, runtime_checkable

from contracts.message import Asked, Fact, Reply
from contracts.principal import Principal

R = TypeVar("R", bound=Reply)
F = TypeVar("F", bound=Fact)

# The ladder of time-outs, in seconds; each lies strictly inside the next.
LOCK, STATEMENT, HANDLER, ASK, GATEWAY = 2.0, 5.0, 6.0, 7.0, 8.0

trace_id: ContextVar[str] = ContextVar("trace_id", default="")
"""Names the request that is being worked on, through every room that it touches."""


def deadline_in(seconds: float = ASK) -> float:
    """Say when an answer is too late: Unix time, in seconds."""
    return time.time() + seconds


@runtime_checkable
class Bus(Protocol):
    """Carries asks to rooms and answers back."""

    async def ask(
        self,
        message: Asked[R],
        principal: Principal | None = None,
        *,
        deadline: float | None = None,
        idempotency_key: str | None = None,
    ) -> R:
        """Ask a room and return its reply.

        Raises the `Refused` that the room raised; `Unavailable` at once when nobody is there to
        answer; `Unanswered` when `deadline` (Unix time, seconds; by default `ASK` from now) has
        passed. A command with an `idempotency_key` takes effect once however often it is asked.
        """
        ...

    async def overhear(
        self,
        fact: type[F],
        listener: Callable[[F], Awaitable[None]],
        *,
        missed: Callable[[], None] | None = None,
    ) -> None:
        """Call `listener` with each fact of this type told from now on, as far as this process
        hears it: for caches and live views, never for keeping a record. `missed` is called whenever
        some facts, of whatever type, may not have been heard, and those that come are heard again.
        """
        ...
